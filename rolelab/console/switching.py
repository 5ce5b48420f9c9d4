"""Switching to a role and back: the sign-in's credentials assume it, and are kept for the way back.

Source: IAM User Guide, "Switch from a user to an IAM role (console)"; the session is named for the
user. Root cannot switch, and from within a role one switches as the user again.
"""

from __future__ import annotations

import re

from starlette.responses import Response

from rolelab.aws.callers import calling_as
from rolelab.aws.failures import AwsFailure, translated
from rolelab.console.browser_sessions import BrowserSession, SwitchedRole
from rolelab.console.sign_in_page import origin_of
from rolelab.console.visit import Alert, Visit, WrongInput, go
from rolelab.iam import arns, names
from rolelab.localaws.process import control
from rolelab.secret import Credentials

_COLORS = ("none", "red", "orange", "yellow", "green", "blue")
_IN_LINKS = {
    "F2B0A9": "red",
    "FBBF93": "orange",
    "FAD791": "yellow",
    "B7CA9D": "green",
    "99BCE3": "blue",
}
"""What the colors are called in the links of AWS's console."""
_ROOT = "You cannot switch roles when you sign in as the AWS account root user."
_INVALID = (
    "Invalid information in one or more fields. Check your information or contact your "
    "administrator."
)


def show(visit: Visit) -> Response:
    """Show the form, filled in from the address."""
    if visit.session.is_root and not visit.alerts:
        visit.alerts.append(Alert(text=_ROOT))
    return visit.page(
        "switchrole.html",
        "Switch Role",
        account=visit.text("account") or visit.asked("account") or visit.session.account,
        role_name=visit.text("roleName") or visit.asked("roleName"),
        display_name=visit.text("displayName") or visit.asked("displayName"),
        color=_color(visit),
        colors={color: color.capitalize() for color in _COLORS},
    )


def _color(visit: Visit) -> str:
    color = visit.text("color") or visit.asked("color")
    color = _IN_LINKS.get(color.upper(), color)
    return color if color in _COLORS else "none"


def _switch(visit: Visit) -> Response:
    session = visit.session
    account, role = visit.line("account"), visit.line("roleName").strip("/")
    if session.is_root:
        raise WrongInput(_ROOT)
    if not names.ACCOUNT_ID.fullmatch(account) or not re.fullmatch(r"[\w+=,.@/-]+", role):
        raise WrongInput(_INVALID)
    callers = visit.around.callers
    arn = arns.iam(account, "role", role)
    try:
        with calling_as(session.credentials), translated("AssumeRole"):
            answer = callers.sts.assume_role(RoleArn=arn, RoleSessionName=_session_name(session))
    except AwsFailure as failure:
        visit.show_failure(failure, _INVALID)
        visit.status = 400
        return show(visit)
    switched = SwitchedRole(
        account=account,
        role=role,
        label=visit.line("displayName"),
        color=_color(visit),
        arn=answer["AssumedRoleUser"]["Arn"],
        since=callers.clock.moment(),
        credentials=Credentials.temporary(answer["Credentials"]),
    )
    session.switch(switched)
    _note(visit, "SwitchRole", switched)
    return go("/console/home")


def back(visit: Visit) -> Response:
    """Work as the user again."""
    if visit.switched:
        _note(visit, "ExitRole", visit.switched)
        visit.session.switched = None
    return go("/console/home")


def _session_name(session: BrowserSession) -> str:
    return session.name if len(session.name) > 1 else f"{session.name}-console"


def _note(visit: Visit, event: str, switched: SwitchedRole) -> None:
    key = switched.credentials.access_key_id
    asked = {"event": event, "key": key, "from": visit.session.arn, **origin_of(visit)}
    control.sign_in(visit.around.instance, "switched", asked)


ACTIONS = {"switch-role": _switch}
