"""Home, the account menu's buttons, and what holds for the whole account."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import RedirectResponse, Response

from rolelab.console import switching
from rolelab.console.one_call import does
from rolelab.console.visit import Visit, WrongInput, go

_NUMBERS = {
    "MinimumPasswordLength": "Minimum password length",
    "MaxPasswordAge": "Password expiry in days",
    "PasswordReusePrevention": "Passwords that cannot be used again",
}
_RULES = {
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
    identity, users = visit.ask("GetCallerIdentity", service="sts"), 0
    if visit.session.is_root:
        users = visit.ask("GetAccountSummary", "SummaryMap", default={}).get("Users", 0)
    return visit.page("home.html", "Console Home", identity=identity, users=users)


def not_found(visit: Visit) -> Response:
    """Say that there is no such page."""
    visit.status = 404
    return visit.page("message.html", "There is no such page")


def _sign_out(visit: Visit) -> Response:
    name = visit.around.cookie
    visit.around.sessions.end(visit.request.cookies.get(name, ""))
    response = RedirectResponse("/signin", 303)
    response.delete_cookie(name, httponly=True, samesite="strict")
    return response


ACTIONS = {"sign-out": _sign_out, "switch-back": switching.back}


def show_account(visit: Visit) -> Response:
    """Show the account's alias and its password policy."""
    policy = visit.ask("GetAccountPasswordPolicy", "PasswordPolicy", may_miss=True)
    return visit.page(
        "account.html",
        "Account settings",
        aliases=visit.ask("ListAccountAliases", "AccountAliases", default=()),
        policy=policy,
        default={} if visit.is_part_unknown else {"MinimumPasswordLength": 8},
        numbers=_NUMBERS,
        rules=_RULES,
        summary=visit.ask("GetAccountSummary", "SummaryMap"),
    )


def _set_rules(visit: Visit) -> Response:
    rules: dict[str, Any] = {name: visit.has(name) for name in _RULES}
    for name, words in _NUMBERS.items():
        if text := visit.line(name):
            if not re.fullmatch(r"-?[0-9]{1,9}", text):
                raise WrongInput(f"{words}: {text!r} is not a number.")
            rules[name] = int(text)
    visit.call("UpdateAccountPasswordPolicy", **rules)
    visit.notice("The password policy is saved.")
    return go("/iam/account")


_ALIAS = {"AccountAlias": "alias"}
ACCOUNT_ACTIONS = {
    "set-alias": does("CreateAccountAlias", "The alias is {AccountAlias}.", _ALIAS),
    "delete-alias": does("DeleteAccountAlias", "The alias is removed.", _ALIAS),
    "set-rules": _set_rules,
    "delete-rules": does(
        "DeleteAccountPasswordPolicy", "The account is back to IAM's default password policy.", {}
    ),
}
