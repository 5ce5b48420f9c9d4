"""Text made safe to be read: nothing in it moves a cursor, colours, turns a line or forges one.

Names, policies and requests hold whatever somebody wrote into them. All that is printed for people
goes through here; data (JSON, files for programs) keeps every character.
"""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Callable

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what is not seen: controls, marks of direction, lone surrogates, ends of
lines."""


def line(text: str) -> str:
    r"""Return a text as one line: what is not seen is shown escaped, as in `\x1b[31m` or `\n`."""
    return _escaping(text, lambda letter: letter.encode("unicode_escape").decode("ascii"))


def lines(text: str) -> str:
    """Return a text of several lines, each of them safe; only line feeds end one."""
    return "\n".join(map(line, text.split("\n")))


def as_html(text: str) -> str:
    """Return a text as one line of HTML."""
    return html.escape(line(text))


def as_json(value: object, *, indent: int | None = None) -> str:
    r"""Return a value as JSON whose text is safe on a screen: what is not seen is a `\u` escape.

    A program reads the very same value from it.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    # Outside of its strings JSON has nothing of the kind but line feeds.
    return "\n".join(_escaping(line, _in_json) for line in text.split("\n"))


def _escaping(text: str, escaped: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join(escaped(letter) if _is_unseen(letter) else letter for letter in text)


def _is_unseen(letter: str) -> bool:
    return not letter.isprintable() and unicodedata.category(letter) in _UNSEEN


def _in_json(letter: str) -> str:
    pairs = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{pairs[at : at + 4]}" for at in range(0, len(pairs), 4))
