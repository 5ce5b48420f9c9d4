"""Managed policies: listed, searched, chosen in forms, read, changed by new versions, deleted."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from rolelab.aws import removal
from rolelab.console import lists
from rolelab.console.one_call import does
from rolelab.console.visit import Visit, go, texts_of
from rolelab.iam import arns

_SCOPES = {"All": "All", "AWS": "AWS managed", "Local": "Customer managed"}
_ATTACHED_TO = (
    ("PolicyUsers", "users", "UserName"),
    ("PolicyRoles", "roles", "RoleName"),
    ("PolicyGroups", "groups", "GroupName"),
)
_CHOICES = 100
"""Policies that a page of a form offers."""


def choice(visit: Visit, scope: str = "All", rows: int = _CHOICES) -> lists.Shown:
    """Return the policies that a page shows, as searched: the account's own come first."""
    listed = visit.listed("ListPolicies", "Policies", Scope=scope)
    return lists.shown(visit, sorted(listed, key=_own_first), "PolicyName", rows=rows)


def _own_first(policy: Any) -> tuple[bool, str]:
    """Sort by name after the account's own: AWS's are more than a thousand."""
    return arns.is_aws_policy(policy["Arn"]), policy["PolicyName"].lower()


def keep_chosen(visit: Visit) -> list[str]:
    """Keep what is chosen in a form, and return it: what its page did not show stays as it was."""
    shown, before = set(visit.texts("shown")), texts_of(visit.draft, "policies")
    chosen = [arn for arn in before if arn not in shown] + visit.texts("policy")
    visit.draft["policies"] = chosen
    return chosen


def search(visit: Visit) -> Response:
    """Show other policies in a form that some are chosen in."""
    keep_chosen(visit)
    return go(
        visit.request.url.path, **{**visit.request.query_params, "search": visit.line("search")}
    )


def show_all(visit: Visit) -> Response:
    """Show AWS's and the account's own managed policies."""
    scope = visit.asked("scope")
    scope = scope if scope in _SCOPES else "All"
    shown = choice(visit, scope, lists.ROWS)
    return visit.page("policies.html", "Policies", shown=shown, scope=scope, scopes=_SCOPES)


def show(visit: Visit) -> Response:
    """Show a managed policy with its versions, and to whom it is attached."""
    arn = visit.name()
    policy = visit.ask("GetPolicy", "Policy", PolicyArn=arn)
    shown = visit.asked("version") or (policy["DefaultVersionId"] if policy else "")
    entities = visit.ask("ListEntitiesForPolicy", PolicyArn=arn, MaxItems=1000, default={})
    return visit.page(
        "policy.html",
        policy["PolicyName"] if policy else "Policy",
        arn=arn,
        version=shown
        and visit.ask("GetPolicyVersion", "PolicyVersion", PolicyArn=arn, VersionId=shown),
        versions=visit.listed("ListPolicyVersions", "Versions", PolicyArn=arn),
        attached=[
            (folder, entity[name])
            for part, folder, name in _ATTACHED_TO
            for entity in entities.get(part, [])
        ],
        is_own=not arns.is_aws_policy(arn),
    )


def _delete(visit: Visit) -> Response:
    with visit.acting():
        removal.remove_policy(visit.around.callers.iam, visit.name())
    visit.notice("The policy is deleted.")
    return go("/iam/policies")


_VERSION = {"PolicyArn": Visit.name, "VersionId": "version"}
ACTIONS = {
    "add-version": does(
        "CreatePolicyVersion",
        "The new version is saved and is the default now.",
        {"PolicyArn": Visit.name, "PolicyDocument": "document", "SetAsDefault": lambda _: True},
    ),
    "set-default": does(
        "SetDefaultPolicyVersion", "Version {VersionId} is the default now.", _VERSION
    ),
    "delete-version": does("DeletePolicyVersion", "Version {VersionId} is deleted.", _VERSION),
    "delete-policy": _delete,
}
