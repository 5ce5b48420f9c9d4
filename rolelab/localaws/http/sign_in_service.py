"""The console's sign-in service, as signin.amazonaws.com is one: asked by the console alone.

The console proves that it knows the secret of this local AWS; whoever signs in proves it by their
password, or, as root, by the console's one-time link.

Source: CloudTrail User Guide, "AWS Management Console sign-in events".
"""

from __future__ import annotations

from collections.abc import Mapping

from rolelab.localaws.accounts.caller import caller_of
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.http.events import Events, identity_of
from rolelab.localaws.operations.signing_in import NotSignedIn, SignedIn, SignIn

_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_SWITCHES = ("SwitchRole", "ExitRole")
Parameters = Mapping[str, str]


class SignInService:
    """Answers the control path of signing in."""

    def __init__(self, store: IdentityStore, events: Events) -> None:
        self._store = store
        self._events = events
        self._sign_in = SignIn(store)
        self._answers = {
            "password": self._by_password,
            "root": self._as_root,
            "switched": self._switched,
        }

    def __call__(self, method: str, parameters: Parameters) -> Mapping[str, object]:
        """Answer one request.

        Raises:
            ValueError: it asks for nothing that there is.
        """
        answer = self._answers.get(parameters.get("do", ""))
        if method != "POST" or answer is None:
            raise ValueError(f"POST do={' | '.join(self._answers)}")
        return answer(parameters)

    def _by_password(self, asked: Parameters) -> Mapping[str, object]:
        outcome = self._sign_in.by_password(
            asked.get("account", ""),
            asked.get("name", ""),
            asked.get("password", ""),
            asked.get("code", "").strip(),
        )
        if isinstance(outcome, SignedIn):
            return self._welcome(asked, outcome)
        if outcome.kind in ("wrong", "expired"):
            self._note_failure(asked, outcome)
        return {"kind": outcome.kind, "message": outcome.message}

    def _as_root(self, asked: Parameters) -> Mapping[str, object]:
        return self._welcome(asked, self._sign_in.as_root(asked.get("account", "")))

    def _welcome(self, asked: Parameters, signed_in: SignedIn) -> Mapping[str, object]:
        identity = dict(identity_of(caller_of(self._store, signed_in.access_key_id)))
        # As CloudTrail writes it: whoever signs in has no session yet.
        del identity["sessionContext"]
        self._note(
            asked,
            "ConsoleLogin",
            identity,
            signed_in.account,
            _of_login(asked, with_mfa=signed_in.with_mfa),
        )
        return {
            "kind": "signed in",
            "account": signed_in.account,
            "arn": signed_in.arn,
            "name": signed_in.name,
            "credentials": signed_in.credentials,
            "mfa": signed_in.with_mfa,
            "mustChange": signed_in.must_change,
        }

    def _note_failure(self, asked: Parameters, outcome: NotSignedIn) -> None:
        # A name that is nobody's may be a password typed into the wrong field.
        name = outcome.user["UserName"] if outcome.user else _HIDDEN
        identity = {"type": "IAMUser", "accountId": outcome.account, "userName": name}
        more = _of_login(asked)
        self._note(asked, "ConsoleLogin", identity, outcome.account, more, succeeded=False)

    def _switched(self, asked: Parameters) -> Mapping[str, object]:
        """Note that a signed-in user has switched to a role, or back."""
        name = asked.get("event", "")
        caller = caller_of(self._store, asked.get("key", ""))
        if name not in _SWITCHES or caller is None:
            raise ValueError(f"event={' | '.join(_SWITCHES)}, key of the role's session")
        more = {"SwitchFrom": asked.get("from", ""), "RedirectTo": asked.get("to", "")}
        self._note(asked, name, identity_of(caller), caller.account, more)
        return {}

    def _note(
        self,
        asked: Parameters,
        name: str,
        identity: Mapping[str, object],
        account: str,
        more: Mapping[str, object],
        *,
        succeeded: bool = True,
    ) -> None:
        self._events.add_console(
            name,
            identity=identity,
            # The ARN of the user who switches, signs in, or tried to.
            behind=asked.get("from") or str(identity.get("arn", "")),
            account=account,
            source_ip=asked.get("ip", ""),
            user_agent=asked.get("agent", ""),
            succeeded=succeeded,
            more=more,
        )


def _of_login(asked: Parameters, *, with_mfa: bool = False) -> dict[str, str]:
    """Return a sign-in's additionalEventData."""
    return {
        "LoginTo": asked.get("to", ""),
        "MobileVersion": "No",
        "MFAUsed": "Yes" if with_mfa else "No",
    }
