"""Buttons that make one call: what is asked, what is said of it, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from rolelab.console.visit import Show, Visit, go


def does(
    operation: str,
    said: str,
    parameters: Mapping[str, str | Callable[[Visit], Any]],
    *,
    to: str = "",
    tab: str = "",
    service: str = "iam",
) -> Show:
    """Return what a button does: the call, each parameter from a field of the form, or worked out.

    `said` is told of it, with the parameters by name. It leads back to the page, to its `tab`, or
    on `to` another address, with the parameters by name.
    """

    def act(visit: Visit) -> Response:
        asked = {
            parameter: source(visit) if callable(source) else visit.line(source)
            for parameter, source in parameters.items()
        }
        visit.call(operation, service=service, **asked)
        visit.notice(said.format_map(asked))
        if to:
            return go(to.format_map({name: quote(str(value)) for name, value in asked.items()}))
        return go(visit.request.url.path, **({"tab": tab} if tab else {}))

    return act
