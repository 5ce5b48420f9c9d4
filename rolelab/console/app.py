"""The console as a web application: which page is where, and what holds for all of them.

A change is a POST with the session's CSRF token, from the console's own address; what AWS refuses
is shown on the page it was asked for. Nothing that a page loads comes from elsewhere.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from rolelab.aws.failures import AwsFailure
from rolelab.console import (
    bucket_pages,
    event_history,
    group_pages,
    holders,
    home,
    policies,
    policy_editor,
    role_pages,
    security_credentials,
    sign_in_page,
    switching,
    user_pages,
    why_page,
)
from rolelab.console.browser_sessions import BrowserSession, Notice, SwitchedRole
from rolelab.console.guard import Guard
from rolelab.console.visit import ConsoleParts, Show, SignedOut, Visit, WrongInput
from rolelab.errors import LabError

_log = logging.getLogger(__name__)
_STATIC = Path(__file__).with_name("static")
_LARGEST_FIELD = 200_000
_AT_ONCE = 4
"""Pages that are made at once: each may hold a list of thousands."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what it shows, and what its buttons do (the button's value -> what is done)."""

    path: str
    show: Show
    actions: Mapping[str, Show] = field(default_factory=dict[str, Show])
    is_public: bool = False

    @property
    def methods(self) -> list[str]:
        """The methods of HTTP that it answers."""
        return ["GET", "POST"] if self.actions else ["GET"]


PAGES = (
    Page("/", home.start, is_public=True),
    Page("/signin", sign_in_page.show, sign_in_page.ACTIONS, is_public=True),
    Page("/signin/root", sign_in_page.as_root, is_public=True),
    Page("/signin/change-password", sign_in_page.show_change, sign_in_page.CHANGES),
    Page("/console/home", home.show, home.ACTIONS),
    Page("/switchrole", switching.show, switching.ACTIONS),
    Page("/s3/buckets", bucket_pages.show_all, bucket_pages.ACTIONS),
    Page("/s3/buckets/{name}", bucket_pages.show, bucket_pages.BUCKET_ACTIONS),
    Page("/s3/buckets/{name}/object", bucket_pages.download),
    Page("/iam/users", user_pages.show_all),
    Page("/iam/create-user", user_pages.show_new, user_pages.CREATE),
    Page("/iam/users/{name}", user_pages.show, user_pages.ACTIONS),
    Page("/iam/roles", role_pages.show_all),
    Page("/iam/create-role", role_pages.show_new, role_pages.CREATE),
    Page("/iam/roles/{name}", role_pages.show, role_pages.ACTIONS),
    Page("/iam/roles/{name}/trust", role_pages.show_trust, role_pages.TRUST),
    Page("/iam/groups", group_pages.show_all, group_pages.CREATE),
    Page("/iam/groups/{name}", group_pages.show, group_pages.ACTIONS),
    Page("/iam/policies", policies.show_all),
    Page("/iam/create-policy", policy_editor.show, policy_editor.ACTIONS),
    Page("/iam/policies/{name:path}", policies.show, policies.ACTIONS),
    Page("/iam/{kind}/{name}/attach", holders.show_attach, holders.ATTACH),
    Page("/iam/{kind}/{name}/inline", policy_editor.show, policy_editor.ACTIONS),
    Page("/iam/{kind}/{name}/delete", holders.show_delete, holders.DELETE),
    Page("/iam/check", home.start, policy_editor.CHECK),
    Page("/iam/account", home.show_account, home.ACCOUNT_ACTIONS),
    Page("/security-credentials", security_credentials.show, security_credentials.ACTIONS),
    Page("/events", event_history.show),
    Page("/why", why_page.show),
    Page("/{rest:path}", home.not_found, is_public=True),
)
"""Every page; an address is answered by the first that it fits."""
_AGAIN = '<!doctype html><title>…</title><meta http-equiv="refresh" content="0">'
_CHANGE, _SIGN_OUT = "/signin/change-password", "sign-out"
_BEFORE = (_CHANGE, "/why")
"""What whoever must change their password is shown before: also why that is refused."""


