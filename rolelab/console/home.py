"""Home, the account menu's buttons, and what holds for the whole account."""

from __future__ import annotations

from typing import Any

from starlette.responses import RedirectResponse, Response

from rolelab.console import switching
from rolelab.console.visit import Visit, WrongInput, go

_NUMBERS = ("MinimumPasswordLength", "MaxPasswordAge", "PasswordReusePrevention")
RULES = {
    "RequireUppercaseCharacters": "Require at least one uppercase letter",
    "RequireLowercaseCharacters": "Require at least one lowercase letter",
    "RequireNumbers": "Require at least one number",
    "RequireSymbols": "Require at least one symbol",
    "AllowUsersToChangePassword": "Allow users to change their own password",
}


def start(visit: Visit) -> Response:
    """Lead to the home page, or to signing in."""
    return RedirectResponse("/console/home" if visit.signed_in else "/signin", 303)


def show(visit: Visit) -> Response:
    """Show who is signed in, the services, and what to try."""
    identity = visit.ask("GetCallerIdentity", service="sts")
    return visit.page("home.html", "Console Home", identity=identity)


def _sign_out(visit: Visit) -> Response:
    from rolelab.console.app import cookie_name

    name = cookie_name(visit.around)
    visit.around.sessions.end(visit.request.cookies.get(name, ""))
    response = RedirectResponse("/signin", 303)
    response.delete_cookie(name, httponly=True, samesite="strict")
    return response


ACTIONS = {"sign-out": _sign_out, "switch-back": switching.back}


def show_account(visit: Visit) -> Response:
    """Show the account's alias and its password policy."""
    summary = visit.ask("GetAccountSummary", "SummaryMap", default=dict[str, Any]())
    return visit.page(
        "account.html",
        "Account settings",
        aliases=visit.ask("ListAccountAliases", "AccountAliases", default=list[str]()),
        policy=visit.ask_if_there("GetAccountPasswordPolicy", "PasswordPolicy"),
        rules=RULES,
        summary=summary,
    )


def _set_alias(visit: Visit) -> Response:
    visit.call("CreateAccountAlias", AccountAlias=visit.text("alias").strip())
    visit.notice("The account alias is set.")
    return go("/iam/account")


def _delete_alias(visit: Visit) -> Response:
    visit.call("DeleteAccountAlias", AccountAlias=visit.text("alias"))
    visit.notice("The account alias is removed.")
    return go("/iam/account")


def _set_rules(visit: Visit) -> Response:
    rules: dict[str, Any] = {name: visit.has(name) for name in RULES}
    for name in _NUMBERS:
        if text := visit.text(name).strip():
            if not text.isascii() or not text.isdigit():
                raise WrongInput(f"{text!r} is not a number.")
            rules[name] = int(text)
    visit.call("UpdateAccountPasswordPolicy", **rules)
    visit.notice("The password policy is saved.")
    return go("/iam/account")


def _delete_rules(visit: Visit) -> Response:
    visit.call("DeleteAccountPasswordPolicy")
    visit.notice("The account is back to IAM's default password policy.")
    return go("/iam/account")


ACCOUNT_ACTIONS = {
    "set-alias": _set_alias,
    "delete-alias": _delete_alias,
    "set-rules": _set_rules,
    "delete-rules": _delete_rules,
}
