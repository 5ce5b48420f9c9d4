"""Why AWS answered what it answered, in words, with what puts it right.

AWS's own sentence is held against the decision made from the policies. Where the two differ, or
something could not be read, that is said and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rolelab.advice import OWN, REFRESH, Advice, Who
from rolelab.aws.patience import AwsAnswer
from rolelab.diagnosis.declared import Deviation
from rolelab.diagnosis.iam_call import IamCall
from rolelab.diagnosis.role_checks import ROLE_CHECKS
from rolelab.diagnosis.user_checks import USER_CHECKS
from rolelab.iam import Decision, Layer, arns

if TYPE_CHECKING:
    from rolelab.diagnosis.situation import Situation

_EXPLAINS = {check.id: check.explains for check in (*USER_CHECKS, *ROLE_CHECKS)}


@dataclass(frozen=True, slots=True)
class Need:
    """Something that policies must allow for a check to work."""

    action: str
    resource: str = "*"
    """ARN, with `{partition}` for the lab's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, a sentence each, and what to do."""

    cause: tuple[str, ...] = ()
    """What is behind it, as parts that are equal for all who have the same fault."""
    why: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
    is_known: bool = True
    """Whether the answer itself could be found out."""
    depends: bool = False
    """Whether such a call is allowed or refused by what is sent with it."""


def of_needs(situation: Situation, answer: AwsAnswer, needs: Sequence[Need], who: Who) -> Reason:
    """Return why AWS allowed or refused what needs so much, where the other was expected."""
    partition = arns.partition_of(situation.lab.role.arn)
    decisions = [
        situation.of_call(who, need.action, need.resource.format(partition=partition))
        for need in needs
    ]
    if not decisions:
        return Reason()
    decisive = next((each for each in decisions if each.allowed is answer.works), decisions[0])
    return of_decision(situation, decisive, works=answer.works, said=answer.said, who=who)


def of_switch(situation: Situation, answer: AwsAnswer) -> Reason:
    """Return why AWS allowed or refused the switch, where the other was expected."""
    decision = situation.of_switch()
    return of_decision(situation, decision, works=answer.works, said=answer.said, who=OWN)


def of_limit(situation: Situation, answer: AwsAnswer) -> Reason:
    """Return why AWS allowed a session longer than the declared limit; nothing where it did not."""
    if not answer.works:
        return Reason()
    deviation = situation.deviations().get("declared.role-session-limit")
    if deviation is None:
        why = (
            "The role has the declared limit, and AWS allowed more: "
            "it may not have taken effect yet."
        )
        return Reason(cause=("not yet",), why=(why,))
    return of_deviations([deviation])


def of_missing_role(situation: Situation) -> Reason:
    """Return why nobody can have a session of the role."""
    why = f"There is no role {situation.lab.role.arn}, so nobody can have a session of it."
    deviation = situation.deviations().get("declared.role")
    return Reason(why=(why,), advice=deviation.advice if deviation else ())


def of_credentials(situation: Situation, _: AwsAnswer) -> Reason:
    """Return why AWS does not take the learner's key, or takes it for somebody else's."""
    return of_own_key(situation)


def of_own_key(situation: Situation) -> Reason:
    """Return what is wrong with the learner's key, or with the user that it should belong to."""
    deviations = _explaining(situation, OWN, [Layer.CREDENTIALS])
    if not deviations:
        why = (
            "The access key exists and is active: "
            "the secret access key in the outputs is not its own."
        )
        learner = situation.learner
        key = {"UserName": learner.user_name, "AccessKeyId": learner.access_key_id}
        sentence = "Delete the key, and let a new `up` make another."
        steps = (
            Advice(sentence=sentence, command=IamCall("DeleteAccessKey", key).advice.command),
            Advice(command=REFRESH),
        )
        return Reason(cause=("secret",), why=(why,), advice=steps)
    return of_deviations(deviations)


def of_deviations(deviations: Sequence[Deviation]) -> Reason:
    """Return the reason that deviations are."""
    return Reason(
        cause=tuple(deviation.kind for deviation in deviations),
        why=tuple(line for deviation in deviations for line in deviation.why),
        advice=_in_order(deviations),
    )


def of_decision(
    situation: Situation, decision: Decision, *, works: bool, said: str, who: Who
) -> Reason:
    """Return why AWS allowed or refused what is decided so, where the other was expected."""
    if decision.allowed is not None and decision.allowed is not works:
        return contradicted(situation, decision, works=works)
    # Loaded where something is wrong: a verification that passes explains nothing.
    from rolelab.iam.explain import explain

    explanation = explain(
        decision,
        said=said,
        want_allowed=not works,
        declared=situation.declared_policies(who),
    )
    # A wrong refusal is of the layers that refuse, a wrong permission of the one that allows.
    involved = decision.refusing or (decision.layer,)
    deviations = _explaining(situation, who, None if decision.allowed is None else involved)
    return Reason(
        cause=_cause(decision),
        why=(explanation.summary, *explanation.details),
        advice=(
            *(Advice(sentence=each.what, diff=each.diff()) for each in explanation.proposals[:1]),
            *_in_order(deviations),
        ),
    )


def _cause(decision: Decision) -> tuple[str, ...]:
    """Return what decides, without whom and on what: the layers, the statements, what misses."""
    places = [decision.place] if decision.place else [near.place for near in decision.near]
    return (
        decision.action,
        *(layer.value for layer in decision.refusing or (decision.layer,)),
        *(f"{place.policy.arn or place.policy.name} {place.statement.index}" for place in places),
        *(
            f"{mismatch.element} {' '.join(mismatch.wanted)}"
            for near in decision.near
            for mismatch in near.mismatches
        ),
    )


def _explaining(situation: Situation, who: Who, layers: Iterable[Layer] | None) -> list[Deviation]:
    """Return the deviations that explain a wrong answer of these layers; None: of any layer."""
    explaining: list[Deviation] = []
    for check, deviation in situation.deviations().items():
        explained = _EXPLAINS[check]
        if explained and explained[0] == who and (layers is None or explained[1] in layers):
            explaining.append(deviation)
    return explaining


def contradicted(situation: Situation, decision: Decision, *, works: bool) -> Reason:
    """Return what is to be said where AWS did not answer as its policies say."""
    from rolelab.iam.explain import explain

    by = explain(decision, want_allowed=None).summary
    if works:
        after = (
            "AWS allowed it all the same: a removal may not have taken effect yet, "
            "or the policies changed since."
        )
    else:
        after = (
            "AWS refused it all the same: the change may not have taken effect everywhere yet, "
            "or a policy that cannot be read from here refuses"
            + ("." if situation.is_local else " (of the organization, for one).")
        )
    return Reason(
        cause=("contradicted", *_cause(decision)),
        why=(f"By the policies as they are now: {by}", after),
        advice=(Advice(sentence="Verify again in a minute."),),
    )


def _in_order(deviations: Iterable[Deviation]) -> tuple[Advice, ...]:
    """Return what puts all of them back, each step once: sentences first, then the commands."""
    steps = dict.fromkeys(step for deviation in deviations for step in deviation.advice)
    return tuple(sorted(steps, key=lambda step: not step.sentence))
