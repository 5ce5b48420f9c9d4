"""XML as S3 writes it: with any key, and keys percent-encoded for who asks for that.

A reader of XML takes a carriage return for a line feed, which is another key: S3 writes a reference
for it. So it does for the characters that XML 1.0 has no room for, which most readers then refuse:
`encoding-type=url` is for them.

Source: Amazon S3 API Reference, ListObjectVersions, ListMultipartUploads … (encoding-type,
EncodingType); Amazon S3 User Guide, "Naming Amazon S3 objects" (XML-related object key
constraints); the references and the plus for a blank as S3 has answered them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote_plus
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.sax.saxutils import escape

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_AS_IT_IS = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile("&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_PART = re.compile(r"<(\w+)(?: ?/>|>([^<]*)</\1>)")
_LISTS = frozenset({"ListBucketResult", "ListVersionsResult", "ListMultipartUploadsResult"})
_ENCODED = frozenset(
    {
        "Delimiter",
        "Key",
        "KeyMarker",
        "Marker",
        "NextKeyMarker",
        "NextMarker",
        "Prefix",
        "StartAfter",
    }
)

_encoding: ContextVar[str] = ContextVar("rolelab_s3_encoding", default="")


@contextmanager
def encoded(encoding_type: str) -> Iterator[None]:
    """Let a list that is written in this block give its keys so: `url`, or as they are (empty)."""
    before = _encoding.set(encoding_type)
    try:
        yield
    finally:
        _encoding.reset(before)


def text(value: str) -> str:
    """Return any text as that of an XML element."""
    return _with_references(escape(value))


def escaped(value: str, _entities: object = None) -> str:
    """Return any text as that of an XML element; in place of MiniStack's own function."""
    return text(value)


def element_text(element: Element, encoding: str = "unicode") -> str:  # noqa: ARG001 - as named
    """Return an element as XML; in place of MiniStack's own function."""
    if element.tag in _LISTS and _encoding.get():
        for part in element.iter():
            if part.tag in _ENCODED and part.text:
                part.text = quote_plus(part.text, safe="/*")
        SubElement(element, "EncodingType").text = _encoding.get()
    # Of the tags and attributes none has such a character.
    return _with_references(tostring(element, encoding="unicode"))


def document(root: Element) -> bytes:
    """Return a whole document."""
    return _DECLARATION + element_text(root).encode()


def parts_of(body: bytes, root: str) -> dict[str, str] | None:
    """Return the text of each part of a flat document that was written here; None of another one.

    Readers of XML take no reference to what XML has no room for.
    """
    found = re.search(f"<{root}>(.*)</{root}>", body.decode("utf-8", "replace"), re.DOTALL)
    if found is None:
        return None
    return {name: _REFERENCE.sub(_meant, value) for name, value in _PART.findall(found[1])}


def _with_references(xml: str) -> str:
    return _NOT_AS_IT_IS.sub(_reference, xml)


def _reference(found: re.Match[str]) -> str:
    return "&#13;" if found[0] == "\r" else f"&#x{ord(found[0]):x};"


def _meant(found: re.Match[str]) -> str:
    by_hex, by_number, name = found.groups()
    if name:
        return _NAMED.get(name, found[0])
    return chr(int(by_hex, 16) if by_hex else int(by_number))
