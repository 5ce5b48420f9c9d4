"""How wrong passwords slow down: by name, whatever else is tried, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable

from rolelab.localaws.operations import wrong_tries
from rolelab.localaws.operations.wrong_tries import COUNTED_S, Name, WrongTries

VICTIM = ("111122223333", "anna")


def guessed(tries: WrongTries, names: Iterable[Name], now: float) -> int:
    """Try each name with a wrong password; returns how many of them were looked at."""
    looked_at = 0
    for name in names:
        if tries.wait_s(name, now) == 0:
            tries.add(name, now)
            looked_at += 1
    return looked_at


def others(count: int, kind: str = "other") -> list[Name]:
    """Return made-up names."""
    return [(VICTIM[0], f"{kind}{number}") for number in range(count)]


def test_the_wait_doubles_from_the_fifth_on() -> None:
    """Five are free, then 1, 2, 4 … seconds, a minute at most, however many there were."""
    tries, now, waits = WrongTries(), 0.0, list[float]()
    for _ in range(2000):
        now += tries.wait_s(VICTIM, now)
        tries.add(VICTIM, now)
        waits.append(tries.wait_s(VICTIM, now))
    assert waits[:12] == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert set(waits[12:]) == {60}


def test_nobody_is_told_to_wait_for_nothing() -> None:
    """Who tries again after 0 seconds has to wait again."""
    told = [wrong_tries.too_many(wait_s).rpartition(" in ")[2] for wait_s in (0.01, 1.0, 1.2, 60)]
    assert told == ["1 second.", "1 second.", "2 seconds.", "60 seconds."]


def test_a_flood_of_names_frees_nobody() -> None:
    """A thousand names are tried six times each, and then the one that is guessed at, and more."""
    tries = WrongTries()
    for name in others(1000):
        guessed(tries, [name] * 6, 0)
    new = iter(others(1000, "new"))
    assert sum(guessed(tries, [*[VICTIM] * 5, next(new)], 0) for _ in range(200)) == 5 + 200
    assert tries.wait_s(VICTIM, 0) > 0


def test_in_a_full_table_newcomers_share_a_wait() -> None:
    """Whoever has filled it guesses no faster, and who was in it before waits for no other."""
    tries = WrongTries()
    guessed(tries, [VICTIM] * 3, 0)
    guessed(tries, others(wrong_tries.MOST_NAMES - 1), 0)
    assert guessed(tries, others(100, "new"), 0) == 5
    assert tries.wait_s((VICTIM[0], "yet another"), 0) > 0
    assert tries.wait_s(VICTIM, 0) == 0
    # A newcomer's own sign-in says nothing of the others.
    tries.forget((VICTIM[0], "new1"))
    assert guessed(tries, others(100, "new"), 0) == 0


def test_what_is_counted_ends_with_time() -> None:
    """An hour after the last wrong try a name is as new, and a full table empty."""
    tries = WrongTries()
    guessed(tries, [VICTIM] * 4, 0)
    guessed(tries, others(wrong_tries.MOST_NAMES - 1), 0)
    guessed(tries, [VICTIM] * 4, COUNTED_S - 1)
    assert guessed(tries, others(9, "new"), COUNTED_S) == 9
    assert tries.wait_s(VICTIM, COUNTED_S - 0.5) > 0
    assert guessed(tries, [VICTIM] * 9, 2 * COUNTED_S) == 5


def test_a_sign_in_begins_anew() -> None:
    """Who knows the password has not guessed."""
    tries = WrongTries()
    guessed(tries, [VICTIM] * 4, 0)
    tries.forget(VICTIM)
    assert guessed(tries, [VICTIM] * 9, 0) == 5


def test_a_name_is_kept_as_long_as_a_user_name_can_be() -> None:
    """Made-up names of any length take no memory, and no case is another name."""
    tries = WrongTries()
    longest = "n" * 64
    assert guessed(tries, [("1", longest), ("1", longest.upper())] * 5, 0) == 5
    assert guessed(tries, [("1", longest + "n" * length) for length in range(1, 50)], 0) == 5
