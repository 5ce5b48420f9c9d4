"""What is proposed puts it right, opens nothing else, and never needs a bare `*`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rolelab.iam import Layer, Policies, Policy, Principal, Request, decide
from rolelab.iam.arns import is_aws_policy
from rolelab.iam.compare import same
from rolelab.iam.explain import explain
from rolelab.iam.grammar import PolicyUse, bucket, faults
from rolelab.iam.propose import Proposal, propose
from tests.iam.builders import (
    ACCOUNT,
    FOREIGN_ROLE,
    GRANTED,
    NOW,
    OTHER,
    ROLE_ARN,
    ROOT,
    SESSION,
    USER,
    USER_ARN,
    USER_ID,
    allow,
    assume,
    but,
    call,
    deny,
    doc,
    grants,
    having,
    policy,
    trust,
    trusts,
)

S3_FULL = Policy.read(
    doc(allow(["s3:*", "s3-object-lambda:*"], "*")),
    "AmazonS3FullAccess",
    owner="role s3Access",
    arn="arn:aws:iam::aws:policy/AmazonS3FullAccess",
)
DENY_ALL = Policy.read(
    doc(deny("*")), "AWSDenyAll", owner="user testuser", arn="arn:aws:iam::aws:policy/AWSDenyAll"
)
BOUNDARY_S3 = Policy.read(doc(allow("s3:*", "*")), "only-s3", owner="user testuser")
AWS_BOUNDARY = replace(S3_FULL, owner="user testuser")
OBJECT = "arn:aws:s3:::lab-bucket/hello.txt"
WORK = having(identity=(S3_FULL,))


def inline(*statements: dict[str, Any], name: str = "extra") -> Policy:
    return policy(*statements, name=name, owner="user testuser")


def on_role(*statements: dict[str, Any]) -> Policies:
    return having(identity=(S3_FULL, policy(*statements, name="extra", owner="role s3Access")))


def cond(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


LIST, PUT = call("s3:ListAllMyBuckets"), call("s3:PutObject", OBJECT)

# The ways to break the lab that policies can be the reason of: each with the layer that is to be
# named.
FAULTS: list[tuple[str, Request, Policies, Layer]] = [
    ("no grant", assume(), having(trust=trust()), Layer.IDENTITY),
    (
        "grant on the wrong role",
        assume(),
        but(GRANTED, identity=grants(allow(resource=ROLE_ARN + "2"))),
        Layer.IDENTITY,
    ),
    (
        "grant in the wrong account",
        assume(),
        but(GRANTED, identity=grants(allow(resource=FOREIGN_ROLE))),
        Layer.IDENTITY,
    ),
    (
        "grant in other case",
        assume(),
        but(GRANTED, identity=grants(allow(resource=ROLE_ARN.lower()))),
        Layer.IDENTITY,
    ),
    (
        "grant of another action",
        assume(),
        but(GRANTED, identity=grants(allow("sts:GetFederationToken"))),
        Layer.IDENTITY,
    ),
    (
        "grant misspelt",
        assume(),
        but(GRANTED, identity=grants(allow("sts:AssumeRoles"))),
        Layer.IDENTITY,
    ),
    (
        "grant turned into a deny",
        assume(),
        but(GRANTED, identity=grants(deny(resource=ROLE_ARN))),
        Layer.IDENTITY,
    ),
    (
        "grant with a condition",
        assume(),
        but(GRANTED, identity=grants(allow(**cond("IpAddress", "aws:SourceIp", "10.0.0.0/8")))),
        Layer.IDENTITY,
    ),
    (
        "grant by NotResource",
        assume(),
        but(
            GRANTED,
            identity=grants(
                {"Effect": "Allow", "Action": "sts:*", "NotResource": [ROLE_ARN, OBJECT]}
            ),
        ),
        Layer.IDENTITY,
    ),
    (
        "grant by NotAction",
        assume(),
        but(
            GRANTED,
            identity=grants(
                {"Effect": "Allow", "NotAction": ["sts:AssumeRole", "iam:*"], "Resource": ROLE_ARN}
            ),
        ),
        Layer.IDENTITY,
    ),
    (
        "a second inline policy denies",
        assume(),
        but(GRANTED, identity=(*grants(allow()), inline(deny()))),
        Layer.IDENTITY,
    ),
    (
        "a deny among other statements",
        assume(),
        but(GRANTED, identity=grants(allow(), deny(resource=ROLE_ARN))),
        Layer.IDENTITY,
    ),
    (
        "a deny of several actions",
        assume(),
        but(GRANTED, identity=grants(allow(), deny(["iam:*", "sts:AssumeRole"]))),
        Layer.IDENTITY,
    ),
    (
        "a deny of several roles",
        assume(),
        but(GRANTED, identity=grants(allow(), deny(resource=[ROLE_ARN, ROLE_ARN + "2"]))),
        Layer.IDENTITY,
    ),
    (
        "a group denies",
        assume(),
        but(
            GRANTED,
            identity=(*grants(allow()), policy(deny("sts:*"), name="no-sts", owner="group late")),
        ),
        Layer.IDENTITY,
    ),
    (
        "AWSDenyAll attached",
        assume(),
        but(GRANTED, identity=(*grants(allow()), DENY_ALL)),
        Layer.IDENTITY,
    ),
    (
        "deny from all but one net",
        assume(),
        but(
            GRANTED,
            identity=grants(allow(), deny(**cond("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"))),
        ),
        Layer.IDENTITY,
    ),
    (
        "trust in another account",
        assume(),
        but(GRANTED, trust=trust(trusts(OTHER))),
        Layer.TRUST,
    ),
    (
        "trust in another user",
        assume(),
        but(GRANTED, trust=trust(trusts(USER_ARN + "2"))),
        Layer.TRUST,
    ),
    (
        "trust in a user made anew",
        assume(),
        but(GRANTED, trust=trust(trusts("AIDAGONE000000000001"))),
        Layer.TRUST,
    ),
    (
        "trust in a service",
        assume(),
        but(GRANTED, trust=trust(trusts({"Service": "ec2.amazonaws.com"}))),
        Layer.TRUST,
    ),
    (
        "trust with a wildcard in it",
        assume(),
        but(GRANTED, trust=trust(trusts(USER_ARN[:-4] + "*"))),
        Layer.TRUST,
    ),
    (
        "trust for another action",
        assume(),
        but(GRANTED, trust=trust(trusts(action="sts:TagSession"))),
        Layer.TRUST,
    ),
    (
        "trust denies",
        assume(),
        but(GRANTED, trust=trust(trusts(), trusts(USER_ARN, "Deny"))),
        Layer.TRUST,
    ),
    (
        "trust denies several",
        assume(),
        but(GRANTED, trust=trust(trusts(), trusts([USER_ARN, OTHER], "Deny"))),
        Layer.TRUST,
    ),
    (
        "trust wants an external id",
        assume(),
        but(GRANTED, trust=trust(trusts(**cond("StringEquals", "sts:ExternalId", "x-1")))),
        Layer.TRUST,
    ),
    (
        "trust wants another external id",
        assume(external_id="x-2"),
        but(GRANTED, trust=trust(trusts(**cond("StringEquals", "sts:ExternalId", "x-1")))),
        Layer.TRUST,
    ),
    (
        "trust wants MFA",
        assume(),
        but(GRANTED, trust=trust(trusts(**cond("Bool", "aws:MultiFactorAuthPresent", "true")))),
        Layer.TRUST,
    ),
    (
        "trust wants another net",
        assume(),
        but(GRANTED, trust=trust(trusts(**cond("IpAddress", "aws:SourceIp", "10.0.0.0/8")))),
        Layer.TRUST,
    ),
    (
        "trust wants a tag",
        assume(),
        but(GRANTED, trust=trust(trusts(**cond("StringEquals", "aws:PrincipalTag/team", "red")))),
        Layer.TRUST,
    ),
    (
        "trust has run out",
        assume(),
        but(
            GRANTED,
            trust=trust(trusts(**cond("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"))),
        ),
        Layer.TRUST,
    ),
    (
        "trust wants a session name",
        assume(),
        but(
            GRANTED,
            trust=trust(trusts(**cond("StringLike", "sts:RoleSessionName", "${aws:username}"))),
        ),
        Layer.TRUST,
    ),
    (
        "trust wants a region",
        assume(),
        but(
            GRANTED, trust=trust(trusts(**cond("StringEquals", "aws:RequestedRegion", "eu-west-1")))
        ),
        Layer.TRUST,
    ),
    (
        "both halves wrong",
        assume(),
        having(identity=grants(allow(resource=ROLE_ARN + "2")), trust=trust(trusts(OTHER))),
        Layer.TRUST,
    ),
    ("boundary on the user", assume(), but(GRANTED, boundary=BOUNDARY_S3), Layer.BOUNDARY),
    (
        "boundary of AWS's on the user",
        assume(),
        but(GRANTED, boundary=AWS_BOUNDARY),
        Layer.BOUNDARY,
    ),
    (
        "boundary denies",
        assume(),
        but(GRANTED, boundary=policy(allow("*", "*"), deny("sts:*"), owner="user testuser")),
        Layer.BOUNDARY,
    ),
    (
        "SCP denies",
        assume(),
        but(
            GRANTED,
            service_control=((policy(allow("*", "*"), deny("sts:AssumeRole"), name="no-roles"),),),
        ),
        Layer.SERVICE_CONTROL,
    ),
    (
        "SCP lacks it",
        assume(),
        but(GRANTED, service_control=((policy(allow("s3:*", "*"), name="only-s3"),),)),
        Layer.SERVICE_CONTROL,
    ),
    ("tags without sts:TagSession", assume(tags={"project": "lab"}), GRANTED, Layer.TRUST),
    ("source identity not granted", assume(source_identity="x"), GRANTED, Layer.TRUST),
    ("role without its policy", PUT, having(), Layer.IDENTITY),
    ("role without its policy, list", LIST, having(), Layer.IDENTITY),
    (
        "role that only reads",
        PUT,
        having(
            identity=(
                policy(allow(["s3:Get*", "s3:List*"], "*"), name="ro", owner="role s3Access"),
            )
        ),
        Layer.IDENTITY,
    ),
    ("deny of one S3 action", PUT, on_role(deny("s3:PutObject")), Layer.IDENTITY),
    ("deny of listing", LIST, on_role(deny("s3:ListAllMyBuckets")), Layer.IDENTITY),
    ("deny of all S3", PUT, on_role(deny("s3:*")), Layer.IDENTITY),
    ("deny of everything", LIST, on_role(deny("*")), Layer.IDENTITY),
    (
        "sessions revoked",
        replace(LIST, principal=replace(SESSION, issued=NOW)),
        on_role(deny("*", **cond("DateLessThan", "aws:TokenIssueTime", "2026-01-15T12:00:01Z"))),
        Layer.IDENTITY,
    ),
    (
        "boundary on the role",
        PUT,
        but(WORK, boundary=policy(allow("sts:*", "*"), name="only-sts", owner="role s3Access")),
        Layer.BOUNDARY,
    ),
    (
        "session policy",
        PUT,
        but(WORK, session=(policy(allow("s3:ListAllMyBuckets", "*")),)),
        Layer.SESSION,
    ),
    (
        "session policy of AWS's",
        PUT,
        but(WORK, session=(replace(DENY_ALL, document=policy(allow("s3:Get*", "*")).document),)),
        Layer.SESSION,
    ),
    (
        "bucket policy denies",
        call("s3:GetObject", OBJECT),
        but(
            WORK,
            resource=policy(
                trusts("*", "Deny", "s3:GetObject", Resource=OBJECT), owner="bucket lab-bucket"
            ),
        ),
        Layer.RESOURCE,
    ),
    (
        "bucket of another account",
        call("s3:GetObject", OBJECT, resource_account=OTHER),
        WORK,
        Layer.RESOURCE,
    ),
]


@pytest.mark.parametrize(
    ("request_", "policies", "layer"), [pytest.param(*row[1:], id=row[0]) for row in FAULTS]
)
def test_a_fault_is_explained_and_its_proposal_puts_it_right(
    request_: Request, policies: Policies, layer: Layer
) -> None:
    """Named rightly, mended by a change that was tried, in documents that AWS would take."""
    decision = decide(request_, policies)
    assert (decision.allowed, decision.layer) == (False, layer)
    told = explain(decision)
    assert layer.value in told.summary
    changing = [proposal for proposal in told.proposals if proposal.changes]
    assert changing
    for proposal in told.proposals:
        assert decide(proposal.request or request_, proposal.policies).allowed
    for proposal in changing:
        _is_sound(proposal)


def _is_sound(proposal: Proposal) -> None:
    assert '"*"' not in "".join(
        line for line in proposal.diff().splitlines() if line.startswith("+")
    )
    assert proposal.diff()
    for change in proposal.changes:
        assert not is_aws_policy(change.policy.arn) or change.after is None
        if change.after is not None:
            before = _faults(change.layer, change.before)
            assert _faults(change.layer, change.after) <= before


def _faults(layer: Layer, document: object) -> set[str]:
    if document is None:
        return set()
    if layer is Layer.RESOURCE:
        return {fault.what for fault in bucket.faults(json.dumps(document), "lab-bucket")}
    use = PolicyUse.TRUST if layer is Layer.TRUST else PolicyUse.MANAGED
    return {f"{fault.place}: {fault.what}" for fault in faults(document, use)}


def _declared(request: Request) -> Policies:
    return GRANTED if request.action == "sts:AssumeRole" else WORK


@pytest.mark.parametrize(
    ("request_", "policies"),
    [
        pytest.param(*row[1:3], id=row[0])
        for row in FAULTS
        if decide(row[1], _declared(row[1])).allowed
    ],
)
def test_going_back_to_what_was_declared_is_proposed_first(
    request_: Request, policies: Policies
) -> None:
    """Where it is known how the lab should be, that is the change."""
    declared = _declared(request_)
    first = propose(decide(request_, policies), declared=declared)[0]
    assert decide(request_, first.policies).allowed
    for change in first.changes:
        names = {policy.name for policy in declared.at(change.layer)}
        assert (change.after is None) is (change.policy.name not in names)
        for policy_ in declared.at(change.layer):
            if policy_.name == change.policy.name:
                assert same(change.after, policy_.document)


@pytest.mark.parametrize(
    ("request_", "policies", "words"),
    [
        (
            assume(),
            but(GRANTED, trust=trust(trusts(**cond("StringEquals", "sts:ExternalId", "x-1")))),
            "ExternalId",
        ),
        (
            assume(),
            but(GRANTED, trust=trust(trusts(**cond("Bool", "aws:MultiFactorAuthPresent", "true")))),
            "MFA",
        ),
        (
            assume(),
            but(
                GRANTED,
                trust=trust(trusts(**cond("StringLike", "sts:RoleSessionName", "${aws:username}"))),
            ),
            "Name the session testuser",
        ),
        (
            call("iam:ListUsers", principal=USER),
            having(
                identity=grants(
                    allow("*", "*"),
                    deny("iam:*", **cond("BoolIfExists", "aws:MultiFactorAuthPresent", "false")),
                )
            ),
            "GetSessionToken",
        ),
        (
            replace(LIST, principal=replace(SESSION, issued=NOW)),
            on_role(
                deny("*", **cond("DateLessThan", "aws:TokenIssueTime", "2026-01-15T12:00:01Z"))
            ),
            "Get new credentials",
        ),
    ],
)
def test_where_the_call_is_wrong_the_call_is_proposed_first(
    request_: Request, policies: Policies, words: str
) -> None:
    """A policy that asks for MFA is no fault: weakening it comes second."""
    first = propose(decide(request_, policies))[0]
    assert words in first.what
    assert first.changes == ()


# Too open: what the learner must not be able to do, and what must stay possible.
STRANGER = Principal.user(f"arn:aws:iam::{OTHER}:user/mallory", "AIDAMALLORY000000001")
SECOND = assume(role=ROLE_ARN + "2")


@pytest.mark.parametrize(
    ("unwanted", "policies"),
    [
        (SECOND, but(GRANTED, identity=grants(allow(resource="*")))),
        (SECOND, but(GRANTED, identity=grants(allow(resource=[ROLE_ARN, ROLE_ARN + "2"])))),
        (SECOND, but(GRANTED, identity=(*grants(allow()), inline(allow(resource="*"))))),
        (SECOND, but(GRANTED, identity=grants(allow("*", "*")))),
        (
            call("iam:ListUsers", principal=USER),
            but(
                GRANTED,
                identity=(
                    *grants(allow()),
                    replace(DENY_ALL, document=policy(allow("*", "*")).document),
                ),
            ),
        ),
        (
            call("iam:ListUsers", principal=USER),
            but(GRANTED, identity=grants(allow(), allow("iam:*", "*"))),
        ),
        (
            call("s3:ListAllMyBuckets", principal=USER),
            but(GRANTED, identity=grants(allow(["sts:AssumeRole", "s3:ListAllMyBuckets"], "*"))),
        ),
    ],
)
def test_what_is_too_open_is_closed_and_the_lesson_stays(
    unwanted: Request, policies: Policies
) -> None:
    """The learner's own role switch has to go on working."""
    decision = decide(unwanted, policies)
    assert decision.allowed
    (proposal,) = propose(decision, want_allowed=False, keep=(assume(),))
    assert decide(unwanted, proposal.policies).allowed is False
    assert decide(assume(), proposal.policies).allowed
    _is_sound(proposal)


