"""Who calls: root, a user, a role's session, a federated user, each with its condition keys.

A session stands for its role by the role's unique id: a role recreated under the old name is another
one, and sessions of the old one have no permissions any more. The same holds for users.

Source: IAM User Guide, "IAM identifiers" (unique IDs), "Compare AWS STS credentials", "AWS global
condition context keys" (properties of the principal, properties of a role session).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

from rolelab.iam import arns, names
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import (
    HolderRecord,
    PrincipalRecord,
    RoleRecord,
    SessionRecord,
    TagRecord,
    UserRecord,
)
from rolelab.localaws.statements import Statement, parsed

Policies = list[tuple[Statement, ...]]
Keys = dict[str, "str | list[str]"]
"""Condition keys in lower case, with their values."""

_ALL = parsed('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')


class Kind(Enum):
    """The kind of principal, in the words of `aws:PrincipalType`."""

    ROOT = "Account"
    USER = "User"
    ROLE_SESSION = "AssumedRole"
    FEDERATED = "FederatedUser"
    ANONYMOUS = "Anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The principal of one request."""

    kind: Kind
    account: str
    arn: str
    """As GetCallerIdentity gives it: for a session the session's."""
    principal_id: str
    """As GetCallerIdentity gives it (UserId): `AROA…:session` for a session."""
    access_key_id: str
    name: str = ""
    """User or role; empty for root."""
    entity: UserRecord | RoleRecord | None = None
    """The user or role behind it; None for root, and where it is gone."""
    session: SessionRecord | None = None
    """For temporary credentials."""
    keys: Keys = field(default_factory=Keys)
    """The condition keys that describe the caller."""

    @property
    def entity_arn(self) -> str:
        """ARN of the user, role or root; what `aws:PrincipalArn` holds."""
        value = self.keys["aws:principalarn"]
        return value if isinstance(value, str) else value[0]

    @property
    def entity_id(self) -> str:
        """Unique id of the user or role."""
        return self.principal_id.partition(":")[0]

    @property
    def is_session_token(self) -> bool:
        """True for what GetSessionToken gave a user (or root)."""
        return self.session is not None and self.kind in (Kind.USER, Kind.ROOT)

    @property
    def has_mfa(self) -> bool:
        """True for temporary credentials that a code of an MFA device was given for."""
        return self.keys.get("aws:multifactorauthpresent") == "true"


def is_root_key(access_key_id: str) -> bool:
    """Return whether an access key id is 12 digits: the root of that account."""
    return names.ACCOUNT_ID.fullmatch(access_key_id or "") is not None


def caller_of(store: IdentityStore, access_key_id: str) -> Caller | None:
    """Return who owns a (checked) access key, or None if nobody does any more."""
    if is_root_key(access_key_id):
        return _root(access_key_id, access_key_id, None)
    session = store.sessions.get(access_key_id)
    if session is not None:
        return _SESSIONS[session["PrincipalType"]](store, access_key_id, session)
    key, account = store.keys.find(access_key_id), store.keys.account_of(access_key_id)
    if key is None or account is None:
        return None
    user = store.users.get(account, key["UserName"])
    return _user(account, access_key_id, key["UserName"], user, None)


def _root(account: str, access_key_id: str, session: SessionRecord | None) -> Caller:
    arn = arns.account_root(account)
    return Caller(
        kind=Kind.ROOT,
        account=account,
        arn=arn,
        principal_id=account,
        access_key_id=access_key_id,
        session=session,
        keys=_principal_keys(Kind.ROOT, account, arn, account) | _session_keys(session),
    )


def _user(
    account: str,
    access_key_id: str,
    name: str,
    user: UserRecord | None,
    session: SessionRecord | None,
) -> Caller:
    arn = user["Arn"] if user else arns.iam(account, "user", name)
    unique_id = user["UserId"] if user else session["UserId"] if session else ""
    return Caller(
        kind=Kind.USER,
        account=account,
        arn=arn,
        principal_id=unique_id,
        access_key_id=access_key_id,
        name=name,
        entity=user,
        session=session,
        keys={
            **_principal_keys(Kind.USER, account, arn, unique_id),
            "aws:username": name,
            **_session_keys(session),
            **tags_as_keys(user.get("Tags") if user else None),
        },
    )


