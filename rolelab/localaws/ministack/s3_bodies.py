"""Bodies that say on which objects a call works: DeleteObjects, and the upload of a form.

Source: Amazon S3 API Reference, DeleteObjects; S3 API Reference, "POST Object".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, register_namespace

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.ministack import s3_xml
from rolelab.localaws.ministack.emulator import Foreign, module

_MOST_OBJECTS = 1000
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_SIGNED_4 = frozenset({"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"})
_SIGNED_2 = frozenset({"awsaccesskeyid", "signature"})
_AS_IT_IS = frozenset({"policy", "x-amz-signature", "signature"})
_OF_AN_OBJECT = ("Key", "VersionId", "ETag", "LastModifiedTime", "Size")


@dataclass(frozen=True, slots=True)
class XmlBody:
    """What a body of XML says; nothing where it is none."""

    root: Foreign

    @classmethod
    def read(cls, body: bytes) -> XmlBody:
        """Read a body."""
        try:
            return cls(module("services.s3").fromstring(body) if body else None)
        except Exception:  # noqa: BLE001 - whatever the XML reader says
            return cls(None)

    @property
    def name(self) -> str:
        """The name of its outermost element; empty where there is none."""
        return "" if self.root is None else _name(self.root)

    def all(self, name: str) -> Iterator[Foreign]:
        """Yield the elements of a name, wherever they stand."""
        if self.root is not None:
            yield from (element for element in self.root.iter() if _name(element) == name)

    def text(self, name: str) -> str:
        """Return the text of the root's part of a name; empty where there is none.

        Raises:
            AwsError: MalformedXML, where there are two, or it stands elsewhere or is another
                vocabulary's: whoever carries it out might read something else.
        """
        elements = list(self.all(name))
        if not elements:
            return ""
        is_part = any(part is elements[0] for part in self.root)
        if (
            len(elements) > 1
            or not is_part
            or elements[0].tag not in (name, f"{{{_NAMESPACE}}}{name}")
        ):
            raise malformed_xml()
        return elements[0].text or ""

    def tags(self) -> Iterator[tuple[str, str]]:
        """Yield key and value of each tag.

        Raises:
            AwsError: MalformedXML.
        """
        for element in self.all("Tag"):
            parts = {_name(part): part.text or "" for part in element}
            if parts.keys() != {"Key", "Value"} or len(element) != len(parts):
                raise malformed_xml()
            yield parts["Key"], parts["Value"]


@dataclass(frozen=True, slots=True)
class DeletedObject:
    """One object that DeleteObjects names."""

    parts: Mapping[str, str]
    """What is said of it, by the names of the elements."""

    @property
    def key(self) -> str:
        """The object's key."""
        return self.parts["Key"]

    @property
    def version(self) -> str:
        """The version; empty for the present one."""
        return self.parts.get("VersionId", "")


@dataclass(frozen=True, slots=True)
class ObjectDeletion:
    """A body of DeleteObjects."""

    objects: tuple[DeletedObject, ...]
    quiet: str | None

    def body(self) -> bytes:
        """Return it as XML, with these objects and no others."""
        root = Element("Delete", xmlns=_NAMESPACE)
        if self.quiet is not None:
            SubElement(root, "Quiet").text = self.quiet
        for each in self.objects:
            element = SubElement(root, "Object")
            for name, text in each.parts.items():
                SubElement(element, name).text = text
        return s3_xml.document(root)


def read_deletion(body: bytes) -> ObjectDeletion:
    """Read a body of DeleteObjects.

    Raises:
        AwsError: MalformedXML.
    """
    given = XmlBody.read(body)
    if given.name != "Delete":
        raise malformed_xml()
    quiets: list[str] = []
    objects: list[DeletedObject] = []
    for child in given.root:
        if _name(child) == "Quiet":
            quiets.append(child.text or "")
            continue
        parts = {_name(part): part.text or "" for part in child}
        is_whole = _name(child) == "Object" and parts.get("Key") and len(parts) == len(child)
        if not is_whole or parts.keys() - set(_OF_AN_OBJECT):
            raise malformed_xml()
        objects.append(DeletedObject(parts))
    if not 0 < len(objects) <= _MOST_OBJECTS or len(quiets) > 1:
        raise malformed_xml()
    return ObjectDeletion(tuple(objects), quiets[0] if quiets else None)


