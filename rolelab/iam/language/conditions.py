"""Whether a condition holds for a request, with `IfExists` and the set forms.

Answers are True, False or None: None when the value of a key is not known.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Creating a condition with
multiple keys or values", "Single-valued vs. multivalued context keys".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rolelab.iam.documents import Condition
from rolelab.iam.language.operators import NULL, Use, used
from rolelab.iam.request import Context, Lack


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one condition ended."""

    holds: bool | None
    got: tuple[str, ...] | Lack
    """The request's values of the key, or why there are none."""
    note: str = ""
    """Why it is None."""


def holds(condition: Condition, context: Context, *, variables: bool) -> Outcome:
    """Compare one condition with the request."""
    got = context.get(condition.key)
    use = used(condition.operator)
    if use is None:
        return Outcome(None, got, f"there is no condition operator {condition.operator}")
    if got is Lack.UNKNOWN:
        return Outcome(None, got, f"the value of {condition.key} is not known")
    if use.operator is NULL:
        return _null(condition, got)
    if isinstance(got, Lack) or not got:
        return Outcome(_holds_without_value(use), Lack.ABSENT)
    answers = [_matches(use, condition.values, value, context, variables) for value in got]
    # Without a set form, any of several values is enough (of a negated operator none may match),
    # which the documentation leaves open.
    needs_all = use.each == "ForAllValues" or (use.is_negated and not use.each)
    result = all_of(answers) if needs_all else any_of(answers)
    note = "" if result is not None else f"a policy variable in {condition.key} is not known"
    return Outcome(result, got, note)


def _null(condition: Condition, got: tuple[str, ...] | Lack) -> Outcome:
    is_absent = isinstance(got, Lack) or not got
    wanted = {value.lower() for value in condition.values}
    if not wanted <= {"true", "false"}:
        values = ", ".join(condition.values)
        return Outcome(None, got, f"Null is compared with {values}, not true or false")
    return Outcome(("true" if is_absent else "false") in wanted, got)


def _holds_without_value(use: Use) -> bool:
    # ForAllValues holds of an empty set, ForAnyValue never does; a negated operator holds of a
    # missing key.
    if use.each == "ForAllValues" or use.if_exists:
        return True
    return use.is_negated and not use.each


def _matches(
    use: Use, wanted: Iterable[str], value: str, context: Context, variables: bool
) -> bool | None:
    """Return whether a value of the request matches any of the policy's (or none, if negated)."""
    answer: bool | None = False
    for each in wanted:
        filled = use.operator.fill(each, context, variables=variables)
        # A variable without a value equals nothing; one that is not known leaves the answer open.
        if filled is Lack.UNKNOWN:
            answer = None
        elif not isinstance(filled, Lack) and use.operator.matches(filled, value):
            answer = True
            break
    return answer if not use.is_negated or answer is None else not answer


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued or."""
    result: bool | None = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            result = None
    return result


def all_of(answers: Iterable[bool | None]) -> bool | None:
    """Three-valued and."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result
