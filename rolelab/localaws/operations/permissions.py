"""What a call of IAM is asked on: an ARN, path included, and the condition keys of the operation.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity
and Access Management (IAM)"; the path of a resource is part of its ARN ("IAM identifiers").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rolelab.iam import arns
from rolelab.iam.request import OF_ONESELF
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import tags_as_keys
from rolelab.localaws.accounts.records import Tagged
from rolelab.localaws.operations.api_call import ApiCall

ResourceOf = Callable[[ApiCall], str]
"""Returns the ARN that a call is asked on, and sets the condition keys that come with it."""
Further = Callable[[ApiCall, str], Iterable[tuple[str, str]]]
"""Returns what else the caller must be allowed, (action, ARN), beside the call on its ARN."""

_KINDS = ("user", "role", "group", "instance-profile", "server-certificate")
_ARNS = ("PolicyArn", "PolicySourceArn", "OpenIDConnectProviderArn", "SAMLProviderArn")


def by_parameters(call: ApiCall) -> str:
    """What the call names, or else the user who calls, where it means that; `*` if nothing."""
    for kind in _KINDS:
        if f"{call.store.of_kind[kind].title}Name" in call.params:
            return _named(call, kind)
    if call.operation in OF_ONESELF:
        _set_resource_tags(call, call.caller.entity)
        return call.caller.entity_arn
    if "PolicyName" in call.params:
        return arns.iam(call.account, "policy", call.text("PolicyName"), path=_path(call))
    for name in _ARNS:
        if name in call.params:
            _set_resource_tags(call, call.store.tagged(call.account, call.text(name)))
            return call.text(name)
    return "*"


def the(kind: str) -> ResourceOf:
    """Return what asks on this kind of what the call names, whatever else it names."""
    return lambda call: _named(call, kind)


def paths_of(kind: str) -> ResourceOf:
    """Return what asks on the path that a list is of: `arn:aws:iam::123456789012:user/`."""
    return lambda call: arns.iam(call.account, kind, "", path=call.text("PathPrefix", "/"))


def owner_of_key(call: ApiCall) -> str:
    """The user who has the access key that the call names.

    Raises:
        AwsError: AccessDenied, where nobody has it: what exists elsewhere is not told.
    """
    key_id = call.text("AccessKeyId")
    key = call.store.keys.get(call.account, key_id)
    owner = call.store.users.get(call.account, key["UserName"]) if key else None
    if owner is None:
        message = (
            f"User: {call.caller.arn} is not authorized to perform iam:GetAccessKeyLastUsed "
            f"on resource: access key {key_id}"
        )
        raise AwsError("AccessDenied", message)
    _set_resource_tags(call, owner)
    return owner["Arn"]


def arn_itself(call: ApiCall) -> str:
    """What the call names by its ARN: a user, role, group or policy."""
    arn = call.text("Arn")
    kind, _, name = arn.partition(f":{call.account}:")[2].partition("/")
    if kind in ("user", "role"):
        record = call.store.of_kind[kind].get(call.account, arns.name_of(name))
        _set_resource_tags(call, record)
    else:
        _set_resource_tags(call, call.store.tagged(call.account, arn))
    return arn


def device(call: ApiCall) -> str:
    """The MFA device that the call names."""
    serial = call.text("SerialNumber")
    _set_resource_tags(call, call.store.devices.get(call.account, serial))
    return serial


def new_device(call: ApiCall) -> str:
    """The MFA device that the call is to make."""
    return arns.iam(call.account, "mfa", call.text("VirtualMFADeviceName"), path=_path(call))


# -- what has to be allowed beside -----------------------------------------------------------------


def tagging_with(action: str) -> Further:
    """Return what asks for tags at creation: the action that tags, on what the call makes.

    Source: IAM User Guide, "Tags for AWS Identity and Access Management resources".
    """
    return lambda call, resource: [(f"iam:{action}", resource)] if call.tags() else []


def moving(kind: str) -> Further:
    """Return what asks for the target of a new name or path, as for what is moved.

    Source: IAM API Reference, UpdateUser, UpdateGroup ("permissions on both the source object and
    the target object").
    """

    def target(call: ApiCall, resource: str) -> list[tuple[str, str]]:
        new = f"New{call.store.of_kind[kind].title}Name"
        name = call.text(new) or arns.name_of(resource)
        path = call.text("NewPath") or arns.path_of(resource)
        moved = arns.iam(call.account, kind, name, path=path)
        return [] if moved == resource else [(f"iam:{call.operation}", moved)]

    return target


def passing_role(call: ApiCall, _: str) -> list[tuple[str, str]]:
    """Ask for the role that the call hands to a machine.

    Source: Service Authorization Reference, AddRoleToInstanceProfile (dependent actions).
    """
    call.request_keys["iam:passedtoservice"] = "ec2.amazonaws.com"
    return [("iam:PassRole", _named(call, "role"))]


# -- condition keys --------------------------------------------------------------------------------

_BOUNDARY_OF_NAMED = frozenset({
    "AttachUserPolicy", "AttachRolePolicy", "DetachUserPolicy", "DetachRolePolicy",
    "PutUserPolicy", "PutRolePolicy", "DeleteUserPolicy", "DeleteRolePolicy",
    "DeleteUserPermissionsBoundary", "DeleteRolePermissionsBoundary", "UpdateAssumeRolePolicy",
    "GetRole", "UpdateRole", "UpdateRoleDescription", "DeleteRole",
})  # fmt: skip
"""Operations for which `iam:PermissionsBoundary` holds the boundary that the user or role has."""
_SERVICE_OF_NAMED = frozenset({
    "DeleteServiceSpecificCredential", "ResetServiceSpecificCredential",
    "UpdateServiceSpecificCredential",
})  # fmt: skip
"""Operations for which the service is that of the credential that they name."""
_PARAMETERS = {
    "iam:permissionsboundary": ("PermissionsBoundary", "Create Put"),
    "iam:policyarn": ("PolicyArn", "Attach Detach"),
    "iam:awsservicename": ("AWSServiceName", "Create"),
    "iam:servicespecificcredentialservicename": ("ServiceName", "CreateServiceSpecific"),
    "iam:servicespecificcredentialagedays": ("CredentialAgeDays", "CreateServiceSpecific"),
}
"""Condition key -> the parameter that it holds, and the operations for which it does."""


def set_request_keys(call: ApiCall) -> None:
    """Set the condition keys of the call's own parameters."""
    keys = call.request_keys
    keys["aws:resourceaccount"] = call.account
    tags = call.tags()
    keys |= tags_as_keys(tags, "aws:requesttag/")
    names = [tag["Key"] for tag in tags] or call.texts("TagKeys")
    if names:
        keys["aws:tagkeys"] = names
    for key, (parameter, operations) in _PARAMETERS.items():
        if parameter in call.params and call.operation.startswith(tuple(operations.split())):
            keys[key] = str(call.params[parameter])
    if call.operation in _SERVICE_OF_NAMED:
        keys |= _service_of_named(call)
    if call.operation in _BOUNDARY_OF_NAMED:
        boundary = _boundary_of_named(call)
        if boundary:
            keys["iam:permissionsboundary"] = boundary


def _service_of_named(call: ApiCall) -> dict[str, str]:
    user = call.store.users.get(call.account, call.text("UserName") or call.caller.name)
    for password in user.get("ServiceSpecificCredentials", []) if user else ():
        if password["ServiceSpecificCredentialId"] == call.text("ServiceSpecificCredentialId"):
            return {"iam:servicespecificcredentialservicename": password["ServiceName"]}
    return {}


def _boundary_of_named(call: ApiCall) -> str | None:
    if "UserName" in call.params:
        record = call.store.users.get(call.account, call.text("UserName"))
    else:
        record = call.store.roles.get(call.account, call.text("RoleName"))
    return record.get("PermissionsBoundary") if record else None


def _named(call: ApiCall, kind: str) -> str:
    entities = call.store.of_kind[kind]
    name = call.text(f"{entities.title}Name")
    record = entities.get(call.account, name)
    if record is not None and not call.operation.startswith(("Create", "Upload")):
        _set_resource_tags(call, record)
        return record["Arn"]
    return arns.iam(call.account, kind, name, path=_path(call))


def _path(call: ApiCall) -> str:
    return call.text("Path", "/")


def _set_resource_tags(call: ApiCall, record: Tagged | None) -> None:
    """Set the tags of what is asked on, and of nothing else that was asked on before."""
    keys = call.request_keys
    for key in [key for key in keys if "resourcetag/" in key]:
        del keys[key]
    keys |= tags_as_keys(record.get("Tags") if record else None, "aws:resourcetag/")
    if record and ("UserName" in record or "RoleName" in record):
        keys |= tags_as_keys(record.get("Tags"), "iam:resourcetag/")
