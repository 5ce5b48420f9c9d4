"""The evaluator gives AWS's documented answers, and names the layer that is the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rolelab.iam import Layer
from rolelab.iam.messages import sentence_of
from tests.iam.cases import FIDELITY, answer, load

# Whose fault each refusal is, read from the case's `why`: the files say allow or deny only.
REFUSED_BY = {
    "LAB-02": Layer.IDENTITY,
    "LAB-10": Layer.IDENTITY,
    "LAB-14": Layer.IDENTITY,
    "LAB-18": Layer.IDENTITY,
    "TRUST-14": Layer.TRUST,
    "TRUST-18": Layer.TRUST,
    "TRUST-22": Layer.CREDENTIALS,
    "TRUST-26": Layer.TRUST,
    "XACCT-02": Layer.IDENTITY,
    "XACCT-06": Layer.IDENTITY,
    "GRANT-06": Layer.IDENTITY,
    "GRANT-14": Layer.IDENTITY,
    "GRANT-18": Layer.IDENTITY,
    "GRANT-26": Layer.MISSING_ROLE,
    "BOUND-07": Layer.BOUNDARY,
    "SESS-02": Layer.SESSION,
    "COND-02": Layer.TRUST,
    "COND-18": Layer.TRUST,
    "TAG-02": Layer.TRUST,
    "TAG-10": Layer.IDENTITY,
    "SRCID-02": Layer.TRUST,
    "CHAIN-02": Layer.IDENTITY,
    "LIFE-06": Layer.IDENTITY,
    "S3-06": Layer.IDENTITY,
    "S3-10": Layer.RESOURCE,
    "S3-18": Layer.IDENTITY,
}
EXPLICIT = {"TRUST-18", "GRANT-14", "GRANT-18", "LIFE-06", "S3-10"}


def _decisions() -> Iterator[Any]:
    cases, managed = load(FIDELITY / "aws-answers.json")
    for case in cases:
        if case["expected"] in ("allow", "deny"):
            yield pytest.param(case, managed, id=case["id"])


@pytest.mark.parametrize(("case", "managed"), list(_decisions()))
def test_a_decision_is_awss_and_names_the_layer(
    case: dict[str, Any], managed: dict[str, Any]
) -> None:
    """A wrong answer would send the learner to the wrong policy."""
    decision = answer(case, managed)
    assert decision.allowed is (case["expected"] == "allow"), case["why"]
    if not decision.allowed:
        assert decision.layer is REFUSED_BY[case["id"]]
        assert decision.is_explicit is (case["id"] in EXPLICIT)
        assert decision.is_explicit is (decision.place is not None)


# What the policies do not decide, or the documentation decides otherwise than the case.
NOT_BY_POLICY = {
    "OWN-COND-41": "sts:DurationSeconds is not present in AssumeRole (STS condition context keys)",
    "OWN-COND-49": "STS checks the MFA code before any policy",
    "OWN-COND-50": "STS checks the MFA code before any policy",
    "OWN-COND-51": "STS checks the MFA code before any policy",
}
# What a request of S3 says in headers and body, and what a call of IAM is asked on and beside,
# which is no question to the evaluator.
OF_THE_REQUEST = ("OWN-S3DELETE", "OWN-S3KEY", "OWN-S3ALSO", "OWN-S3OWNER", "OWN-PERM")


def _own() -> Iterator[Any]:
    for path in sorted(FIDELITY.glob("*.json")):
        cases, managed = load(path)
        for case in cases:
            is_own = case["id"].startswith("OWN-") and case["id"] not in NOT_BY_POLICY
            is_own = is_own and case["group"] not in OF_THE_REQUEST
            if is_own and case["expected"] in ("allow", "deny"):
                yield pytest.param(case, managed, id=case["id"])


@pytest.mark.parametrize(("case", "managed"), list(_own()))
def test_a_decision_is_that_of_the_local_awss_cases(
    case: dict[str, Any], managed: dict[str, Any]
) -> None:
    """Cases written for the local AWS, by others: the same answer, cause and words."""
    decision = answer(case, managed)
    assert decision.allowed is (case["expected"] == "allow"), case["why"]
    if decision.allowed is False:
        sentence = sentence_of(decision)
        assert [words for words in _listed(case, "says") if words not in sentence] == []
        assert [words for words in _listed(case, "says_not") if words in sentence] == []
        # What AWS does not tell, the evaluator has to know.
        assert case.get("refused_by") in (None, decision.layer.value)


def _listed(case: dict[str, Any], name: str) -> list[str]:
    words: str | list[str] = case.get(name) or []
    return [words] if isinstance(words, str) else words
