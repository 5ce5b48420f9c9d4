"""Buttons that make one call: what is asked, what is said of it, and where it leads."""

from __future__ import annotations

from starlette.responses import Response

from rolelab.console.visit import Show, Visit, go

NAME = "/name"
"""Stands for the name in the address; no field of a form is called so."""


def does(
    operation: str, said: str, *, to: str = "", tab: str = "", service: str = "iam", **fields: str
) -> Show:
    """Return what a button does: the call, with a parameter from each field of the form.

    `said` is told of it, with the parameters by name. It leads back to the page, to its `tab`, or
    on `to` another address.
    """

    def act(visit: Visit) -> Response:
        asked = {
            parameter: visit.name() if field == NAME else visit.text(field).strip()
            for parameter, field in fields.items()
        }
        visit.call(operation, service=service, **asked)
        visit.notice(said.format_map(asked))
        if to:
            return go(to)
        query = {"arn": visit.asked("arn")} if visit.asked("arn") else {}
        return go(visit.request.url.path, **query, **({"tab": tab} if tab else {}))

    return act
