"""Each documented rule of policy evaluation, with a twin that is decided the other way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rolelab.iam import CredentialState, Layer, Policies, Policy, Principal, Request, decide
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

S3 = allow("s3:*", "*")
BUCKET = "arn:aws:s3:::lab-bucket"
OBJECT = f"{BUCKET}/hello.txt"


def bucket(*statements: dict[str, Any]) -> Policy:
    return policy(*statements, owner="bucket lab-bucket")


def on_bucket(principal: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return trusts(principal, effect, "s3:GetObject", Resource=f"{BUCKET}/*", **more)


# Source: STS API Reference, AssumeRole; IAM User Guide, "Policy evaluation logic", "… Principal".
ASSUMING: list[tuple[str, Request, Policies, bool, Layer]] = [
    ("account trusted, user granted", assume(), GRANTED, True, Layer.IDENTITY),
    ("account trusted, nothing granted", assume(), having(trust=trust()), False, Layer.IDENTITY),
    (
        "bare account id trusted",
        assume(),
        but(GRANTED, trust=trust(trusts(ACCOUNT))),
        True,
        Layer.IDENTITY,
    ),
    (
        "other account trusted",
        assume(),
        but(GRANTED, trust=trust(trusts(OTHER))),
        False,
        Layer.TRUST,
    ),
    (
        "user named, nothing granted",
        assume(),
        having(trust=trust(trusts(USER_ARN))),
        True,
        Layer.TRUST,
    ),
    (
        "other user named",
        assume(),
        but(GRANTED, trust=trust(trusts(f"{USER_ARN}2"))),
        False,
        Layer.TRUST,
    ),
    ("user's own id", assume(), having(trust=trust(trusts(USER_ID))), True, Layer.TRUST),
    (
        "id of a deleted one",
        assume(),
        but(GRANTED, trust=trust(trusts("AIDAGONE000000000001"))),
        False,
        Layer.TRUST,
    ),
    (
        "user in other case",
        assume(),
        but(GRANTED, trust=trust(trusts(USER_ARN.upper()))),
        False,
        Layer.TRUST,
    ),
    ("everyone", assume(), having(trust=trust(trusts("*"))), True, Layer.TRUST),
    (
        "everyone, bare",
        assume(),
        having(trust=trust(trusts() | {"Principal": "*"})),
        True,
        Layer.TRUST,
    ),
    (
        "wildcard in an ARN",
        assume(),
        but(GRANTED, trust=trust(trusts(f"{USER_ARN[:-4]}*"))),
        False,
        Layer.TRUST,
    ),
    (
        "service trusted only",
        assume(),
        but(GRANTED, trust=trust(trusts({"Service": "ec2.amazonaws.com"}))),
        False,
        Layer.TRUST,
    ),
    (
        "a service",
        assume(Principal.service("ec2.amazonaws.com")),
        having(trust=trust(trusts({"Service": ["ec2.amazonaws.com"]}))),
        True,
        Layer.TRUST,
    ),
    (
        "another service",
        assume(Principal.service("lambda.amazonaws.com")),
        having(trust=trust(trusts({"Service": "ec2.amazonaws.com"}))),
        False,
        Layer.TRUST,
    ),
    (
        "a web identity",
        replace(
            assume(Principal.web_identity("accounts.google.com")),
            action="sts:AssumeRoleWithWebIdentity",
        ),
        having(
            trust=trust(
                trusts({"Federated": "accounts.google.com"}, action="sts:AssumeRoleWithWebIdentity")
            )
        ),
        True,
        Layer.TRUST,
    ),
    (
        "a web identity by the wrong action",
        replace(
            assume(Principal.web_identity("accounts.google.com")),
            action="sts:AssumeRoleWithWebIdentity",
        ),
        having(trust=trust(trusts({"Federated": "accounts.google.com"}))),
        False,
        Layer.TRUST,
    ),
    (
        "deny in the trust",
        assume(),
        but(GRANTED, trust=trust(trusts(), trusts(USER_ARN, "Deny"))),
        False,
        Layer.TRUST,
    ),
    (
        "deny of somebody else",
        assume(),
        but(GRANTED, trust=trust(trusts(), trusts(OTHER, "Deny"))),
        True,
        Layer.IDENTITY,
    ),
    (
        "deny in the grant",
        assume(),
        but(GRANTED, identity=grants(allow(), deny())),
        False,
        Layer.IDENTITY,
    ),
    (
        "deny beats being named",
        assume(),
        having(identity=grants(deny()), trust=trust(trusts(USER_ARN))),
        False,
        Layer.IDENTITY,
    ),
    ("no such role", assume(), but(GRANTED, trust=None), False, Layer.MISSING_ROLE),
    ("root", assume(Principal.root(ACCOUNT)), GRANTED, False, Layer.CREDENTIALS),
    (
        "trust without sts",
        assume(),
        but(GRANTED, trust=trust(trusts(action="sts:TagSession"))),
        False,
        Layer.TRUST,
    ),
    (
        "trust with sts:*",
        assume(),
        but(GRANTED, trust=trust(trusts(action="sts:*"))),
        True,
        Layer.IDENTITY,
    ),
    ("both halves missing", assume(), having(trust=trust(trusts(OTHER))), False, Layer.TRUST),
    # across accounts both halves are needed
    (
        "cross, both",
        assume(role=FOREIGN_ROLE),
        having(identity=grants(allow(resource=FOREIGN_ROLE)), trust=trust()),
        True,
        Layer.IDENTITY,
    ),
    (
        "cross, named but not granted",
        assume(role=FOREIGN_ROLE),
        having(trust=trust(trusts(USER_ARN))),
        False,
        Layer.IDENTITY,
    ),
    (
        "cross, everyone but not granted",
        assume(role=FOREIGN_ROLE),
        having(trust=trust(trusts("*"))),
        False,
        Layer.IDENTITY,
    ),
    (
        "cross, granted but trusts its own account only",
        assume(role=FOREIGN_ROLE),
        having(identity=grants(allow(resource=FOREIGN_ROLE)), trust=trust(trusts(OTHER))),
        False,
        Layer.TRUST,
    ),
    # sessions as callers
    ("chained, by the role's grant", assume(SESSION), GRANTED, True, Layer.IDENTITY),
    (
        "chained, role named",
        assume(SESSION),
        having(trust=trust(trusts(ROLE_ARN))),
        True,
        Layer.TRUST,
    ),
    (
        "chained, role's id",
        assume(SESSION),
        having(trust=trust(trusts(ROLE_ID))),
        True,
        Layer.TRUST,
    ),
    (
        "chained, session named",
        assume(SESSION),
        having(trust=trust(trusts(SESSION_ARN))),
        True,
        Layer.TRUST,
    ),
    (
        "chained, other session named",
        assume(SESSION),
        having(trust=trust(trusts(f"{SESSION_ARN}2"))),
        False,
        Layer.TRUST,
    ),
    (
        "GetSessionToken assumes",
        assume(replace(USER, temporary=True)),
        GRANTED,
        True,
        Layer.IDENTITY,
    ),
    ("federated user cannot", assume(FEDERATED), GRANTED, False, Layer.CREDENTIALS),
    # tags and source identity on both halves
    (
        "tags on both",
        assume(tags={"project": "lab"}),
        having(
            identity=grants(allow(["sts:AssumeRole", "sts:TagSession"])),
            trust=trust(trusts(action=["sts:AssumeRole", "sts:TagSession"])),
        ),
        True,
        Layer.IDENTITY,
    ),
    (
        "tags, grant without",
        assume(tags={"project": "lab"}),
        but(GRANTED, trust=trust(trusts(action=["sts:AssumeRole", "sts:TagSession"]))),
        False,
        Layer.IDENTITY,
    ),
    (
        "tags, user named",
        assume(tags={"project": "lab"}),
        having(trust=trust(trusts(USER_ARN, action=["sts:AssumeRole", "sts:TagSession"]))),
        True,
        Layer.TRUST,
    ),
    (
        "source identity, trust without",
        assume(source_identity="testuser"),
        but(GRANTED, identity=grants(allow(["sts:AssumeRole", "sts:SetSourceIdentity"]))),
        False,
        Layer.TRUST,
    ),
    (
        "source identity goes along a chain",
        assume(replace(SESSION, source_identity="testuser")),
        GRANTED,
        False,
        Layer.TRUST,
    ),
]


# Source: IAM User Guide, "Policy evaluation logic" (implicit denies and resource-based policies),
# "Permissions boundaries for IAM entities", "Policies and permissions in IAM" (session policies).
ONLY_S3 = policy(S3, name="only-s3")
ONLY_STS = policy(allow("sts:*", "*"), name="only-sts")
LIMITS: list[tuple[str, Request, Policies, bool, Layer]] = [
    ("boundary allows", assume(), but(GRANTED, boundary=ONLY_STS), True, Layer.IDENTITY),
    ("boundary does not", assume(), but(GRANTED, boundary=ONLY_S3), False, Layer.BOUNDARY),
    (
        "boundary grants nothing",
        assume(),
        having(boundary=ONLY_STS, trust=trust()),
        False,
        Layer.IDENTITY,
    ),
    (
        "boundary and a user named",
        assume(),
        having(boundary=ONLY_S3, trust=trust(trusts(USER_ARN))),
        True,
        Layer.TRUST,
    ),
    (
        "boundary denies a user named",
        assume(),
        having(boundary=policy(deny("*")), trust=trust(trusts(USER_ARN))),
        False,
        Layer.BOUNDARY,
    ),
    (
        "boundary and a role named",
        assume(SESSION),
        having(boundary=ONLY_S3, trust=trust(trusts(ROLE_ARN))),
        False,
        Layer.BOUNDARY,
    ),
    (
        "boundary and a role's id named",
        assume(SESSION),
        having(boundary=ONLY_S3, trust=trust(trusts(ROLE_ID))),
        False,
        Layer.BOUNDARY,
    ),
    (
        "boundary and a session named",
        assume(SESSION),
        having(boundary=ONLY_S3, trust=trust(trusts(SESSION_ARN))),
        True,
        Layer.TRUST,
    ),
    (
        "session policy allows",
        call("s3:GetObject", OBJECT),
        having(identity=grants(S3), session=(ONLY_S3,)),
        True,
        Layer.IDENTITY,
    ),
    (
        "session policy does not",
        call("s3:GetObject", OBJECT),
        having(identity=grants(S3), session=(ONLY_STS,)),
        False,
        Layer.SESSION,
    ),
    (
        "one of two session policies",
        call("s3:GetObject", OBJECT),
        having(identity=grants(S3), session=(ONLY_STS, ONLY_S3)),
        True,
        Layer.IDENTITY,
    ),
    (
        "session policy grants nothing",
        call("s3:GetObject", OBJECT),
        having(session=(ONLY_S3,)),
        False,
        Layer.IDENTITY,
    ),
    (
        "session policy denies",
        call("s3:GetObject", OBJECT),
        having(identity=grants(S3), session=(policy(S3, deny("s3:Get*")),)),
        False,
        Layer.SESSION,
    ),
    (
        "a user has no session policy",
        call("s3:GetObject", OBJECT, USER),
        having(identity=grants(S3), session=(ONLY_STS,)),
        True,
        Layer.IDENTITY,
    ),
    (
        "federated, no session policy",
        call("s3:GetObject", OBJECT, FEDERATED),
        having(identity=grants(S3)),
        False,
        Layer.SESSION,
    ),
    (
        "federated, session policy",
        call("s3:GetObject", OBJECT, FEDERATED),
        having(identity=grants(S3), session=(ONLY_S3,)),
        True,
        Layer.IDENTITY,
    ),
    (
        "federated, named by a bucket",
        call("s3:GetObject", OBJECT, FEDERATED),
        having(resource=bucket(on_bucket(FEDERATED.arn))),
        True,
        Layer.RESOURCE,
    ),
    (
        "federated, its user named",
        call("s3:GetObject", OBJECT, FEDERATED),
        having(resource=bucket(on_bucket(USER_ARN))),
        False,
        Layer.SESSION,
    ),
    (
        "SCP allows",
        assume(),
        but(GRANTED, service_control=((policy(allow("*", "*")),),)),
        True,
        Layer.IDENTITY,
    ),
    (
        "SCP lacks it",
        assume(),
        but(GRANTED, service_control=((ONLY_S3,),)),
        False,
        Layer.SERVICE_CONTROL,
    ),
    (
        "one level of SCP lacks it",
        assume(),
        but(GRANTED, service_control=((ONLY_STS,), (ONLY_S3,))),
        False,
        Layer.SERVICE_CONTROL,
    ),
    (
        "SCP denies",
        assume(),
        but(GRANTED, service_control=((policy(allow("*", "*"), deny("sts:*")),),)),
        False,
        Layer.SERVICE_CONTROL,
    ),
    (
        "SCP and a user named",
        assume(),
        having(trust=trust(trusts(USER_ARN)), service_control=((ONLY_S3,),)),
        False,
        Layer.SERVICE_CONTROL,
    ),
    (
        "SCP limits the root user",
        call("s3:GetObject", OBJECT, Principal.root(ACCOUNT)),
        having(service_control=((ONLY_STS,),)),
        False,
        Layer.SERVICE_CONTROL,
    ),
    (
        "RCP denies",
        call("s3:GetObject", OBJECT),
        having(
            identity=grants(S3),
            resource_control=((policy(trusts("*", "Deny", "s3:*", Resource="*")),),),
        ),
        False,
        Layer.RESOURCE_CONTROL,
    ),
    (
        "VPC endpoint lacks it",
        call("s3:GetObject", OBJECT),
        having(identity=grants(S3), vpc_endpoint=ONLY_STS),
        False,
        Layer.VPC_ENDPOINT,
    ),
]


# Source: IAM User Guide, "Cross-account policy evaluation logic"; Amazon S3 User Guide, bucket policies.
BUCKETS: list[tuple[str, Request, Policies, bool, Layer]] = [
    (
        "bucket alone, user named",
        call("s3:GetObject", OBJECT, USER),
        having(resource=bucket(on_bucket(USER_ARN))),
        True,
        Layer.RESOURCE,
    ),
    (
        "bucket alone, role named",
        call("s3:GetObject", OBJECT),
        having(resource=bucket(on_bucket(ROLE_ARN))),
        True,
        Layer.RESOURCE,
    ),
    (
        "bucket alone, account named",
        call("s3:GetObject", OBJECT, USER),
        having(resource=bucket(on_bucket(ROOT))),
        False,
        Layer.IDENTITY,
    ),
    (
        "identity alone",
        call("s3:GetObject", OBJECT),
        having(identity=grants(S3)),
        True,
        Layer.IDENTITY,
    ),
    (
        "role named, session policy lacks it",
        call("s3:GetObject", OBJECT),
        having(resource=bucket(on_bucket(ROLE_ARN)), session=(ONLY_STS,)),
        False,
        Layer.SESSION,
    ),
    (
        "session named, session policy lacks it",
        call("s3:GetObject", OBJECT),
        having(resource=bucket(on_bucket(SESSION_ARN)), session=(ONLY_STS,)),
        True,
        Layer.RESOURCE,
    ),
    (
        "bucket denies",
        call("s3:GetObject", OBJECT),
        having(identity=grants(S3), resource=bucket(on_bucket(ROLE_ARN, "Deny"))),
        False,
        Layer.RESOURCE,
    ),
    (
        "bucket denies the root user",
        call("s3:GetObject", OBJECT, Principal.root(ACCOUNT)),
        having(resource=bucket(on_bucket("*", "Deny"))),
        False,
        Layer.RESOURCE,
    ),
    (
        "root user of the account",
        call("s3:GetObject", OBJECT, Principal.root(ACCOUNT)),
        having(),
        True,
        Layer.CREDENTIALS,
    ),
    (
        "cross, both",
        call("s3:GetObject", OBJECT, resource_account=OTHER),
        having(identity=grants(S3), resource=bucket(on_bucket(ROOT))),
        True,
        Layer.IDENTITY,
    ),
    (
        "cross, identity only",
        call("s3:GetObject", OBJECT, resource_account=OTHER),
        having(identity=grants(S3)),
        False,
        Layer.RESOURCE,
    ),
    (
        "cross, bucket only",
        call("s3:GetObject", OBJECT, USER, resource_account=OTHER),
        having(resource=bucket(on_bucket(USER_ARN))),
        False,
        Layer.IDENTITY,
    ),
    (
        "cross, root user named",
        call("s3:GetObject", OBJECT, Principal.root(ACCOUNT), resource_account=OTHER),
        having(resource=bucket(on_bucket(ROOT))),
        True,
        Layer.RESOURCE,
    ),
    (
        "cross, root user not named",
        call("s3:GetObject", OBJECT, Principal.root(ACCOUNT), resource_account=OTHER),
        having(),
        False,
        Layer.RESOURCE,
    ),
    (
        "anonymous, public",
        call("s3:GetObject", OBJECT, Principal.anonymous(), resource_account=OTHER),
        having(resource=bucket(on_bucket("*"))),
        True,
        Layer.RESOURCE,
    ),
    (
        "anonymous, not public",
        call("s3:GetObject", OBJECT, Principal.anonymous(), resource_account=OTHER),
        having(resource=bucket(on_bucket(ROOT))),
        False,
        Layer.RESOURCE,
    ),
    (
        "missing object, may list",
        call("s3:GetObject", OBJECT, object_exists=False),
        having(identity=grants(S3)),
        True,
        Layer.IDENTITY,
    ),
    (
        "missing object, may not list",
        call("s3:GetObject", OBJECT, object_exists=False),
        having(identity=grants(allow("s3:GetObject", f"{BUCKET}/*"))),
        False,
        Layer.IDENTITY,
    ),
    (
        "NotPrincipal excepts the session",
        call("s3:GetObject", OBJECT),
        having(
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
        True,
        Layer.IDENTITY,
    ),
    (
        "NotPrincipal excepts others",
        call("s3:GetObject", OBJECT),
        having(
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
        False,
        Layer.RESOURCE,
    ),
]


# Source: IAM User Guide, "… Action", "… NotAction", "… Resource", "… NotResource", "Variables and tags", "… Version".
def _own(pattern: str, version: str | None = "2012-10-17") -> Policies:
    return having(identity=grants(allow("s3:GetObject", pattern), version=version))


def _get(key: str, principal: Principal = USER) -> Request:
    return call("s3:GetObject", f"{BUCKET}/{key}", principal)


ELEMENTS: list[tuple[str, Request, Policies, bool, Layer]] = [
    (
        "incomplete ARN",
        assume(),
        but(GRANTED, identity=grants(allow(resource="arn:aws:iam"))),
        True,
        Layer.IDENTITY,
    ),
    (
        "incomplete ARN of another service",
        assume(),
        but(GRANTED, identity=grants(allow(resource="arn:aws:s3"))),
        False,
        Layer.IDENTITY,
    ),
    (
        "GetUser of oneself",
        call("iam:GetUser", principal=USER),
        having(identity=grants(allow("iam:GetUser", "arn:aws:iam::*:user/${aws:username}"))),
        True,
        Layer.IDENTITY,
    ),
    (
        "action in other case",
        call("s3:GetObject", OBJECT),
        having(identity=grants(allow("S3:getobject", OBJECT))),
        True,
        Layer.IDENTITY,
    ),
    (
        "action wildcard",
        call("s3:GetObject", OBJECT),
        having(identity=grants(allow("s3:Get*", OBJECT))),
        True,
        Layer.IDENTITY,
    ),
    (
        "one-letter wildcard",
        call("s3:GetObject", OBJECT),
        having(identity=grants(allow("s3:GetObjec?", OBJECT))),
        True,
        Layer.IDENTITY,
    ),
    (
        "other service",
        call("s3:GetObject", OBJECT),
        having(identity=grants(allow("s3-object-lambda:*", "*"))),
        False,
        Layer.IDENTITY,
    ),
    ("resource in other case", _get("Hello.txt"), _own(OBJECT), False, Layer.IDENTITY),
    (
        "bucket is not its objects",
        call("s3:GetObject", OBJECT),
        having(identity=grants(allow("s3:*", BUCKET))),
        False,
        Layer.IDENTITY,
    ),
    (
        "objects are not the bucket",
        call("s3:ListBucket", BUCKET),
        having(identity=grants(allow("s3:*", f"{BUCKET}/*"))),
        False,
        Layer.IDENTITY,
    ),
    ("* reaches over /", _get("a/b/c"), _own(f"{BUCKET}/*"), True, Layer.IDENTITY),
    (
        "* ends at a colon",
        assume(),
        but(GRANTED, identity=grants(allow(resource="arn:aws:iam:*:role/s3Access"))),
        False,
        Layer.IDENTITY,
    ),
    (
        "* as the account",
        assume(),
        but(GRANTED, identity=grants(allow(resource="arn:aws:iam::*:role/s3*"))),
        True,
        Layer.IDENTITY,
    ),
    (
        "last segment reaches over colons",
        call("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:a:b"),
        having(identity=grants(allow("sns:*", "arn:aws:sns:*:*:*"))),
        True,
        Layer.IDENTITY,
    ),
    (
        "list buckets on s3:::*",
        call("s3:ListAllMyBuckets"),
        having(identity=grants(allow("s3:*", "arn:aws:s3:::*"))),
        True,
        Layer.IDENTITY,
    ),
    (
        "list buckets on one bucket",
        call("s3:ListAllMyBuckets"),
        having(identity=grants(allow("s3:*", BUCKET))),
        False,
        Layer.IDENTITY,
    ),
    (
        "list users on one user",
        call("iam:ListUsers"),
        having(identity=grants(allow("iam:*", USER_ARN))),
        False,
        Layer.IDENTITY,
    ),
    (
        "NotAction",
        call("s3:GetObject", OBJECT),
        having(identity=grants({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
        True,
        Layer.IDENTITY,
    ),
    (
        "NotAction leaves out",
        call("iam:ListUsers"),
        having(identity=grants({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
        False,
        Layer.IDENTITY,
    ),
    (
        "NotResource",
        call("s3:GetObject", OBJECT),
        having(
            identity=grants(
                {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::secret/*"}
            )
        ),
        True,
        Layer.IDENTITY,
    ),
    (
        "NotResource leaves out",
        call("s3:GetObject", OBJECT),
        having(
            identity=grants({"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"})
        ),
        False,
        Layer.IDENTITY,
    ),
    (
        "a role's path counts",
        assume(role=f"arn:aws:iam::{ACCOUNT}:role/lab/s3Access"),
        GRANTED,
        False,
        Layer.IDENTITY,
    ),
    (
        "user name variable",
        _get("testuser/a"),
        _own(f"{BUCKET}/${{aws:username}}/*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "somebody else's folder",
        _get("other/a"),
        _own(f"{BUCKET}/${{aws:username}}/*"),
        False,
        Layer.IDENTITY,
    ),
    (
        "variable in an old version",
        _get("testuser/a"),
        _own(f"{BUCKET}/${{aws:username}}/*", "2008-10-17"),
        False,
        Layer.IDENTITY,
    ),
    (
        "variable without a version",
        _get("testuser/a"),
        _own(f"{BUCKET}/${{aws:username}}/*", None),
        False,
        Layer.IDENTITY,
    ),
    (
        "old version takes it as text",
        _get("${aws:username}/a"),
        _own(f"{BUCKET}/${{aws:username}}/*", "2008-10-17"),
        True,
        Layer.IDENTITY,
    ),
    (
        "a session has no user name",
        _get("lesson/a", SESSION),
        _own(f"{BUCKET}/${{aws:username}}/*"),
        False,
        Layer.IDENTITY,
    ),
    (
        "default value",
        _get("guest/a", SESSION),
        _own(f"{BUCKET}/${{aws:username, 'guest'}}/*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "default not needed",
        _get("testuser/a"),
        _own(f"{BUCKET}/${{aws:username, 'guest'}}/*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "key in other case",
        _get("testuser/a"),
        _own(f"{BUCKET}/${{AWS:UserName}}/*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "tag variable",
        _get("blue/a"),
        _own(f"{BUCKET}/${{aws:PrincipalTag/team}}/*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "tag that is not there",
        _get("x/a"),
        _own(f"{BUCKET}/${{aws:PrincipalTag/none}}/*"),
        False,
        Layer.IDENTITY,
    ),
    ("literal star", _get("*"), _own(f"{BUCKET}/${{*}}"), True, Layer.IDENTITY),
    ("literal star is no wildcard", _get("a"), _own(f"{BUCKET}/${{*}}"), False, Layer.IDENTITY),
    (
        "a value's star is no wildcard",
        _get("anything", replace(USER, tags={"team": "*"})),
        _own(f"{BUCKET}/${{aws:PrincipalTag/team}}"),
        False,
        Layer.IDENTITY,
    ),
    (
        "user id variable",
        _get(f"{USER_ID}/a"),
        _own(f"{BUCKET}/${{aws:userid}}/*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "session's user id",
        _get(f"{ROLE_ID}:lesson/a", SESSION),
        _own(f"{BUCKET}/${{aws:userid}}/*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "no variable before the fifth colon",
        call("iam:GetUser", USER_ARN, USER),
        having(
            identity=grants(allow("iam:GetUser", "arn:aws:iam::${aws:PrincipalAccount}:user/*"))
        ),
        False,
        Layer.IDENTITY,
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
KEYS: list[tuple[str, Request, Policies, bool, Layer]] = [
    (
        "source identity changed in a chain",
        assume(replace(SESSION, source_identity="ann"), source_identity="bob"),
        but(GRANTED, identity=grants(allow("sts:*", "*")), trust=TRUSTS_ALL),
        False,
        Layer.CREDENTIALS,
    ),
    (
        "source identity kept in a chain",
        assume(replace(SESSION, source_identity="ann"), source_identity="ann"),
        but(GRANTED, identity=grants(allow("sts:*", "*")), trust=TRUSTS_ALL),
        True,
        Layer.IDENTITY,
    ),
    (
        "tags of a federation token",
        call("sts:GetFederationToken", principal=USER, context={"aws:TagKeys": "project"}),
        having(identity=grants(allow("sts:GetFederationToken", "*"))),
        False,
        Layer.IDENTITY,
    ),
    (
        "role tag",
        assume(role_tags={"team": "blue"}),
        _if("StringEquals", "aws:ResourceTag/team", "blue"),
        True,
        Layer.IDENTITY,
    ),
    (
        "no role tag",
        assume(role_tags={}),
        _if("StringEquals", "aws:ResourceTag/team", "blue"),
        False,
        Layer.IDENTITY,
    ),
    (
        "role tag as iam:",
        assume(role_tags={"team": "blue"}),
        _if("StringEquals", "iam:ResourceTag/Team", "blue"),
        True,
        Layer.IDENTITY,
    ),
    (
        "tag of user and role",
        assume(role_tags={"team": "blue"}),
        _if("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
        True,
        Layer.IDENTITY,
    ),
    (
        "principal tag in other case",
        assume(),
        _if("StringEquals", "aws:principaltag/TEAM", "blue"),
        True,
        Layer.IDENTITY,
    ),
    (
        "MFA with the call",
        assume(mfa=True),
        _if("Bool", "aws:MultiFactorAuthPresent", "true"),
        True,
        Layer.IDENTITY,
    ),
    (
        "MFA in the token",
        assume(MFA_TOKEN),
        _if("Bool", "aws:MultiFactorAuthPresent", "true"),
        True,
        Layer.IDENTITY,
    ),
    (
        "MFA young enough",
        assume(MFA_TOKEN),
        _if("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
        True,
        Layer.IDENTITY,
    ),
    (
        "no MFA on a key",
        assume(),
        _if("Bool", "aws:MultiFactorAuthPresent", "true"),
        False,
        Layer.IDENTITY,
    ),
    (
        "no MFA on a key, IfExists",
        assume(),
        _if("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
        True,
        Layer.IDENTITY,
    ),
    (
        "a session has no MFA",
        LIST,
        _if("Bool", "aws:MultiFactorAuthPresent", "true", "s3:*"),
        False,
        Layer.IDENTITY,
    ),
    (
        "session's principal ARN is the role's",
        LIST,
        _if("ArnEquals", "aws:PrincipalArn", ROLE_ARN, "s3:*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "not the session's",
        LIST,
        _if("ArnEquals", "aws:PrincipalArn", SESSION_ARN, "s3:*"),
        False,
        Layer.IDENTITY,
    ),
    (
        "session tag",
        replace(LIST, principal=TAGGED),
        _if("StringEquals", "aws:PrincipalTag/project", "lab", "s3:*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "tag asked for",
        assume(tags={"project": "lab"}),
        but(_if("StringEquals", "aws:RequestTag/project", "lab", "sts:*"), trust=TRUSTS_ALL),
        True,
        Layer.IDENTITY,
    ),
    (
        "tag keys asked for",
        assume(tags={"project": "lab", "x": "y"}),
        but(
            _if("ForAllValues:StringEquals", "aws:TagKeys", ["project"], "sts:*"), trust=TRUSTS_ALL
        ),
        False,
        Layer.IDENTITY,
    ),
    (
        "source identity stays",
        replace(LIST, principal=replace(SESSION, source_identity="ann")),
        _if("StringEquals", "aws:SourceIdentity", "ann", "s3:*"),
        True,
        Layer.IDENTITY,
    ),
    (
        "a key has no issue time",
        assume(),
        _if("Null", "aws:TokenIssueTime", "true"),
        True,
        Layer.IDENTITY,
    ),
    (
        "a session has",
        LIST,
        _if("Null", "aws:TokenIssueTime", "true", "s3:*"),
        False,
        Layer.IDENTITY,
    ),
    (
        "principal's account",
        assume(),
        _if("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        True,
        Layer.IDENTITY,
    ),
    (
        "resource's account",
        assume(role=FOREIGN_ROLE),
        _if("StringEquals", "aws:ResourceAccount", OTHER),
        True,
        Layer.IDENTITY,
    ),
    (
        "principal's type",
        LIST,
        _if("StringEquals", "aws:PrincipalType", "AssumedRole", "s3:*"),
        True,
        Layer.IDENTITY,
    ),
]

# Source: IAM User Guide, "Compare AWS STS credentials"; STS API Reference.
EVERYTHING = having(identity=grants(allow("*", "*")), trust=trust())
TOKEN = Principal.user(USER_ARN, USER_ID, session_token=True, issued=NOW)
CREDENTIALS: list[tuple[str, Request, Policies, bool, Layer]] = [
    (
        "GetSessionToken, IAM without MFA",
        call("iam:ListUsers", principal=TOKEN),
        EVERYTHING,
        False,
        Layer.CREDENTIALS,
    ),
    (
        "GetSessionToken, IAM with MFA",
        call("iam:ListUsers", principal=replace(TOKEN, mfa=True)),
        EVERYTHING,
        True,
        Layer.IDENTITY,
    ),
    (
        "GetSessionToken, S3",
        call("s3:ListAllMyBuckets", principal=TOKEN),
        EVERYTHING,
        True,
        Layer.IDENTITY,
    ),
    (
        "GetSessionToken, other STS",
        call("sts:GetFederationToken", principal=TOKEN),
        EVERYTHING,
        False,
        Layer.CREDENTIALS,
    ),
    (
        "GetSessionToken itself needs nothing",
        call("sts:GetSessionToken", principal=USER),
        having(),
        True,
        Layer.NO_POLICY_NEEDED,
    ),
    (
        "a session cannot get a session token",
        call("sts:GetSessionToken"),
        EVERYTHING,
        False,
        Layer.CREDENTIALS,
    ),
    (
        "GetCallerIdentity even when denied",
        call("sts:GetCallerIdentity"),
        having(identity=grants(deny("*"))),
        True,
        Layer.NO_POLICY_NEEDED,
    ),
    (
        "GetFederationToken needs a permission",
        call("sts:GetFederationToken", principal=USER),
        having(),
        False,
        Layer.IDENTITY,
    ),
    (
        "federated user, IAM",
        call("iam:ListUsers", principal=FEDERATED),
        EVERYTHING,
        False,
        Layer.CREDENTIALS,
    ),
    (
        "federated user, who am I",
        call("sts:GetCallerIdentity", principal=FEDERATED),
        having(),
        True,
        Layer.NO_POLICY_NEEDED,
    ),
    (
        "inactive key",
        call("s3:ListAllMyBuckets", principal=replace(USER, credential=CredentialState.INACTIVE)),
        EVERYTHING,
        False,
        Layer.CREDENTIALS,
    ),
    (
        "expired session",
        call("s3:ListAllMyBuckets", principal=replace(SESSION, credential=CredentialState.EXPIRED)),
        EVERYTHING,
        False,
        Layer.CREDENTIALS,
    ),
    (
        "even who am I needs a key",
        call("sts:GetCallerIdentity", principal=replace(USER, credential=CredentialState.DELETED)),
        EVERYTHING,
        False,
        Layer.CREDENTIALS,
    ),
]

TABLE = [*ASSUMING, *LIMITS, *BUCKETS, *ELEMENTS, *KEYS, *CREDENTIALS]


@pytest.mark.parametrize(
    ("request_", "policies", "allowed", "layer"),
    [pytest.param(*row[1:], id=row[0]) for row in TABLE],
)
def test_a_documented_rule_is_followed(
    request_: Request, policies: Policies, allowed: bool, layer: Layer
) -> None:
    """Each row is a sentence of AWS's documentation; the layer is what the learner is sent to."""
    decision = decide(request_, policies)
    assert (decision.allowed, decision.layer) == (allowed, layer)


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


def test_what_is_not_known_does_not_matter_where_the_answer_is_the_same() -> None:
    """A condition on an unknown key in one statement is no reason to doubt a refusal by another policy."""
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
