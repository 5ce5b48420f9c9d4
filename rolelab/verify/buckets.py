"""The buckets that a verification makes: whatever happens, they are removed, by whoever may."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials
from rolelab.aws.failures import AwsFailure
from rolelab.aws.patience import Answer, Outcome, Patience
from rolelab.verify import actions


class Buckets:
    """Remembers every bucket that may have been made for one learner."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._made: dict[str, bool] = {}
        """Bucket that may exist -> whether AWS said that it was made."""

    def making(self, bucket: str) -> Callable[[Clients], None]:
        """Return the call that makes a bucket; it is remembered unless AWS said that it was not made."""

        def make(clients: Clients) -> None:
            # Before the call: the answer may be lost, or the run be stopped, after it was made.
            is_first = bucket not in self._made
            self._made.setdefault(bucket, False)
            try:
                actions.create_bucket(clients, bucket)
            except AwsFailure as failure:
                # A refusal says nothing of earlier tries: one of them may have made it.
                if is_first and failure.answered:
                    del self._made[bucket]
                raise
            self._made[bucket] = True

        return make

    def deleted(self, bucket: str) -> None:
        """Forget a bucket that AWS said is gone."""
        self._made.pop(bucket, None)

    def remove(
        self, callers: Callers, keys: Iterable[Credentials], admin: Callable[[], Credentials | None]
    ) -> tuple[list[str], Answer | None, bool]:
        """Remove all; return what is left, what AWS said to it last, and whether it is certain that it exists.

        Asked are the learner's credentials in turn, and the administrator last.
        """
        left = {
            bucket: answer
            for bucket in list(self._made)
            if (answer := self._remove(bucket, callers, keys, admin))
        }
        if not left:
            return [], None, True
        answer = next(iter(left.values()))
        # Certain is what AWS said was made, and what everybody here was clearly refused to remove.
        is_certain = any(
            self._made[bucket] and left[bucket].outcome is not Outcome.NO_ANSWER for bucket in left
        )
        return list(left), answer, is_certain

    def _remove(
        self,
        bucket: str,
        callers: Callers,
        keys: Iterable[Credentials],
        admin: Callable[[], Credentials | None],
    ) -> Answer | None:
        answers: list[Answer] = []
        for credentials in keys:
            answer = self._removed(bucket, callers, credentials)
            if answer is None:
                return None
            answers.append(answer)
        administrators = admin()
        if administrators:
            answer = self._removed(bucket, callers, administrators)
            if answer is None:
                return None
            answers.append(answer)
        return next(
            (answer for answer in answers if answer.outcome is Outcome.NO_ANSWER), answers[-1]
        )

    def _removed(self, bucket: str, callers: Callers, credentials: Credentials) -> Answer | None:
        with calling_as(credentials):
            answer = self._patience.ask(
                lambda: actions.remove_bucket(callers, bucket),
                # A refusal ends it as well: somebody else is asked then.
                lambda answer: (
                    answer.outcome in (Outcome.WORKED, Outcome.DENIED, Outcome.KEY_REFUSED)
                ),
                stoppable=False,
            )
        return None if answer.outcome is Outcome.WORKED else answer
