"""The event history: who asked what, with what answer, the newest first.

On AWS it is CloudTrail's, and asks for cloudtrail:LookupEvents. That service is not here; the local
AWS decides the same permission, for whoever is signed in, before it hands its events over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from rolelab.aws import own_calls
from rolelab.aws.failures import AwsFailure, Kind, kind_of
from rolelab.console import lists
from rolelab.console.visit import Visit, why_address
from rolelab.localaws.process import control

if TYPE_CHECKING:
    from rolelab.localaws.http.events import ApiEvent


def show(visit: Visit) -> Response:
    """Show the events of the account, filtered."""
    key = visit.caller.access_key_id
    answer = control.events_for(visit.around.instance, key)
    events = answer.get("events", [])
    if "refused" in answer:
        code, said = answer["refused"]
        kind = Kind.DENIED if code == "AccessDenied" else Kind.CREDENTIALS
        visit.show_failure(AwsFailure(operation="LookupEvents", kind=kind, code=code, said=said))
        visit.is_part_unknown = True
    user, name = visit.asked("user").strip().lower(), visit.asked("event").strip().lower()
    fitting = [
        _row(event)
        for event in reversed(events)
        if user in _who(event).lower()
        and event["eventName"].lower().startswith(name)
        and (visit.asked("own") or not own_calls.is_own(event["userAgent"]))
        and (not visit.asked("refused") or _is_refused(event))
    ]
    kept = {name: visit.asked(name) for name in ("user", "event", "refused", "own")}
    shown = lists.shown(visit, fitting, "who")
    return visit.page("events.html", "Event history", shown=shown, kept=kept)


def _row(event: ApiEvent) -> dict[str, object]:
    return {
        "time": event["eventTime"].replace("T", " ").replace("Z", " UTC"),
        "name": event["eventName"],
        "source": event["eventSource"],
        "who": _who(event).rpartition(":")[2],
        "code": event.get("errorCode", ""),
        "message": event.get("errorMessage", ""),
        "why": why_address(event.get("errorMessage", ""), _who(event)),
        "event": event,
    }


def _is_refused(event: ApiEvent) -> bool:
    """Return whether somebody was refused, and not told of a mistake; a sign-in has no code."""
    code = event.get("errorCode", "")
    return kind_of(code) in (Kind.DENIED, Kind.CREDENTIALS) if code else "errorMessage" in event


def _who(event: ApiEvent) -> str:
    identity = event["userIdentity"]
    return str(identity.get("arn") or identity.get("userName") or identity.get("type", ""))
