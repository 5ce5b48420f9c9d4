"""Why a call is allowed or refused: the same answer as `rolelab explain` gives, on a page.

Whoever is signed in asks about themselves, root about anybody. The policies are read as the
administrator, at the account of whom is asked about: a learner may read none. What is told of a
policy that is not their own (a role's trust, a bucket's) is what decides about them, or would have
to change for it, as `explain` tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import Response

from rolelab.aws import iam_calls
from rolelab.aws.callers import calling_as
from rolelab.console.visit import Visit
from rolelab.errors import LabError
from rolelab.localaws.process.record import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from rolelab.explain.anybody import Asker


def show(visit: Visit) -> Response:
    """Show the question, and where an action is given the answer."""
    # Loaded where somebody asks: the rest of the console does without.
    from rolelab.explain import anybody, request_context
    from rolelab.explain.question import Question

    # First of all: there is no answer for somebody whose session has ended, or who is gone.
    identity = visit.call("GetCallerIdentity", service="sts")
    own = (identity["Arn"], *((visit.session.arn,) if visit.switched else ()))
    who = visit.asked("who").strip() or own[0]
    asked = {name: visit.asked(name).strip() for name in ("action", "resource", "context")}
    verdict = None
    if not visit.session.is_root and who not in own:
        visit.refuse(f"Only root is told about {who}: ask about yourself.", 403)
        who = own[0]
    elif asked["action"]:
        try:
            context = request_context.read(filter(str.strip, asked["context"].splitlines()))
            question = Question(action=asked["action"], resource=asked["resource"], context=context)
            asker = anybody.Asker.of(who)
            if who in own:
                asker = _signed_in(visit, asker, identity)
            endpoint = visit.around.instance.endpoint(asker.arn.account)
            verdict = anybody.why(endpoint, asker, question, at_hand=DEFAULT_ACCOUNT)
        except LabError as error:
            visit.refuse(str(error), 200)
    title = "Why is this allowed, or refused?"
    return visit.page(
        "why.html", title, who=who, own={arn: arn for arn in own}, verdict=verdict, **asked
    )


def _signed_in(visit: Visit, asker: Asker, identity: Mapping[str, str]) -> Asker:
    """Return with whom the visit acts, or who is signed in, what is known of their session."""
    if visit.switched and asker.arn.kind == "user":
        with calling_as(visit.session.credentials):
            identity = iam_calls.call(visit.around.callers.sts, "GetCallerIdentity")
    is_of_role = asker.arn.kind == "assumed-role"
    return replace(
        asker,
        unique_id=identity["UserId"].partition(":")[0],
        mfa=visit.session.mfa and not is_of_role,
        issued=visit.switched.since if visit.switched and is_of_role else None,
    )
