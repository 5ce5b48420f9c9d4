"""What the administrator's credentials read, each thing once for all learners."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from rolelab.aws import iam_entities, role_session
from rolelab.aws.callers import Ambient, Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.aws.failures import AwsFailure
from rolelab.aws.iam_entities import ActualRole, ActualUser, Renamed
from rolelab.aws.patience import AwsAnswer, CallOutcome, Patience
from rolelab.outputs import Lab, Learner

if TYPE_CHECKING:
    from rolelab.diagnosis.situation import Situation

_T = TypeVar("_T")


class NotLookedAt(Exception):
    """The administrator's credentials are missing, refused or another account's: no verdict."""


class NoAnswer(Exception):
    """AWS did not answer the administrator: it could not be found out."""

    def __init__(self, answer: AwsAnswer) -> None:
        super().__init__(answer.got)
        self.answer = answer


def user_of(clients: Clients, learner: Learner) -> ActualUser | Renamed | None:
    """Read a learner's user, or find it by its key under another name.

    Raises:
        AwsFailure: it cannot be read.
    """
    user = iam_entities.read_user(clients, learner.user_name)
    if user is not None:
        return user
    owner = iam_entities.owner_of(clients, learner.access_key_id)
    return Renamed(owner) if owner and owner != learner.user_name else None


class Administrator:
    """Reads users, roles and policies; one for a run, shared by its threads."""

    def __init__(
        self,
        endpoint: Endpoint,
        callers: Callers,
        lab: Lab,
        patience: Patience,
        *,
        is_used: bool = True,
    ) -> None:
        self._endpoint = endpoint
        self._callers = callers
        self._lab = lab
        self._patience = patience
        self._lock = threading.RLock()
        self._refused: str | None = None if is_used else "--no-admin"
        self._is_checked = not is_used
        self._ambient = Ambient()
        self._role: tuple[ActualRole | None] | None = None
        self._managed = iam_entities.ManagedPolicies(callers)

    @property
    def is_there(self) -> bool:
        """Whether there are credentials that belong to the lab's account."""
        return self.credentials() is not None

    def credentials(self) -> Credentials | None:
        """Return the credentials; None without any of the lab's account, or without an answer."""
        try:
            return self.require()
        except (NotLookedAt, NoAnswer):
            return None

    def require(self) -> Credentials:
        """Return the credentials.

        Raises:
            NotLookedAt: there are none of the lab's account.
            NoAnswer: AWS did not answer.
        """
        with self._lock:
            if not self._is_checked:
                self._refused = self._check()
                self._is_checked = True
        if self._refused is not None:
            raise NotLookedAt(f"no administrator's credentials ({self._refused})")
        return self._current()

    def user(self, learner: Learner) -> ActualUser | Renamed | None:
        """Read a learner's user, again each time.

        Raises:
            NotLookedAt, NoAnswer: as `require`, or AWS refuses.
        """
        return self._ask(self.require(), lambda: user_of(self._callers, learner))

    def role(self, *, again: bool = False) -> ActualRole | None:
        """Return the role as it was when it was first read; `again` reads it again.

        Raises:
            NotLookedAt, NoAnswer: as `require`, or AWS refuses.
        """
        credentials = self.require()
        with self._lock:
            if self._role is None or again:
                name = self._lab.role.name
                self._role = (
                    self._ask(credentials, lambda: iam_entities.read_role(self._callers, name)),
                )
            return self._role[0]

    def document(self, arn: str) -> object:
        """Return the document of a managed policy.

        Raises:
            NotLookedAt, NoAnswer: as `require`, or AWS refuses.
        """
        return self._ask(self.require(), lambda: self._managed.document(arn))

    def read(self, call: Callable[[], _T]) -> _T:
        """Return what a call of the administrator's reads.

        Raises:
            NotLookedAt, NoAnswer: as `require`, or AWS refuses.
        """
        return self._ask(self.require(), call)

    def situation(self, learner: Learner) -> Situation:
        """Return a learner's user, the role, and all that their policies decide.

        Raises:
            NotLookedAt, NoAnswer: as `require`, or AWS refuses.
        """
        # Loaded where something is wrong, as what explains it is.
        from rolelab.diagnosis.situation import Situation

        user, role, now = self.user(learner), self.role(), self._callers.clock.moment()
        return Situation(
            lab=self._lab,
            learner=learner,
            user=user,
            role=role,
            document=self.document,
            now=now,
            issued=now,
            is_local=self._endpoint.is_local,
        )

    def _check(self) -> str | None:
        """Ask whose credentials they are; return why they are of no use, or None."""
        try:
            identity = self._ask(self._current(), lambda: role_session.caller(self._callers))
        except NotLookedAt as refused:
            return str(refused)
        account = identity.account_id
        return None if account == self._lab.account_id else f"those here are of account {account}"

    def _current(self) -> Credentials:
        """Return the endpoint's own credentials, or what the environment holds."""
        try:
            return self._endpoint.credentials or self._ambient.current()
        except AwsFailure as failure:
            raise NotLookedAt(failure.said or failure.code) from None

    def _ask(self, credentials: Credentials, call: Callable[[], _T]) -> _T:
        """Ask until there is an answer of any kind: the caller decides whether it is right."""
        with calling_as(credentials):
            answer = self._patience.ask(
                call, lambda answer: answer.outcome is not CallOutcome.OTHER
            )
        if answer.outcome is CallOutcome.WORKED:
            return answer.value
        if answer.outcome in (CallOutcome.DENIED, CallOutcome.KEY_REFUSED):
            raise NotLookedAt(answer.said or answer.code)
        raise NoAnswer(answer)
