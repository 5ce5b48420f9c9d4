"""Findings made of answers: the verdict, AWS's words without secrets, the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rolelab.aws.patience import Answer, Outcome
from rolelab.diagnosis.declared import Deviation
from rolelab.diagnosis.situation import Reason
from rolelab.findings import Finding, Verdict
from rolelab.secret import Secret
from rolelab.verify.checks import CHECKS

_LONGEST_WORDS = 600
AS_DECLARED = "as declared"


class Teller:
    """Tells the findings of one learner (or, without a name, of the role) and remembers which were told."""

    def __init__(self, learner: str, on_finding: Callable[[Finding], None]) -> None:
        self._learner = learner
        self._on_finding = on_finding
        self._told: set[str] = set()
        self._secrets: list[Secret] = []

    def hide(self, *secrets: Secret | None) -> None:
        """Keep secrets out of everything told from now on."""
        self._secrets += [secret for secret in secrets if secret is not None]

    def tell(
        self,
        check: str,
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
            why="\n".join(reason.why) if reason else "",
            do=reason.advice if reason else "",
        )
        return right

    def skip(self, checks: Iterable[str], why: str, *, verdict: Verdict = Verdict.SKIPPED) -> None:
        """Tell that checks were not made, those told already left out."""
        for check in checks:
            if check not in self._told:
                self.add(check, verdict, do=why)

    def compared(self, checks: Iterable[str], deviations: Iterable[Deviation]) -> None:
        """Tell the checks of what exists against what was declared."""
        by_check = {deviation.check: deviation for deviation in deviations}
        for check in checks:
            deviation = by_check.get(check)
            if deviation is None:
                self.add(check, Verdict.PASS, expected=AS_DECLARED, got=AS_DECLARED)
                continue
            advice = (deviation.advice,) if deviation.advice else ()
            self.add(
                check,
                Verdict.FAIL,
                expected=deviation.expected,
                got=deviation.got,
                why="\n".join(deviation.why),
                do=Reason(why=(), do=advice, calls=deviation.calls).advice,
            )

    def add(
        self,
        check: str,
        verdict: Verdict,
        *,
        expected: str = "",
        got: str = "",
        said: str = "",
        why: str = "",
        do: str = "",
    ) -> None:
        """Tell one finding."""
        known = CHECKS[check]
        self._told.add(check)
        self._on_finding(
            Finding(
                check=check,
                learner=self._learner,
                verdict=verdict,
                expected=_printable(expected),
                got=_printable(self._without_secrets(got)),
                said=self._one_line(said),
                why=_printable(self._without_secrets(why)),
                do=_printable(self._without_secrets(do)),
                who=known.who,
                action=known.action,
                what=known.title,
            )
        )

    def _one_line(self, said: str) -> str:
        """AWS's words in one line; a refused signature is answered with the request, session token and all."""
        line = _printable(
            " ".join(self._without_secrets(said.split(" The Canonical String", 1)[0]).split())
        )
        return line if len(line) <= _LONGEST_WORDS else f"{line[:_LONGEST_WORDS]}…"

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret.reveal(), "[secret]")
        return text


def _printable(text: str) -> str:
    """Replace what could move a terminal's cursor or break a file: AWS's words and policies come from elsewhere."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text
    )
