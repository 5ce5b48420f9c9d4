"""What the administrator's credentials may look at, each thing once for all learners; read only."""

from __future__ import annotations

import threading
from typing import Any

from rolelab.aws import iam_entities
from rolelab.aws.clients import Clients
from rolelab.aws.failures import AwsFailure, Kind
from rolelab.aws.iam_entities import Role, User
from rolelab.outputs import Lab
from rolelab.verification import actions
from rolelab.verification.patience import Answer, Outcome, Patience


class NotLookedAt(Exception):
    """The administrator's credentials are missing, refused or another account's: said, and no verdict on the lab."""


class NoAnswer(Exception):
    """AWS did not answer the administrator: it could not be found out."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.got)
        self.answer = answer


class Administrator:
    """Reads users, roles and policies; one for a run, shared by its threads."""

    def __init__(self, clients: Clients | None, lab: Lab, patience: Patience) -> None:
        self.clients = clients
        self._lab = lab
        self._patience = patience
        self._lock = threading.Lock()
        self._refused: str | None = None if clients else "--no-admin"
        self._is_checked = clients is None
        self._role: tuple[Role | None] | None = None
        self._documents: dict[str, Any] = {}
        self._managed = iam_entities.ManagedPolicies(clients) if clients else None

    @property
    def is_there(self) -> bool:
        """Whether there are credentials that belong to the lab's account."""
        try:
            self.require()
        except (NotLookedAt, NoAnswer):
            return False
        return True

    def require(self) -> Clients:
        """Return the clients.

        Raises:
            NotLookedAt: there are no credentials of the lab's account.
            NoAnswer: AWS did not answer.
        """
        with self._lock:
            if not self._is_checked:
                self._refused = self._check()
                self._is_checked = True
        if self.clients is None or self._refused is not None:
            raise NotLookedAt(f"no administrator's credentials ({self._refused})")
        return self.clients

    def user(self, name: str) -> User | None:
        """Read a user, anew each time.

        Raises:
            NotLookedAt, NoAnswer: as `require`, or AWS refuses.
        """
        clients = self.require()
        return self._ask(lambda: iam_entities.read_user(clients, name))

    def role(self, *, again: bool = False) -> Role | None:
        """Return the role as it was when it was first read; `again` reads it anew.

        Raises:
            NotLookedAt, NoAnswer: as `require`, or AWS refuses.
        """
        clients = self.require()
        with self._lock:
            if self._role is None or again:
                self._role = (self._ask(lambda: iam_entities.read_role(clients, self._lab.role.name)),)
            return self._role[0]

    def document(self, arn: str) -> Any:
        """Return the document of a managed policy.

        Raises:
            NotLookedAt, NoAnswer: as `require`, or AWS refuses.
        """
        self.require()
        managed = self._managed
        assert managed is not None  # noqa: S101 - `require` raises without clients
        return self._ask(lambda: managed.document(arn))

    def _check(self) -> str | None:
        assert self.clients is not None  # noqa: S101 - only asked with clients
        try:
            identity = self._ask(lambda: actions.caller(self.clients))  # pyright: ignore[reportArgumentType]
        except NotLookedAt as refused:
            return str(refused)
        account = identity.account_id
        return None if account == self._lab.account_id else f"those at hand are of account {account}"

    def _ask(self, call: Any) -> Any:
        """Ask until there is an answer of any kind; whether it is the right one the caller decides."""
        answer = self._patience.ask(call, lambda answer: answer.outcome is not Outcome.OTHER)
        if answer.outcome is Outcome.WORKED:
            return answer.value
        if answer.outcome in (Outcome.DENIED, Outcome.KEY_REFUSED) or answer.code in _ABSENT:
            raise NotLookedAt(answer.said or answer.code)
        raise NoAnswer(answer)


_ABSENT = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "CredentialRetrievalError"}

__all__ = ["Administrator", "AwsFailure", "Kind", "NoAnswer", "NotLookedAt"]
