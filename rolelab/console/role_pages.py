"""IAM roles: listed, created for an account, a service or by a trust policy, changed, deleted."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from starlette.responses import Response

from components import documents
from rolelab.console import address, forms, lists, policies
from rolelab.console.holders import ROLE
from rolelab.console.visit import Visit, WrongInput, go, texts_of
from rolelab.iam import names

_FORM = "role"
_STEPS = ("trust", "permissions", "review")
_REVOKED = "AWSRevokeOlderSessions"
"""The name that AWS's console gives the policy."""
SERVICES = {
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
    step, draft = forms.step_of(visit, _FORM, _STEPS, "trust"), visit.draft(_FORM)
    choice = policies.choice(visit) if step == "permissions" else None
    return visit.page(
        "role_new.html", "Create role", step=step, draft=draft, shown=choice, services=SERVICES
    )


def _trust(visit: Visit) -> Response:
    draft = visit.draft(_FORM)
    draft["trust"] = json.dumps(_trust_policy(visit), indent=2)
    return visit.onward(step="permissions")


def _trust_policy(visit: Visit) -> Any:
    """Return the trust policy that was chosen, or written, as a document."""
    kind = visit.text("entity", "account")
    if kind == "custom":
        try:
            return json.loads(visit.text("document"))
        except ValueError as error:
            raise WrongInput(f"The trust policy is not JSON: {error}") from None
    if kind == "service":
        service = visit.text("service")
        if service not in SERVICES:
            raise WrongInput("Choose a service.")
        return policies.of_statement(
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        )
    account = visit.session.account
    if visit.text("account-kind") == "other":
        account = visit.text("other-account").strip()
        if not names.ACCOUNT_ID.fullmatch(account):
            raise WrongInput("Enter the 12 digits of the other account.")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": documents.account_root(account)},
        "Action": "sts:AssumeRole",
    }
    condition: dict[str, Any] = {}
    if visit.has("use-external-id"):
        condition["StringEquals"] = {"sts:ExternalId": visit.text("external-id")}
    if visit.has("require-mfa"):
        condition["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    return policies.of_statement(statement | ({"Condition": condition} if condition else {}))


def _permissions(visit: Visit) -> Response:
    draft = visit.draft(_FORM)
    draft["policies"] = policies.chosen(visit, texts_of(draft, "policies"))
    return visit.onward(step="review")


def _create(visit: Visit) -> Response:
    draft, name = visit.draft(_FORM), visit.text("name").strip()
    if "trust" not in draft:
        # Sent twice: the first time has made it.
        return go("/iam/roles")
    if not name:
        raise WrongInput("Enter a role name.")
    extra = {"Description": visit.text("description")} if visit.text("description") else {}
    visit.call("CreateRole", RoleName=name, AssumeRolePolicyDocument=str(draft["trust"]), **extra)

    def attach() -> None:
        for arn in texts_of(draft, "policies"):
            visit.call("AttachRolePolicy", RoleName=name, PolicyArn=arn)

    forms.equip(visit, f"Role {name}", attach, {})
    visit.forget_draft(_FORM)
    return go("/iam/roles", name)


CREATE = {"trust": _trust, "permissions": _permissions, "create-role": _create}


# -- one of them -----------------------------------------------------------------------------------


def show(visit: Visit) -> Response:
    """Show a role: permissions, whom it trusts, tags, or its sessions."""
    tab, name = visit.asked("tab", "permissions"), visit.name()
    role = visit.ask("GetRole", "Role", RoleName=name)
    values: dict[str, Any] = {"attached": [], "inline": {}}
    if tab == "permissions":
        values |= ROLE.policies(visit)
    where, account = visit.around.address, visit.session.account
    link = address.switch_role(where, account, role["Arn"]) if role else ""
    return visit.page("role.html", name, name=name, role=role, tab=tab, switch=link, **values)


def _update(visit: Visit) -> Response:
    hours = visit.text("hours")
    if hours not in map(str, range(1, 13)):
        raise WrongInput("A session lasts 1 to 12 hours.")
    visit.call("UpdateRole", RoleName=visit.name(), MaxSessionDuration=int(hours) * 3600)
    visit.notice("The maximum session duration is saved.")
    return ROLE.back(visit)


def _revoke(visit: Visit) -> Response:
    """Deny everything to sessions made before now: what a stolen session cannot outlive."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    document = policies.of_statement(
        {
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": now}},
        }
    )
    visit.call(
        "PutRolePolicy",
        RoleName=visit.name(),
        PolicyName=_REVOKED,
        PolicyDocument=json.dumps(document),
    )
    visit.notice(f"Sessions made before {now} have no permissions any more.")
    return ROLE.back(visit)


ACTIONS = {
    **ROLE.buttons(),
    "update-role": _update,
    "revoke": _revoke,
}


def show_trust(visit: Visit) -> Response:
    """Show the trust policy to be edited."""
    text = visit.text("document")
    if not text:
        role = visit.ask("GetRole", "Role", RoleName=visit.name())
        text = json.dumps(role["AssumeRolePolicyDocument"], indent=2) if role else ""
    return visit.page("role_trust.html", "Edit trust policy", name=visit.name(), text=text)


def _put_trust(visit: Visit) -> Response:
    text = visit.text("document")
    visit.call("UpdateAssumeRolePolicy", RoleName=visit.name(), PolicyDocument=text)
    visit.notice("The trust policy is saved.")
    return ROLE.back(visit, tab="trust")


TRUST = {"put-trust": _put_trust}


def show_delete(visit: Visit) -> Response:
    """Ask for the name before it is deleted."""
    return visit.page("delete.html", f"Delete {visit.name()}", kind="role", back="/iam/roles")


def _delete(visit: Visit) -> Response:
    """Delete a role with its policies; it leaves its instance profiles first."""
    ROLE.require_confirmation(visit)
    role = {"RoleName": visit.name()}
    for profile in visit.every("ListInstanceProfilesForRole", "InstanceProfiles", **role):
        name = profile["InstanceProfileName"]
        visit.call("RemoveRoleFromInstanceProfile", **role, InstanceProfileName=name)
    ROLE.strip(visit)
    visit.call("DeleteRole", **role)
    visit.notice(f"Role {visit.name()} is deleted.")
    return go("/iam/roles")


DELETE = {"delete": _delete}
