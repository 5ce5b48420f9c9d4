"""One request of a browser: who is signed in, what was sent, and the calls made for the page.

Every call of a page is signed with the credentials of whoever is signed in. What AWS refuses is
shown as it said it; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any, cast
from urllib.parse import quote, urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rolelab.aws import iam_calls
from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.failures import AwsFailure, Kind
from rolelab.console import templates
from rolelab.console.browser_sessions import (
    BrowserSession,
    BrowserSessions,
    Draft,
    Notice,
    SwitchedRole,
)
from rolelab.errors import CannotTell
from rolelab.iam import messages
from rolelab.localaws.process.record import Instance
from rolelab.secret import Credentials, Secret

_AT_ONCE = 1000
"""Entries of a list that one call brings: as many as IAM gives."""
_MOST_DRAFTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What AWS refused, in its words, and where one asks why."""

    text: str
    why: str = ""
    """Address of the page that explains it; empty where no permission was missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleParts:
    """What all requests share."""

    instance: Instance
    callers: Callers
    sessions: BrowserSessions
    account: str
    """That root signs in to."""
    address: str
    """Of the console: http://127.0.0.1:port."""

    @property
    def cookie(self) -> str:
        """The name of the cookie: two consoles on one machine must not share it."""
        return f"rolelab-console-{self.address.rpartition(':')[2]}"


class SignedOut(Exception):
    """Nobody is signed in, or the credentials count no more."""


