"""What was declared, and what differs from it: each deviation with the change that puts it back.

Too open is as wrong as too tight. Tags, descriptions, names of inline policies and everything else
in the account are nobody's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rolelab.advice import ADMIN, REFRESH, Advice, Who
from rolelab.diagnosis.check import Check
from rolelab.diagnosis.iam_call import IamCall
from rolelab.iam import Layer, arns
from rolelab.iam import compare as meaning

GRANT_NAME = "AssumeRole"
"""Name for a recreated grant where there is none whose name could be kept: the lab's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One thing that is not as declared."""

    expected: str
    got: str
    why: tuple[str, ...]
    """Sentences on what differs and what it means."""
    calls: tuple[IamCall, ...] = ()
    """What puts it back, in order; empty where only a new `up` can."""
    by_up: str = ""
    """What only a new `up` brings back, in a sentence; empty where there is nothing of the kind."""
    is_missing: bool = False
    """The user or role itself is not there: nothing else of it can be compared."""
    shape: str = ""
    """`got` without what differs from learner to learner; empty where nothing in it does."""

    @property
    def kind(self) -> str:
        """What was found, in words that are the same for all who have the same fault."""
        return self.shape or self.got

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What puts it back, as steps."""
        return (*self.by_hand, *(call.advice for call in self.calls))

    @property
    def by_hand(self) -> tuple[Advice, ...]:
        """What is to be done beside the calls of IAM, or instead."""
        return (Advice(sentence=self.by_up, command=REFRESH),) if self.by_up else ()


Deviations = Mapping[str, Deviation]
"""Id of a check -> what it found; a check that is as declared is not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredCheck(Check):
    """A check of what exists against what was declared."""

    who: Who = ADMIN
    explains: tuple[Who, Layer] | None = None
    """Whose wrong answers a deviation explains, and at which layer of the decision."""


# -- deviations that many checks share ------------------------------------------------------------


def surplus(
    names: Sequence[str],
    expected: str,
    why: Callable[[str], str],
    call: Callable[[str], IamCall],
    *,
    got: str = "{}",
    shown: Callable[[str], str] = str,
) -> Deviation | None:
    """Return what is there and should not be, with a sentence and a call for each of `names`."""
    if not names:
        return None
    return Deviation(
        expected=expected,
        got=got.format(joined(map(shown, names))),
        why=tuple(why(shown(name)) for name in names),
        calls=tuple(map(call, names)),
    )


def boundary(kind: str, name: str, arn: str) -> Deviation | None:
    """Return the permissions boundary of a `User` or `Role` that should have none."""
    call = IamCall(f"Delete{kind}PermissionsBoundary", {f"{kind}Name": name})
    return surplus(
        [arn] if arn else [],
        "no permissions boundary",
        lambda policy: f"Permissions boundary {policy} limits {kind.lower()} {name}.",
        lambda _: call,
        shown=policy_name,
    )


# -- words ----------------------------------------------------------------------------------------


def directions(differences: Iterable[meaning.Difference]) -> str:
    """Return which way documents differ, and in what."""
    differing = list(differences)
    direction = meaning.direction(differing)
    places = "; ".join(
        dict.fromkeys(difference.got or f"no {difference.want}" for difference in differing)
    )
    return f"{direction.value}: {places}" if direction else places


def policy_name(arn: str) -> str:
    """Return the name of a policy, and the ARN of one that is not AWS's: it can have any name."""
    name = arns.name_of(arn)
    return name if arns.is_aws_policy(arn) else f"{name} ({arn})"


def joined(names: Iterable[str]) -> str:
    """Return names in a row."""
    return ", ".join(names)