def application(address: str, parts: Callable[[], ConsoleParts]) -> ASGIApp:
    """Return the console at an address; each request is answered with what `parts` are then."""
    limiter = CapacityLimiter(_AT_ONCE)
    routes = [
        Route(page.path, _endpoint(parts, page, limiter), methods=page.methods) for page in PAGES
    ]
    static = Mount("/static", StaticFiles(directory=_STATIC))
    app = Starlette(routes=[static, *routes], exception_handlers={HTTPException: _http_error})
    return Guard(app, address)


def _endpoint(
    parts: Callable[[], ConsoleParts], page: Page, limiter: CapacityLimiter
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        around = parts()
        cookie = request.cookies.get(around.cookie, "")
        session = around.sessions.find(cookie)
        if session is None and not page.is_public:
            return _to_sign_in(request, around.cookie)
        posted = request.method == "POST"
        try:
            form = await request.form(max_part_size=_LARGEST_FIELD) if posted else FormData()
        except (ValueError, LookupError, TypeError) as error:
            raise HTTPException(400, "The form cannot be read.") from error
        visit = Visit(around=around, request=request, form=form, signed_in=session)
        try:
            return await to_thread.run_sync(_respond, page, visit, limiter=limiter)
        except SignedOut as lost:
            if session and visit.switched:
                return _out_of_role(session, visit.switched, str(lost))
            around.sessions.end(cookie)
            return _to_sign_in(request, around.cookie, str(lost))
        finally:
            await form.close()

    return answer


def _respond(page: Page, visit: Visit) -> Response:
    session = visit.signed_in
    is_free = page.is_public or page.path in _BEFORE
    is_held_back = session is not None and session.must_change and not is_free
    if is_held_back and visit.text("do") != _SIGN_OUT:
        return RedirectResponse(_CHANGE, 303)
    if visit.request.method == "POST":
        own = session.csrf if session and not page.is_public else sign_in_page.csrf(visit)
        sent = visit.text("csrf").encode("utf-8", "replace")
        action = page.actions.get(visit.text("do"))
        if not hmac.compare_digest(sent, own.encode()):
            visit.refuse("Nothing was done: the form is of another session. Send it again.", 403)
        elif action is None:
            visit.refuse("This page has no such button.", 400)
        elif (answer := _shown(visit, action, refused=400)) is not None:
            return answer
    if is_held_back:
        return RedirectResponse(_CHANGE, 303)
    answer = _shown(visit, page.show, refused=403)
    if answer is None or (answer.status_code < 400 <= visit.status):
        return visit.page("message.html", "Not shown")
    return answer


def _shown(visit: Visit, show: Show, *, refused: int) -> Response | None:
    """Return what is shown, or None with what was refused among the alerts."""
    try:
        try:
            return show(visit)
        except AwsFailure as failure:
            visit.show_failure(failure)
            visit.status = refused
    except WrongInput as wrong:
        visit.refuse(str(wrong), 400)
    except LabError as error:
        visit.refuse(str(error), 502)
    except (HTTPException, SignedOut):
        raise
    except Exception as error:  # noqa: BLE001 - the last place; told on the page and the terminal
        what = f"the console did not expect this: {type(error).__name__}: please report it"
        _log.error("%s, at %r", what, visit.request.url.path)
        visit.refuse(what, 500)
    return None


def _to_sign_in(request: Request, cookie: str, why: str = "") -> Response:
    is_elsewhere = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if is_elsewhere and cookie not in request.cookies:
        # A link from elsewhere brings no strict cookie along; the page that asks again does.
        return Response(_AGAIN, media_type="text/html")
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    location = sign_in_page.address(path if request.method == "GET" else "", expired=bool(why))
    return RedirectResponse(location, 303)


def _out_of_role(session: BrowserSession, switched: SwitchedRole, said: str) -> Response:
    """Lead back to the user whose role's session counts no more; the user's own may."""
    if session.switched == switched:
        session.switched = None
    text = f"The session of the role {switched.role} has ended: {said}"
    session.notices.append(Notice(text, is_error=True))
    return RedirectResponse("/console/home", 303)


async def _http_error(_: Request, error: Exception) -> Response:
    detail = error.detail if isinstance(error, HTTPException) else "Not found"
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Response(f"{status} {detail}\n", status, media_type="text/plain")