def with_refusals(answer: bytes, refused: Sequence[tuple[DeletedObject, AwsError]]) -> bytes:
    """Return an answer to DeleteObjects that also tells what was refused; empty: of nothing else.

    Source: Amazon S3 API Reference, DeleteObjects ("Error").
    """
    root = XmlBody.read(answer).root
    root = Element("DeleteResult", xmlns=_NAMESPACE) if root is None else root
    prefix = root.tag.rpartition("DeleteResult")[0]
    for each, error in refused:
        element = SubElement(root, f"{prefix}Error")
        told = {"Key": each.key, "VersionId": each.version}
        for name, text in (told | {"Code": error.code, "Message": error.message}).items():
            if text:
                SubElement(element, f"{prefix}{name}").text = text
    register_namespace("", _NAMESPACE)
    return s3_xml.document(root)


def _name(element: Foreign) -> str:
    return str(element.tag).rpartition("}")[2]


def malformed_xml() -> AwsError:
    """Return the refusal of a body that is not what S3 takes."""
    message = (
        "The XML you provided was not well-formed or did not validate against our published schema"
    )
    return AwsError("MalformedXML", message, 400)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """The fields of a form, by their names in lower case, with the file's name put in."""

    fields: Mapping[str, str]
    size: int
    """Of the file, in bytes."""

    def get(self, field: str) -> str:
        """Return a field's value; empty where there is none."""
        return self.fields.get(field, "")

    @property
    def key(self) -> str:
        """The object that is put."""
        return self.get("key")

    @property
    def headers(self) -> Mapping[str, str]:
        """The fields, the ACL by the name that a header has."""
        acl = self.get("acl")
        return {**self.fields, "x-amz-acl": acl} if acl else self.fields

    @property
    def has_version_4(self) -> bool:
        """Whether it is signed by Signature Version 4, or means to be."""
        return not _SIGNED_4.isdisjoint(self.fields)

    @property
    def is_signed(self) -> bool:
        """Whether it is signed, or means to be."""
        return self.has_version_4 or not _SIGNED_2.isdisjoint(self.fields)

    @property
    def access_key_id(self) -> str:
        """Whose key has signed it."""
        if self.has_version_4:
            return self.get("x-amz-credential").partition("/")[0]
        return self.get("awsaccesskeyid")


def read_form(content_type: str, body: bytes) -> UploadForm:
    """Read a form.

    Raises:
        AwsError: MalformedPOSTRequest, or InvalidArgument where a field comes twice or there is no
            key.
    """
    parts: Foreign = module("services.s3")._parse_multipart_form(content_type, body)
    decode = module("core.sigv4").decode_header_value
    fields: dict[str, str] = {}
    file_name, size, seen = "", 0, set[str]()
    for name, part_file_name, _, value in parts:
        if name.lower() in seen:
            message = f"POST requires exactly one {name} field per request."
            raise AwsError("InvalidArgument", message, 400)
        seen.add(name.lower())
        if name == "file":
            file_name, size = part_file_name or "", len(value)
        else:
            fields[name.lower()] = decode(value)
    if not parts:
        message = "The body of your POST request is not well-formed multipart/form-data."
        raise AwsError("MalformedPOSTRequest", message, 400)
    if not fields.get("key"):
        message = "Bucket POST must contain a field named 'key'."
        raise AwsError("InvalidArgument", message, 400)
    return UploadForm(
        {
            name: value if name in _AS_IT_IS else value.replace("${filename}", file_name)
            for name, value in fields.items()
        },
        size,
    )