def test_a_trust_in_everyone_becomes_trust_in_the_account() -> None:
    """The classic mistake, and the trust that the lab declares."""
    stranger = assume(STRANGER)
    theirs = having(identity=grants(allow()), trust=trust(trusts("*")))
    (proposal,) = propose(decide(stranger, theirs), want_allowed=False)
    assert (
        same(proposal.changes[0].after, doc(trusts(ROOT)))
        or proposal.changes[0].layer is Layer.IDENTITY
    )
    (proposal,) = propose(
        decide(stranger, theirs), want_allowed=False, keep=(replace(stranger, principal=USER),)
    )
    assert decide(stranger, proposal.policies).allowed is False


def _all_but(*principals: str) -> Policy:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": list(principals)}}
    statement |= {"Action": "s3:*", "Resource": f"{OBJECT.rpartition('/')[0]}/*"}
    return policy(statement, owner="bucket lab-bucket")


@pytest.mark.parametrize(
    ("principal", "named", "then"),
    [
        (USER, [USER_ARN], [USER_ARN, ROOT]),
        (USER, [f"{USER_ARN}2", ROOT], [f"{USER_ARN}2", ROOT, USER_ARN]),
        (SESSION, [SESSION.arn, ACCOUNT], [SESSION.arn, ACCOUNT, ROLE_ARN]),
    ],
    ids=["without the account", "not named", "without the role"],
)
def test_whoever_a_not_principal_forgets_is_left_out_too(
    principal: Principal, named: list[str], then: list[str]
) -> None:
    """With all that has to stand beside their own ARN, and nobody else."""
    request = call("s3:GetObject", OBJECT, principal)
    policies = having(identity=grants(allow("s3:*", "*")), resource=_all_but(*named))
    first, *_ = propose(decide(request, policies))
    assert decide(request, first.policies).allowed
    (after,) = first.policies.at(Layer.RESOURCE)
    assert same(after.document, _all_but(*then).document)


