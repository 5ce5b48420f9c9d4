"""Why a call is allowed or refused: the same answer as `rolelab explain` gives, on a page."""

from __future__ import annotations

from starlette.responses import Response

from rolelab.console.visit import Alert, Visit
from rolelab.errors import LabError


def show(visit: Visit) -> Response:
    """Show the question, and where an action is given the answer."""
    # Loaded where somebody asks: the rest of the console does without.
    from rolelab.explain import anybody
    from rolelab.explain.question import Question

    session, verdict = visit.session, None
    mine = visit.switched.arn if visit.switched else session.arn
    # Others' policies are told to root alone: whoever is signed in asks about themselves.
    asks_of_all = session.is_root and not visit.switched
    who = visit.asked("who", mine) if asks_of_all else mine
    action = visit.asked("action").strip()
    resource = visit.asked("resource").strip()
    if action:
        endpoint = visit.around.instance.endpoint(visit.account)
        try:
            question = Question(action=action, resource=resource)
            verdict = anybody.why(endpoint, who.strip(), question)
        except LabError as error:
            visit.alerts.append(Alert(text=str(error)))
    return visit.page(
        "why.html",
        "Why is this allowed, or refused?",
        who=who,
        asks_of_all=asks_of_all,
        action=action,
        resource=resource,
        verdict=verdict,
    )
