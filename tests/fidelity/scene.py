"""The scene of a case: users, roles, buckets, and the request, ready to be sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from .runner import Case, Credentials, Runner

_S3 = {
    "s3:ListAllMyBuckets": "list_buckets",
    "s3:ListBucket": "list_objects_v2",
    "s3:GetObject": "get_object",
    "s3:PutObject": "put_object",
    "s3:DeleteObject": "delete_object",
    "s3:CreateBucket": "create_bucket",
    "s3:DeleteBucket": "delete_bucket",
    "s3:GetBucketPolicy": "get_bucket_policy",
    "s3:PutBucketPolicy": "put_bucket_policy",
    "s3:GetBucketLocation": "get_bucket_location",
    "s3:HeadBucket": "head_bucket",
    "s3:HeadObject": "head_object",
    "s3:CopyObject": "copy_object",
}
_NAMES = {
    "user": "UserName",
    "role": "RoleName",
    "group": "GroupName",
    "instance-profile": "InstanceProfileName",
}


class Scene:
    """Makes what one case needs."""

    def __init__(self, runner: Runner, case: Case) -> None:
        self._runner = runner
        self._case = case
        self._setup: dict[str, Any] = case["setup"]
        self._request: dict[str, Any] = case["request"]
        self._keys: dict[tuple[str, str], Credentials] = {}
        self._seeds: dict[tuple[str, str], tuple[str, str]] = {}

    def made(self) -> Callable[[], object]:
        """Make it all and return the request that is to be judged."""
        for policy in self._setup["policies"]:
            self._iam(policy["account"]).create_policy(
                PolicyName=policy["name"], PolicyDocument=json.dumps(policy["document"])
            )
        for user in self._setup["users"]:
            self._make_user(user)
        self._make_roles()
        for bucket in self._setup["buckets"]:
            self._make_bucket(bucket)
        caller = self._caller()
        for change in self._request["after_session"]:
            self._change(**change)
        if self._request["principal"]["type"] == "user" and not self._request["principal"]["via"]:
            caller = self._credentials()
        return self._ask(self._spoiled(caller))

    # -- what there is -----------------------------------------------------------------------------

    def _account(self, letter: str) -> str:
        return self._case["accounts"].get(letter, letter)

    def _iam(self, letter: str) -> Any:
        return self._runner.client("iam", self._runner.root(self._account(letter)))

    def _make_user(self, user: Mapping[str, Any]) -> None:
        iam, name = self._iam(user["account"]), user["name"]
        more = (
            {"PermissionsBoundary": self._policy(iam, f"{name}-boundary", user["boundary"])}
            if user["boundary"]
            else {}
        )
        iam.create_user(UserName=name, Path=user["path"], Tags=_tags(user["tags"]), **more)
        for number, document in enumerate(user["inline"]):
            iam.put_user_policy(
                UserName=name, PolicyName=f"inline{number}", PolicyDocument=json.dumps(document)
            )
        for number, policy in enumerate(user["attached"]):
            iam.attach_user_policy(
                UserName=name, PolicyArn=self._policy(iam, f"{name}-{number}", policy)
            )
        for group in user["groups"]:
            self._make_group(iam, name, group)
        self._make_key(user["account"], name)
        if user["mfa_device"]:
            self._make_device(user["account"], name)
        if user.get("password"):
            iam.create_login_profile(UserName=name, Password=user["password"])

    def _make_group(self, iam: Any, user: str, group: Mapping[str, Any]) -> None:
        name = group["name"]
        iam.create_group(GroupName=name)
        for number, document in enumerate(group.get("inline", [])):
            iam.put_group_policy(
                GroupName=name, PolicyName=f"inline{number}", PolicyDocument=json.dumps(document)
            )
        for number, policy in enumerate(group.get("attached", [])):
            iam.attach_group_policy(
                GroupName=name, PolicyArn=self._policy(iam, f"{name}-{number}", policy)
            )
        iam.add_user_to_group(GroupName=name, UserName=user)

    def _make_key(self, account: str, user: str) -> None:
        key = self._iam(account).create_access_key(UserName=user)["AccessKey"]
        self._keys[(account, user)] = (key["AccessKeyId"], key["SecretAccessKey"], None)

    def _make_device(self, account: str, user: str) -> None:
        iam = self._iam(account)
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
        seed = device["Base32StringSeed"].decode()
        self._seeds[(account, user)] = (device["SerialNumber"], seed)
        first, second = code(seed, -1), code(seed, 0)
        iam.enable_mfa_device(
            UserName=user,
            SerialNumber=device["SerialNumber"],
            AuthenticationCode1=first,
            AuthenticationCode2=second,
        )

    def _make_roles(self) -> None:
        """Make the roles; one whose trust policy names a later one waits for it."""
        waiting = list(self._setup["roles"])
        for _ in range(len(waiting)):
            waiting = [role for role in waiting if not self._is_made(role)]
        for role in waiting:
            self._make_role(role)

    def _is_made(self, role: Mapping[str, Any]) -> bool:
        try:
            self._make_role(role)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "MalformedPolicyDocument":
                raise
            return False
        return True

    def _make_role(self, role: Mapping[str, Any]) -> None:
        iam, name = self._iam(role["account"]), role["name"]
        iam.create_role(
            RoleName=name,
            Path=role["path"],
            AssumeRolePolicyDocument=json.dumps(role["trust"]),
            MaxSessionDuration=role["max_session"],
            Tags=_tags(role["tags"]),
        )
        if role["boundary"]:
            iam.put_role_permissions_boundary(
                RoleName=name,
                PermissionsBoundary=self._policy(iam, f"{name}-boundary", role["boundary"]),
            )
        for number, document in enumerate(role["inline"]):
            iam.put_role_policy(
                RoleName=name, PolicyName=f"inline{number}", PolicyDocument=json.dumps(document)
            )
        for number, policy in enumerate(role["attached"]):
            iam.attach_role_policy(
                RoleName=name, PolicyArn=self._policy(iam, f"{name}-{number}", policy)
            )

    def _make_bucket(self, bucket: Mapping[str, Any]) -> None:
        s3 = self._runner.client("s3", self._runner.root(self._account(bucket["account"])))
        s3.create_bucket(Bucket=bucket["name"])
        for key in bucket.get("objects", []):
            s3.put_object(Bucket=bucket["name"], Key=key, Body=b"hello")
        if bucket.get("policy"):
            s3.put_bucket_policy(Bucket=bucket["name"], Policy=json.dumps(bucket["policy"]))

    @staticmethod
    def _policy(iam: Any, name: str, policy: str | Mapping[str, Any]) -> str:
        """Return the ARN of a managed policy, made here if it is given as a document."""
        if isinstance(policy, str):
            return policy
        return iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))["Policy"][
            "Arn"
        ]

    # -- who asks ----------------------------------------------------------------------------------

    def _credentials(self) -> Credentials:
        principal = self._request["principal"]
        if principal["type"] == "root" or principal["name"] == "root":
            return self._runner.root(self._account(principal["account"]))
        return self._keys[(principal["account"], principal["name"])]

    def _caller(self) -> Credentials:
        held = self._credentials()
        for step in self._request["principal"]["via"]:
            sts = self._runner.client("sts", held)
            if "role" in step:
                params = {"RoleSessionName": "lab-session", **step.get("params", {})}
                told = sts.assume_role(RoleArn=step["role"], **params, **self._mfa(step))
            elif "get_session_token" in step:
                told = sts.get_session_token(**step.get("params", {}), **self._mfa(step))
            else:
                params = step.get("params", {})
                told = sts.get_federation_token(**{"Name": "lab-federated", **params})
            held = (
                told["Credentials"]["AccessKeyId"],
                told["Credentials"]["SecretAccessKey"],
                told["Credentials"]["SessionToken"],
            )
        return held

    def _mfa(self, step: Mapping[str, Any]) -> dict[str, str]:
        wanted = step.get(
            "mfa", self._request["context"].get("mfa") and "get_session_token" in step
        )
        principal = self._request["principal"]
        return self._device_code(principal["account"], principal["name"]) if wanted else {}

    def _device_code(self, account: str, user: str) -> dict[str, str]:
        serial, seed = self._seeds[(account, user)]
        return {"SerialNumber": serial, "TokenCode": code(seed, 0)}

    def _spoiled(self, held: Credentials) -> Credentials:
        """Return the credentials as the case has them: inactive, deleted, without token …."""
        key, secret, token = held
        principal = self._request["principal"]
        match self._request["credential"]:
            case "inactive":
                self._iam(principal["account"]).update_access_key(
                    UserName=principal["name"], AccessKeyId=key, Status="Inactive"
                )
            case "deleted":
                self._iam(principal["account"]).delete_access_key(
                    UserName=principal["name"], AccessKeyId=key
                )
            case "no_token":
                token = None
            case "wrong_token":
                token = "A" * len(token or "A")
            case "wrong_secret":
                secret = "x" * 40
            case "unknown":
                key = "AKIAIOSFODNN7EXAMPLE"
            case "normal":
                pass
            case other:
                raise ValueError(f"no such credential: {other}")
        return key, secret, token

    # -- what changes before the request

    def _change(self, op: str, account: str = "A", **what: Any) -> None:
        iam = self._iam(account)
        user, role = what.get("user", "testuser"), what.get("role", "s3Access")
        match op:
            case "recreate_user":
                self._delete_user(iam, user)
                self._keys.pop((account, user))
                self._make_user(next(one for one in self._setup["users"] if one["name"] == user))
            case "delete_user":
                self._delete_user(iam, user)
            case "delete_user_policy":
                for name in iam.list_user_policies(UserName=user)["PolicyNames"]:
                    iam.delete_user_policy(UserName=user, PolicyName=name)
            case "put_user_policy":
                iam.put_user_policy(
                    UserName=user, PolicyName="later", PolicyDocument=json.dumps(what["policy"])
                )
            case "deactivate_keys" | "delete_keys":
                for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
                    if op == "delete_keys":
                        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
                    else:
                        iam.update_access_key(
                            UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive"
                        )
            case "put_role_policy":
                iam.put_role_policy(
                    RoleName=role, PolicyName="later", PolicyDocument=json.dumps(what["policy"])
                )
            case "detach_role_policy" | "detach_role_policies":
                for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
                    iam.detach_role_policy(RoleName=role, PolicyArn=one["PolicyArn"])
            case "update_trust":
                iam.update_assume_role_policy(
                    RoleName=role, PolicyDocument=json.dumps(what["trust"])
                )
            case "delete_role":
                _delete_role(iam, role)
            case "recreate_role":
                _delete_role(iam, role)
                self._make_role(next(one for one in self._setup["roles"] if one["name"] == role))
            case "call":
                service, _, operation = str(what["operation"]).partition(":")
                client = self._runner.client(service, self._runner.root(self._account(account)))
                getattr(client, xform_name(operation))(**what.get("params", {}))
            case _:
                raise ValueError(f"no such change: {op}")

    def _delete_user(self, iam: Any, user: str) -> None:
        for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        for name in iam.list_user_policies(UserName=user)["PolicyNames"]:
            iam.delete_user_policy(UserName=user, PolicyName=name)
        for one in iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]:
            iam.detach_user_policy(UserName=user, PolicyArn=one["PolicyArn"])
        for group in iam.list_groups_for_user(UserName=user)["Groups"]:
            iam.remove_user_from_group(UserName=user, GroupName=group["GroupName"])
        for device in iam.list_mfa_devices(UserName=user)["MFADevices"]:
            iam.deactivate_mfa_device(UserName=user, SerialNumber=device["SerialNumber"])
            iam.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
        iam.delete_user(UserName=user)

    # -- the request

    def _ask(self, held: Credentials) -> Callable[[], object]:
        action, params = self._request["action"], dict(self._request["params"])
        service, _, name = action.partition(":")
        client = self._runner.client(service, held, self._request["context"].get("region", ""))
        if service == "s3":
            params = self._s3_params(action, params)
            operation = _S3.get(action, xform_name(name))
        else:
            operation = xform_name(name)
            params = (
                self._sts_params(name, params)
                if service == "sts"
                else self._iam_params(name, params)
            )
        given = {key: value for key, value in params.items() if value is not None}
        return lambda: getattr(client, operation)(**given)

    def _sts_params(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        if name == "AssumeRole":
            params = {
                "RoleArn": self._request["resource"],
                "RoleSessionName": "lab-session",
                **params,
            }
        principal = self._request["principal"]
        if (
            self._request["context"].get("mfa")
            and principal["type"] == "user"
            and "TokenCode" not in params
        ):
            params |= self._device_code(principal["account"], principal["name"])
        return {
            key: json.dumps(value) if key == "Policy" and isinstance(value, dict) else value
            for key, value in params.items()
        }

    def _iam_params(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        if "trust" in params:
            key = "AssumeRolePolicyDocument" if name == "CreateRole" else "PolicyDocument"
            params[key] = _document(params.pop("trust"))
        if "policy" in params:
            params["PolicyDocument"] = _document(params.pop("policy"))
        if re.fullmatch(r"(Put|Get|Delete)(User|Role|Group)Policy", name):
            params.setdefault("PolicyName", "lab")
        found = re.fullmatch(
            r"arn:[^:]*:iam::\d{12}:([a-z-]+)(/(?:.*/)?)([^/]+)", self._request["resource"]
        )
        if not found:
            return params
        kind, path, last = found.groups()
        if kind == "policy":
            if name == "CreatePolicy":
                params.setdefault("PolicyName", last)
            else:
                params.setdefault("PolicyArn", self._request["resource"])
        elif kind in _NAMES:
            params.setdefault(_NAMES[kind], last)
        if (
            name.startswith("Create")
            and path != "/"
            and name in ("CreateUser", "CreateRole", "CreateGroup", "CreatePolicy")
        ):
            params.setdefault("Path", path)
        return params

    def _s3_params(self, action: str, params: dict[str, Any]) -> dict[str, Any]:
        found = re.fullmatch(r"arn:aws:s3:::([^/]+)(?:/(.+))?", self._request["resource"])
        if found:
            params.setdefault("Bucket", found[1])
            if found[2]:
                params.setdefault("Key", found[2])
        if action == "s3:PutObject":
            params.setdefault("Body", b"hello")
        if "policy" in params:
            params["Policy"] = _document(params.pop("policy"))
        return params


def code(seed: str, steps: int) -> str:
    """Return the code of an authenticator app (RFC 6238), so many steps of 30 s from now."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.new(
        key, (int(time.time()) // 30 + steps).to_bytes(8, "big"), hashlib.sha1
    ).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


def _delete_role(iam: Any, role: str) -> None:
    for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=role, PolicyArn=one["PolicyArn"])
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    iam.delete_role(RoleName=role)


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
