"""Policies: managed ones with their versions, inline ones, attached ones; the editor's check."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse, Response

from components.documents import VERSION
from rolelab.console import lists
from rolelab.console.browser_sessions import Draft
from rolelab.console.holders import BY_FOLDER
from rolelab.console.one_call import does
from rolelab.console.visit import Visit, WrongInput, go
from rolelab.iam import arns, grammar
from rolelab.iam.grammar import PolicyUse, bucket

_SCOPES = ("All", "AWS", "Local")
_USES = {
    "users": PolicyUse.USER_INLINE,
    "roles": PolicyUse.ROLE_INLINE,
    "groups": PolicyUse.GROUP_INLINE,
    "managed": PolicyUse.MANAGED,
    "trust": PolicyUse.TRUST,
}
SERVICES = {
    "sts": ("AssumeRole", "TagSession", "SetSourceIdentity", "GetFederationToken"),
    "s3": (
        "ListAllMyBuckets",
        "ListBucket",
        "GetObject",
        "PutObject",
        "DeleteObject",
        "CreateBucket",
        "DeleteBucket",
    ),
    "iam": ("GetUser", "ChangePassword", "CreateAccessKey", "ListRoles", "GetRole", "PassRole"),
}
"""What the editor offers without JSON; with JSON everything can be written."""


def of_statement(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a document of one statement."""
    return {"Version": VERSION, "Statement": [statement]}


# -- choosing some of them -------------------------------------------------------------------------


def choice(visit: Visit) -> lists.Shown:
    """Return the policies that a form offers, as searched."""
    listed = visit.listed("ListPolicies", "Policies", Scope="All")
    return lists.shown(visit, sorted(listed, key=_by_name), "PolicyName", rows=100)


def _by_name(policy: Any) -> tuple[bool, str]:
    """Sort by name, the account's own first: AWS's are more than a thousand."""
    return arns.is_aws_policy(policy["Arn"]), policy["PolicyName"].lower()


def chosen(visit: Visit, before: list[str]) -> list[str]:
    """Return what is chosen now: a checkbox that was not shown stays as it was."""
    shown = set(visit.texts("shown"))
    return [arn for arn in before if arn not in shown] + visit.texts("policy")


def show_attach(visit: Visit) -> Response:
    """Show the policies that can be attached to a user, role or group."""
    _holder(visit)
    return visit.page(
        "attach.html",
        "Add permissions",
        shown=choice(visit),
        chosen=visit.texts("policy"),
        back=f"/iam/{visit.name('kind')}/{visit.name()}",
    )


def _attach(visit: Visit) -> Response:
    holder, policies = _holder(visit), visit.texts("policy")
    if not policies:
        raise WrongInput("Choose a policy first.")
    for arn in policies:
        visit.call(f"Attach{holder.title}Policy", **holder.name(visit), PolicyArn=arn)
    visit.notice(f"{len(policies)} {'policy' if len(policies) == 1 else 'policies'} added.")
    return holder.back(visit)


ATTACH = {"add-permissions": _attach}


def _holder(visit: Visit) -> Any:
    holder = BY_FOLDER.get(visit.name("kind"))
    if holder is None:
        raise WrongInput(f"There are no {visit.name('kind')} that policies are attached to.")
    return holder


# -- inline ones -----------------------------------------------------------------------------------


def show_inline(visit: Visit) -> Response:
    """Show the editor of an inline policy: the document, then its name; or one to be changed."""
    if begun := visit.begin_draft():
        return begun
    holder, edited = _holder(visit), visit.asked("edit")
    draft = visit.draft(_inline_form(visit))
    if edited and visit.request.method == "GET" and _is_begun(visit):
        document = visit.ask(
            f"Get{holder.title}Policy",
            "PolicyDocument",
            **holder.name(visit),
            PolicyName=edited,
        )
        draft["document"] = json.dumps(document, indent=2) if document else ""
        draft["name"] = edited
    return _editor(visit, draft, visit.name("kind"), f"/iam/{visit.name('kind')}/{visit.name()}")


def _put_inline(visit: Visit) -> Response:
    holder, draft = _holder(visit), visit.draft(_inline_form(visit))
    name = visit.text("name").strip()
    if not name:
        raise WrongInput("Enter a policy name.")
    visit.call(
        f"Put{holder.title}Policy",
        **holder.name(visit),
        PolicyName=name,
        PolicyDocument=str(draft.get("document", "")),
    )
    visit.forget_draft(_inline_form(visit))
    visit.notice(f"The inline policy {name} is saved.")
    return holder.back(visit)


def _inline_form(visit: Visit) -> str:
    return f"inline {visit.name('kind')}/{visit.name()} {visit.asked('edit')}"


def _next_inline(visit: Visit) -> Response:
    _keep_document(visit, visit.draft(_inline_form(visit)))
    edit = {"edit": visit.asked("edit")} if visit.asked("edit") else {}
    return visit.onward(step="review", **edit)


INLINE = {"next": _next_inline, "create-policy": _put_inline}


# -- the editor ------------------------------------------------------------------------------------


def _is_begun(visit: Visit) -> bool:
    """Return whether a document is begun anew, and not gone back to."""
    return visit.asked("step", "document") == "document" and not visit.asked("back")


