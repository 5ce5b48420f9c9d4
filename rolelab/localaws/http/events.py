"""Who asked what, when, with what answer: CloudTrail's fields, the last ten thousand, in memory.

Source: AWS CloudTrail User Guide, "CloudTrail record contents", "CloudTrail userIdentity element".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from typing_extensions import NotRequired, TypedDict

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.caller import Caller, Kind
from rolelab.localaws.accounts.records import SessionRecord
from rolelab.localaws.http.incoming import Incoming

MOST = 10_000
MOST_OF_A_TEXT = 1024
"""Characters of what a client sends. Source: AWS CloudTrail User Guide, "CloudTrail record
contents" (userAgent)."""
_SECRET = frozenset(
    {
        "Password",
        "NewPassword",
        "OldPassword",
        "SAMLAssertion",
        "WebIdentityToken",
        "TokenCode",
        "AuthenticationCode1",
        "AuthenticationCode2",
        "PrivateKey",
        "EncodedMessage",
    }
)
_TYPES = {
    Kind.ROOT: "Root",
    Kind.USER: "IAMUser",
    Kind.ROLE_SESSION: "AssumedRole",
    Kind.FEDERATED: "FederatedUser",
    Kind.ANONYMOUS: "AWSAccount",
}
_READS = ("Get", "List", "Head", "Simulate", "Decode")


class ApiEvent(TypedDict):
    """One call, in CloudTrail's fields."""

    eventVersion: str
    eventNumber: int
    """Of this local AWS: counts up, so that one can ask for what came after it."""
    eventID: str
    eventTime: str
    eventSource: str
    eventName: str
    awsRegion: str
    sourceIPAddress: str
    userAgent: str
    userIdentity: Mapping[str, object]
    requestParameters: Mapping[str, object] | None
    requestID: str
    readOnly: bool
    eventType: str
    recipientAccountId: str | None
    responseElements: NotRequired[Mapping[str, object]]
    additionalEventData: NotRequired[Mapping[str, object]]
    errorCode: NotRequired[str]
    errorMessage: NotRequired[str]


@dataclass
class Events:
    """The record: what is oldest goes when it is full."""

    _events: deque[tuple[ApiEvent, str]] = field(
        default_factory=lambda: deque[tuple[ApiEvent, str]](maxlen=MOST)
    )
    """With the ARN of whoever is behind it: of a session, who began it."""
    _number: int = 0

    def add(
        self,
        incoming: Incoming,
        *,
        source: str,
        name: str,
        caller: Caller | None,
        parameters: Mapping[str, object],
        request_id: str,
        error: tuple[str, str] | None,
    ) -> None:
        """Add one event: `error` is code and message; secrets among the parameters are hidden."""
        event = self._numbered(
            source,
            name,
            region=incoming.region,
            source_ip=incoming.source_ip,
            user_agent=incoming.user_agent,
            identity=identity_of(caller),
            account=caller.account if caller else None,
            request_id=request_id,
        )
        event["requestParameters"] = _shown(parameters) if parameters else None
        event["readOnly"] = name.startswith(_READS)
        if error:
            event["errorCode"], event["errorMessage"] = error[0], error[1][:MOST_OF_A_TEXT]
        self._events.append((event, behind_of(caller)))

    def add_console(
        self,
        name: str,
        *,
        identity: Mapping[str, object],
        behind: str,
        account: str,
        source_ip: str,
        user_agent: str,
        succeeded: bool,
        more: Mapping[str, object],
    ) -> None:
        """Add what somebody did at the console's sign-in: ConsoleLogin, SwitchRole, ExitRole.

        Source: CloudTrail User Guide, "AWS Management Console sign-in events".
        """
        event = self._numbered(
            "signin",
            name,
            region="us-east-1",
            source_ip=source_ip,
            user_agent=user_agent,
            identity=identity,
            account=account,
            request_id=str(uuid4()),
        )
        event["eventType"] = "AwsConsoleSignIn"
        event["responseElements"] = {name: "Success" if succeeded else "Failure"}
        event["additionalEventData"] = more
        if not succeeded:
            event["errorMessage"] = "Failed authentication"
        self._events.append((event, behind))

    def _numbered(
        self,
        source: str,
        name: str,
        *,
        region: str,
        source_ip: str,
        user_agent: str,
        identity: Mapping[str, object],
        account: str | None,
        request_id: str,
    ) -> ApiEvent:
        """Return the next event, with what every event has; one of an API's calls."""
        self._number += 1
        return {
            "eventVersion": "1.11",
            "eventNumber": self._number,
            "eventID": str(uuid4()),
            "eventTime": clock.iso(),
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": source_ip,
            "userAgent": user_agent[:MOST_OF_A_TEXT],
            "userIdentity": identity,
            "requestParameters": None,
            "requestID": request_id,
            "readOnly": False,
            "eventType": "AwsApiCall",
            "recipientAccountId": account,
        }

    def after(
        self, number: int, account: str | None = None, behind: str | None = None
    ) -> list[ApiEvent]:
        """Return the events since a number (0: all that are kept), of all accounts or one.

        With an ARN those of whoever is called so, and of the sessions that they began.
        """
        return [
            event
            for event, arn in list(self._events)
            if event["eventNumber"] > number
            and account in (None, event["recipientAccountId"])
            and behind in (None, arn)
        ]

    def clear(self) -> None:
        """Forget everything."""
        self._events.clear()


def behind_of(caller: Caller | None) -> str:
    """Return the ARN of who began the session that calls, or of the caller itself."""
    if caller is None:
        return ""
    session = caller.session
    return caller.arn if session is None else session.get("SourcePrincipalArn", caller.arn)


def identity_of(caller: Caller | None) -> Mapping[str, object]:
    """Return who called, as CloudTrail writes it down."""
    if caller is None:
        return {"type": "Unknown"}
    identity: dict[str, object] = {
        "type": _TYPES[caller.kind],
        "principalId": caller.principal_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key_id,
    }
    if caller.kind is Kind.USER:
        identity["userName"] = caller.name
    if caller.session is not None:
        identity["sessionContext"] = _session_context(caller, caller.session)
    return identity


def _session_context(caller: Caller, session: SessionRecord) -> Mapping[str, object]:
    context: dict[str, object] = {
        "attributes": {
            "creationDate": clock.iso(session.get("IssuedAt")),
            "mfaAuthenticated": "true" if caller.has_mfa else "false",
        }
    }
    if caller.kind is Kind.ROLE_SESSION:
        context["sessionIssuer"] = {
            "type": "Role",
            "principalId": caller.entity_id,
            "arn": caller.entity_arn,
            "accountId": caller.account,
            "userName": caller.name,
        }
    identity = session.get("SourceIdentity")
    return context | {"sourceIdentity": identity} if identity else context


def _shown(parameters: Mapping[str, object]) -> Mapping[str, object]:
    return {
        name[:1].lower() + name[1:]: "HIDDEN_DUE_TO_SECURITY_REASONS" if name in _SECRET else value
        for name, value in parameters.items()
        if not isinstance(value, bytes)
    }
