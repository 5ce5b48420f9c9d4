"""Assuming a role: once, as the checks and the lesson do it, or patiently, for hands-on work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Endpoint
from rolelab.aws.failures import require_whole, server_time, translated
from rolelab.aws.patience import (
    LOCAL_LIMIT_S,
    REAL_LIMIT_S,
    AwsAnswer,
    CallOutcome,
    Clock,
    Patience,
)
from rolelab.errors import CannotTell, LabError
from rolelab.secret import Credentials, Secret
from rolelab.switch import Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a key belongs to, by AWS's own account."""

    account_id: str
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSession:
    """What AssumeRole gave, and whom AWS takes it for."""

    credentials: Credentials
    expires: datetime
    lasts_s: float
    """Seconds from AWS's answer (by AWS's clock, where it tells) to the end."""
    identity: Identity


def caller(clients: Clients) -> Identity:
    """Ask whose key it is."""
    with translated("GetCallerIdentity"):
        got = clients.sts.get_caller_identity()
    require_whole("GetCallerIdentity", got, "Account", "Arn", "UserId")
    return Identity(account_id=got["Account"], arn=got["Arn"])


def assume(callers: Callers, switch: Switch, clock: Clock) -> RoleSession:
    """Assume the role, and ask whom AWS takes the session for: so a broken key shows at once.

    The caller is the one named by `calling_as`.

    Raises:
        AwsFailure: either call failed.
    """
    with translated("AssumeRole"):
        got = callers.sts.assume_role(**switch.parameters)
    keys: Mapping[str, Any] = got.get("Credentials", {})
    require_whole(
        "AssumeRole", keys, "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"
    )
    credentials = Credentials(
        access_key_id=keys["AccessKeyId"],
        secret_access_key=Secret(keys["SecretAccessKey"]),
        session_token=Secret(keys["SessionToken"]),
    )
    expires: datetime = keys["Expiration"]
    lasts = expires - (server_time(got) or clock.now())
    with calling_as(credentials):
        identity = caller(callers)
    return RoleSession(
        credentials=credentials,
        expires=expires,
        lasts_s=lasts.total_seconds(),
        identity=identity,
    )


def assume_patiently(
    switch: Switch, own: Credentials, endpoint: Endpoint, *, of_lab: str = "", of_learner: str = ""
) -> RoleSession:
    """Return a session of the role for whoever has the keys `own`; a fresh grant may take a while.

    `of_lab` and `of_learner`: options by which a command of rolelab finds them, for messages.

    Raises:
        LabError: AWS refuses it, in AWS's own words.
        CannotTell: AWS is out of reach or throttles to the end.
    """
    clock = Clock()
    patience = Patience(LOCAL_LIMIT_S if endpoint.is_local else REAL_LIMIT_S, clock)
    callers = Callers(endpoint)
    with calling_as(own):
        answer = patience.ask(
            lambda: assume(callers, switch, clock),
            lambda answer: answer.outcome is CallOutcome.WORKED,
        )
    if isinstance(answer.value, RoleSession):
        return answer.value
    where = f"{switch.session_name} to {switch.role_arn}"
    raise _not_assumed(answer, where, of_lab=of_lab, of_learner=of_learner)


def _not_assumed(answer: AwsAnswer, where: str, *, of_lab: str, of_learner: str) -> LabError:
    if answer.outcome is CallOutcome.NO_ANSWER:
        what = f"AWS did not answer AssumeRole: {answer.code}"
        return CannotTell(what, where=where, do=answer.said or "try again")
    if answer.outcome is CallOutcome.DENIED:
        what = f"AWS refuses the switch: {answer.said}"
        return LabError(what, where=where, do=f"`rolelab explain{of_lab}{of_learner}` says why")
    refused = "key" if answer.outcome is CallOutcome.KEY_REFUSED else "request"
    what = f"AWS does not take the {refused}: {answer.code}: {answer.said}"
    return LabError(what, where=where, do=f"run `rolelab verify{of_lab}`")
