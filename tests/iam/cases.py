"""Reads cases in the form of tests/fidelity/*.json into what the evaluator takes.

A case says what exists, who asks and what changed since; here it becomes a Request and Policies,
without any AWS.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rolelab.iam import (
    CredentialState,
    Decision,
    Policies,
    Policy,
    Principal,
    PrincipalKind,
    Request,
    arns,
    decide,
)
from tests.iam.builders import having

FIDELITY = Path(__file__).parent.parent / "fidelity"
NOW = datetime(2026, 1, 15, 12, 0, tzinfo=timezone.utc)

_CREDENTIALS = {
    "normal": CredentialState.ACTIVE,
    "inactive": CredentialState.INACTIVE,
    "deleted": CredentialState.DELETED,
    "expired": CredentialState.EXPIRED,
    "no_token": CredentialState.INCOMPLETE,
}
# AssumeRole's and S3's parameters that policies know as condition keys.
_S3_KEYS = {
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "ACL": "s3:x-amz-acl",
    "VersionId": "s3:VersionId",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
}

_IAM_KEYS = {"PolicyArn": "iam:PolicyARN", "PermissionsBoundary": "iam:PermissionsBoundary"}


def load(path: Path = FIDELITY / "aws-answers.json") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a file's cases, filled in with what they leave out, and AWS's managed policies."""
    given = json.loads(path.read_text("utf-8"))
    managed = json.loads((FIDELITY / "aws-answers.json").read_text("utf-8"))["managed_policies"]
    parts = {f"${name}": part for name, part in given.get("parts", {}).items()}
    return [_whole(_with_parts(case, parts)) for case in given.get("cases", ())], managed


_ANYBODY: dict[str, Any] = {
    "account": "A",
    "path": "/",
    "inline": [],
    "attached": [],
    "groups": [],
    "boundary": None,
    "tags": {},
}


def _whole(case: dict[str, Any]) -> dict[str, Any]:
    setup, request = _dict(case.get("setup")), case["request"]
    principal: dict[str, Any] = {
        "type": "user",
        "account": "A",
        "name": "testuser",
        "via": list[Any](),
    }
    principal |= _dict(request.get("principal"))
    filled: dict[str, Any] = {
        "credential": "normal",
        "after_session": [],
        "params": {},
        "context": {"source_ip": "127.0.0.1"},
    }
    return case | {
        "setup": {"accounts": {"A": "111122223333", "B": "444455556666"}}
        | setup
        | {
            "users": [_ANYBODY | {"name": "testuser"} | user for user in _list(setup.get("users"))],
            "roles": [_ANYBODY | {"name": "s3Access"} | role for role in _list(setup.get("roles"))],
        },
        "request": filled | {"resource": "*"} | request | {"principal": principal},
    }


def _with_parts(value: Any, parts: dict[str, Any]) -> Any:
    if isinstance(value, str):
        return parts.get(value, value)
    if isinstance(value, list):
        return [_with_parts(one, parts) for one in _list(value)]
    return (
        {name: _with_parts(one, parts) for name, one in _dict(value).items()}
        if isinstance(value, dict)
        else value
    )


def _list(given: Any) -> list[Any]:
    return list(given or ())


def _one_or_list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]  # pyright: ignore[reportUnknownVariableType]


def _dict(given: Any) -> dict[str, Any]:
    return dict(given or {})


@dataclass
class _Session:
    role: str
    role_id: str
    account: str
    params: dict[str, Any]
    tags: dict[str, str]
    transitive: dict[str, str]
    source_identity: str