def _of_root(_: IdentityStore, access_key_id: str, session: SessionRecord) -> Caller:
    return _root(session["AccountId"], access_key_id, session)


def _of_user(store: IdentityStore, access_key_id: str, session: SessionRecord) -> Caller:
    user = cast("UserRecord | None", store.by_id(session["UserId"]))
    name = session.get("PrincipalName", "")
    return _user(session["AccountId"], access_key_id, name, user, session)


def _of_role(store: IdentityStore, access_key_id: str, session: SessionRecord) -> Caller:
    role = cast("RoleRecord | None", store.by_id(session["UserId"].partition(":")[0]))
    arn = role["Arn"] if role else session.get("RoleArn", "")
    name = session["Arn"].split("/")[1]
    return _of_session(Kind.ROLE_SESSION, access_key_id, session, role, arn=arn, name=name)


def _of_federated(store: IdentityStore, access_key_id: str, session: SessionRecord) -> Caller:
    parent = cast("UserRecord | None", store.by_id(session.get("ParentId", "")))
    arn, name = session["Arn"], session.get("PrincipalName", "")
    return _of_session(Kind.FEDERATED, access_key_id, session, parent, arn=arn, name=name)


def _of_session(
    kind: Kind,
    access_key_id: str,
    session: SessionRecord,
    entity: UserRecord | RoleRecord | None,
    *,
    arn: str,
    name: str,
) -> Caller:
    account, principal_id = session["AccountId"], session["UserId"]
    return Caller(
        kind=kind,
        account=account,
        arn=session["Arn"],
        principal_id=principal_id,
        access_key_id=access_key_id,
        name=name,
        entity=entity,
        session=session,
        keys={
            **_principal_keys(kind, account, arn, principal_id),
            **_session_keys(session),
            # A session tag stands before a tag of the user or role with the same key.
            **tags_as_keys(entity.get("Tags") if entity else None),
            **tags_as_keys(session.get("SessionTags")),
        },
    )


_SESSIONS = {
    "Root": _of_root,
    "User": _of_user,
    "AssumedRole": _of_role,
    "FederatedUser": _of_federated,
}


def _principal_keys(kind: Kind, account: str, arn: str, principal_id: str) -> Keys:
    return {
        "aws:principalarn": arn,
        "aws:principalaccount": account,
        "aws:principaltype": kind.value,
        "aws:userid": principal_id,
    }


def _session_keys(session: SessionRecord | None) -> Keys:
    """Return the keys that only temporary credentials have."""
    if session is None:
        return {}
    mfa_at, identity = session.get("MfaAt"), session.get("SourceIdentity")
    keys: Keys = {
        "aws:tokenissuetime": clock.iso(session.get("IssuedAt")),
        # AssumeRole's credentials hold nothing of the MFA that they were asked for with;
        # GetSessionToken's do.
        "aws:multifactorauthpresent": "true" if mfa_at else "false",
    }
    if mfa_at:
        keys["aws:multifactorauthage"] = str(int(clock.now() - mfa_at))
    if identity:
        keys["aws:sourceidentity"] = identity
    return keys


def tags_as_keys(tags: list[TagRecord] | None, prefix: str = "aws:principaltag/") -> Keys:
    """Return tags as condition keys; the names of tags do not count case."""
    return {f"{prefix}{tag['Key'].lower()}": tag["Value"] for tag in tags or ()}


