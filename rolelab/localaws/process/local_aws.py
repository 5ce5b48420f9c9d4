"""One local AWS, put together: accounts, IAM and STS, S3, its events and its clock."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rolelab import whole_file
from rolelab.iam import Request
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.caller import caller_of
from rolelab.localaws.accounts.enforcement import authorize, require_allowed
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.http import proofs
from rolelab.localaws.http.dispatch import Dispatch
from rolelab.localaws.http.events import Events
from rolelab.localaws.http.front import Controls
from rolelab.localaws.http.query import QueryService
from rolelab.localaws.http.sign_in_service import SignInService
from rolelab.localaws.ministack import bucket_makers, emulator, seams
from rolelab.localaws.ministack.s3 import S3
from rolelab.localaws.ministack.s3_app import S3App
from rolelab.localaws.ministack.signatures import Signatures
from rolelab.localaws.ministack.tables import tables
from rolelab.secret import Secret

_CLOCK = "clock"
"""File of the state folder: how many seconds the local AWS was ahead."""


class LocalAwsApp:
    """What one instance holds and answers."""

    def __init__(self, secret: Secret, *, region: str, state: Path | None) -> None:
        """Load MiniStack; with a state folder, S3's objects are kept in it.

        Raises:
            LabError: it is not the MiniStack that this was written for.
        """
        self._ministack = emulator.load(region=region, state=state)
        self._state = state
        seams.check()
        self._store = IdentityStore(tables())
        self._events = Events()
        signatures = Signatures(self._store, secret)
        query = QueryService(self._store, self._events, check=signatures.check)
        s3 = S3(self._store)
        self.app = Dispatch(query, S3App(self._ministack, self._store, self._events, s3))
        seams.install(self._store, signatures, s3)

    def controls(self) -> Controls:
        """Return what the administrator can ask beside AWS's API."""
        return {
            proofs.EVENTS_PATH: self._events_after,
            proofs.CLOCK_PATH: _clock,
            proofs.BUCKETS_PATH: _buckets,
            proofs.SIGN_IN_PATH: SignInService(self._store, self._events),
        }

    def _events_after(self, _method: str, query: Mapping[str, str]) -> Mapping[str, object]:
        if "key" in query:
            return self._events_for(query["key"])
        after, account, behind = query.get("after", "0"), query.get("account"), query.get("behind")
        return {"events": self._events.after(int(after), account, behind)}

    def _events_for(self, access_key_id: str) -> Mapping[str, object]:
        """Return the events of an account to whoever is allowed CloudTrail's LookupEvents."""
        caller = caller_of(self._store, access_key_id)
        if caller is None:
            return {"refused": ["InvalidClientTokenId", "The security token is invalid."]}
        request = Request(
            principal=caller.principal,
            action="cloudtrail:LookupEvents",
            resource="*",
            resource_account=caller.account,
            now=clock.moment(),
            is_complete=True,
        )
        try:
            require_allowed(authorize(self._store, caller, request))
        except AwsError as refusal:
            return {"refused": [refusal.code, refusal.message]}
        return {"events": self._events.after(0, caller.account)}

    def restore(self) -> None:
        """Take back what was saved, the clock included.

        Raises:
            LabError: it is not as it was written.
        """
        if self._state:
            emulator.restore(self._ministack, self._state)
            clock.restore(self._state / _CLOCK)
        self._store.index()

    def save(self) -> None:
        """Save what it holds; without a state folder there is nothing to save.

        Raises:
            OSError: it cannot be written.
        """
        if self._state:
            whole_file.replace(self._state / _CLOCK, repr(clock.ahead_s()), mode=0o600)
            emulator.save(self._ministack, self._state)

    def empty(self) -> None:
        """Forget everything."""
        self._store.empty()
        emulator.empty_buckets()
        self._events.clear()
        clock.reset()


def _buckets(method: str, query: Mapping[str, str]) -> Mapping[str, object]:
    account = query.get("account", "")
    if method != "POST":
        return {"makers": bucket_makers.of_account(account)}
    emulator.empty_buckets(account)
    return {}


def _clock(method: str, query: Mapping[str, str]) -> Mapping[str, object]:
    if method == "POST" and "reset" in query:
        clock.reset()
    elif method == "POST":
        clock.move(float(query.get("move", "0")))
    return {"aheadSeconds": clock.ahead_s()}
