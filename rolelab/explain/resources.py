"""What a question's resource is: whether it is there, and which policies of its own it has.

And which rules of the account count beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rolelab.aws.callers import calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.failures import AwsFailure, Kind, translated
from rolelab.aws.iam_calls import call_if_there
from rolelab.diagnosis.administrator import Administrator, NotLookedAt
from rolelab.iam import Layer, Policies, Policy, account_rules
from rolelab.iam.arns import Arn, bucket_of
from rolelab.iam.language.patterns import has_wildcard

_READ_BY = {
    "user": ("GetUser", "User", "UserName"),
    "role": ("GetRole", "Role", "RoleName"),
    "group": ("GetGroup", "Group", "GroupName"),
    "policy": ("GetPolicy", "Policy", "PolicyArn"),
    "instance-profile": ("GetInstanceProfile", "InstanceProfile", "InstanceProfileName"),
}
"""Kind of a resource of IAM -> what reads one: operation, part of its answer, parameter."""
_NO_NAME = frozenset({"ParamValidationError", "ValidationError", "InvalidBucketName"})
"""What is answered, here or by AWS, to a name that nothing can have."""


@dataclass(frozen=True, slots=True)
class AskedResource:
    """What an ARN names."""

    policies: Policies = field(default_factory=Policies)
    """Its own: a role's trust policy, a bucket's policy."""
    missing: str = ""
    """That it is not there, as a sentence."""
    kind: str = ""
    """Such as `user`, of what is not there."""

    def need_not_be_there(self, action: str) -> bool:
        """Return whether an action makes such a thing, or lists all there are."""
        kind = self.kind.replace("-", "")
        many = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
        return action.partition(":")[2].lower() in (f"create{kind}", f"list{many}")


@dataclass(frozen=True, slots=True)
class ResourceReader:
    """Reads resources as the administrator of one account."""

    clients: Clients
    admin: Administrator
    account: str

    def read(self, text: str) -> AskedResource:
        """Return what is known of the resource of an ARN; nothing of `*` and of patterns.

        Raises:
            NotLookedAt: the administrator is not allowed to read it.
        """
        arn = Arn.read(text)
        if arn is None or has_wildcard(text):
            return AskedResource()
        if arn.service == "iam" and arn.kind in _READ_BY:
            return self._of_iam(text, arn)
        bucket = bucket_of(text)
        return self._bucket(bucket) if bucket else AskedResource()

    def account_rules(self, user_arn: str, action: str) -> tuple[Policy, ...]:
        """Return what the account allows a user an action by, without a policy of their own.

        Raises:
            NotLookedAt: the administrator is not allowed to read it.
        """
        if not account_rules.counts_for(action):
            return ()
        try:
            with calling_as(self.admin.require()):
                operation, part = "GetAccountPasswordPolicy", "PasswordPolicy"
                rules = call_if_there(self.clients.iam, operation, part)
        except AwsFailure as failure:
            raise _not_looked_at("the account's password policy", failure) from None
        return account_rules.allowed_to_user(rules, user_arn)

    def _of_iam(self, text: str, arn: Arn) -> AskedResource:
        if arn.account != self.account:
            # What another account trusts is not to be seen from here.
            unread = frozenset({Layer.TRUST}) if arn.kind == "role" else frozenset[Layer]()
            return AskedResource(Policies(unread=unread))
        operation, part, parameter = _READ_BY[arn.kind]
        named = text if arn.kind == "policy" else arn.name
        try:
            with calling_as(self.admin.require()):
                entity = call_if_there(self.clients.iam, operation, part, **{parameter: named})
        except AwsFailure as failure:
            if failure.code not in _NO_NAME:
                raise _not_looked_at(text, failure) from None
            entity = None
        if entity is None or entity["Arn"] != text:
            other = "" if entity is None else f"; the one of this name is {entity['Arn']}"
            return AskedResource(missing=f"There is no {arn.kind} {text}{other}.", kind=arn.kind)
        if arn.kind != "role":
            return AskedResource()
        trust = Policy.read(entity["AssumeRolePolicyDocument"], owner=f"role {arn.name}")
        return AskedResource(Policies.of({Layer.TRUST: trust}))

    def _bucket(self, bucket: str) -> AskedResource:
        try:
            with calling_as(self.admin.require()), translated("GetBucketPolicy"):
                document = self.clients.s3.get_bucket_policy(Bucket=bucket)["Policy"]
        except AwsFailure as failure:
            if failure.code == "NoSuchBucketPolicy":
                return AskedResource()
            if failure.kind is Kind.MISSING or failure.code in _NO_NAME:
                return AskedResource(missing=f"There is no bucket {bucket}.", kind="bucket")
            raise _not_looked_at(f"policy of bucket {bucket}", failure) from None
        of_bucket = Policy.read(document, owner=f"bucket {bucket}")
        return AskedResource(Policies.of({Layer.RESOURCE: of_bucket}))


def _not_looked_at(what: str, failure: AwsFailure) -> NotLookedAt:
    return NotLookedAt(f"{what}: {failure.said or failure.code}")
