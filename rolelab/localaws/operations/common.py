"""What IAM's operations share: looking up with AWS's words, tags, pages, sizes of policies."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from rolelab.iam.quotas import TAGS_PER_ENTITY, most
from rolelab.localaws import quotas
from rolelab.localaws.accounts.identities import Record
from rolelab.localaws.documents import check_identity, size
from rolelab.localaws.http.envelopes import AwsError
from rolelab.localaws.operations.api_call import Call, Result, tags_of

KINDS = {"user": "User", "role": "Role", "group": "Group", "instance-profile": "InstanceProfile"}

_NOT_FOUND = {
    "user": "The user with name {} cannot be found.",
    "role": "The role with name {} cannot be found.",
    "group": "The group with name {} cannot be found.",
    "instance-profile": "Instance Profile {} cannot be found.",
}
_EXISTS = {
    "user": "User with name {} already exists.",
    "role": "Role with name {} already exists.",
    "group": "Group with name {} already exists.",
    "instance-profile": "Instance Profile {} already exists.",
    "policy": "A policy called {} already exists. Duplicate names are not allowed.",
}


def entity(call: Call, kind: str, name: str | None = None) -> Record:
    """Return the entity that the call names.

    Raises:
        AwsError: NoSuchEntity.
    """
    wanted = name if name is not None else call.params[f"{KINDS[kind]}Name"]
    found = call.store.get(kind, call.account, wanted)
    if found is None:
        raise no_such(_NOT_FOUND[kind].format(wanted))
    return found


def user(call: Call) -> Record:
    """Return the user that the call names, or, without a name, the one who calls.

    Raises:
        AwsError: NoSuchEntity; ValidationError where no user calls.
    """
    return entity(call, "user", named_user(call))


def named_user(call: Call) -> str:
    """Return the name of the user that the call is about.

    Raises:
        AwsError: ValidationError, without a name from somebody who is no user.
    """
    name = call.params.get("UserName")
    if name:
        return name
    if call.caller.kind.name != "USER":
        raise AwsError(
            "ValidationError", "Must specify userName when calling with non-User credentials"
        )
    return call.caller.name


def no_such(message: str) -> AwsError:
    """Return NoSuchEntity."""
    return AwsError("NoSuchEntity", message)


def require_new(call: Call, kind: str, name: str, quota: str) -> None:
    """Refuse a name that is taken (case does not count), and one entity too many.

    Raises:
        AwsError: EntityAlreadyExists, LimitExceeded.
    """
    if call.store.same_name(kind, call.account, name):
        raise AwsError("EntityAlreadyExists", _EXISTS[kind].format(name))
    quotas.require_below(quota, call.store.count(kind, call.account))


def arn(call: Call, kind: str, name: str, path: str) -> str:
    """Return the ARN of an entity of the account, path included."""
    return f"arn:aws:iam::{call.account}:{kind}{path}{name}"


# -- tags -----------------------------------------------------------------------------------------------------------


def new_tags(call: Call) -> list[dict[str, str]]:
    """Return the tags that a new entity is given, checked.

    Raises:
        AwsError: InvalidInput, LimitExceeded.
    """
    tags = tags_of(call.params)
    _check_tags(tags)
    return tags


def tag(record: Record, call: Call) -> None:
    """Add tags; one with a key that is there (without regard to case) replaces it.

    Raises:
        AwsError: InvalidInput, LimitExceeded.
    """
    given = tags_of(call.params)
    _check_tags(given)
    merged = {one["Key"].lower(): one for one in record.get("Tags") or ()}
    merged |= {one["Key"].lower(): one for one in given}
    _check_tags(list(merged.values()))
    record["Tags"] = list(merged.values())


def untag(record: Record, call: Call) -> None:
    """Take tags away by their keys."""
    gone = {key.lower() for key in call.params.get("TagKeys", ())}
    record["Tags"] = [one for one in record.get("Tags") or () if one["Key"].lower() not in gone]


def _check_tags(tags: list[dict[str, str]]) -> None:
    if len({one["Key"].lower() for one in tags}) != len(tags):
        raise AwsError(
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        )
    if any(one["Key"].lower().startswith("aws:") for one in tags):
        raise AwsError("InvalidInput", "Tag keys that start with aws: are reserved for system use.")
    if len(tags) > TAGS_PER_ENTITY:
        raise AwsError(
            "LimitExceeded",
            f"The number of tags has reached the maximum limit of {TAGS_PER_ENTITY}.",
        )


# -- pages ----------------------------------------------------------------------------------------------------------


def page(
    call: Call, member: str, items: Iterable[Any], key: Callable[[Any], str]
) -> dict[str, Any]:
    """Return one page of a list, in the order of its keys: `MaxItems` (100) after `Marker`.

    Raises:
        AwsError: ValidationError, for a marker that is none.
    """
    count = call.params.get("MaxItems", 100)
    ordered = sorted(items, key=key)
    marker = call.params.get("Marker")
    if marker is not None:
        after = _read_marker(marker)
        ordered = [item for item in ordered if key(item) > after]
    shown = ordered[:count]
    answer: dict[str, Any] = {member: shown, "IsTruncated": len(ordered) > count}
    if len(ordered) > count:
        answer["Marker"] = _write_marker(key(shown[-1]))
    return answer


def _write_marker(key: str) -> str:
    return base64.urlsafe_b64encode(b"after:" + key.encode()).decode()


def _read_marker(marker: str) -> str:
    try:
        content = base64.urlsafe_b64decode(marker.encode()).decode()
    except (ValueError, binascii.Error):
        content = ""
    if not content.startswith("after:"):
        raise AwsError("ValidationError", f"Invalid Marker: {marker}")
    return content[6:]


def below_path(call: Call, records: Iterable[Record]) -> list[Record]:
    """Return the records whose path begins with the call's `PathPrefix`."""
    prefix = call.params.get("PathPrefix", "/")
    return [record for record in records if record.get("Path", "/").startswith(prefix)]


