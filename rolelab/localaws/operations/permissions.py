"""What a call of IAM is asked on: an ARN, path included, and the condition keys of the operation.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity
and Access Management (IAM)"; the path of a resource is part of its ARN ("IAM identifiers").
"""

from __future__ import annotations

from collections.abc import Callable

from rolelab.iam import arns
from rolelab.iam.request import OF_ONESELF
from rolelab.localaws.accounts.caller import tags_as_keys
from rolelab.localaws.accounts.records import Tagged
from rolelab.localaws.operations.api_call import ApiCall

ResourceOf = Callable[[ApiCall], str]
"""Returns the ARN that a call is asked on, and sets the condition keys that come with it."""

_KINDS = ("user", "role", "group", "instance-profile")
_ARNS = ("PolicyArn", "PolicySourceArn", "OpenIDConnectProviderArn", "SAMLProviderArn")


def by_parameters(call: ApiCall) -> str:
    """What the call names, or else the user who calls, where it means that; `*` if nothing."""
    if "SerialNumber" in call.params and "UserName" not in call.params:
        return call.text("SerialNumber")
    for kind in _KINDS:
        if f"{call.store.of_kind[kind].title}Name" in call.params:
            return _named(call, kind)
    if "PolicyName" in call.params:
        return arns.iam(call.account, "policy", call.text("PolicyName"), path=_path(call))
    for name in _ARNS:
        if name in call.params:
            _set_resource_tags(call, call.store.managed_policy(call.account, call.text(name)))
            return call.text(name)
    if call.operation in OF_ONESELF:
        _set_resource_tags(call, call.caller.entity)
        return call.caller.entity_arn
    return "*"


def the(kind: str) -> ResourceOf:
    """Return what asks on this kind of what the call names, whatever else it names."""
    return lambda call: _named(call, kind)


def paths_of(kind: str) -> ResourceOf:
    """Return what asks on the path that a list is of: `arn:aws:iam::123456789012:user/`."""
    return lambda call: arns.iam(call.account, kind, "", path=call.text("PathPrefix", "/"))


def new_device(call: ApiCall) -> str:
    """The MFA device that the call is to make."""
    return arns.iam(call.account, "mfa", call.text("VirtualMFADeviceName"), path=_path(call))


def set_request_keys(call: ApiCall) -> None:
    """Set the condition keys of the call's own parameters."""
    keys = call.request_keys
    keys["aws:resourceaccount"] = call.account
    tags = call.tags()
    keys |= tags_as_keys(tags, "aws:requesttag/")
    names = [tag["Key"] for tag in tags] or call.texts("TagKeys")
    if names:
        keys["aws:tagkeys"] = names
    boundary = call.text("PermissionsBoundary") or _boundary_of_named(call)
    if boundary:
        keys["iam:permissionsboundary"] = boundary
    for parameter, key in (
        ("PolicyArn", "iam:policyarn"),
        ("AWSServiceName", "iam:awsservicename"),
    ):
        if parameter in call.params:
            keys[key] = call.text(parameter)


def _boundary_of_named(call: ApiCall) -> str | None:
    """Return the boundary of the user or role whose boundary or policies the call is about."""
    operation = call.operation
    if not ("Boundary" in operation or operation.endswith(("UserPolicy", "RolePolicy"))):
        return None
    if "UserName" in call.params:
        record = call.store.users.get(call.account, call.text("UserName"))
    else:
        record = call.store.roles.get(call.account, call.text("RoleName"))
    return record.get("PermissionsBoundary") if record else None


def _named(call: ApiCall, kind: str) -> str:
    entities = call.store.of_kind[kind]
    name = call.text(f"{entities.title}Name")
    record = entities.get(call.account, name)
    _set_resource_tags(call, record)
    if record is not None and not call.operation.startswith("Create"):
        return record["Arn"]
    return arns.iam(call.account, kind, name, path=_path(call))


def _path(call: ApiCall) -> str:
    return call.text("Path", "/")


def _set_resource_tags(call: ApiCall, record: Tagged | None) -> None:
    tags = record.get("Tags") if record else None
    call.request_keys.update(tags_as_keys(tags, "aws:resourcetag/"))
    call.request_keys.update(tags_as_keys(tags, "iam:resourcetag/"))
