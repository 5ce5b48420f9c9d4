"""Wrong passwords slow down whoever guesses: each name waits, longer and longer, by itself.

What is counted is forgotten by time alone. A table that made room by forgetting could be made to
forget the name that is guessed at, by wrong tries for enough other names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

_FREE_TRIES = 5
"""So many wrong ones in a row cost no wait."""
_LONGEST_WAIT_S = 60.0
COUNTED_S = 3600.0
"""For how long a wrong try counts: five free ones an hour are fewer than one a minute."""
MOST_NAMES = 10_000
_LONGEST_NAME = 65
"""One more than a user's name can have: what is longer is nobody's."""

Name = tuple[str, str]
"""Account and user name, whether or not there is such a user."""


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    at: float = 0.0
    """When the last one was; seconds, as all times here, by a clock that nobody moves."""

    def add(self, now: float) -> None:
        self.wrong = self.wrong + 1 if self.counts(now) else 1
        self.at = now

    def counts(self, now: float) -> bool:
        return now < self.at + COUNTED_S

    def wait_s(self, now: float) -> float:
        """Return for how long the next try is not looked at: it doubles from one second on."""
        if self.wrong < _FREE_TRIES:
            return 0.0
        pause = min(_LONGEST_WAIT_S, 2.0 ** min(self.wrong - _FREE_TRIES, 6))
        return max(0.0, self.at + pause - now)


@dataclass(slots=True)
class WrongTries:
    """The wrong tries of each name; of all names together that find no room any more."""

    _by_name: dict[Name, _Tries] = field(default_factory=dict[Name, _Tries])
    """The one that was tried longest ago first."""
    _of_others: _Tries = field(default_factory=_Tries)

    def wait_s(self, name: Name, now: float) -> float:
        """Return for how many seconds no try of a name is looked at."""
        self._expire(now)
        return self._of(_short(name)).wait_s(now)

    def add(self, name: Name, now: float) -> None:
        """Count a wrong try."""
        self._expire(now)
        name = _short(name)
        tries = self._of(name)
        tries.add(now)
        if tries is not self._of_others:
            self._by_name.pop(name, None)
            self._by_name[name] = tries

    def forget(self, name: Name) -> None:
        """Begin anew for a name whose user has signed in; the others' count is not theirs."""
        self._by_name.pop(_short(name), None)

    def _of(self, name: Name) -> _Tries:
        is_full = len(self._by_name) >= MOST_NAMES
        return self._by_name.get(name) or (self._of_others if is_full else _Tries())

    def _expire(self, now: float) -> None:
        while self._by_name:
            oldest = next(iter(self._by_name))
            if self._by_name[oldest].counts(now):
                return
            del self._by_name[oldest]


def too_many(wait_s: float) -> str:
    """Return what is said to who has to wait; what is left of a second is one."""
    seconds = math.ceil(wait_s)
    return f"Too many wrong tries. Try again in {seconds} second{'s' if seconds > 1 else ''}."


def _short(name: Name) -> Name:
    account, user = name
    return account, user.lower()[:_LONGEST_NAME]