def test_a_boundary_is_in_the_way_of_being_left_out() -> None:
    """The twin: naming somebody does not help who has a permissions boundary."""
    policies = having(
        identity=grants(allow("s3:*", "*")),
        boundary=policy(allow("*", "*")),
        resource=_all_but(USER_ARN),
    )
    proposals = propose(decide(call("s3:GetObject", OBJECT, USER), policies))
    assert proposals
    assert not any("NotPrincipal)" in each.what for each in proposals)


@pytest.mark.parametrize(
    ("request_", "policies", "why"),
    [
        (assume(Principal.root(ACCOUNT)), GRANTED, "No policy can change that"),
        (assume(), but(GRANTED, trust=None), "make the role"),
        (call("iam:ListUsers", principal=USER), having(), "which is not proposed"),
    ],
)
def test_where_nothing_is_proposed_it_says_why(
    request_: Request, policies: Policies, why: str
) -> None:
    """Never `*`, never a change that would not help."""
    told = explain(decide(request_, policies))
    assert told.proposals == ()
    assert any(why in line for line in told.details)


def test_nothing_is_proposed_where_nothing_is_wrong_or_known() -> None:
    """A sound lab needs no mending, and of an unknown answer nothing follows."""
    assert propose(decide(assume(), GRANTED)) == ()
    unsure = but(GRANTED, trust=trust(trusts(**cond("StringEquals", "aws:UserAgent", "x"))))
    assert propose(decide(assume(), unsure)) == ()


