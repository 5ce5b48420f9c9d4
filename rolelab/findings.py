"""What a check found out: the one form that every verification, doctor and report shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from rolelab.advice import Advice


class Verdict(Enum):
    """How a check ended. UNKNOWN is never counted as a pass or a failure."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check on one learner: what was expected, what came, in AWS's own words."""

    check: str
    """Stable id that reports and tests name, such as `before.list-buckets`."""
    learner: str
    """Name of the learner, as in the outputs; empty for what all share, such as the role."""
    verdict: Verdict
    expected: str = ""
    got: str = ""
    """Empty, as `expected` is, where there is no answer at all: `unasked` says why."""
    said: str = ""
    """AWS's own words, without secrets."""
    unasked: str = ""
    """Why the check was skipped, or could not be asked."""
    who: str = ""
    """Which credentials asked: "own key", "role session", "administrator"."""
    action: str = ""
    """What was asked for, as IAM calls it: `s3:ListAllMyBuckets`; empty for no single action."""
    what: str = ""
    """The check in words: "make a bucket"."""
    failure: str = ""
    """The same in words that are true where it fails; empty where `what` is what was asked for."""
    part: str = ""
    """The part of the lab that it speaks of, as the picture names them: "trust"; empty for none."""
    why: tuple[str, ...] = ()
    """The reason, a sentence each; empty where it is not known."""
    cause: tuple[str, ...] = ()
    """What is behind it, as parts without names of learners, keys or buckets: findings of one check
    and verdict with equal parts are the same fault, whoever has it."""
    advice: tuple[Advice, ...] = ()
    """The smallest change that puts it right."""

    @property
    def phase(self) -> str:
        """The part of the lesson: "before", "during", "declared"."""
        return self.check.partition(".")[0]

    @property
    def heading(self) -> str:
        """The check in words that are true of how it ended."""
        if self.verdict is Verdict.UNKNOWN:
            return f"not found out: {self.what}"
        if self.verdict is not Verdict.FAIL:
            return self.what
        lead = "not refused" if self.expected.startswith("refused") else "did not work"
        return self.failure or f"{lead}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One verification as a whole, as reports tell it; holds no secret."""

    findings: tuple[Finding, ...]
    stack: str
    account_id: str
    region: str
    where: str
    """The AWS in words: a real one by its region, or the local one by its address."""
    role_arn: str
    grant: bool
    """Whether the learners should be able to assume the role."""
    started: datetime
    took_s: float
    notes: tuple[str, ...] = ()
    """What is no failure, and good to know, a sentence each."""


def exit_code(found: Iterable[Finding]) -> int:
    """Return 1 if a check failed, else 3 if one could not be found out or none was made, else 0."""
    verdicts = {finding.verdict for finding in found}
    if Verdict.FAIL in verdicts:
        return 1
    return 0 if Verdict.PASS in verdicts and Verdict.UNKNOWN not in verdicts else 3