class WrongInput(Exception):
    """What was entered cannot be sent to AWS; the text is for whoever entered it."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request."""

    around: ConsoleParts
    request: Request
    form: FormData
    signed_in: BrowserSession | None
    switched: SwitchedRole | None = None
    """The role that is worked with: fixed for the visit, whatever another tab does meanwhile."""
    alerts: list[Alert] = field(default_factory=list[Alert])
    is_part_unknown: bool = False
    """Whether something that the page was to show was refused: what is empty may not be."""
    status: int = 200

    def __post_init__(self) -> None:
        self.switched = self.signed_in.switched if self.signed_in else None

    # -- what was sent -----------------------------------------------------------------------------

    @property
    def session(self) -> BrowserSession:
        """Who is signed in.

        Raises:
            SignedOut: nobody.
        """
        if self.signed_in is None:
            raise SignedOut
        return self.signed_in

    @property
    def caller(self) -> Credentials:
        """Whose credentials sign the calls: the role's while switched."""
        return self.switched.credentials if self.switched else self.session.credentials

    @property
    def account(self) -> str:
        """The account that is worked in: a role may be another one's."""
        return self.switched.account if self.switched else self.session.account

    def name(self, part: str = "name") -> str:
        """Return a part of the address."""
        return str(self.request.path_params[part])

    def asked(self, name: str, default: str = "") -> str:
        """Return a parameter of the query string."""
        return self.request.query_params.get(name, default)

    def text(self, name: str, default: str = "") -> str:
        """Return a field of the form."""
        value = self.form.get(name, default)
        return value if isinstance(value, str) else default

    def line(self, name: str) -> str:
        """Return a field of the form without the blanks around it."""
        return self.text(name).strip()

    def required(self, name: str, what: str) -> str:
        """Return a field of the form.

        Raises:
            WrongInput: it is empty; `what` says what belongs there: a role name.
        """
        if text := self.line(name):
            return text
        raise WrongInput(f"Enter {what}.")

    def texts(self, name: str) -> list[str]:
        """Return all values of a field: of checkboxes."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def has(self, name: str) -> bool:
        """Return whether a checkbox is checked."""
        return name in self.form

    def uploads(self, name: str) -> list[UploadFile]:
        """Return the files of a field."""
        files = (value for value in self.form.getlist(name) if isinstance(value, UploadFile))
        return [file for file in files if file.filename]

    @property
    def draft(self) -> Draft:
        """What was entered on the earlier pages of this form, to be read and added to."""
        drafts, key = self.session.drafts, self._draft_key
        if key not in drafts and len(drafts) >= _MOST_DRAFTS:
            del drafts[next(iter(drafts))]
        return drafts.setdefault(key, {})

    @property
    def _draft_key(self) -> str:
        return f"{self.request.url.path} {self.asked('edit')} {self.asked('draft')}"

    def begin_draft(self) -> Response | None:
        """Return the way to the same page with a draft of its own: two tabs must not mix theirs."""
        if self.request.method != "GET" or self.asked("draft"):
            return None
        return go(self.request.url.path, **{**self.request.query_params, "draft": token_urlsafe(6)})

    def onward(self, step: str, **query: str) -> Response:
        """Lead to another step of the form at this address, with its draft."""
        kept = {name: self.asked(name) for name in ("draft", "edit") if self.asked(name)}
        return go(self.request.url.path, **kept, **query, step=step)

    # -- calls -------------------------------------------------------------------------------------

    def acting(self) -> AbstractContextManager[None]:
        """Sign the calls of a block as whoever is signed in."""
        return calling_as(self.caller)

    def call(self, operation: str, part: str = "", /, service: str = "iam", **asked: Any) -> Any:
        """Make a call as whoever is signed in; return a part of its answer, or the whole.

        Raises:
            AwsFailure: it was refused, or failed.
        """
        bucket = str(asked.get("Bucket", ""))
        if ":" in bucket or "/" in bucket:
            # The ARN of an access point would lead a client of S3 elsewhere.
            raise WrongInput(f"{bucket} is not the name of a bucket.")
        with self.acting():
            client = getattr(self.around.callers, service)
            return iam_calls.call(client, operation, part, **asked)

    def ask(
        self,
        operation: str,
        part: str = "",
        /,
        default: Any = None,
        *,
        may_miss: bool = False,
        **asked: Any,
    ) -> Any:
        """Make a call for a page; what was refused is shown on it, and `default` returned.

        That something is not there is shown as well, unless it `may_miss`.
        """
        try:
            return self.call(operation, part, **asked)
        except AwsFailure as failure:
            is_missing = failure.kind is Kind.MISSING or failure.code.startswith("NoSuch")
            if not (may_miss and is_missing):
                self.show_failure(failure)
                self.is_part_unknown = True
            return default

    def listed(self, operation: str, part: str, /, **asked: Any) -> list[Any]:
        """Read a list of IAM's to its end; what was refused is shown, and the list is empty."""
        try:
            with self.acting():
                iam = self.around.callers.iam
                return iam_calls.listed(iam, operation, part, **asked, MaxItems=_AT_ONCE)
        except AwsFailure as failure:
            self.show_failure(failure)
            self.is_part_unknown = True
            return []

    def refuse(self, text: str, status: int) -> None:
        """Say on the page why what was asked is not done."""
        self._alert(Alert(text=text))
        self.status = status

    def _alert(self, alert: Alert) -> None:
        if alert not in self.alerts:
            self.alerts.append(alert)

    def show_failure(self, failure: AwsFailure, lead: str = "") -> None:
        """Show on the page what AWS refused, after a `lead` of the console's own.

        Raises:
            SignedOut: the credentials themselves count no more.
            CannotTell: the local AWS does not answer; nor would it the page's other calls.
        """
        if failure.kind is Kind.CREDENTIALS:
            raise SignedOut(failure.said)
        if failure.nobody_answers:
            stop = "`rolelab local stop` and " if failure.hangs else ""
            raise CannotTell(
                "the local AWS does not answer",
                do=f"{stop}`rolelab local start`, then load this page again",
            )
        why = ""
        if failure.kind is Kind.DENIED:
            # In a role some calls are the user's all the same: to switch to another one.
            refused = messages.parse(failure.said) if self.switched else None
            why = why_address(failure.said, refused.principal if refused else "")
        text = f"{failure.code}: {failure.said}" if failure.said else failure.code
        self._alert(Alert(text=f"{lead} {text}".strip(), why=why))

    # -- answers -----------------------------------------------------------------------------------

    def page(self, template: str, title: str, **values: Any) -> Response:
        """Return a page of HTML."""
        session, notices = self.signed_in, list[Notice]()
        for notice in session.notices_once() if session else ():
            if notice.is_error:
                self.alerts.insert(0, Alert(text=notice.text))
            else:
                notices.append(notice)
        html = templates.render(
            template,
            title=title,
            session=session,
            switched=self.switched,
            worked_in=self.account if session else "",
            notices=notices,
            alerts=self.alerts,
            is_part_unknown=self.is_part_unknown,
            path=self.request.url.path,
            asked=self.request.query_params,
            form=self.form,
            **values,
        )
        return Response(html, self.status, media_type="text/html")

    def notice(self, text: str, secrets: Mapping[str, str] | None = None) -> None:
        """Let the next page say that something is done."""
        shown = {label: Secret(value) for label, value in (secrets or {}).items()}
        self.session.notices.append(Notice(text, shown))

    def warn(self, text: str) -> None:
        """Let the next page say that something is not done."""
        self.session.notices.append(Notice(text, is_error=True))


Show = Callable[[Visit], Response]
"""What answers a visit: a page, or what a button does."""


def go(*parts: str, **query: str) -> Response:
    """Return the way to another page; parts of the address are quoted."""
    folder, *names = parts
    path = "/".join((folder, *(quote(name, safe="") for name in names)))
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


def why_address(said: str, who: str = "") -> str:
    """Return the address of the page that explains a refusal; empty for another sentence."""
    refused = messages.parse(said)
    if refused is None or not refused.action:
        return ""
    query = {"action": refused.action, "resource": refused.resource} | ({"who": who} if who else {})
    if refused.prevented_by == "BlockPublicAcls":
        query["context"] = "s3:x-amz-acl=public-read"
    return f"/why?{urlencode(query)}"


def texts_of(draft: Draft, name: str) -> list[str]:
    """Return a list that was entered on an earlier page."""
    return cast("list[str]", draft.get(name) or [])
