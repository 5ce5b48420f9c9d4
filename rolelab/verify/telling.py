"""Findings made of answers: AWS's words without secrets, in one line, the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from rolelab.advice import Advice
from rolelab.diagnosis.check import Check
from rolelab.diagnosis.reasons import Reason
from rolelab.findings import Finding, Verdict
from rolelab.secret import Secret

_LONGEST_WORDS = 600


class Teller:
    """Tells the findings of one learner, or without a name of the role."""

    def __init__(self, learner: str, on_finding: Callable[[Finding], None]) -> None:
        self._learner = learner
        self._on_finding = on_finding
        self._secrets: list[Secret] = []

    def hide(self, *secrets: Secret | None) -> None:
        """Keep secrets out of everything told from now on."""
        self._secrets += [secret for secret in secrets if secret is not None]

    def tell(
        self,
        check: Check,
        verdict: Verdict,
        *,
        expected: str = "",
        got: str = "",
        said: str = "",
        unasked: str = "",
        reason: Reason | None = None,
    ) -> None:
        """Tell one finding."""
        reason = reason or Reason()
        # A refused signature is answered with the request, session token and all.
        words = self._clean(" ".join(said.split(" The Canonical String", 1)[0].split()))
        self._on_finding(
            Finding(
                check=check.id,
                learner=self._learner,
                verdict=verdict,
                expected=self._clean(expected),
                got=self._clean(got),
                said=words if len(words) <= _LONGEST_WORDS else f"{words[:_LONGEST_WORDS]}…",
                unasked=self._clean(unasked),
                who=check.who,
                action=check.action,
                what=check.title,
                failure=check.failure,
                part=check.part,
                why=tuple(map(self._clean, reason.why)),
                cause=tuple(map(self._clean, reason.cause)),
                advice=tuple(map(self._clean_step, reason.advice)),
            )
        )

    def skip(
        self, checks: Iterable[Check], why: str, *, verdict: Verdict = Verdict.SKIPPED
    ) -> None:
        """Tell that checks were skipped, or (UNKNOWN) could not be asked, and why."""
        for check in checks:
            self.tell(check, verdict, unasked=why)

    def _clean_step(self, step: Advice) -> Advice:
        command = step.command and replace(step.command, text=self._clean(step.command.text))
        sentence, diff = self._clean(step.sentence), self._clean(step.diff)
        return Advice(sentence=sentence, diff=diff, command=command)

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret.reveal(), "[secret]")
        return text
