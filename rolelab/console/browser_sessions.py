"""Who is signed in, in which browser: kept here, known to the browser by a cookie alone."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rolelab.secret import Credentials, Secret

_MOST_OF_ONE = 20
"""Sessions of one user; the oldest goes where there are more, and nobody else's."""
_RECENT_ROLES = 5
_LINK_S = 60.0
_HALF_S = 180.0
_MOST_HALF = 1000
Draft = dict[str, "str | list[str]"]
"""What has been entered on the earlier pages of a form of several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedRole:
    """The role that is worked with at the moment."""

    account: str
    role: str
    """Its name, with the path where it has one."""
    label: str
    """The display name; empty where none was given."""
    color: str
    arn: str
    """Of the session."""
    since: datetime
    """When the session began, by AWS's clock."""
    credentials: Credentials = field(repr=False)

    @property
    def title(self) -> str:
        """What the menu offers it as."""
        return self.label or f"{self.role.rpartition('/')[2]} @ {self.account}"


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that the next page shows once."""

    text: str
    secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    """Label -> what is shown this once: a new password, a new key."""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class HalfSignIn:
    """Who has given the right password, and has yet to give the code of a device."""

    account: str
    name: str
    password: Secret
    until: float = field(default_factory=lambda: time.monotonic() + _HALF_S)


@dataclass(slots=True, kw_only=True)
class BrowserSession:
    """One signed-in browser."""

    account: str
    arn: str
    name: str
    """Of the user; empty for root."""
    credentials: Credentials = field(repr=False)
    mfa: bool = False
    """Whether a code was given at the sign-in."""
    must_change: bool = False
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    switched: SwitchedRole | None = None
    recent: list[SwitchedRole] = field(default_factory=list[SwitchedRole])
    """The last roles, the newest first; the user's next session has them, too."""
    notices: list[Notice] = field(default_factory=list[Notice])
    drafts: dict[str, Draft] = field(default_factory=dict[str, Draft], repr=False)
    """Form -> what has been entered."""

    @property
    def is_root(self) -> bool:
        """Whether the account's root user is signed in."""
        return not self.name

    def switch(self, role: SwitchedRole) -> None:
        """Work with a role from now on."""
        self.switched = role
        others = [each for each in self.recent if (each.account, each.role) != _key(role)]
        self.recent[:] = [role, *others][:_RECENT_ROLES]

    def notices_once(self) -> list[Notice]:
        """Return what the next page shows, and forget it."""
        notices, self.notices = self.notices, []
        return notices


def _key(role: SwitchedRole) -> tuple[str, str]:
    return role.account, role.role


class BrowserSessions:
    """All of them; safe between threads."""

    def __init__(self) -> None:
        self._sessions: dict[str, BrowserSession] = {}
        self._links: dict[str, float] = {}
        self._half: dict[str, HalfSignIn] = {}
        self._recent: dict[str, list[SwitchedRole]] = {}
        self._lock = threading.Lock()

    def begin(self, session: BrowserSession) -> str:
        """Keep a new session; return the value of its cookie."""
        cookie = secrets.token_urlsafe(32)
        with self._lock:
            own = [each for each, held in self._sessions.items() if held.arn == session.arn]
            for old in own[: max(0, len(own) - _MOST_OF_ONE + 1)]:
                del self._sessions[old]
            self._sessions[cookie] = session
            session.recent = self._recent.setdefault(session.arn, session.recent)
        return cookie

    def find(self, cookie: str) -> BrowserSession | None:
        """Return the session of a cookie."""
        return self._sessions.get(cookie)

    def end(self, cookie: str) -> None:
        """Forget a session: its cookie is worth nothing any more."""
        with self._lock:
            self._sessions.pop(cookie, None)

    def keep_half(self, half: HalfSignIn) -> str:
        """Keep a sign-in that waits for a code, for three minutes; return its token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            while len(self._half) >= _MOST_HALF:
                del self._half[next(iter(self._half))]
            self._half[token] = half
        return token

    def take_half(self, token: str) -> HalfSignIn | None:
        """Return a sign-in that waits for a code, and forget it."""
        with self._lock:
            half = self._half.pop(token, None)
        return half if half and half.until > time.monotonic() else None

    def new_link(self) -> str:
        """Return a token with which root signs in: once, within a minute."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._links[token] = time.monotonic() + _LINK_S
        return token

    def use_link(self, token: str) -> bool:
        """Return whether a token is good; it is used up now."""
        with self._lock:
            return self._links.pop(token, 0.0) > time.monotonic()
