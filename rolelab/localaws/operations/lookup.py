"""Find what a call names, with AWS's words where it is not there or is there already."""

from __future__ import annotations

from typing import cast

from rolelab.iam import arns
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import Kind
from rolelab.localaws.accounts.identities import E, Entities, Table, V
from rolelab.localaws.accounts.records import (
    DeviceRecord,
    EntityRecord,
    GroupRecord,
    HolderRecord,
    PrincipalRecord,
    ProfileRecord,
    RoleRecord,
    ServerCertificateRecord,
    UserRecord,
)
from rolelab.localaws.operations import requirements
from rolelab.localaws.operations.api_call import ApiCall

_NOT_FOUND = {
    "User": "The user with name {} cannot be found.",
    "Role": "The role with name {} cannot be found.",
    "Group": "The group with name {} cannot be found.",
    "InstanceProfile": "Instance Profile {} cannot be found.",
    "ServerCertificate": "The Server Certificate with name {} cannot be found.",
}
_EXISTS = {
    "User": "User with name {} already exists.",
    "Role": "Role with name {} already exists.",
    "Group": "Group with name {} already exists.",
    "InstanceProfile": "Instance Profile {} already exists.",
    "ServerCertificate": "The Server Certificate with name {} already exists.",
    "Policy": "A policy called {} already exists. Duplicate names are not allowed.",
}


def user(call: ApiCall) -> UserRecord:
    """Return the user that the call names.

    Raises:
        AwsError: NoSuchEntity, as of all these functions.
    """
    return _named(call, call.store.users)


def role(call: ApiCall) -> RoleRecord:
    """Return the role that the call names."""
    return _named(call, call.store.roles)


def group(call: ApiCall) -> GroupRecord:
    """Return the group that the call names."""
    return _named(call, call.store.groups)


def profile(call: ApiCall) -> ProfileRecord:
    """Return the instance profile that the call names."""
    return _named(call, call.store.profiles)


def server_certificate(call: ApiCall) -> ServerCertificateRecord:
    """Return the server certificate that the call names."""
    return _named(call, call.store.certificates)


def holder(call: ApiCall, kind: str) -> HolderRecord:
    """Return the user, role or group that the call names."""
    return _named(call, call.store.of_kind[kind])


def principal(call: ApiCall, kind: str) -> PrincipalRecord:
    """Return the user or role that the call names."""
    return _named(call, call.store.of_kind[kind])


def user_or_caller(call: ApiCall) -> UserRecord:
    """Return the user that the call names, or, without a name, the one who calls.

    Raises:
        AwsError: NoSuchEntity; ValidationError where no user calls.
    """
    name = call.text("UserName")
    if not name and call.caller.kind is not Kind.USER:
        raise AwsError(
            "ValidationError", "Must specify userName when calling with non-User credentials"
        )
    return _get(call, call.store.users, name or call.caller.name)


def _named(call: ApiCall, entities: Entities[E]) -> E:
    return _get(call, entities, call.text(f"{entities.title}Name"))


def _get(call: ApiCall, entities: Entities[E], name: str) -> E:
    record = entities.get(call.account, name)
    if record is None:
        raise no_such(_NOT_FOUND[entities.title].format(name))
    return record


def groups_of(call: ApiCall, user: str) -> list[GroupRecord]:
    """Return the groups that a user is in."""
    return [group for group in call.store.groups.all(call.account) if user in group["Users"]]


def devices_of(call: ApiCall, user: str) -> list[DeviceRecord]:
    """Return a user's MFA devices."""
    return [device for device in call.store.devices.all(call.account) if device["User"] == user]


def no_such(message: str) -> AwsError:
    """Return NoSuchEntity."""
    return AwsError("NoSuchEntity", message)


def named(call: ApiCall, table: Table[V], parameter: str, missing: str) -> V:
    """Return what a parameter of the call names; `missing` is AWS's sentence, with {} for it.

    Raises:
        AwsError: NoSuchEntity.
    """
    name = call.text(parameter)
    record = table.get(call.account, name)
    if record is None:
        raise no_such(missing.format(name))
    return record


def new_entity(call: ApiCall, kind: str, quota: str) -> EntityRecord:
    """Return path, ARN and time of an entity to be made under the name that the call gives.

    Raises:
        AwsError: EntityAlreadyExists (case does not count), LimitExceeded.
    """
    entities = call.store.of_kind[kind]
    name, path = call.text(f"{entities.title}Name"), call.text("Path", "/")
    if entities.same_name(call.account, name):
        raise AwsError("EntityAlreadyExists", _EXISTS[entities.title].format(name))
    requirements.require_below(quota, entities.count(call.account))
    return {
        "Path": path,
        "Arn": arns.iam(call.account, kind, name, path=path),
        "CreateDate": clock.iso(),
    }


def move(call: ApiCall, kind: str, record: EntityRecord) -> tuple[str, str]:
    """Give a user or group the new name and path of the call; return its names before and now.

    Raises:
        AwsError: EntityAlreadyExists.
    """
    entities = call.store.of_kind[kind]
    old = entities.name_of(record)
    new, path = call.text(f"New{entities.title}Name", old), call.text("NewPath", record["Path"])
    taken = entities.same_name(call.account, new)
    if taken and taken != old:
        raise AwsError("EntityAlreadyExists", _EXISTS[entities.title].format(new))
    arn = arns.iam(call.account, kind, new, path=path)
    fields = cast("dict[str, object]", record)
    fields |= {f"{entities.title}Name": new, "Path": path, "Arn": arn}
    if new != old:
        entities.rename(call.account, old, record)
        call.store.move_inline_policies(kind, call.account, old, new)
    return old, new


def require_empty(*left: tuple[object, str]) -> None:
    """Refuse to delete what still has something: (what there is, what to do first).

    Raises:
        AwsError: DeleteConflict, for the first of them.
    """
    for there, remedy in left:
        if there:
            raise AwsError("DeleteConflict", f"Cannot delete entity, must {remedy}.")
