"""The editor of policies: a document, as JSON or by choice, then its name; and its check."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from starlette.responses import JSONResponse, Response

from components.documents import VERSION
from rolelab.console import forms, holders
from rolelab.console.visit import Visit, WrongInput, go
from rolelab.iam import grammar
from rolelab.iam.grammar import PolicyUse, bucket
from rolelab.iam.grammar.lines import deepest_line, line_of, longest_number_line

_MANAGED = "managed"
_USES = {
    "users": PolicyUse.USER_INLINE,
    "roles": PolicyUse.ROLE_INLINE,
    "groups": PolicyUse.GROUP_INLINE,
    "trust": PolicyUse.TRUST,
    _MANAGED: PolicyUse.MANAGED,
}
_SERVICES = {
    "sts": ("AssumeRole", "TagSession", "SetSourceIdentity", "GetFederationToken"),
    "s3": (
        *("ListAllMyBuckets", "CreateBucket", "DeleteBucket", "ListBucket"),
        *("GetObject", "PutObject", "DeleteObject"),
    ),
    "iam": ("GetUser", "ChangePassword", "CreateAccessKey", "ListRoles", "GetRole", "PassRole"),
}
"""What the editor offers without JSON; with JSON everything can be written."""


def _document(statement: dict[str, Any]) -> str:
    return json.dumps(of_statement(statement), indent=2)


def of_statement(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a document of one statement."""
    return {"Version": VERSION, "Statement": [statement]}


_BEGUN = _document({"Effect": "Allow", "Action": [], "Resource": []})
"""What the editor begins with, to be filled in."""


def show(visit: Visit) -> Response:
    """Show a step of writing a policy: the document, then the name; of an inline one to edit it."""
    kind, edit = _kind(visit), visit.asked("edit")
    back = "/iam/policies"
    if kind != _MANAGED:
        back = f"{holders.of_address(visit).folder}/{visit.name()}"
    if begun := visit.begin_draft():
        return begun
    draft = visit.draft
    step = visit.asked("step", "document")
    if step == "review" and "document" not in draft:
        return go(visit.request.url.path)
    if step == "document" and visit.request.method == "GET" and not visit.asked("back"):
        draft["document"] = _current(visit, edit) if edit else _BEGUN
    return visit.page(
        "editor.html",
        f"Edit policy {edit}" if edit else "Create policy",
        step=step,
        draft=draft,
        edit=edit,
        use=kind,
        back=back,
        services=_SERVICES,
        by="visual" if "visual" in (visit.text("by"), visit.asked("by")) else "json",
        faults=_faults(str(draft["document"]), kind) if step == "review" else [],
    )


def _kind(visit: Visit) -> str:
    """Return whose policy it is; without a holder in the address it is a managed one."""
    return str(visit.request.path_params.get("kind", _MANAGED))


def _current(visit: Visit, edit: str) -> str:
    document = holders.of_address(visit).inline(visit, edit).get("PolicyDocument")
    return json.dumps(document, indent=2) if document else ""


def written(visit: Visit) -> str:
    """Return what was written, or put together by choice.

    Raises:
        WrongInput: a choice is missing, or what was written is no JSON.
    """
    if visit.text("by") != "visual":
        document = visit.text("document")
        if faults := _not_json(document):
            raise WrongInput(f"The policy is not JSON. {faults[0]}")
        return document
    service, resource = visit.text("service"), visit.line("resource")
    offered = _SERVICES.get(service, ())
    actions = [f"{service}:{action}" for action in visit.texts("action") if action in offered]
    if not actions:
        raise WrongInput("Choose at least one action.")
    if not resource:
        raise WrongInput("Enter the ARN of a resource, or *.")
    allowed = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return _document(allowed)


def _next(visit: Visit) -> Response:
    visit.draft["document"] = written(visit)
    return visit.onward("review")


def _other_way(visit: Visit) -> Response:
    """Show the other way of writing; as JSON with what was chosen, as far as it makes a policy."""
    is_visual = visit.text("by") == "visual"
    with suppress(WrongInput):
        visit.draft["document"] = written(visit) if is_visual else visit.text("document")
    return visit.onward("document", by=visit.text("do"), back="1")


def _save(visit: Visit) -> Response:
    holder = None if _kind(visit) == _MANAGED else holders.of_address(visit)
    folder = holder.folder if holder else "/iam/policies"
    if "document" not in visit.draft:
        return forms.sent_again(visit, folder)
    name = visit.asked("edit") or visit.required("name", "a policy name")
    policy = {"PolicyName": name, "PolicyDocument": str(visit.draft["document"])}
    if holder:
        holder.call(visit, "Put{}Policy", **policy)
        visit.notice(f"The inline policy {name} is saved.")
        where = visit.name()
    else:
        where = visit.call("CreatePolicy", "Policy", **policy)["Arn"]
        visit.notice(f"Policy {name} is created.")
    forms.finish(visit, where)
    return go(folder, where)


ACTIONS = {"next": _next, "visual": _other_way, "json": _other_way, "create-policy": _save}


# -- the check while one writes --------------------------------------------------------------------


def _not_json(text: str) -> list[str]:
    """Return why a text is no JSON, with its line; empty where it is."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return [f"Not JSON, line {error.lineno}, column {error.colno}: {error.msg}"]
    except RecursionError:
        return [f"line {deepest_line(text)}: It is nested too deep."]
    except ValueError:
        return [f"line {longest_number_line(text)}: The number has too many digits."]
    return []


def _faults(text: str, use: str) -> list[str]:
    """Return what AWS would refuse in a document, each with its line and its place."""
    if faults := _not_json(text):
        return faults
    kind, _, name = use.partition(":")
    faults = (
        bucket.faults(text, name)
        if kind == "bucket"
        else grammar.faults(text, _USES.get(kind, PolicyUse.MANAGED))
    )
    return [f"line {line_of(text, fault.place)}: {fault.place}: {fault.what}" for fault in faults]


def _check(visit: Visit) -> Response:
    """Return what AWS would refuse in a document that is being written; AWS has the last word."""
    return JSONResponse({"faults": _faults(visit.text("document"), visit.text("use"))})


CHECK = {"check": _check}