# -- inline policies ------------------------------------------------------------------------------------------------


def inline_policies(call: Call, kind: str, record: Record) -> dict[str, str]:
    """Return an entity's inline policies by name: the very store, to be read and changed."""
    if kind == "role":
        return record.setdefault("InlinePolicies", {})
    table = call.store.table(
        "_user_inline_policies" if kind == "user" else "_group_inline_policies", call.account
    )
    return table.setdefault(record[f"{KINDS[kind]}Name"], {})


def put_inline(kind: str) -> Callable[[Call], None]:
    """Return the operation that saves an inline policy of a user, role or group."""

    def put(call: Call) -> None:
        record = entity(call, kind)
        document = call.params["PolicyDocument"]
        check_identity(document)
        policies = inline_policies(call, kind, record)
        total = sum(
            size(one) for name, one in policies.items() if name != call.params["PolicyName"]
        ) + size(document)
        limit = most(f"{KINDS[kind]}PolicySizeQuota")
        if total > limit:
            name = record[f"{KINDS[kind]}Name"]
            raise AwsError(
                "LimitExceeded", f"Maximum policy size of {limit} bytes exceeded for {kind} {name}"
            )
        policies[call.params["PolicyName"]] = document

    return put


def get_inline(kind: str) -> Callable[[Call], Result]:
    """Return the operation that reads an inline policy."""

    def get(call: Call) -> Result:
        record = entity(call, kind)
        name = call.params["PolicyName"]
        document = inline_policies(call, kind, record).get(name)
        if document is None:
            raise no_such(f"The {kind} policy with name {name} cannot be found.")
        owner = f"{KINDS[kind]}Name"
        return {owner: record[owner], "PolicyName": name, "PolicyDocument": encoded(document)}

    return get


def delete_inline(kind: str) -> Callable[[Call], None]:
    """Return the operation that deletes an inline policy."""

    def delete(call: Call) -> None:
        policies = inline_policies(call, kind, entity(call, kind))
        name = call.params["PolicyName"]
        if name not in policies:
            raise no_such(f"The {kind} policy with name {name} cannot be found.")
        del policies[name]

    return delete


def list_inline(kind: str) -> Callable[[Call], Result]:
    """Return the operation that lists the names of inline policies."""

    def names(call: Call) -> Result:
        return page(call, "PolicyNames", inline_policies(call, kind, entity(call, kind)), str)

    return names


def encoded(document: str) -> str:
    """Return a policy as IAM gives it back: percent-encoded.

    Source: IAM API Reference, GetUserPolicy ("Policies returned by this operation are URL-encoded compliant with
    RFC 3986").
    """
    from urllib.parse import quote

    return quote(document, safe="")
