"""Service-linked roles: a service's own, which nobody else can change.

Source: IAM API Reference, CreateServiceLinkedRole, DeleteServiceLinkedRole,
GetServiceLinkedRoleDeletionStatus; what IAM answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from uuid import uuid4

from rolelab.iam import arns
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import RoleRecord
from rolelab.localaws.operations import lookup, requirements, roles
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id

_WITH_SUFFIX = frozenset(
    {"autoscaling.amazonaws.com", "connect.amazonaws.com", "lexv2.amazonaws.com"}
)
"""Services that take a suffix, and so can have many such roles."""
_FILE = Path(__file__).with_name("service_linked_roles.txt")


@cache
def _known() -> Mapping[str, tuple[str, str]]:
    """Return service -> (name of its role, ARN of the policy that the role has).

    Source: the documentation of each service, "Using service-linked roles"; what IAM answers.
    """
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if not line.startswith("#"))
    return {
        f"{service}.amazonaws.com": (
            f"AWSServiceRoleFor{role}",
            arns.managed_policy(f"aws-service-role/{policy}"),
        )
        for service, role, policy in rows
    }


def _name(call: ApiCall) -> str:
    """Return the name of the role to be made; `*` for a service that has none."""
    name, _ = _known().get(call.text("AWSServiceName"), ("*", ""))
    suffix = call.text("CustomSuffix")
    return f"{name}_{suffix}" if suffix else name


def _path(service: str) -> str:
    return f"/aws-service-role/{service}/"


def new_role(call: ApiCall) -> str:
    """Return the ARN of the role that the call is to make."""
    service = call.text("AWSServiceName")
    return arns.iam(call.account, "role", _name(call), path=_path(service))


def role_of_task(call: ApiCall) -> str:
    """Return the ARN of the role that a task of deletion is about; its id tells."""
    role = call.text("DeletionTaskId").removeprefix("task").rpartition("/")[0]
    return f"arn:aws:iam::{call.account}:role{role or '/'}"


def create(call: ApiCall) -> Result:
    """CreateServiceLinkedRole."""
    service, suffix = call.text("AWSServiceName"), call.text("CustomSuffix")
    if service not in _known():
        message = f"Cannot find Service Linked Role template for {service}"
        raise AwsError("AccessDenied", message)
    if suffix and service not in _WITH_SUFFIX:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {service}")
    name = _name(call)
    if call.store.roles.same_name(call.account, name):
        message = (
            f"Service role name {name} has been taken in this account, "
            "please try a different suffix."
        )
        raise AwsError("InvalidInput", message)
    requirements.require_below("RolesQuota", call.store.roles.count(call.account))
    record: RoleRecord = {
        "Path": _path(service),
        "Arn": new_role(call),
        "CreateDate": clock.iso(),
        "RoleName": name,
        "RoleId": unique_id("AROA"),
        "AssumeRolePolicyDocument": _trust(service),
        "Description": call.text("Description"),
        "AttachedPolicies": [_known()[service][1]],
        "InlinePolicies": {},
    }
    call.store.roles.add(call.account, record)
    return {"Role": roles.made(call.store, record)}


def _trust(service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def delete(call: ApiCall) -> Result:
    """DeleteServiceLinkedRole: it is gone at once, and the task says so."""
    record = lookup.role(call)
    if not roles.is_of_service(record):
        raise AwsError("InvalidInput", f"Role {record['RoleName']} is not a service-linked role.")
    call.store.roles.remove(call.account, record)
    task = f"task{record['Path']}{record['RoleName']}/{uuid4()}"
    call.store.deletions.put(
        call.account, task, {"Status": "SUCCEEDED", "RoleName": record["RoleName"]}
    )
    return {"DeletionTaskId": task}


def deletion_status(call: ApiCall) -> Result:
    """GetServiceLinkedRoleDeletionStatus."""
    task_id = call.text("DeletionTaskId")
    task = call.store.deletions.get(call.account, task_id)
    if task is None:
        raise lookup.no_such(f"Deletion task id {task_id} not found.")
    return {"Status": task["Status"]}