def test_the_diff_shows_the_change_and_nothing_else() -> None:
    """The order of elements means nothing, and AWS may give them back in another one."""
    statement = dict(reversed(allow(Sid="Switch", resource=ROLE_ARN + "2").items()))
    wrong = json.dumps(dict(reversed(doc(statement).items())))
    policies = but(GRANTED, identity=(Policy.read(wrong, "grant", owner="user testuser"),))
    (proposal,) = propose(decide(assume(), policies))
    changed = [line for line in proposal.diff().splitlines()[2:] if line[0] in "+-"]
    assert changed == [f'-      "Resource": "{ROLE_ARN}2"', f'+      "Resource": "{ROLE_ARN}"']


def test_a_group_is_not_opened_for_one_member() -> None:
    """What a group gets, every member gets."""
    group = policy(allow("s3:*", "*"), name="s3", owner="group students")
    (proposal,) = propose(decide(assume(), having(identity=(group,), trust=trust())))
    assert [change.policy.owner for change in proposal.changes] == ["user testuser"]


def test_an_explanation_reads_as_sentences() -> None:
    """What a learner sees, whole."""
    policies = but(
        GRANTED, identity=grants(allow(resource=ROLE_ARN.replace("s3Access", "s3access")))
    )
    said = f"User: {USER_ARN} is not authorized to perform: sts:AssumeRole on resource: {ROLE_ARN}"
    lines = explain(decide(assume(), policies), said=said).lines()
    assert lines[0] == (
        f"User testuser is not allowed to call sts:AssumeRole on {ROLE_ARN}:"
        " no identity-based policy of user testuser allows it."
    )
    assert lines[1] == (
        "  Nearest: identity-based policy grant of user testuser, statement 1. "
        f"Its Resource is {ROLE_ARN.replace('s3Access', 's3access')}, the request's is {ROLE_ARN} "
        "(names in a Resource are case-sensitive)."
    )
    assert lines[2].startswith(
        "To put it right: In the identity-based policy grant of user testuser, statement 1: "
    )