def global_key(lower: str, *, region: str, source_ip: str, user_agent: str) -> str | None:
    """Return a global condition key that describes every request.

    Source: IAM User Guide, "AWS global condition context keys".
    """
    match lower:
        case "aws:currenttime":
            return clock.iso()
        case "aws:epochtime":
            return str(int(clock.now()))
        case "aws:requestedregion":
            return region
        case "aws:sourceip":
            return source_ip
        case "aws:useragent":
            return user_agent or None
        case "aws:securetransport":
            # AWS's clients speak TLS; the hop over loopback, which needs none, stands for it.
            return "true"
        case "aws:viaawsservice" | "aws:principalisawsservice":
            return "false"
        case _:
            return None


def note_use(store: IdentityStore, caller: Caller, service: str, region: str) -> None:
    """Note when a user's key or a role was last used.

    Source: IAM API Reference, AccessKeyLastUsed, RoleLastUsed.
    """
    now = clock.iso()
    if caller.kind is Kind.ROLE_SESSION:
        if caller.entity is not None:
            role = cast("RoleRecord", caller.entity)
            role["RoleLastUsed"] = {"LastUsedDate": now, "Region": region}
        return
    key = store.keys.find(caller.access_key_id)
    if key is not None:
        key["LastUsed"] = {"LastUsedDate": now, "ServiceName": service, "Region": region}


# -- policies --------------------------------------------------------------------------------------


def identity_policies(store: IdentityStore, caller: Caller) -> Policies:
    """Return the identity-based policies of the user (with its groups) or role that calls."""
    if caller.kind is Kind.ROOT or (caller.kind is Kind.FEDERATED and not caller.name):
        return [_ALL]
    entity = caller.entity
    if entity is None:
        return []
    if caller.kind is Kind.ROLE_SESSION:
        return held_policies(store, "role", caller.account, entity)
    return list(_user_policies(store, caller.account, entity))


def _user_policies(
    store: IdentityStore, account: str, user: HolderRecord
) -> Iterator[tuple[Statement, ...]]:
    name = store.users.name_of(user)
    yield from held_policies(store, "user", account, user)
    for group in store.groups.all(account):
        if name in group["Users"]:
            yield from held_policies(store, "group", account, group)


def held_policies(store: IdentityStore, kind: str, account: str, holder: HolderRecord) -> Policies:
    """Return the inline and attached policies of a user, role or group, without its groups' own."""
    inline = store.inline_policies(kind, account, store.of_kind[kind].name_of(holder))
    attached = [managed_document(store, account, arn) for arn in holder["AttachedPolicies"]]
    return [parsed(_text(document)) for document in (*inline.values(), *attached) if document]


def boundary(store: IdentityStore, caller: Caller) -> Policies | None:
    """Return the permissions boundary of who calls, or None where there is none."""
    return boundary_of(store, caller.account, caller.entity)


def boundary_of(
    store: IdentityStore, account: str, entity: PrincipalRecord | None
) -> Policies | None:
    """Return the permissions boundary of a user or role, or None where there is none."""
    arn = entity.get("PermissionsBoundary") if entity else None
    if not arn:
        return None
    document = managed_document(store, account, arn)
    return [parsed(document)] if document else []


def session_policies(store: IdentityStore, caller: Caller) -> Policies | None:
    """Return the policies passed to the session, or None where they do not limit it."""
    session = caller.session
    passed = session.get("SessionPolicies") if session else None
    if not passed:
        # A federated user without any has no permissions but those that a resource grants them.
        return [] if caller.kind is Kind.FEDERATED else None
    managed = [managed_document(store, caller.account, arn) for arn in passed["PolicyArns"]]
    return [parsed(document) for document in (passed["Policy"], *managed) if document]


def managed_document(store: IdentityStore, account: str, arn: str) -> str | None:
    """Return the default version of a managed policy, or None where there is no such policy."""
    policy = store.managed_policy(account, arn)
    if policy is None:
        return None
    return _text(policy["Versions"][policy["DefaultVersionId"]]["Document"])


def _text(document: object) -> str:
    # MiniStack keeps some documents parsed.
    return document if isinstance(document, str) else json.dumps(document)
