"""Each documented rule of policy evaluation, with a twin that is decided the other way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rolelab.iam import CredentialState, Layer, Policies, Policy, Principal, Request, decide
from rolelab.iam.explain import explain
from tests.iam.builders import (
    ACCOUNT,
    FEDERATED,
    FOREIGN_ROLE,
    GRANTED,
    NOW,
    OTHER,
    ROLE_ARN,
    ROLE_ID,
    ROOT,
    SESSION,
    SESSION_ARN,
    USER,
    USER_ARN,
    USER_ID,
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


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A sentence of AWS's documentation: a request, the policies, and the layer that decides."""

    what: str = field(kw_only=False)
    request: Request
    policies: Policies
    allowed_by: Layer | None = None
    refused_by: Layer | None = None


S3 = allow("s3:*", "*")
BUCKET = "arn:aws:s3:::lab-bucket"
OBJECT = f"{BUCKET}/hello.txt"


def bucket(*statements: dict[str, Any]) -> Policy:
    return policy(*statements, owner="bucket lab-bucket")


def on_bucket(principal: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return trusts(principal, effect, "s3:GetObject", Resource=f"{BUCKET}/*", **more)


# Source: STS API Reference, AssumeRole; IAM User Guide, "Policy evaluation logic", "… Principal".
ASSUMING: list[Rule] = [
    Rule(
        "account trusted, user granted",
        request=assume(),
        policies=GRANTED,
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "account trusted, nothing granted",
        request=assume(),
        policies=having(trust=trust()),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "bare account id trusted",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(ACCOUNT))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "other account trusted",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(OTHER))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "user named, nothing granted",
        request=assume(),
        policies=having(trust=trust(trusts(USER_ARN))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "other user named",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(f"{USER_ARN}2"))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "user's own id",
        request=assume(),
        policies=having(trust=trust(trusts(USER_ID))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "id of a deleted one",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts("AIDAGONE000000000001"))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "user in other case",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(USER_ARN.upper()))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "everyone",
        request=assume(),
        policies=having(trust=trust(trusts("*"))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "everyone, bare",
        request=assume(),
        policies=having(trust=trust(trusts() | {"Principal": "*"})),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "wildcard in an ARN",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(f"{USER_ARN[:-4]}*"))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "service trusted only",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts({"Service": "ec2.amazonaws.com"}))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "a service",
        request=assume(Principal.service("ec2.amazonaws.com")),
        policies=having(trust=trust(trusts({"Service": ["ec2.amazonaws.com"]}))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "another service",
        request=assume(Principal.service("lambda.amazonaws.com")),
        policies=having(trust=trust(trusts({"Service": "ec2.amazonaws.com"}))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "a web identity",
        request=replace(
            assume(Principal.web_identity("accounts.google.com")),
            action="sts:AssumeRoleWithWebIdentity",
        ),
        policies=having(
            trust=trust(
                trusts({"Federated": "accounts.google.com"}, action="sts:AssumeRoleWithWebIdentity")
            )
        ),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "a web identity by the wrong action",
        request=replace(
            assume(Principal.web_identity("accounts.google.com")),
            action="sts:AssumeRoleWithWebIdentity",
        ),
        policies=having(trust=trust(trusts({"Federated": "accounts.google.com"}))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "deny in the trust",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(), trusts(USER_ARN, "Deny"))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "deny of somebody else",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(), trusts(OTHER, "Deny"))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "deny in the grant",
        request=assume(),
        policies=but(GRANTED, identity=grants(allow(), deny())),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "deny beats being named",
        request=assume(),
        policies=having(identity=grants(deny()), trust=trust(trusts(USER_ARN))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "no such role",
        request=assume(),
        policies=but(GRANTED, trust=None),
        refused_by=Layer.MISSING_ROLE,
    ),
    Rule(
        "root",
        request=assume(Principal.root(ACCOUNT)),
        policies=GRANTED,
        refused_by=Layer.CREDENTIALS,
    ),
    Rule(
        "trust without sts",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(action="sts:TagSession"))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "trust with sts:*",
        request=assume(),
        policies=but(GRANTED, trust=trust(trusts(action="sts:*"))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "both halves missing",
        request=assume(),
        policies=having(trust=trust(trusts(OTHER))),
        refused_by=Layer.TRUST,
    ),
    # across accounts both halves are needed
    Rule(
        "cross, both",
        request=assume(role=FOREIGN_ROLE),
        policies=having(identity=grants(allow(resource=FOREIGN_ROLE)), trust=trust()),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "cross, named but not granted",
        request=assume(role=FOREIGN_ROLE),
        policies=having(trust=trust(trusts(USER_ARN))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "cross, everyone but not granted",
        request=assume(role=FOREIGN_ROLE),
        policies=having(trust=trust(trusts("*"))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "cross, granted but trusts its own account only",
        request=assume(role=FOREIGN_ROLE),
        policies=having(identity=grants(allow(resource=FOREIGN_ROLE)), trust=trust(trusts(OTHER))),
        refused_by=Layer.TRUST,
    ),
    # sessions as callers
    Rule(
        "chained, by the role's grant",
        request=assume(SESSION),
        policies=GRANTED,
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "chained, role named",
        request=assume(SESSION),
        policies=having(trust=trust(trusts(ROLE_ARN))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "chained, role's id",
        request=assume(SESSION),
        policies=having(trust=trust(trusts(ROLE_ID))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "chained, session named",
        request=assume(SESSION),
        policies=having(trust=trust(trusts(SESSION_ARN))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "chained, other session named",
        request=assume(SESSION),
        policies=having(trust=trust(trusts(f"{SESSION_ARN}2"))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "GetSessionToken assumes",
        request=assume(replace(USER, temporary=True)),
        policies=GRANTED,
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "federated user cannot",
        request=assume(FEDERATED),
        policies=GRANTED,
        refused_by=Layer.CREDENTIALS,
    ),
    # tags and source identity on both halves
    Rule(
        "tags on both",
        request=assume(tags={"project": "lab"}),
        policies=having(
            identity=grants(allow(["sts:AssumeRole", "sts:TagSession"])),
            trust=trust(trusts(action=["sts:AssumeRole", "sts:TagSession"])),
        ),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "tags, grant without",
        request=assume(tags={"project": "lab"}),
        policies=but(GRANTED, trust=trust(trusts(action=["sts:AssumeRole", "sts:TagSession"]))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "tags, user named",
        request=assume(tags={"project": "lab"}),
        policies=having(trust=trust(trusts(USER_ARN, action=["sts:AssumeRole", "sts:TagSession"]))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "source identity, trust without",
        request=assume(source_identity="testuser"),
        policies=but(GRANTED, identity=grants(allow(["sts:AssumeRole", "sts:SetSourceIdentity"]))),
        refused_by=Layer.TRUST,
    ),
    Rule(
        "source identity goes along a chain",
        request=assume(replace(SESSION, source_identity="testuser")),
        policies=GRANTED,
        refused_by=Layer.TRUST,
    ),
]


# Source: IAM User Guide, "Policy evaluation logic" (implicit denies and resource-based policies),
# "Permissions boundaries for IAM entities", "Policies and permissions in IAM" (session policies).
ONLY_S3 = policy(S3, name="only-s3")
ONLY_STS = policy(allow("sts:*", "*"), name="only-sts")
LIMITS: list[Rule] = [
    Rule(
        "boundary allows",
        request=assume(),
        policies=but(GRANTED, boundary=ONLY_STS),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "boundary does not",
        request=assume(),
        policies=but(GRANTED, boundary=ONLY_S3),
        refused_by=Layer.BOUNDARY,
    ),
    Rule(
        "boundary grants nothing",
        request=assume(),
        policies=having(boundary=ONLY_STS, trust=trust()),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "boundary and a user named",
        request=assume(),
        policies=having(boundary=ONLY_S3, trust=trust(trusts(USER_ARN))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "boundary denies a user named",
        request=assume(),
        policies=having(boundary=policy(deny("*")), trust=trust(trusts(USER_ARN))),
        refused_by=Layer.BOUNDARY,
    ),
    Rule(
        "boundary and a role named",
        request=assume(SESSION),
        policies=having(boundary=ONLY_S3, trust=trust(trusts(ROLE_ARN))),
        refused_by=Layer.BOUNDARY,
    ),
    Rule(
        "boundary and a role's id named",
        request=assume(SESSION),
        policies=having(boundary=ONLY_S3, trust=trust(trusts(ROLE_ID))),
        refused_by=Layer.BOUNDARY,
    ),
    Rule(
        "boundary and a session named",
        request=assume(SESSION),
        policies=having(boundary=ONLY_S3, trust=trust(trusts(SESSION_ARN))),
        allowed_by=Layer.TRUST,
    ),
    Rule(
        "session policy allows",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(S3), session=(ONLY_S3,)),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "session policy does not",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(S3), session=(ONLY_STS,)),
        refused_by=Layer.SESSION,
    ),
    Rule(
        "one of two session policies",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(S3), session=(ONLY_STS, ONLY_S3)),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "session policy grants nothing",
        request=call("s3:GetObject", OBJECT),
        policies=having(session=(ONLY_S3,)),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "session policy denies",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(S3), session=(policy(S3, deny("s3:Get*")),)),
        refused_by=Layer.SESSION,
    ),
    Rule(
        "a user has no session policy",
        request=call("s3:GetObject", OBJECT, USER),
        policies=having(identity=grants(S3), session=(ONLY_STS,)),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "federated, no session policy",
        request=call("s3:GetObject", OBJECT, FEDERATED),
        policies=having(identity=grants(S3)),
        refused_by=Layer.SESSION,
    ),
    Rule(
        "federated, session policy",
        request=call("s3:GetObject", OBJECT, FEDERATED),
        policies=having(identity=grants(S3), session=(ONLY_S3,)),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "federated, named by a bucket",
        request=call("s3:GetObject", OBJECT, FEDERATED),
        policies=having(resource=bucket(on_bucket(FEDERATED.arn))),
        allowed_by=Layer.RESOURCE,
    ),
    Rule(
        "federated, its user named",
        request=call("s3:GetObject", OBJECT, FEDERATED),
        policies=having(resource=bucket(on_bucket(USER_ARN))),
        refused_by=Layer.SESSION,
    ),
    Rule(
        "SCP allows",
        request=assume(),
        policies=but(GRANTED, service_control=((policy(allow("*", "*")),),)),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "SCP lacks it",
        request=assume(),
        policies=but(GRANTED, service_control=((ONLY_S3,),)),
        refused_by=Layer.SERVICE_CONTROL,
    ),
    Rule(
        "one level of SCP lacks it",
        request=assume(),
        policies=but(GRANTED, service_control=((ONLY_STS,), (ONLY_S3,))),
        refused_by=Layer.SERVICE_CONTROL,
    ),
    Rule(
        "SCP denies",
        request=assume(),
        policies=but(GRANTED, service_control=((policy(allow("*", "*"), deny("sts:*")),),)),
        refused_by=Layer.SERVICE_CONTROL,
    ),
    Rule(
        "SCP and a user named",
        request=assume(),
        policies=having(trust=trust(trusts(USER_ARN)), service_control=((ONLY_S3,),)),
        refused_by=Layer.SERVICE_CONTROL,
    ),
    Rule(
        "SCP limits the root user",
        request=call("s3:GetObject", OBJECT, Principal.root(ACCOUNT)),
        policies=having(service_control=((ONLY_STS,),)),
        refused_by=Layer.SERVICE_CONTROL,
    ),
    Rule(
        "RCP denies",
        request=call("s3:GetObject", OBJECT),
        policies=having(
            identity=grants(S3),
            resource_control=((policy(trusts("*", "Deny", "s3:*", Resource="*")),),),
        ),
        refused_by=Layer.RESOURCE_CONTROL,
    ),
    Rule(
        "VPC endpoint lacks it",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(S3), vpc_endpoint=ONLY_STS),
        refused_by=Layer.VPC_ENDPOINT,
    ),
]


# Source: IAM User Guide, "Cross-account policy evaluation logic"; Amazon S3 User Guide, bucket
# policies.
BUCKETS: list[Rule] = [
    Rule(
        "bucket alone, user named",
        request=call("s3:GetObject", OBJECT, USER),
        policies=having(resource=bucket(on_bucket(USER_ARN))),
        allowed_by=Layer.RESOURCE,
    ),
    Rule(
        "bucket alone, role named",
        request=call("s3:GetObject", OBJECT),
        policies=having(resource=bucket(on_bucket(ROLE_ARN))),
        allowed_by=Layer.RESOURCE,
    ),
    Rule(
        "bucket alone, account named",
        request=call("s3:GetObject", OBJECT, USER),
        policies=having(resource=bucket(on_bucket(ROOT))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "identity alone",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(S3)),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "role named, session policy lacks it",
        request=call("s3:GetObject", OBJECT),
        policies=having(resource=bucket(on_bucket(ROLE_ARN)), session=(ONLY_STS,)),
        refused_by=Layer.SESSION,
    ),
    Rule(
        "session named, session policy lacks it",
        request=call("s3:GetObject", OBJECT),
        policies=having(resource=bucket(on_bucket(SESSION_ARN)), session=(ONLY_STS,)),
        allowed_by=Layer.RESOURCE,
    ),
    Rule(
        "bucket denies",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(S3), resource=bucket(on_bucket(ROLE_ARN, "Deny"))),
        refused_by=Layer.RESOURCE,
    ),
    Rule(
        "bucket denies the root user",
        request=call("s3:GetObject", OBJECT, Principal.root(ACCOUNT)),
        policies=having(resource=bucket(on_bucket("*", "Deny"))),
        refused_by=Layer.RESOURCE,
    ),
    Rule(
        "root user of the account",
        request=call("s3:GetObject", OBJECT, Principal.root(ACCOUNT)),
        policies=having(),
        allowed_by=Layer.CREDENTIALS,
    ),
    Rule(
        "cross, both",
        request=call("s3:GetObject", OBJECT, resource_account=OTHER),
        policies=having(identity=grants(S3), resource=bucket(on_bucket(ROOT))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "cross, identity only",
        request=call("s3:GetObject", OBJECT, resource_account=OTHER),
        policies=having(identity=grants(S3)),
        refused_by=Layer.RESOURCE,
    ),
    Rule(
        "cross, bucket only",
        request=call("s3:GetObject", OBJECT, USER, resource_account=OTHER),
        policies=having(resource=bucket(on_bucket(USER_ARN))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "cross, root user named",
        request=call("s3:GetObject", OBJECT, Principal.root(ACCOUNT), resource_account=OTHER),
        policies=having(resource=bucket(on_bucket(ROOT))),
        allowed_by=Layer.RESOURCE,
    ),
    Rule(
        "cross, root user not named",
        request=call("s3:GetObject", OBJECT, Principal.root(ACCOUNT), resource_account=OTHER),
        policies=having(),
        refused_by=Layer.RESOURCE,
    ),
    Rule(
        "anonymous, public",
        request=call("s3:GetObject", OBJECT, Principal.anonymous(), resource_account=OTHER),
        policies=having(resource=bucket(on_bucket("*"))),
        allowed_by=Layer.RESOURCE,
    ),
    Rule(
        "anonymous, not public",
        request=call("s3:GetObject", OBJECT, Principal.anonymous(), resource_account=OTHER),
        policies=having(resource=bucket(on_bucket(ROOT))),
        refused_by=Layer.RESOURCE,
    ),
    Rule(
        "missing object, may list",
        request=call("s3:GetObject", OBJECT, object_exists=False),
        policies=having(identity=grants(S3)),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "missing object, may not list",
        request=call("s3:GetObject", OBJECT, object_exists=False),
        policies=having(identity=grants(allow("s3:GetObject", f"{BUCKET}/*"))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "NotPrincipal excepts the session",
        request=call("s3:GetObject", OBJECT),
        policies=having(
            identity=grants(S3),
            resource=bucket(
                {
                    "Effect": "Deny",
                    "NotPrincipal": {"AWS": [ROOT, ROLE_ARN, SESSION_ARN]},
                    "Action": "s3:*",
                    "Resource": f"{BUCKET}/*",
                }
            ),
        ),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "NotPrincipal excepts others",
        request=call("s3:GetObject", OBJECT),
        policies=having(
            identity=grants(S3),
            resource=bucket(
                {
                    "Effect": "Deny",
                    "NotPrincipal": {"AWS": [f"arn:aws:iam::{OTHER}:root"]},
                    "Action": "s3:*",
                    "Resource": f"{BUCKET}/*",
                }
            ),
        ),
        refused_by=Layer.RESOURCE,
    ),
]


# Source: IAM User Guide, "… Action", "… NotAction", "… Resource", "… NotResource", "Variables and
# tags", "… Version".
def _own(pattern: str, version: str | None = "2012-10-17") -> Policies:
    return having(identity=grants(allow("s3:GetObject", pattern), version=version))


def _get(key: str, principal: Principal = USER) -> Request:
    return call("s3:GetObject", f"{BUCKET}/{key}", principal)


ELEMENTS: list[Rule] = [
    Rule(
        "incomplete ARN",
        request=assume(),
        policies=but(GRANTED, identity=grants(allow(resource="arn:aws:iam"))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "incomplete ARN of another service",
        request=assume(),
        policies=but(GRANTED, identity=grants(allow(resource="arn:aws:s3"))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "GetUser of oneself",
        request=call("iam:GetUser", principal=USER),
        policies=having(
            identity=grants(allow("iam:GetUser", "arn:aws:iam::*:user/${aws:username}"))
        ),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "action in other case",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(allow("S3:getobject", OBJECT))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "action wildcard",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(allow("s3:Get*", OBJECT))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "one-letter wildcard",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(allow("s3:GetObjec?", OBJECT))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "other service",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(allow("s3-object-lambda:*", "*"))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "resource in other case",
        request=_get("Hello.txt"),
        policies=_own(OBJECT),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "bucket is not its objects",
        request=call("s3:GetObject", OBJECT),
        policies=having(identity=grants(allow("s3:*", BUCKET))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "objects are not the bucket",
        request=call("s3:ListBucket", BUCKET),
        policies=having(identity=grants(allow("s3:*", f"{BUCKET}/*"))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "* reaches over /",
        request=_get("a/b/c"),
        policies=_own(f"{BUCKET}/*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "* ends at a colon",
        request=assume(),
        policies=but(GRANTED, identity=grants(allow(resource="arn:aws:iam:*:role/s3Access"))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "* as the account",
        request=assume(),
        policies=but(GRANTED, identity=grants(allow(resource="arn:aws:iam::*:role/s3*"))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "last segment reaches over colons",
        request=call("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:a:b"),
        policies=having(identity=grants(allow("sns:*", "arn:aws:sns:*:*:*"))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "list buckets on s3:::*",
        request=call("s3:ListAllMyBuckets"),
        policies=having(identity=grants(allow("s3:*", "arn:aws:s3:::*"))),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "list buckets on one bucket",
        request=call("s3:ListAllMyBuckets"),
        policies=having(identity=grants(allow("s3:*", BUCKET))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "list users on one user",
        request=call("iam:ListUsers"),
        policies=having(identity=grants(allow("iam:*", USER_ARN))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "NotAction",
        request=call("s3:GetObject", OBJECT),
        policies=having(
            identity=grants({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
        ),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "NotAction leaves out",
        request=call("iam:ListUsers"),
        policies=having(
            identity=grants({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
        ),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "NotResource",
        request=call("s3:GetObject", OBJECT),
        policies=having(
            identity=grants(
                {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::secret/*"}
            )
        ),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "NotResource leaves out",
        request=call("s3:GetObject", OBJECT),
        policies=having(
            identity=grants({"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"})
        ),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "a role's path counts",
        request=assume(role=f"arn:aws:iam::{ACCOUNT}:role/lab/s3Access"),
        policies=GRANTED,
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "user name variable",
        request=_get("testuser/a"),
        policies=_own(f"{BUCKET}/${{aws:username}}/*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "somebody else's folder",
        request=_get("other/a"),
        policies=_own(f"{BUCKET}/${{aws:username}}/*"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "variable in an old version",
        request=_get("testuser/a"),
        policies=_own(f"{BUCKET}/${{aws:username}}/*", "2008-10-17"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "variable without a version",
        request=_get("testuser/a"),
        policies=_own(f"{BUCKET}/${{aws:username}}/*", None),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "old version takes it as text",
        request=_get("${aws:username}/a"),
        policies=_own(f"{BUCKET}/${{aws:username}}/*", "2008-10-17"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "a session has no user name",
        request=_get("lesson/a", SESSION),
        policies=_own(f"{BUCKET}/${{aws:username}}/*"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "default value",
        request=_get("guest/a", SESSION),
        policies=_own(f"{BUCKET}/${{aws:username, 'guest'}}/*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "default not needed",
        request=_get("testuser/a"),
        policies=_own(f"{BUCKET}/${{aws:username, 'guest'}}/*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "key in other case",
        request=_get("testuser/a"),
        policies=_own(f"{BUCKET}/${{AWS:UserName}}/*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "tag variable",
        request=_get("blue/a"),
        policies=_own(f"{BUCKET}/${{aws:PrincipalTag/team}}/*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "tag that is not there",
        request=_get("x/a"),
        policies=_own(f"{BUCKET}/${{aws:PrincipalTag/none}}/*"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "literal star",
        request=_get("*"),
        policies=_own(f"{BUCKET}/${{*}}"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "literal star is no wildcard",
        request=_get("a"),
        policies=_own(f"{BUCKET}/${{*}}"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "a value's star is no wildcard",
        request=_get("anything", replace(USER, tags={"team": "*"})),
        policies=_own(f"{BUCKET}/${{aws:PrincipalTag/team}}"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "user id variable",
        request=_get(f"{USER_ID}/a"),
        policies=_own(f"{BUCKET}/${{aws:userid}}/*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "session's user id",
        request=_get(f"{ROLE_ID}:lesson/a", SESSION),
        policies=_own(f"{BUCKET}/${{aws:userid}}/*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "no variable before the fifth colon",
        request=call("iam:GetUser", USER_ARN, USER),
        policies=having(
            identity=grants(allow("iam:GetUser", "arn:aws:iam::${aws:PrincipalAccount}:user/*"))
        ),
        refused_by=Layer.IDENTITY,
    ),
]


# Source: IAM User Guide, "AWS global condition context keys", "Pass session tags in AWS STS",
# "Configuring MFA-protected API access" (AssumeRole's credentials carry no MFA information).
def _if(operator: str, key: str, value: Any, action: str = "sts:AssumeRole") -> Policies:
    return but(GRANTED, identity=grants(allow(action, "*", Condition={operator: {key: value}})))


MFA_TOKEN = Principal.user(USER_ARN, USER_ID, session_token=True, mfa=True, issued=NOW)
TAGGED = replace(SESSION, tags={"project": "lab"})
LIST = call("s3:ListAllMyBuckets")
TRUSTS_ALL = trust(trusts(action="sts:*"))
KEYS: list[Rule] = [
    Rule(
        "source identity changed in a chain",
        request=assume(replace(SESSION, source_identity="ann"), source_identity="bob"),
        policies=but(GRANTED, identity=grants(allow("sts:*", "*")), trust=TRUSTS_ALL),
        refused_by=Layer.CREDENTIALS,
    ),
    Rule(
        "source identity kept in a chain",
        request=assume(replace(SESSION, source_identity="ann"), source_identity="ann"),
        policies=but(GRANTED, identity=grants(allow("sts:*", "*")), trust=TRUSTS_ALL),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "tags of a federation token",
        request=call("sts:GetFederationToken", principal=USER, context={"aws:TagKeys": "project"}),
        policies=having(identity=grants(allow("sts:GetFederationToken", "*"))),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "role tag",
        request=assume(role_tags={"team": "blue"}),
        policies=_if("StringEquals", "aws:ResourceTag/team", "blue"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "no role tag",
        request=assume(role_tags={}),
        policies=_if("StringEquals", "aws:ResourceTag/team", "blue"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "role tag as iam:",
        request=assume(role_tags={"team": "blue"}),
        policies=_if("StringEquals", "iam:ResourceTag/Team", "blue"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "tag of user and role",
        request=assume(role_tags={"team": "blue"}),
        policies=_if("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "principal tag in other case",
        request=assume(),
        policies=_if("StringEquals", "aws:principaltag/TEAM", "blue"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "MFA with the call",
        request=assume(mfa=True),
        policies=_if("Bool", "aws:MultiFactorAuthPresent", "true"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "MFA in the token",
        request=assume(MFA_TOKEN),
        policies=_if("Bool", "aws:MultiFactorAuthPresent", "true"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "MFA young enough",
        request=assume(MFA_TOKEN),
        policies=_if("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "no MFA on a key",
        request=assume(),
        policies=_if("Bool", "aws:MultiFactorAuthPresent", "true"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "no MFA on a key, IfExists",
        request=assume(),
        policies=_if("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "a session has no MFA",
        request=LIST,
        policies=_if("Bool", "aws:MultiFactorAuthPresent", "true", "s3:*"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "session's principal ARN is the role's",
        request=LIST,
        policies=_if("ArnEquals", "aws:PrincipalArn", ROLE_ARN, "s3:*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "not the session's",
        request=LIST,
        policies=_if("ArnEquals", "aws:PrincipalArn", SESSION_ARN, "s3:*"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "session tag",
        request=replace(LIST, principal=TAGGED),
        policies=_if("StringEquals", "aws:PrincipalTag/project", "lab", "s3:*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "tag asked for",
        request=assume(tags={"project": "lab"}),
        policies=but(
            _if("StringEquals", "aws:RequestTag/project", "lab", "sts:*"), trust=TRUSTS_ALL
        ),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "tag keys asked for",
        request=assume(tags={"project": "lab", "x": "y"}),
        policies=but(
            _if("ForAllValues:StringEquals", "aws:TagKeys", ["project"], "sts:*"), trust=TRUSTS_ALL
        ),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "source identity stays",
        request=replace(LIST, principal=replace(SESSION, source_identity="ann")),
        policies=_if("StringEquals", "aws:SourceIdentity", "ann", "s3:*"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "a key has no issue time",
        request=assume(),
        policies=_if("Null", "aws:TokenIssueTime", "true"),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "a session has",
        request=LIST,
        policies=_if("Null", "aws:TokenIssueTime", "true", "s3:*"),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "principal's account",
        request=assume(),
        policies=_if("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "resource's account",
        request=assume(role=FOREIGN_ROLE),
        policies=_if("StringEquals", "aws:ResourceAccount", OTHER),
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "principal's type",
        request=LIST,
        policies=_if("StringEquals", "aws:PrincipalType", "AssumedRole", "s3:*"),
        allowed_by=Layer.IDENTITY,
    ),
]

# Source: IAM User Guide, "Compare AWS STS credentials"; STS API Reference.
EVERYTHING = having(identity=grants(allow("*", "*")), trust=trust())
TOKEN = Principal.user(USER_ARN, USER_ID, session_token=True, issued=NOW)
CREDENTIALS: list[Rule] = [
    Rule(
        "GetSessionToken, IAM without MFA",
        request=call("iam:ListUsers", principal=TOKEN),
        policies=EVERYTHING,
        refused_by=Layer.CREDENTIALS,
    ),
    Rule(
        "GetSessionToken, IAM with MFA",
        request=call("iam:ListUsers", principal=replace(TOKEN, mfa=True)),
        policies=EVERYTHING,
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "GetSessionToken, S3",
        request=call("s3:ListAllMyBuckets", principal=TOKEN),
        policies=EVERYTHING,
        allowed_by=Layer.IDENTITY,
    ),
    Rule(
        "GetSessionToken, other STS",
        request=call("sts:GetFederationToken", principal=TOKEN),
        policies=EVERYTHING,
        refused_by=Layer.CREDENTIALS,
    ),
    Rule(
        "GetSessionToken itself needs nothing",
        request=call("sts:GetSessionToken", principal=USER),
        policies=having(),
        allowed_by=Layer.NO_POLICY_NEEDED,
    ),
    Rule(
        "a session cannot get a session token",
        request=call("sts:GetSessionToken"),
        policies=EVERYTHING,
        refused_by=Layer.CREDENTIALS,
    ),
    Rule(
        "GetCallerIdentity even when denied",
        request=call("sts:GetCallerIdentity"),
        policies=having(identity=grants(deny("*"))),
        allowed_by=Layer.NO_POLICY_NEEDED,
    ),
    Rule(
        "GetFederationToken needs a permission",
        request=call("sts:GetFederationToken", principal=USER),
        policies=having(),
        refused_by=Layer.IDENTITY,
    ),
    Rule(
        "federated user, IAM",
        request=call("iam:ListUsers", principal=FEDERATED),
        policies=EVERYTHING,
        refused_by=Layer.CREDENTIALS,
    ),
    Rule(
        "federated user, who am I",
        request=call("sts:GetCallerIdentity", principal=FEDERATED),
        policies=having(),
        allowed_by=Layer.NO_POLICY_NEEDED,
    ),
    Rule(
        "inactive key",
        request=call(
            "s3:ListAllMyBuckets", principal=replace(USER, credential=CredentialState.INACTIVE)
        ),
        policies=EVERYTHING,
        refused_by=Layer.CREDENTIALS,
    ),
    Rule(
        "expired session",
        request=call(
            "s3:ListAllMyBuckets", principal=replace(SESSION, credential=CredentialState.EXPIRED)
        ),
        policies=EVERYTHING,
        refused_by=Layer.CREDENTIALS,
    ),
    Rule(
        "even who am I needs a key",
        request=call(
            "sts:GetCallerIdentity", principal=replace(USER, credential=CredentialState.DELETED)
        ),
        policies=EVERYTHING,
        refused_by=Layer.CREDENTIALS,
    ),
]

TABLE = [*ASSUMING, *LIMITS, *BUCKETS, *ELEMENTS, *KEYS, *CREDENTIALS]


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.what)
def test_a_documented_rule_is_followed(rule: Rule) -> None:
    """The layer is what the learner is sent to."""
    decision = decide(rule.request, rule.policies)
    assert decision.allowed is (rule.allowed_by is not None)
    assert decision.layer is (rule.allowed_by or rule.refused_by)


@pytest.mark.parametrize(
    ("policies", "why"),
    [
        (
            but(GRANTED, trust=trust(trusts(Condition={"StringEquals": {"aws:UserAgent": "x"}}))),
            "aws:UserAgent",
        ),
        (
            but(GRANTED, trust=trust(trusts(Condition={"Null": {"aws:ResourceTag/a": "true"}}))),
            "aws:ResourceTag/a",
        ),
        (
            but(GRANTED, trust=trust(trusts(Condition={"StringIs": {"aws:username": "x"}}))),
            "StringIs",
        ),
        (but(GRANTED, identity=(Policy.read("{", "grant"),)), "not JSON"),
        (but(GRANTED, unread=frozenset({Layer.BOUNDARY})), "could not be read"),
        (but(GRANTED, trust=None, unread=frozenset({Layer.TRUST})), "could not be read"),
        (
            but(GRANTED, trust=trust(trusts({"CanonicalUser": "79a59df900b949e5"}))),
            "canonical user",
        ),
    ],
    ids=[
        "key of unknown value",
        "tags of a role nobody read",
        "unknown operator",
        "broken document",
        "unread boundary",
        "unread trust",
        "canonical id",
    ],
)
def test_what_is_not_known_is_said_and_not_guessed(policies: Policies, why: str) -> None:
    """A guess would blame the wrong policy, or call a broken lab sound."""
    decision = decide(assume(), policies)
    assert decision.allowed is None
    assert why in decision.reason


def _all_but(*principals: str) -> Policy:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": list(principals)}}
    return bucket({**statement, "Action": "s3:*", "Resource": f"{BUCKET}/*"})


def test_who_is_left_out_of_a_deny_is_not_known_without_the_boundary() -> None:
    """A boundary that nobody could read may be there; then the Deny is for its bearer, too."""
    request = call("s3:GetObject", OBJECT, USER)
    policies = having(identity=grants(S3), resource=_all_but(USER_ARN, ROOT))
    assert decide(request, policies).allowed
    unread = replace(policies, unread=frozenset({Layer.BOUNDARY}))
    assert decide(request, unread).allowed is None
    others = having(
        frozenset({Layer.BOUNDARY}), identity=grants(S3), resource=_all_but(f"{USER_ARN}2", ROOT)
    )
    assert decide(request, others).allowed is False


@pytest.mark.parametrize(
    ("resource", "boundary", "note"),
    [
        (_all_but(USER_ARN, ROOT), policy(allow("*", "*")), "user testuser has one."),
        (_all_but(USER_ARN), None, "only if the account's ARN"),
        (_all_but(f"{USER_ARN}2", ROOT), None, ""),
    ],
    ids=["with a boundary", "without the account", "not named"],
)
def test_a_deny_that_names_its_victim_as_left_out_is_explained(
    resource: Policy, boundary: Policy | None, note: str
) -> None:
    """Who reads their own name there looks everywhere else."""
    policies = having(identity=grants(S3), resource=resource, boundary=boundary)
    told = explain(decide(call("s3:GetObject", OBJECT, USER), policies))
    assert len(told.details) == 1 + bool(note)
    assert note in told.details[-1]


@pytest.mark.parametrize(
    ("action", "region"),
    [
        ("iam:GetUser", "us-east-1"),
        ("organizations:ListRoots", "us-east-1"),
        ("s3:ListAllMyBuckets", "eu-west-1"),
        ("sts:AssumeRole", "eu-west-1"),
    ],
)
def test_a_service_with_one_endpoint_is_called_in_its_region(action: str, region: str) -> None:
    """Wherever the client is; a service with endpoints in regions is called in the client's."""
    resource = ROLE_ARN if action == "sts:AssumeRole" else "*"
    request = call(action, resource, USER, context={"aws:RequestedRegion": "eu-west-1"})
    only = {"Condition": {"StringEquals": {"aws:RequestedRegion": region}}}
    policies = having(identity=grants(allow("*", "*", **only)), trust=trust())
    assert decide(request, policies).allowed
    elsewhere = {"Condition": {"StringNotEquals": {"aws:RequestedRegion": region}}}
    policies = having(identity=grants(allow("*", "*", **elsewhere)), trust=trust())
    assert not decide(request, policies).allowed


def test_what_is_not_known_does_not_matter_where_the_answer_is_the_same() -> None:
    """An unknown key in one statement is no reason to doubt another policy's refusal."""
    unsure = trust(trusts(Condition={"StringEquals": {"aws:UserAgent": "x"}}))
    assert decide(assume(), having(trust=unsure)).layer is Layer.IDENTITY
    assert decide(
        assume(), but(GRANTED, identity=grants(allow(), deny()), trust=unsure)
    ).is_explicit


def test_an_unknown_organization_is_unknown_and_none_is_none() -> None:
    """On an account of one's own nobody has said whether it is in an organization."""
    in_org = but(
        GRANTED, trust=trust(trusts(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))
    )
    assert decide(assume(), in_org).allowed is False
    assert decide(assume(unknown=frozenset({"aws:PrincipalOrgID"})), in_org).allowed is None


def test_every_refusing_layer_is_named() -> None:
    """Mending one half only to be refused by the other is no lesson."""
    decision = decide(assume(), having(trust=trust(trusts(OTHER)), boundary=ONLY_S3))
    assert decision.refusing == (Layer.TRUST, Layer.IDENTITY, Layer.BOUNDARY)


def test_the_deciding_statement_has_a_place() -> None:
    """A learner must find the statement again."""
    named = having(
        identity=grants(allow(), deny(Sid="NoMore")),
        trust=trust(),
    )
    place = decide(assume(), named).place
    assert str(place) == 'identity-based policy grant of user testuser, statement 2 (Sid "NoMore")'
