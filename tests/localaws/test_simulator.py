"""The policy simulator tells what AWS's tells: decision, statements that decided, missing keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients

BUCKET = "arn:aws:s3:::lab-bucket"
OBJECT = f"{BUCKET}/key"
OTHER = "444455556666"


def _document(*statements: dict[str, Any], indent: int | None = None) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=indent)


def _allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _deny(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {**_allow(action, resource, **more), "Effect": "Deny"}


def _if(operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


READS = _document(_allow("s3:GetObject"))


def _custom(root: Clients, *policies: str, **asked: Any) -> Any:
    asked = {"ActionNames": ["s3:GetObject"], **asked}
    return root.iam.simulate_custom_policy(PolicyInputList=list(policies), **asked)[
        "EvaluationResults"
    ]


def _of_principal(root: Clients, source: str, **asked: Any) -> Any:
    return root.iam.simulate_principal_policy(
        PolicySourceArn=source, ActionNames=["s3:GetObject"], **asked
    ).get("EvaluationResults")


def _decisions(results: Any) -> list[str]:
    return [each["EvalDecision"] for each in results]


def test_a_result_on_everything_has_the_fields_of_awss(root: Clients) -> None:
    """Clients read which statement decided, and where it stands."""
    (result,) = _custom(root, READS)
    assert result == {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "PolicyInputList.1",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 41},
                "EndPosition": {"Line": 1, "Column": len(READS) - 1},
            }
        ],
        "MissingContextValues": [],
    }


def test_a_result_on_a_resource_is_told_for_that_resource_too(root: Clients) -> None:
    """Within one account the details of the evaluation are there, and empty."""
    first, second = _custom(root, _document(_allow("s3:*", OBJECT)), ResourceArns=[OBJECT, BUCKET])
    assert first["EvalDecisionDetails"] == {}
    (specific,) = first["ResourceSpecificResults"]
    assert specific["EvalResourceName"] == OBJECT
    assert specific["EvalResourceDecision"] == "allowed"
    assert specific["MatchedStatements"] == first["MatchedStatements"]
    assert (second["EvalDecision"], second["MatchedStatements"]) == ("implicitDeny", [])


@pytest.mark.parametrize(
    ("policy", "places"),
    [
        (_document(_allow("s3:*"), indent=2), [((3, 17), (8, 6))]),
        (READS.replace(" ", ""), [((1, 38), (1, 95))]),
        (
            _document(_allow("s3:*"), _allow("s3:Get*"), indent=2),
            [((3, 17), (8, 6)), ((8, 7), (13, 6))],
        ),
        ('{"Statement": {"Effect":"Allow","Action":"*","Resource":"*"}}', [((1, 16), (1, 61))]),
    ],
)
def test_a_statement_is_found_where_it_stands(
    root: Clients, policy: str, places: list[tuple[tuple[int, int], tuple[int, int]]]
) -> None:
    """From the bracket, comma or own brace that opens it to its last brace, counted from one."""
    (result,) = _custom(root, policy)
    got = [
        tuple((each[f"{end}Position"]["Line"], each[f"{end}Position"]["Column"]) for end in ENDS)
        for each in result["MatchedStatements"]
    ]
    assert got == places


ENDS = ("Start", "End")


def test_only_what_decided_is_told(root: Clients) -> None:
    """A deny is told alone; without a decision by a statement there is none."""
    (denied,) = _custom(root, READS, _document(_allow("s3:*"), _deny("s3:Get*")))
    assert denied["EvalDecision"] == "explicitDeny"
    assert [each["SourcePolicyId"] for each in denied["MatchedStatements"]] == ["PolicyInputList.2"]
    limited = _custom(root, READS, PermissionsBoundaryPolicyInputList=[_document(_allow("sqs:*"))])
    assert _decisions(limited) == ["implicitDeny"]
    assert limited[0]["MatchedStatements"] == []
    assert limited[0]["PermissionsBoundaryDecisionDetail"] == {
        "AllowedByPermissionsBoundary": False
    }


def test_a_principals_policies_are_told_by_their_names(root: Clients, account: str) -> None:
    """Inline ones by whom they are of, managed ones by their own."""
    iam = root.iam
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="class")
    iam.add_user_to_group(GroupName="class", UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=READS)
    iam.put_group_policy(GroupName="class", PolicyName="shared", PolicyDocument=READS)
    managed = iam.create_policy(PolicyName="reads", PolicyDocument=READS)["Policy"].get("Arn", "")
    iam.attach_user_policy(UserName="ann", PolicyArn=managed)
    (result,) = _of_principal(root, f"arn:aws:iam::{account}:user/ann", PolicyInputList=[READS])
    assert [each["SourcePolicyId"] for each in result["MatchedStatements"]] == [
        "user_ann_own",
        "reads",
        "group_class_shared",
        "PolicyInputList.1",
    ]
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        (_document(_allow("*", **_if("StringEquals", "aws:RequestedRegion", "us-east-1"))), True),
        (_document(_allow("*", **_if("StringEquals", "s3:prefix", "x"))), True),
        (_document(_allow("*", **_if("DateGreaterThan", "aws:CurrentTime", "2020-01-01"))), False),
        (_document(_allow("*", **_if("Bool", "aws:SecureTransport", "true"))), False),
    ],
)
def test_a_key_without_a_value_is_named(root: Clients, policy: str, missing: bool) -> None:
    """What nobody has given has no value, not even the region that the call is made to."""
    (result,) = _custom(root, policy, ActionNames=["s3:ListBucket"])
    assert bool(result["MissingContextValues"]) is missing
    assert result["EvalDecision"] == ("implicitDeny" if missing else "allowed")


def test_the_region_counts_where_it_is_given(root: Clients) -> None:
    """The twin: of IAM, too, a simulation takes what it is given."""
    policy = _document(_allow("*", **_if("StringEquals", "aws:RequestedRegion", "eu-west-1")))
    region: Any = {
        "ContextKeyName": "aws:RequestedRegion",
        "ContextKeyValues": ["eu-west-1"],
        "ContextKeyType": "string",
    }
    results = _custom(root, policy, ActionNames=["s3:ListBucket", "iam:GetUser"])
    assert _decisions(results) == ["implicitDeny"] * 2
    assert [each["MissingContextValues"] for each in results] == [["aws:RequestedRegion"]] * 2
    asked = ["s3:ListBucket", "iam:GetUser"]
    assert _decisions(_custom(root, policy, ActionNames=asked, ContextEntries=[region])) == [
        "allowed",
        "allowed",
    ]


def test_a_variable_without_a_value_is_named(root: Clients) -> None:
    """But for one with a default, and for characters that are only written as variables."""
    own = f"{BUCKET}/${{aws:PrincipalTag/team}}/${{aws:username, 'nobody'}}/${{*}}"
    (result,) = _custom(root, _document(_allow("s3:*", own)), ResourceArns=[OBJECT])
    assert result["MissingContextValues"] == ["aws:PrincipalTag/team"]
    assert result["ResourceSpecificResults"][0]["MissingContextValues"] == ["aws:PrincipalTag/team"]


def _of_bucket(effect: str, principal: str) -> str:
    statement = {"Effect": effect, "Principal": {"AWS": principal}}
    return _document({**statement, "Action": "s3:*", "Resource": f"{BUCKET}/*"})


def test_a_resources_policy_takes_part(root: Clients, account: str) -> None:
    """Of the same account it may allow alone; a deny in it wins."""
    ann = f"arn:aws:iam::{account}:user/ann"
    asked: dict[str, Any] = {"ResourceArns": [OBJECT], "CallerArn": ann}
    nothing = _document(_allow("sqs:*"))
    allowed = _custom(root, nothing, ResourcePolicy=_of_bucket("Allow", ann), **asked)
    assert _decisions(allowed) == ["allowed"]
    assert allowed[0]["MatchedStatements"][0]["SourcePolicyId"] == "ResourcePolicy"
    denied = _custom(root, READS, ResourcePolicy=_of_bucket("Deny", ann), **asked)
    assert _decisions(denied) == ["explicitDeny"]
    for_another = _of_bucket("Deny", f"arn:aws:iam::{account}:user/bob")
    assert _decisions(_custom(root, READS, ResourcePolicy=for_another, **asked)) == ["allowed"]


def test_a_resource_of_another_account_needs_both_halves(root: Clients, account: str) -> None:
    """Each half is told by itself."""
    ann = f"arn:aws:iam::{account}:user/ann"
    asked: dict[str, Any] = {"ResourceArns": [OBJECT], "CallerArn": ann, "ResourceOwner": OTHER}
    opens = _of_bucket("Allow", f"arn:aws:iam::{account}:root")
    (both,) = _custom(root, READS, ResourcePolicy=opens, **asked)
    assert both["EvalDecision"] == "allowed"
    assert both["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    (own,) = _custom(root, READS, ResourcePolicy=_of_bucket("Allow", f"{ann}-2"), **asked)
    assert own["EvalDecision"] == "implicitDeny"
    assert own["EvalDecisionDetails"] == {
        "IAM Policy": "allowed",
        "Resource Policy": "implicitDeny",
    }
    (its,) = _custom(root, _document(_allow("sqs:*")), ResourcePolicy=opens, **asked)
    assert its["EvalDecision"] == "implicitDeny"
    assert its["EvalDecisionDetails"]["IAM Policy"] == "implicitDeny"


def test_the_caller_is_who_is_named(root: Clients, account: str) -> None:
    """As Bob, with Ann's policies: variables and principals are Bob's."""
    iam = root.iam
    iam.create_user(UserName="ann")
    own = _document(_allow("s3:*", f"{BUCKET}/${{aws:username}}"))
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=own)
    ann, bob = (f"arn:aws:iam::{account}:user/{name}" for name in ("ann", "bob"))

    def decided(**asked: Any) -> list[str]:
        places = [f"{BUCKET}/ann", f"{BUCKET}/bob"]
        return _decisions(_of_principal(root, ann, ResourceArns=places, **asked))

    assert decided() == ["allowed", "implicitDeny"]
    assert decided(CallerArn=bob) == ["implicitDeny", "allowed"]


@pytest.mark.parametrize(
    "asked",
    [
        {"ResourcePolicy": _of_bucket("Allow", "*")},
        {"CallerArn": "arn:aws:sts::111122223333:assumed-role/r/s"},
        {"CallerArn": "arn:aws:iam::111122223333:user/u", "ResourcePolicy": "{"},
        {
            "CallerArn": "arn:aws:iam::111122223333:user/u",
            "ResourcePolicy": _of_bucket("Allow", "*"),
            "ResourceOwner": "somebody",
        },
    ],
)
def test_what_cannot_be_simulated_is_invalid_input(root: Clients, asked: dict[str, Any]) -> None:
    """A resource's policy without a caller, a caller that is none, a policy that is none."""
    with pytest.raises(ClientError) as refused:
        _custom(root, READS, **asked)
    assert refused.value.response.get("Error", {}).get("Code") == "InvalidInput"
