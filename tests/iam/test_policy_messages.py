"""AWS's AccessDenied sentences are read in all their forms, written, held against decisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rolelab.iam import Layer, Policies, Principal, Request, decide
from rolelab.iam.messages import (
    Agreement,
    Refusal,
    agreement,
    parse,
    refusal_of,
    render,
    sentence_of,
)
from tests.iam.builders import (
    ACCOUNT,
    GRANTED,
    OTHER,
    ROLE_ARN,
    USER,
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

CALLER = f"User: {USER_ARN} is not authorized to perform: sts:AssumeRole"
ON = f"{CALLER} on resource: {ROLE_ARN}"
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
            f"{CALLER} because no role trust policy allows the sts:AssumeRole action",
            Layer.TRUST,
            False,
            "",
        ),
        (f"{CALLER} with an explicit deny in the role trust policy", Layer.TRUST, True, ""),
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
        (CALLER, None, False, ""),
        (f"{CALLER} on resource: role s3Access", None, False, "role s3Access"),
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


BUCKET = "arn:aws:s3:::lab-bucket"
OBJECT = f'{BUCKET}/a "key"'
QUOTED = f'"{OBJECT}"'
LISTS = call("s3:ListAllMyBuckets", principal=USER)
READS = call("s3:GetObject", OBJECT, USER, resource_account=ACCOUNT)
READS_ANOTHERS = replace(READS, resource_account=OTHER)
LOOKS = call("iam:GetUser", USER_ARN, USER)
REFUSES = policy(deny("*"), name="NoRoles", arn=ARN)


def _refused(action: str, resource: str = "") -> str:
    on = f" on resource: {resource}" if resource else ""
    return f"User: {USER_ARN} is not authorized to perform: {action}{on}"


def _unnamed(action: str) -> str:
    return f"because no identity-based policy allows the {action} action"


@pytest.mark.parametrize(
    ("request_", "policies", "sentence"),
    [
        # An AssumeRole that nothing allows carries no reason, whichever half says no.
        pytest.param(assume(), having(trust=trust()), ON, id="no grant"),
        pytest.param(assume(), but(GRANTED, trust=trust(trusts(OTHER))), ON, id="no trust"),
        pytest.param(assume(), but(GRANTED, trust=None), ON, id="no role"),
        pytest.param(
            assume(tags={"team": "blue"}),
            GRANTED,
            _refused("sts:TagSession", ROLE_ARN),
            id="no tags",
        ),
        pytest.param(
            assume(),
            but(GRANTED, trust=trust(trusts(), trusts(ACCOUNT, "Deny"))),
            f"{ON} with an explicit deny in the role trust policy",
            id="denied by the trust policy",
        ),
        pytest.param(
            assume(),
            but(GRANTED, identity=(*grants(allow()), REFUSES)),
            f"{ON} with an explicit deny in an identity-based policy: {ARN}",
            id="denied by a managed policy",
        ),
        pytest.param(
            assume(),
            but(GRANTED, boundary=(REFUSES,)),
            f"{ON} with an explicit deny in a permissions boundary: {ARN}",
            id="denied by a boundary",
        ),
        pytest.param(
            assume(),
            but(GRANTED, identity=grants(allow(), deny())),
            f"{ON} with an explicit deny in an identity-based policy",
            id="denied by an inline policy",
        ),
        pytest.param(
            LISTS,
            having(identity=()),
            f"{_refused('s3:ListAllMyBuckets')} {_unnamed('s3:ListAllMyBuckets')}",
            id="all buckets",
        ),
        pytest.param(
            LISTS,
            having(identity=(REFUSES,)),
            f"{_refused('s3:ListAllMyBuckets')} with an explicit deny"
            f" in an identity-based policy: {ARN}",
            id="all buckets, denied",
        ),
        pytest.param(
            READS,
            having(identity=()),
            f"{_refused('s3:GetObject', QUOTED)} {_unnamed('s3:GetObject')}",
            id="an object",
        ),
        pytest.param(
            READS,
            having(identity=(REFUSES,)),
            f"{_refused('s3:GetObject', QUOTED)} with an explicit deny"
            f" in an identity-based policy: {ARN}",
            id="an object, denied",
        ),
        pytest.param(READS_ANOTHERS, having(identity=()), "Access Denied", id="another's object"),
        pytest.param(
            READS_ANOTHERS, having(identity=(REFUSES,)), "Access Denied", id="another's, denied"
        ),
        pytest.param(
            replace(READS, object_exists=False),
            having(identity=grants(allow("s3:GetObject", "*"))),
            _refused("s3:ListBucket", f'"{BUCKET}"') + f" {_unnamed('s3:ListBucket')}",
            id="an object that is missing",
        ),
        pytest.param(
            LOOKS,
            having(identity=()),
            f"{_refused('iam:GetUser', USER_ARN)} {_unnamed('iam:GetUser')}",
            id="a user",
        ),
    ],
)
def test_a_decision_is_told_in_awss_words(
    request_: Request, policies: Policies, sentence: str
) -> None:
    """What the local AWS and the report say is what AWS says, and it is read back as written."""
    decision = decide(request_, policies)
    assert sentence_of(decision) == sentence
    assert parse(sentence) == refusal_of(decision)
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
        (CALLER.replace("AssumeRole", "TagSession"), Agreement.DIFFERS),
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
