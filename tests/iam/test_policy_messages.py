"""AWS's AccessDenied sentences are read in all their forms, written, held against decisions."""

from __future__ import annotations

import pytest

from rolelab.iam import Layer, Policies, Principal, decide
from rolelab.iam.messages import Agreement, Refusal, agreement, parse, refusal_of, render
from tests.iam.builders import (
    ACCOUNT,
    GRANTED,
    OTHER,
    ROLE_ARN,
    USER_ARN,
    allow,
    assume,
    but,
    call,
    deny,
    grants,
    having,
    policy,
    trust,
    trusts,
)

USER = f"User: {USER_ARN} is not authorized to perform: sts:AssumeRole"
ON = f"{USER} on resource: {ROLE_ARN}"
ARN = f"arn:aws:iam::{ACCOUNT}:policy/NoRoles"


# Source: IAM User Guide, "Troubleshoot access denied error messages".
@pytest.mark.parametrize(
    ("sentence", "layer", "is_explicit", "resource"),
    [
        (
            f"{ON} because no identity-based policy allows the sts:AssumeRole action",
            Layer.IDENTITY,
            False,
            ROLE_ARN,
        ),
        (f"{ON} with an explicit deny in an identity-based policy", Layer.IDENTITY, True, ROLE_ARN),
        (
            f"{ON} because no resource-based policy allows the sts:AssumeRole action",
            Layer.RESOURCE,
            False,
            ROLE_ARN,
        ),
        (f"{ON} with an explicit deny in a resource-based policy", Layer.RESOURCE, True, ROLE_ARN),
        (
            f"{USER} because no role trust policy allows the sts:AssumeRole action",
            Layer.TRUST,
            False,
            "",
        ),
        (f"{USER} with an explicit deny in the role trust policy", Layer.TRUST, True, ""),
        (
            f"{ON} because no permissions boundary allows the sts:AssumeRole action",
            Layer.BOUNDARY,
            False,
            ROLE_ARN,
        ),
        (f"{ON} with an explicit deny in a permissions boundary", Layer.BOUNDARY, True, ROLE_ARN),
        (
            f"{ON} because no session policy allows the sts:AssumeRole action",
            Layer.SESSION,
            False,
            ROLE_ARN,
        ),
        (f"{ON} with an explicit deny in a sessions policy", Layer.SESSION, True, ROLE_ARN),
        (f"{ON} with an explicit deny in a session policy", Layer.SESSION, True, ROLE_ARN),
        (
            f"{ON} because no service control policy allows the sts:AssumeRole action",
            Layer.SERVICE_CONTROL,
            False,
            ROLE_ARN,
        ),
        (
            f"{ON} with an explicit deny in a service control policy",
            Layer.SERVICE_CONTROL,
            True,
            ROLE_ARN,
        ),
        (
            f"{ON} with an explicit deny in a resource control policy",
            Layer.RESOURCE_CONTROL,
            True,
            ROLE_ARN,
        ),
        (
            f"{ON} because no VPC endpoint policy allows the sts:AssumeRole action",
            Layer.VPC_ENDPOINT,
            False,
            ROLE_ARN,
        ),
        (
            f"{ON} with an explicit deny in a VPC endpoint policy",
            Layer.VPC_ENDPOINT,
            True,
            ROLE_ARN,
        ),
        (ON, None, False, ROLE_ARN),
        (USER, None, False, ""),
        ("Access Denied", None, False, ""),
        ("AccessDenied", None, False, ""),
    ],
)
def test_every_form_is_read(
    sentence: str, layer: Layer | None, is_explicit: bool, resource: str
) -> None:
    """Alone, and as the AWS CLI and boto3 wrap it."""
    wrapped = f"An error occurred (AccessDenied) when calling the AssumeRole operation: {sentence}"
    for text in (sentence, f" {sentence}. ", wrapped):
        said = parse(text)
        assert said is not None
        assert (said.layer, said.is_explicit, said.resource) == (layer, is_explicit, resource)


