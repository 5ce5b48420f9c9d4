"""IAM roles: listed, created for an account, a service or by a trust policy, changed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from components import documents
from rolelab.console import address, forms, lists, policies, policy_editor
from rolelab.console.holders import ROLE
from rolelab.console.one_call import does
from rolelab.console.policy_editor import of_statement
from rolelab.console.visit import Visit, WrongInput, go, texts_of
from rolelab.iam import names

_OF_TRUST = (
    *("entity", "account-kind", "other-account", "use-external-id", "external-id"),
    *("require-mfa", "service", "document"),
)
"""What is entered at the first step."""
_SHORTEST_ID = 2
_STEPS = ("trust", "permissions", "review")
_REVOKED = "AWSRevokeOlderSessions"
"""The name that AWS's console gives the policy."""
_SERVICES = {
    "ec2.amazonaws.com": "EC2",
    "lambda.amazonaws.com": "Lambda",
    "ecs-tasks.amazonaws.com": "Elastic Container Service (tasks)",
    "s3.amazonaws.com": "S3",
}


def show_all(visit: Visit) -> Response:
    """Show all roles."""
    roles = visit.listed("ListRoles", "Roles")
    return visit.page("roles.html", "Roles", shown=lists.shown(visit, roles, "RoleName"))


# -- a new one -------------------------------------------------------------------------------------


def show_new(visit: Visit) -> Response:
    """Show a step of creating a role: whom it trusts, permissions, name and review."""
    if begun := visit.begin_draft():
        return begun
    step = forms.step_of(visit, _STEPS, "trust")
    choice = policies.choice(visit) if step == "permissions" else None
    entered = visit.form or visit.draft
    values = {"draft": visit.draft, "entered": entered, "shown": choice, "services": _SERVICES}
    return visit.page("role_new.html", "Create role", step=step, **values)


def _trust(visit: Visit) -> Response:
    kind = visit.text("entity", "account")
    visit.draft.update({name: visit.text(name) for name in _OF_TRUST})
    # What somebody wrote is AWS's to judge, as it was written.
    written = policy_editor.written(visit) if kind == "custom" else ""
    visit.draft["trust"] = written or json.dumps(_trust_policy(visit, kind), indent=2)
    return visit.onward("permissions")


def _trust_policy(visit: Visit, kind: str) -> dict[str, Any]:
    """Return the trust policy that was chosen."""
    if kind == "service":
        service = visit.text("service")
        if service not in _SERVICES:
            raise WrongInput("Choose a service.")
        return of_statement(
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        )
    account = visit.account
    if visit.text("account-kind") == "other":
        account = visit.line("other-account")
        if not names.ACCOUNT_ID.fullmatch(account):
            raise WrongInput("Enter the 12 digits of the other account.")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": documents.account_root(account)},
        "Action": "sts:AssumeRole",
    }
    condition: dict[str, Any] = {}
    if visit.has("use-external-id"):
        external_id = visit.line("external-id")
        if len(external_id) < _SHORTEST_ID:
            raise WrongInput(f"Enter an external ID of at least {_SHORTEST_ID} letters.")
        condition["StringEquals"] = {"sts:ExternalId": external_id}
    if visit.has("require-mfa"):
        condition["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    return of_statement(statement | ({"Condition": condition} if condition else {}))


def _permissions(visit: Visit) -> Response:
    policies.keep_chosen(visit)
    return visit.onward("review")


def _create(visit: Visit) -> Response:
    draft = visit.draft
    if "trust" not in draft:
        return forms.sent_again(visit, "/iam/roles")
    name = visit.required("name", "a role name")
    extra = {"Description": visit.text("description")} if visit.text("description") else {}
    visit.call("CreateRole", RoleName=name, AssumeRolePolicyDocument=str(draft["trust"]), **extra)

    def attach() -> None:
        for arn in texts_of(draft, "policies"):
            visit.call("AttachRolePolicy", RoleName=name, PolicyArn=arn)

    forms.equip(visit, f"Role {name}", attach, {})
    forms.finish(visit, name)
    return go("/iam/roles", name)


CREATE = {
    "trust": _trust,
    "search": policies.search,
    "permissions": _permissions,
    "create-role": _create,
}


# -- one of them -----------------------------------------------------------------------------------


def show(visit: Visit) -> Response:
    """Show a role: permissions, whom it trusts, tags, or its sessions."""
    tab, name = visit.asked("tab", "permissions"), visit.name()
    role = visit.ask("GetRole", "Role", RoleName=name)
    values = {} if tab in ("trust", "tags", "sessions") else ROLE.permissions(visit)
    where, account = visit.around.address, visit.account
    link = address.switch_role(where, account, role["Arn"]) if role else ""
    return visit.page("role.html", name, name=name, role=role, tab=tab, switch=link, **values)


def _duration(visit: Visit) -> int:
    hours = visit.line("hours")
    if hours not in map(str, range(1, 13)):
        raise WrongInput("A session lasts 1 to 12 hours.")
    return int(hours) * 3600


def _revoke(visit: Visit) -> Response:
    """Deny everything to sessions made before now: what a stolen session cannot outlive."""
    # Anybody may ask this, and each answer tells AWS's time: this machine's may be another.
    visit.call("GetCallerIdentity", service="sts")
    # Sessions are issued at whole seconds: those of this one are meant, too.
    end = visit.around.callers.clock.moment() + timedelta(seconds=1)
    moment = end.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    before = {"DateLessThan": {"aws:TokenIssueTime": moment}}
    denied = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": before}
    document = json.dumps(of_statement(denied))
    ROLE.call(visit, "PutRolePolicy", PolicyName=_REVOKED, PolicyDocument=document)
    visit.notice(f"Sessions made before {moment} have no permissions any more.")
    return ROLE.back(visit)


ACTIONS = {
    **ROLE.buttons(),
    "update-role": does(
        "UpdateRole",
        "The maximum session duration is saved.",
        {"RoleName": Visit.name, "MaxSessionDuration": _duration},
    ),
    "revoke": _revoke,
}


def show_trust(visit: Visit) -> Response:
    """Show the trust policy to be edited."""
    text = visit.text("document")
    if not text:
        role = visit.ask("GetRole", "Role", RoleName=visit.name())
        text = json.dumps(role["AssumeRolePolicyDocument"], indent=2) if role else ""
    return visit.page("role_trust.html", "Edit trust policy", name=visit.name(), text=text)


TRUST = {
    "put-trust": does(
        "UpdateAssumeRolePolicy",
        "The trust policy is saved.",
        {"RoleName": Visit.name, "PolicyDocument": "document"},
        to="/iam/roles/{RoleName}?tab=trust",
    )
}
