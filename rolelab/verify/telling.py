"""Findings made of answers: the verdict, AWS's words without secrets, the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rolelab.advice import Advice
from rolelab.aws.patience import Answer, Outcome
from rolelab.diagnosis.check import Check
from rolelab.diagnosis.declared import Deviations
from rolelab.diagnosis.reasons import Reason
from rolelab.findings import Finding, Verdict
from rolelab.secret import Secret

_LONGEST_WORDS = 600
AS_DECLARED = "as declared"


class Teller:
    """Tells the findings of one learner (or, without a name, of the role)."""

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
        answer: Answer,
        right: bool,
        *,
        expected: str,
        got: str,
        reason: Reason | None = None,
    ) -> bool:
        """Tell a check by AWS's answer, and return whether it was right."""
        wrong = Verdict.UNKNOWN if answer.outcome is Outcome.NO_ANSWER else Verdict.FAIL
        self.add(
            check,
            Verdict.PASS if right else wrong,
            expected=expected,
            got=got,
            said=answer.said,
            reason=reason,
        )
        return right

    def skip(
        self, checks: Iterable[Check], why: str, *, verdict: Verdict = Verdict.SKIPPED
    ) -> None:
        """Tell that checks were skipped, or (UNKNOWN) could not be asked, and why."""
        for check in checks:
            self.add(check, verdict, unasked=why)

    def compared(self, checks: Iterable[Check], deviations: Deviations) -> None:
        """Tell the checks of what exists against what was declared."""
        for check in checks:
            deviation = deviations.get(check.id)
            if deviation is None:
                self.add(check, Verdict.PASS, expected=AS_DECLARED, got=AS_DECLARED)
                continue
            self.add(
                check,
                Verdict.FAIL,
                expected=deviation.expected,
                got=deviation.got,
                reason=Reason(why=deviation.why, advice=deviation.advice),
            )

    def add(
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
        self._on_finding(
            Finding(
                check=check.id,
                learner=self._learner,
                verdict=verdict,
                expected=self._clean(expected),
                got=self._clean(got),
                said=self._one_line(said),
                unasked=self._clean(unasked),
                who=check.who,
                action=check.action,
                what=check.title,
                part=check.part,
                why=tuple(map(self._clean, reason.why)),
                advice=self._clean_steps(reason.advice),
            )
        )

    def _clean_steps(self, steps: Sequence[Advice]) -> tuple[Advice, ...]:
        return tuple(
            Advice(
                sentence=self._clean(step.sentence),
                diff=self._clean(step.diff),
                command=step.command and replace(step.command, text=self._clean(step.command.text)),
            )
            for step in steps
        )

    def _one_line(self, said: str) -> str:
        """AWS's words in one line; a refused signature is answered with the request, session token and all."""
        line = self._clean(" ".join(said.split(" The Canonical String", 1)[0].split()))
        return line if len(line) <= _LONGEST_WORDS else f"{line[:_LONGEST_WORDS]}…"

    def _clean(self, text: str) -> str:
        """Replace secrets, and what could move a terminal's cursor: words and policies come from elsewhere."""
        for secret in self._secrets:
            text = text.replace(secret.reveal(), "[secret]")
        return "".join(
            letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text
        )
