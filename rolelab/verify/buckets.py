"""The buckets that a verification makes: whatever happens, whoever is allowed to removes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials
from rolelab.aws.failures import AwsFailure
from rolelab.aws.patience import AwsAnswer, CallOutcome, Patience
from rolelab.verify import actions

BUCKET_PREFIX = "rolelab-verify-"
"""Every bucket of a verification begins so, then the time in UTC: one can see what it is."""


class Buckets:
    """Remembers every bucket that may have been made for one learner."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._made: dict[str, bool] = {}
        """Bucket that may exist -> whether AWS said that it was made."""

    def making(self, bucket: str) -> Callable[[Clients], None]:
        """Return the call that makes a bucket; remembered unless AWS said that it was not made."""

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
    ) -> tuple[list[str], AwsAnswer | None, bool]:
        """Remove all; return what is left, AWS's last word on it, and whether it surely exists.

        Asked are the learner's credentials in turn, and the administrator last.
        """
        left: dict[str, AwsAnswer] = {}
        for bucket in list(self._made):
            answer = self._remove(bucket, callers, keys, admin)
            if not answer.works:
                left[bucket] = answer
        # Sure is what AWS said was made, and what everybody here was clearly refused to remove.
        is_certain = any(
            self._made[bucket] and answer.outcome is not CallOutcome.NO_ANSWER
            for bucket, answer in left.items()
        )
        return list(left), next(iter(left.values()), None), is_certain

    def _remove(
        self,
        bucket: str,
        callers: Callers,
        keys: Iterable[Credentials],
        admin: Callable[[], Credentials | None],
    ) -> AwsAnswer:
        """Return the answer that it is removed, else one that was lost, else the last refusal."""
        answers: list[AwsAnswer] = []
        # The administrator is asked for when the others were refused: most runs need none.
        for credentials in (*(lambda key=key: key for key in keys), admin):
            if (asking := credentials()) is None:
                continue
            with calling_as(asking):
                answer = self._patience.ask(
                    lambda: actions.remove_bucket(callers, bucket),
                    lambda answer: answer.outcome not in (CallOutcome.OTHER, CallOutcome.NO_ANSWER),
                    stoppable=False,
                )
            if answer.works:
                return answer
            answers.append(answer)
        lost = (answer for answer in answers if answer.outcome is CallOutcome.NO_ANSWER)
        return next(lost, answers[-1])
