"""Forms of several pages that create something: which page is shown, and what follows the creation.

What is entered on each page is a draft of the session (`Visit.draft`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.responses import Response

from rolelab.aws.failures import AwsFailure
from rolelab.console.visit import Alert, Visit, go

_LOST = "What was entered on the earlier pages is no longer here: begin again."


def step_of(visit: Visit, steps: tuple[str, ...], first_field: str) -> str:
    """Return which step of a form of several pages is shown: the first where that is missing."""
    step, draft = visit.asked("step", steps[0]), visit.draft
    if step not in steps or first_field not in draft:
        if step != steps[0] and visit.request.method == "GET" and "created" not in draft:
            visit.alerts.append(Alert(text=_LOST))
        step = steps[0]
    if step == steps[0] and visit.request.method == "GET" and not visit.asked("back"):
        draft.clear()
    return step


def finish(visit: Visit, name: str) -> None:
    """Forget what was entered: it is done, and `name` is what was created."""
    visit.draft.clear()
    visit.draft["created"] = name


def sent_again(visit: Visit, folder: str) -> Response:
    """Answer a form without its earlier pages: it was sent twice, or so late that they are lost."""
    if created := str(visit.draft.get("created", "")):
        return go(folder, created)
    visit.warn(_LOST)
    return go(folder)


def equip(visit: Visit, what: str, give: Callable[[], None], shown: Mapping[str, str]) -> None:
    """Give something that has just been created what belongs to it, and say what came of it.

    It is there whatever is refused now, so that is told on its own page.
    """
    try:
        give()
    except AwsFailure as failure:
        visit.show_failure(failure)
        said = "; ".join(alert.text for alert in visit.alerts)
        visit.warn(f"{what} is created, but: {said}")
    if shown or not visit.alerts:
        visit.notice(f"{what} is created.", shown)