def _editor(visit: Visit, draft: Draft, use: str, back: str) -> Response:
    step = visit.asked("step", "document")
    if step == "review" and "document" not in draft:
        return go(visit.request.url.path)
    if visit.request.method == "GET" and _is_begun(visit) and not visit.asked("edit"):
        draft.clear()
    return visit.page(
        "editor.html",
        "Create policy",
        step=step,
        draft=draft,
        use=use,
        back=back,
        services=SERVICES,
        by_json=visit.asked("by", "visual" if visit.text("by") == "visual" else "json") == "json",
        faults=_faults(str(draft.get("document", "")), use) if step == "review" else [],
    )


def _keep_document(visit: Visit, draft: Draft) -> None:
    """Keep what was written, or what was put together by choice.

    Raises:
        WrongInput: a choice is missing.
    """
    if visit.text("by") != "visual":
        draft["document"] = visit.text("document")
        return
    service, actions = visit.text("service"), visit.texts("action")
    allowed = SERVICES.get(service, ())
    actions = [action for action in actions if action in allowed]
    resource = visit.text("resource").strip()
    if not actions or not resource:
        raise WrongInput("Choose a service, at least one action, and the ARN of a resource.")
    statement = {
        "Effect": "Allow",
        "Action": [f"{service}:{action}" for action in actions],
        "Resource": resource,
    }
    draft["document"] = json.dumps(of_statement(statement), indent=2)


def _faults(text: str, use: str) -> list[str]:
    """Return what AWS would refuse in a document, each with its place: line, or element."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return [f"Not JSON, line {error.lineno}, column {error.colno}: {error.msg}"]
    except RecursionError:
        return ["It is nested too deep."]
    kind, _, name = use.partition(":")
    if kind == "bucket":
        fault = bucket.fault_of(text, name)
        return [fault] if fault else []
    found = grammar.faults(text, _USES.get(kind, PolicyUse.MANAGED))
    return [f"{fault.place}: {fault.what}" for fault in found]


def _check(visit: Visit) -> Response:
    """Return what AWS would refuse in a document that is being written; AWS has the last word."""
    return JSONResponse({"faults": _faults(visit.text("document"), visit.text("use"))})


CHECK = {"check": _check}


# -- managed ones ----------------------------------------------------------------------------------


def show_all(visit: Visit) -> Response:
    """Show AWS's and the account's own managed policies."""
    scope = visit.asked("scope", "All")
    scope = scope if scope in _SCOPES else "All"
    listed = visit.listed("ListPolicies", "Policies", Scope=scope)
    return visit.page(
        "policies.html",
        "Policies",
        shown=lists.shown(visit, sorted(listed, key=_by_name), "PolicyName"),
        scope=scope,
        scopes=_SCOPES,
    )


def show_new(visit: Visit) -> Response:
    """Show the editor of a new managed policy."""
    begun = visit.begin_draft()
    return begun or _editor(visit, visit.draft("policy"), "managed", "/iam/policies")


def _next(visit: Visit) -> Response:
    _keep_document(visit, visit.draft("policy"))
    return visit.onward(step="review")


def _create(visit: Visit) -> Response:
    name = visit.text("name").strip()
    if not name:
        raise WrongInput("Enter a policy name.")
    document = str(visit.draft("policy").get("document", ""))
    policy = visit.call("CreatePolicy", "Policy", PolicyName=name, PolicyDocument=document)
    visit.forget_draft("policy")
    visit.notice(f"Policy {name} is created.")
    return go("/iam/policies/one", arn=policy["Arn"])


CREATE = {"next": _next, "create-policy": _create}


def show(visit: Visit) -> Response:
    """Show a managed policy with its versions, and to whom it is attached."""
    arn = visit.asked("arn")
    policy = visit.ask("GetPolicy", "Policy", PolicyArn=arn)
    shown = visit.asked("version") or (policy["DefaultVersionId"] if policy else "")
    version = shown and visit.ask(
        "GetPolicyVersion", "PolicyVersion", PolicyArn=arn, VersionId=shown
    )
    return visit.page(
        "policy.html",
        policy["PolicyName"] if policy else "Policy",
        arn=arn,
        policy=policy,
        version=version,
        versions=visit.listed("ListPolicyVersions", "Versions", PolicyArn=arn),
        entities=visit.ask(
            "ListEntitiesForPolicy", PolicyArn=arn, MaxItems=1000, default=dict[str, Any]()
        ),
        is_own=not arns.is_aws_policy(arn),
    )


def _add_version(visit: Visit) -> Response:
    visit.call(
        "CreatePolicyVersion",
        PolicyArn=visit.asked("arn"),
        PolicyDocument=visit.text("document"),
        SetAsDefault=True,
    )
    visit.notice("The new version is saved and is the default now.")
    return go("/iam/policies/one", arn=visit.asked("arn"))


def _delete(visit: Visit) -> Response:
    arn = visit.asked("arn")
    for version in visit.every("ListPolicyVersions", "Versions", PolicyArn=arn):
        if not version["IsDefaultVersion"]:
            visit.call("DeletePolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])
    visit.call("DeletePolicy", PolicyArn=arn)
    visit.notice("The policy is deleted.")
    return go("/iam/policies")


ACTIONS = {
    "add-version": _add_version,
    "set-default": does(
        "SetDefaultPolicyVersion",
        "Version {VersionId} is the default now.",
        PolicyArn="arn",
        VersionId="version",
    ),
    "delete-version": does(
        "DeletePolicyVersion",
        "Version {VersionId} is deleted.",
        PolicyArn="arn",
        VersionId="version",
    ),
    "delete-policy": _delete,
}