@dataclass
class World:
    """The case's accounts while it runs."""

    case: dict[str, Any]
    managed: Mapping[str, Any]
    users: dict[tuple[str, str], dict[str, Any]] = field(
        default_factory=dict[tuple[str, str], dict[str, Any]]
    )
    roles: dict[tuple[str, str], dict[str, Any]] = field(
        default_factory=dict[tuple[str, str], dict[str, Any]]
    )
    gone: set[str] = field(default_factory=set[str])
    made: int = 0

    def __post_init__(self) -> None:
        setup = copy.deepcopy(self.case["setup"])
        self.accounts: dict[str, str] = setup["accounts"]
        self.buckets: list[dict[str, Any]] = _list(setup.get("buckets"))
        self.scp = setup.get("scp")
        own = {
            f"arn:aws:iam::{self.accounts[each['account']]}:policy/{each['name']}": each["document"]
            for each in _list(setup.get("policies"))
        }
        self.managed = dict(self.managed) | own
        for user in _list(setup.get("users")):
            self.users[user["account"], user["name"]] = user | {"id": self._id("AIDA")}
        for role in _list(setup.get("roles")):
            self.roles[role["account"], role["name"]] = role | {"id": self._id("AROA")}
        for role in self.roles.values():
            role["trust"] = self._with_ids(role["trust"])
        for bucket in self.buckets:
            if bucket.get("policy"):
                bucket["policy"] = self._with_ids(bucket["policy"])

    def _id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made:017d}"

    def user_arn(self, user: Mapping[str, Any]) -> str:
        account, path = self.accounts[user["account"]], user.get("path") or "/"
        return arns.iam(account, "user", user["name"], path=path)

    def role_arn(self, role: Mapping[str, Any]) -> str:
        account, path = self.accounts[role["account"]], role.get("path") or "/"
        return arns.iam(account, "role", role["name"], path=path)

    def _with_ids(self, document: Any) -> Any:
        """Put unique ids in place of the ARNs of users and roles, as AWS does when it saves."""
        ids = {self.user_arn(user): user["id"] for user in self.users.values()}
        ids |= {self.role_arn(role): role["id"] for role in self.roles.values()}
        given = json.loads(document) if isinstance(document, str) else copy.deepcopy(document)
        for statement in _one_or_list(given.get("Statement", [])):
            for element in ("Principal", "NotPrincipal"):
                named: Any = statement.get(element)
                if named is not None and named != "*" and "AWS" in named:
                    named["AWS"] = [ids.get(entry, entry) for entry in _one_or_list(named["AWS"])]
        return given

    def role_of(self, arn: str) -> dict[str, Any] | None:
        return next((role for role in self.roles.values() if self.role_arn(role) == arn), None)

    def change(self, change: Mapping[str, Any]) -> None:
        """Carry out one of the case's changes between AssumeRole and the request."""
        op = change["op"]
        if op == "call":
            self._called(change["operation"], change["params"])
            return
        of_user = "user" in change or "user" in op or op.endswith("_keys")
        kind = self.users if of_user else self.roles
        name = change.get("user", "testuser") if of_user else change.get("role", "s3Access")
        key = next(key for key in kind if key[1] == name)
        thing = kind[key]
        if op in ("delete_user", "delete_role"):
            self.gone.add(kind.pop(key)["id"])
        elif op in ("recreate_user", "recreate_role"):
            self.gone.add(thing["id"])
            thing["id"] = self._id("AIDA" if op == "recreate_user" else "AROA")
            if "trust" in thing and op == "recreate_role":
                thing["trust"] = self._with_ids(thing["trust"])
        elif op in ("put_role_policy", "put_user_policy"):
            thing["inline"] = [*thing["inline"], change["policy"]]
        elif op in ("delete_role_policy", "delete_user_policy", "delete_inline"):
            thing["inline"] = []
        elif op in ("detach_role_policy", "detach_role_policies", "detach_user_policy", "detach"):
            wanted = change.get("policy") or change.get("arn")
            thing["attached"] = [arn for arn in thing["attached"] if wanted not in (None, arn)]
        elif op in ("attach_role_policy", "attach_user_policy"):
            thing["attached"] = [*thing["attached"], change.get("policy") or change["arn"]]
        elif op in ("update_trust", "update_assume_role_policy"):
            thing["trust"] = self._with_ids(change.get("policy") or change["trust"])
        elif op in ("put_role_boundary", "put_user_boundary"):
            thing["boundary"] = change["policy"]
        elif op == "deactivate_keys" or op == "delete_keys":
            thing["keys"] = op
        else:
            raise NotImplementedError(op)

    def _called(self, operation: str, params: Mapping[str, Any]) -> None:
        """Carry out a call of the administrator's that bears on policies."""
        if operation == "iam:DeleteUserPermissionsBoundary":
            self._user(params)["boundary"] = None
        elif operation == "iam:UpdateUser":
            self._user(params)["path"] = params["NewPath"]
        elif operation == "iam:CreatePolicyVersion":
            if params.get("SetAsDefault"):
                user = self._user(
                    {"UserName": params["PolicyArn"].rsplit("/", 1)[-1].rsplit("-", 1)[0]}
                )
                user["attached"] = [json.loads(params["PolicyDocument"])]
        else:
            raise NotImplementedError(operation)

    def _user(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return next(user for (_, name), user in self.users.items() if name == params["UserName"])

    def policy(self, document: Any, owner: str, name: str) -> Policy:
        if isinstance(document, str) and document.startswith("arn:"):
            return Policy.read(
                self.managed[document], document.rsplit("/", 1)[-1], owner=owner, arn=document
            )
        return Policy.read(document, name, owner=owner)

    def identity(self, thing: Mapping[str, Any], owner: str) -> tuple[Policy, ...]:
        found = [
            self.policy(each, owner, f"inline-{n}")
            for n, each in enumerate(_list(thing.get("inline")), 1)
        ]
        found += [
            self.policy(each, owner, f"managed-{n}")
            for n, each in enumerate(_list(thing.get("attached")))
        ]
        for group in _list(thing.get("groups")):
            found += self.identity(group, f"group {group['name']}")
        return tuple(found)

    def boundary(self, thing: Mapping[str, Any], owner: str) -> Policy | None:
        return self.policy(thing["boundary"], owner, "boundary") if thing.get("boundary") else None


def build(case: dict[str, Any], managed: Mapping[str, Any]) -> Iterator[tuple[Request, Policies]]:
    """Yield every call of a case with the policies that bear on it.

    The roles assumed first, then the request.
    """
    world = World(case, managed)
    asked = case["request"]
    who = asked["principal"]
    account = world.accounts[who["account"]]
    user = world.users.get((who["account"], who["name"]))
    session: _Session | None = None
    special = ""
    special_policies: tuple[Policy, ...] | None = None
    for step in _list(who.get("via")):
        params = _dict(step.get("params"))
        if "role" not in step:
            special = next(iter(step))
            special_policies = _session_policies(world, params or step)
            mfa_made = any(
                (
                    step.get("mfa"),
                    params.get("mfa"),
                    params.get("TokenCode"),
                    asked["context"].get("mfa"),
                )
            )
            special += "+mfa" if mfa_made else ""
            continue
        caller = _principal(world, account, who, user, session, special, asked)
        context = _dict(step.get("context") or asked.get("context"))
        yield _call(
            world,
            caller,
            user,
            session,
            special_policies,
            "sts:AssumeRole",
            step["role"],
            params,
            context,
        )
        role = world.role_of(step["role"])
        assert role is not None
        passed = {tag["Key"]: tag["Value"] for tag in _list(params.get("Tags"))}
        inherited = session.transitive if session else {}
        keep = set(_list(params.get("TransitiveTagKeys")))
        session = _Session(
            step["role"],
            role["id"],
            world.accounts[role["account"]],
            params,
            _dict(role.get("tags")) | passed | inherited,
            inherited | {key: value for key, value in passed.items() if key in keep},
            params.get("SourceIdentity") or (session.source_identity if session else ""),
        )
        special_policies = _session_policies(world, params)
    for change in _list(asked.get("after_session")):
        world.change(change)
    user = world.users.get((who["account"], who["name"]))
    caller = _principal(world, account, who, user, session, special, asked)
    params = _dict(asked.get("params"))
    for action, resource in _actions(world, caller, asked):
        yield _call(
            world,
            caller,
            user,
            session,
            special_policies,
            action,
            resource,
            params,
            asked["context"],
        )


_OPERATIONS = {"s3:HeadBucket": "s3:ListBucket", "s3:HeadObject": "s3:GetObject"}


def _actions(
    world: World, caller: Principal, asked: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the actions and resources that policies are asked about.

    Not always the operation's own.
    """
    action, resource = str(asked["action"]), str(asked["resource"])
    if action == "s3:CopyObject":
        yield "s3:GetObject", f"arn:aws:s3:::{asked['params']['CopySource']}"
        yield "s3:PutObject", resource
        return
    named = next(
        (user for user in world.users.values() if resource.endswith(f":user/{user['name']}")), None
    )
    yield _OPERATIONS.get(action, action), world.user_arn(named) if named else resource


def _session_policies(world: World, params: Mapping[str, Any]) -> tuple[Policy, ...] | None:
    found = [Policy.read(params["Policy"], "passed to AssumeRole")] if params.get("Policy") else []
    found += [
        world.policy(each["arn"] if isinstance(each, dict) else each, "session", "")
        for each in _list(params.get("PolicyArns"))
    ]
    return tuple(found) if found else None


def _principal(
    world: World,
    account: str,
    who: Mapping[str, Any],
    user: Mapping[str, Any] | None,
    session: _Session | None,
    special: str,
    asked: Mapping[str, Any],
) -> Principal:
    state = _CREDENTIALS[asked.get("credential") or "normal"]
    issued = NOW - timedelta(minutes=5)
    if session is not None:
        role = world.role_of(session.role)
        if role is None or role["id"] != session.role_id:
            state = CredentialState.ORPHANED
        return Principal.role_session(
            session.role,
            session.params.get("RoleSessionName") or "lab-session",
            session.role_id,
            tags=session.tags,
            issued=issued,
            source_identity=session.source_identity,
            credential=state,
        )
    if who["type"] == "root":
        return Principal.root(account)
    if who["type"] in ("service", "anonymous"):
        return Principal.service(who["name"]) if who["type"] == "service" else Principal.anonymous()
    if user is None:
        arn = f"arn:aws:iam::{account}:user/{who['name']}"
        return Principal.user(arn, credential=CredentialState.ORPHANED)
    if special.startswith("get_federation_token"):
        return Principal.federated_user(world.user_arn(user), "learner", issued=issued)
    if user.get("keys") and not special:
        state = (
            CredentialState.INACTIVE
            if user["keys"] == "deactivate_keys"
            else CredentialState.DELETED
        )
    return Principal.user(
        world.user_arn(user),
        user["id"],
        tags=_dict(user.get("tags")),
        session_token=bool(special),
        mfa=special.endswith("+mfa"),
        issued=issued if special else None,
        credential=state,
    )


def _call(
    world: World,
    caller: Principal,
    user: Mapping[str, Any] | None,
    session: _Session | None,
    session_policies: tuple[Policy, ...] | None,
    action: str,
    resource: str,
    params: Mapping[str, Any],
    given: Mapping[str, Any],
) -> tuple[Request, Policies]:
    context: dict[str, Any] = {"aws:RequestedRegion": given.get("region") or "us-east-1"}
    if given.get("source_ip"):
        context["aws:SourceIp"] = given["source_ip"]
    if action.startswith("iam:"):
        context |= {_IAM_KEYS[name]: value for name, value in params.items() if name in _IAM_KEYS}
    if action in ("iam:CreateUser", "iam:CreateRole", "sts:GetFederationToken") and params.get(
        "Tags"
    ):
        tags = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        context |= {f"aws:RequestTag/{name}": value for name, value in tags.items()} | {
            "aws:TagKeys": tuple(tags)
        }
    context |= {_S3_KEYS[name]: str(value) for name, value in params.items() if name in _S3_KEYS}
    if action.startswith("sts:AssumeRole"):
        request = Request.assume_role(
            caller,
            params.get("RoleArn") or resource,
            params.get("RoleSessionName") or "lab-session",
            external_id=params.get("ExternalId") or "",
            source_identity=params.get("SourceIdentity") or "",
            tags={tag["Key"]: tag["Value"] for tag in _list(params.get("Tags"))},
            transitive_tags=params.get("TransitiveTagKeys") or (),
            mfa=bool(given.get("mfa")) and caller.kind is PrincipalKind.USER,
            now=NOW,
            role_tags=_dict((world.role_of(resource) or {}).get("tags")),
            context=context,
        )
    else:
        request = Request(
            principal=caller,
            action=action,
            resource=resource,
            context=context,
            now=NOW,
            resource_account=_bucket_account(world, resource),
            resource_tags={},
            object_exists=_object_exists(world, resource),
        )
    thing: Mapping[str, Any] = (world.role_of(session.role) if session else user) or {}
    owner = caller.entity
    identity = world.identity(thing, owner)
    role = world.role_of(resource)
    bucket = _bucket(world, resource)
    scp = None if not world.scp else ((Policy.read(world.scp, "scp"),),)
    return request, having(
        identity=identity,
        boundary=world.boundary(thing, owner),
        session=session_policies,
        trust=Policy.read(role["trust"], owner=f"role {role['name']}") if role else None,
        resource=Policy.read(bucket["policy"], owner=f"bucket {bucket['name']}")
        if bucket and bucket.get("policy")
        else None,
        service_control=scp,
    )


def _bucket(world: World, resource: str) -> dict[str, Any] | None:
    name = resource.removeprefix("arn:aws:s3:::").split("/", 1)[0]
    return next((bucket for bucket in world.buckets if bucket["name"] == name), None)


def _bucket_account(world: World, resource: str) -> str:
    bucket = _bucket(world, resource)
    return world.accounts[bucket["account"]] if bucket else ""


def _object_exists(world: World, resource: str) -> bool:
    bucket = _bucket(world, resource)
    return (
        bucket is None
        or "/" not in resource
        or resource.split("/", 1)[1] in _list(bucket.get("objects"))
    )


def answer(case: dict[str, Any], managed: Mapping[str, Any]) -> Decision:
    """Decide a case; a role on the way that could not be assumed is an error of the case."""
    roles = sum("role" in step for step in case["request"]["principal"].get("via") or ())
    decisions = [decide(request, policies) for request, policies in build(case, managed)]
    for on_the_way in decisions[:roles]:
        assert on_the_way.allowed, f"{case['id']}: not assumed on the way: {on_the_way}"
    return next((one for one in decisions[roles:] if not one.allowed), decisions[-1])