def test_a_deleted_users_id_is_told_as_that() -> None:
    """The trust looks right to whoever does not know that ARNs are stored as ids."""
    told = explain(decide(assume(), but(GRANTED, trust=trust(trusts("AIDAGONE000000000001")))))
    assert any(
        f"is the unique id of a user that has been deleted; user testuser is {USER_ID}" in d
        for d in told.details
    )


def test_where_aws_says_otherwise_both_are_shown() -> None:
    """Then a policy was not looked at, or the change has not reached everywhere."""
    refused = f"User: {USER_ARN} is not authorized to perform: sts:AssumeRole"
    said = f"{refused} with an explicit deny in a permissions boundary"
    told = explain(decide(assume(), having(trust=trust())), said=said)
    assert f"AWS says otherwise: {said}" in told.details
    assert f"Of this decision it would say: {refused} on resource: {ROLE_ARN}" in told.details


def test_the_example_of_the_documentation_runs() -> None:
    """What docs/policy.md shows is what works."""
    text = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")
    example = text.split("```python\n", 1)[1].split("```", 1)[0]
    given = {
        "grant": doc(allow(resource=ROLE_ARN + "2")),
        "trust": doc(trusts()),
        "aws_message": "Access Denied",
    }
    printed: list[str] = []
    exec(compile(example, "docs/policy.md", "exec"), given | {"print": printed.append})  # noqa: S102
    assert printed[0].startswith("User testuser is not allowed to call sts:AssumeRole")
    assert "To put it right: " in printed[0]


def test_importing_it_loads_nothing_heavy() -> None:
    """It is on the way of every command that explains."""
    heavy = "boto3 botocore rich click yaml jinja2 ministack pulumi asyncio ipaddress"
    loaded = f"[name for name in {heavy.split()} if name in sys.modules]"
    code = f"import sys, rolelab.iam.explain; print({loaded})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
