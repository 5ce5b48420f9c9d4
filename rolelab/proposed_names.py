"""Names that IAM takes, for people whose own it does not: `Anna.Mueller` for Anna Müller."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from components import limits

_SPELLED = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS",
        "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "\u0131": "i",
    }
)  # fmt: skip
"""Letters that do not fall apart into a plain one and its mark, or are spelled with two."""
_LONGEST = 64


def proposals(names: Iterable[str]) -> Mapping[str, str]:
    """Return a name for each that IAM does not take; none of them twice, nor one of the others.

    What cannot be spelled in ASCII is numbered by its place in the list: `learner03`.
    """
    listed = list(dict.fromkeys(names))
    # IAM does not regard case.
    taken = {name.lower() for name in listed if not limits.name(name)}
    proposed: dict[str, str] = {}
    for place, name in enumerate(listed, start=1):
        if limits.name(name):
            proposed[name] = _free(_spelled(name) or f"learner{place:02d}", taken)
            taken.add(proposed[name].lower())
    return proposed


def _spelled(name: str) -> str:
    whole = unicodedata.normalize("NFC", name).translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_+=,.@-]", "", re.sub(r"\s+", ".", plain.strip()))
    plain = re.sub(r"\.{2,}", ".", plain).strip(".-,")[:_LONGEST]
    return plain if re.search("[A-Za-z0-9]", plain) else ""


def _free(name: str, taken: set[str]) -> str:
    if name.lower() not in taken:
        return name
    number = 2
    while f"{name[: _LONGEST - len(str(number))]}{number}".lower() in taken:
        number += 1
    return f"{name[: _LONGEST - len(str(number))]}{number}"