def test_the_policy_arn_of_an_explicit_deny_is_read() -> None:
    """Since 2026 the message may name the policy."""
    said = parse(f"{ON} with an explicit deny in an identity-based policy: {ARN}")
    assert said == Refusal(USER_ARN, "sts:AssumeRole", ROLE_ARN, Layer.IDENTITY, True, ARN)


@pytest.mark.parametrize(
    "text",
    ["", "Rate exceeded", "The security token included in the request is expired", f"{ON} because"],
)
def test_other_messages_are_not_taken_for_refusals(text: str) -> None:
    """A throttled call is no refusal."""
    assert parse(text) is None


@pytest.mark.parametrize(
    ("policies", "sentence"),
    [
        (
            having(trust=trust()),
            f"{ON} because no identity-based policy allows the sts:AssumeRole action",
        ),
        (
            but(GRANTED, trust=trust(trusts(OTHER))),
            f"{ON} because no role trust policy allows the sts:AssumeRole action",
        ),
        (
            but(GRANTED, trust=trust(trusts(), trusts(ACCOUNT, "Deny"))),
            f"{ON} with an explicit deny in the role trust policy",
        ),
        (
            but(GRANTED, identity=(*grants(allow()), policy(deny(), name="NoRoles", arn=ARN))),
            f"{ON} with an explicit deny in an identity-based policy: {ARN}",
        ),
        (but(GRANTED, trust=None), ON),
    ],
)
def test_a_decision_is_told_in_awss_words(policies: Policies, sentence: str) -> None:
    """What the local AWS and the report say is what AWS says."""
    decision = decide(assume(), policies)
    assert render(refusal_of(decision)) == sentence
    assert agreement(sentence, decision) in (Agreement.AGREES, Agreement.SILENT)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (f"{ON} because no role trust policy allows the sts:AssumeRole action", Agreement.AGREES),
        (
            f"{ON} because no identity-based policy allows the sts:AssumeRole action",
            Agreement.AGREES,
        ),
        (
            f"{ON} because no permissions boundary allows the sts:AssumeRole action",
            Agreement.DIFFERS,
        ),
        (f"{ON} with an explicit deny in the role trust policy", Agreement.DIFFERS),
        (USER.replace("AssumeRole", "TagSession"), Agreement.DIFFERS),
        (ON, Agreement.SILENT),
        ("Access Denied", Agreement.SILENT),
        ("Something else", Agreement.NOT_UNDERSTOOD),
    ],
)
def test_a_sentence_is_held_against_the_decision(sentence: str, expected: Agreement) -> None:
    """AWS names one kind of policy even when several refuse, so either of two is agreement."""
    decision = decide(assume(), having(trust=trust(trusts(OTHER))))
    assert agreement(sentence, decision) is expected


def test_a_refusal_where_the_policies_allow_is_a_difference() -> None:
    """Then something else is wrong: not propagated yet, or a policy nobody looked at."""
    assert agreement(ON, decide(assume(), GRANTED)) is Agreement.DIFFERS


def test_the_root_user_is_refused_in_awss_own_words() -> None:
    """No policy decided, so no policy is named."""
    decision = decide(assume(Principal.root(ACCOUNT)), GRANTED)
    sentence = render(refusal_of(decision))
    assert sentence == "Roles may not be assumed by root accounts."
    assert agreement(sentence, decision) is Agreement.AGREES
    assert agreement(sentence, decide(assume(), having(trust=trust()))) is Agreement.DIFFERS


def test_a_session_cannot_get_a_session_token() -> None:
    """Another sentence that names no policy."""
    decision = decide(call("sts:GetSessionToken"), GRANTED)
    assert render(refusal_of(decision)) == "Cannot call GetSessionToken with session credentials"
    assert agreement(render(refusal_of(decision)), decision) is Agreement.AGREES
