"""The sign-in page: user name, password, and a code where the user has an MFA device."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from rolelab.console.browser_sessions import BrowserSession
from rolelab.console.visit import Alert, Visit, WrongInput, go
from rolelab.localaws.process import control
from rolelab.localaws.process.control import SignInAnswer
from rolelab.secret import Credentials

_HOME = "/console/home"
_EXPIRED = "Your session has ended. Sign in again."


def address(to: str, *, expired: bool = False) -> str:
    """Return the address of the sign-in page, which leads on to another one."""
    query = {"to": to} if to and to != "/" else {}
    return f"/signin?{urlencode(query | ({'expired': '1'} if expired else {}))}".rstrip("?")


def csrf(visit: Visit) -> str:
    """Return the token of the sign-in form: nobody is signed in, so it is the browser's own."""
    secret = visit.around.instance.secret.reveal().encode()
    browser = visit.request.headers.get("user-agent", "")
    return hmac.new(secret, f"sign-in\n{browser}".encode(), hashlib.sha256).hexdigest()


def show(visit: Visit, *, wants_code: bool = False) -> Response:
    """Show the form; where the password was right and a code is wanted, its field as well."""
    if visit.asked("expired") and visit.request.method == "GET":
        visit.alerts.append(Alert(text=_EXPIRED))
    visit.signed_in = None
    account = visit.text("account") or visit.asked("account") or visit.around.account
    return visit.page(
        "signin.html",
        "Sign in",
        csrf=csrf(visit),
        account=account,
        username=visit.text("username") or visit.asked("username"),
        to=_inside(visit.text("to") or visit.asked("to")),
        wants_code=wants_code,
        password=visit.form.get("password", "") if wants_code else "",
    )


def _sign_in(visit: Visit) -> Response:
    answer = control.sign_in(
        visit.around.instance,
        "password",
        {
            "account": visit.line("account"),
            "name": visit.line("username"),
            "password": visit.text("password"),
            "code": visit.text("code"),
            **origin_of(visit),
        },
    )
    kind = answer.get("kind")
    if kind == "signed in":
        return _welcome(visit, answer, visit.text("to"))
    if kind != "code" or visit.text("code"):
        visit.alerts.append(Alert(text=answer.get("message", "")))
    visit.status = 401
    return show(visit, wants_code=kind == "code")


ACTIONS = {"sign-in": _sign_in}


def as_root(visit: Visit) -> Response:
    """Sign root in, by the link that the console has printed."""
    if not visit.around.sessions.use_link(visit.asked("token")):
        message = (
            "This link was used, or is older than a minute: press Enter where the console runs"
        )
        visit.alerts.append(Alert(text=message))
        visit.status = 403
        return show(visit)
    asked = {"account": visit.around.account, **origin_of(visit)}
    return _welcome(visit, control.sign_in(visit.around.instance, "root", asked), _HOME)


def show_change(visit: Visit) -> Response:
    """Show the form for a new password."""
    return visit.page("change_password.html", "Change password", must=visit.session.must_change)


def _change(visit: Visit) -> Response:
    if visit.text("new") != visit.text("again"):
        raise WrongInput("The new passwords are not the same.")
    visit.call("ChangePassword", OldPassword=visit.text("old"), NewPassword=visit.text("new"))
    visit.session.must_change = False
    visit.notice("Your password is changed.")
    return go(_HOME)


CHANGES = {"change-password": _change}


def _welcome(visit: Visit, answer: SignInAnswer, to: str) -> Response:
    session = BrowserSession(
        account=answer.get("account", ""),
        arn=answer.get("arn", ""),
        name=answer.get("name", ""),
        credentials=Credentials.temporary(answer.get("credentials", {})),
        must_change=answer.get("mustChange", False),
    )
    response = RedirectResponse(_inside(to) or _HOME, 303)
    before = visit.request.cookies.get(visit.around.cookie, "")
    visit.around.sessions.end(before)
    cookie = visit.around.sessions.begin(session)
    response.set_cookie(visit.around.cookie, cookie, httponly=True, samesite="strict")
    return response


def origin_of(visit: Visit) -> dict[str, str]:
    """Return what the events say of where somebody signs in, or switches."""
    client = visit.request.client
    return {
        "ip": client.host if client else "",
        "agent": visit.request.headers.get("user-agent", "")[:512],
        "to": f"{visit.around.address}{_HOME}",
    }


def _inside(to: str) -> str:
    """Return an address of this console, or nothing: a link must not lead elsewhere."""
    inside = to.startswith("/") and not to.startswith(("//", "/\\")) and "\\" not in to
    return quote(to, safe="/?&=%:@+,.-_~") if inside else ""
