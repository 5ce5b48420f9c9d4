"""The sign-in page: user name, password, and a code where the user has an MFA device."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from rolelab.console.browser_sessions import BrowserSession, HalfSignIn
from rolelab.console.visit import Visit, WrongInput, go
from rolelab.localaws.process import control
from rolelab.localaws.process.control import SignInAnswer
from rolelab.secret import Credentials, Secret

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


def show(visit: Visit) -> Response:
    """Show the form."""
    if visit.asked("expired") and visit.request.method == "GET":
        visit.refuse(_EXPIRED, 200)
    return _form(
        visit,
        account=visit.text("account") or visit.asked("account") or visit.around.account,
        username=visit.text("username") or visit.asked("username"),
    )


def _form(visit: Visit, *, account: str, username: str, half: str = "") -> Response:
    """Show the form; with the token of a sign-in that is half done the one for its code."""
    before, visit.signed_in = visit.signed_in, None
    to = _inside(visit.text("to") or visit.asked("to"))
    known = {"account": account, "username": username, "half": half, "to": to}
    return visit.page("signin.html", "Sign in", csrf=csrf(visit), before=before, **known)


def _sign_in(visit: Visit) -> Response:
    entered = HalfSignIn(
        visit.line("account"), visit.line("username"), Secret(visit.text("password"))
    )
    return _try(visit, entered)


def _give_code(visit: Visit) -> Response:
    half = visit.around.sessions.take_half(visit.text("half"))
    if half is None:
        visit.refuse("That took too long: sign in again.", 401)
        return show(visit)
    return _try(visit, half, code=visit.line("code").replace(" ", ""))


def _try(visit: Visit, entered: HalfSignIn, code: str = "") -> Response:
    who = {"account": entered.account, "name": entered.name}
    asked = {**who, "password": entered.password.reveal(), "code": code, **origin_of(visit)}
    answer = control.sign_in(visit.around.instance, "password", asked)
    kind = answer.get("kind")
    if kind == "signed in":
        return _welcome(visit, answer, visit.text("to"))
    if kind != "code" or code:
        visit.refuse(answer.get("message", ""), 401)
    visit.status = 401
    half = visit.around.sessions.keep_half(entered) if kind == "code" or code else ""
    return _form(visit, account=entered.account, username=entered.name, half=half)


ACTIONS = {"sign-in": _sign_in, "give-code": _give_code}


def as_root(visit: Visit) -> Response:
    """Sign root in, by the link that the console has printed."""
    if not visit.around.sessions.use_link(visit.asked("token")):
        message = (
            "This link was used, or is older than a minute: press Enter where the console runs"
        )
        visit.refuse(message, 403)
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
        mfa=answer.get("mfa", False),
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
