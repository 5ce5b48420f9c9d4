"""Who calls: root, a user, a role's session, a federated user; with the policies and condition keys that go with it.

A session stands for its role by the role's unique id: a role made anew under the old name is another one, and
sessions of the old one have no permissions any more. The same holds for users.

Source: IAM User Guide, "IAM identifiers" (unique IDs), "Compare AWS STS credentials", "AWS global condition context
keys" (properties of the principal, properties of a role session).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.identities import Record, Store
from rolelab.localaws.http.shapes import iso
from rolelab.localaws.ministack.emulator import is_root_key
from rolelab.localaws.statements import Statement, parsed

Policies = list[tuple[Statement, ...]]

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
    """As GetCallerIdentity says it: for a session the session's."""
    principal_id: str
    """As GetCallerIdentity says it (UserId): `AROA…:session` for a session."""
    access_key_id: str
    name: str = ""
    """User or role; empty for root."""
    entity: Record | None = None
    """The user or role behind it; None for root, and where it is gone."""
    session: Record | None = None
    """For temporary credentials."""
    keys: dict[str, str | list[str]] = field(default_factory=dict[str, "str | list[str]"])
    """The condition keys that describe the caller, in lower case."""

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


def caller_of(store: Store, access_key_id: str) -> Caller | None:
    """Return who owns a (checked) access key, or None if nobody does any more."""
    if is_root_key(access_key_id):
        return _root(access_key_id, access_key_id, None)
    session = store.session(access_key_id)
    if session is not None:
        return _of_session(store, access_key_id, session)
    key = store.key(access_key_id)
    account = store.key_account(access_key_id)
    if key is None or account is None:
        return None
    user = store.get("user", account, key["UserName"])
    return _user(account, access_key_id, key["UserName"], user, None)


def _root(account: str, access_key_id: str, session: Record | None) -> Caller:
    arn = f"arn:aws:iam::{account}:root"
    keys: dict[str, str | list[str]] = {
        "aws:principalarn": arn,
        "aws:principalaccount": account,
        "aws:principaltype": Kind.ROOT.value,
        "aws:userid": account,
    }
    return Caller(
        kind=Kind.ROOT,
        account=account,
        arn=arn,
        principal_id=account,
        access_key_id=access_key_id,
        session=session,
        keys=keys | _session_keys(session),
    )


def _user(
    account: str, access_key_id: str, name: str, user: Record | None, session: Record | None
) -> Caller:
    arn = user["Arn"] if user else f"arn:aws:iam::{account}:user/{name}"
    unique_id = user["UserId"] if user else str(session["UserId"] if session else "")
    keys: dict[str, str | list[str]] = {
        "aws:principalarn": arn,
        "aws:principalaccount": account,
        "aws:principaltype": Kind.USER.value,
        "aws:userid": unique_id,
        "aws:username": name,
    }
    return Caller(
        kind=Kind.USER,
        account=account,
        arn=arn,
        principal_id=unique_id,
        access_key_id=access_key_id,
        name=name,
        entity=user,
        session=session,
        keys=keys | _session_keys(session) | tags_as_keys(user.get("Tags") if user else None),
    )


def _of_session(store: Store, access_key_id: str, session: Record) -> Caller:
    account = session["AccountId"]
    kind = session["PrincipalType"]
    if kind == "Root":
        return _root(account, access_key_id, session)
    if kind == "User":
        return _user(
            account,
            access_key_id,
            session["PrincipalName"],
            _same(store, session["UserId"]),
            session,
        )
    unique_id = str(session["UserId"]).partition(":")[0]
    if kind == "AssumedRole":
        role = _same(store, unique_id)
        return Caller(
            kind=Kind.ROLE_SESSION,
            account=account,
            arn=session["Arn"],
            principal_id=session["UserId"],
            access_key_id=access_key_id,
            name=session["Arn"].split("/")[1],
            entity=role,
            session=session,
            keys={
                "aws:principalarn": role["Arn"] if role else session["RoleArn"],
                "aws:principalaccount": account,
                "aws:principaltype": Kind.ROLE_SESSION.value,
                "aws:userid": session["UserId"],
                **_session_keys(session),
                # A session tag stands before a tag of the role with the same key.
                **tags_as_keys(role.get("Tags") if role else None),
                **tags_as_keys(session.get("SessionTags")),
            },
        )
    parent = _same(store, session["ParentId"])
    return Caller(
        kind=Kind.FEDERATED,
        account=account,
        arn=session["Arn"],
        principal_id=session["UserId"],
        access_key_id=access_key_id,
        name=session["PrincipalName"],
        entity=parent,
        session=session,
        keys={
            "aws:principalarn": session["Arn"],
            "aws:principalaccount": account,
            "aws:principaltype": Kind.FEDERATED.value,
            "aws:userid": session["UserId"],
            **_session_keys(session),
            **tags_as_keys(parent.get("Tags") if parent else None),
            **tags_as_keys(session.get("SessionTags")),
        },
    )


def _same(store: Store, unique_id: str) -> Record | None:
    found = store.by_id(unique_id)
    return found[1] if found else None


def _session_keys(session: Record | None) -> dict[str, str | list[str]]:
    """Return the keys that only temporary credentials have."""
    if session is None:
        return {}
    keys: dict[str, str | list[str]] = {
        "aws:tokenissuetime": iso(session["IssuedAt"]),
        # AssumeRole's credentials hold nothing of the MFA that they were asked for with; GetSessionToken's do.
        "aws:multifactorauthpresent": "true" if session.get("MfaAt") else "false",
    }
    if session.get("MfaAt"):
        keys["aws:multifactorauthage"] = str(int(clock.now() - session["MfaAt"]))
    if session.get("SourceIdentity"):
        keys["aws:sourceidentity"] = session["SourceIdentity"]
    if session.get("FederatedProvider"):
        keys["aws:federatedprovider"] = session["FederatedProvider"]
    return keys


def tags_as_keys(
    tags: list[dict[str, str]] | None, prefix: str = "aws:principaltag/"
) -> dict[str, str | list[str]]:
    """Return tags as condition keys; the names of tags do not count case."""
    return {f"{prefix}{tag['Key'].lower()}": tag["Value"] for tag in tags or ()}


# -- policies -------------------------------------------------------------------------------------------------------


def identity_policies(store: Store, caller: Caller) -> Policies:
    """Return the identity-based policies of the user (with its groups) or role behind the caller."""
    if caller.kind is Kind.ROOT or (caller.kind is Kind.FEDERATED and not caller.name):
        return [_ALL]
    entity = caller.entity
    if entity is None:
        return []
    if caller.kind is Kind.ROLE_SESSION:
        inline: dict[str, object] = entity.get("InlinePolicies") or {}
        return [parsed(_text(document)) for document in inline.values()] + _attached(
            store, caller.account, entity
        )
    return list(_user_policies(store, caller.account, entity))


def _user_policies(store: Store, account: str, user: Record) -> Iterator[tuple[Statement, ...]]:
    name = user["UserName"]
    yield from _inline(store, "_user_inline_policies", account, name)
    yield from _attached(store, account, user)
    for group in store.all("group", account):
        if name in group["Users"]:
            yield from _inline(store, "_group_inline_policies", account, group["GroupName"])
            yield from _attached(store, account, group)


def _inline(store: Store, table: str, account: str, name: str) -> Policies:
    found: dict[str, object] = store.table(table, account).get(name) or {}
    return [parsed(_text(document)) for document in found.values()]


def boundary(store: Store, caller: Caller) -> Policies | None:
    """Return the permissions boundary of the user or role behind the caller, or None where there is none."""
    arn = (caller.entity or {}).get("PermissionsBoundary")
    if not arn:
        return None
    document = managed_document(store, caller.account, arn)
    return [parsed(document)] if document else []


def session_policies(store: Store, caller: Caller) -> Policies | None:
    """Return the policies that were passed when the session was made, or None where they do not limit it."""
    session = caller.session
    passed = session.get("SessionPolicies") if session else None
    if not passed:
        # A federated user without any has no permissions but those that a resource grants them.
        return [] if caller.kind is Kind.FEDERATED else None
    found = [parsed(passed["Policy"])] if passed.get("Policy") else []
    for arn in passed.get("PolicyArns", ()):
        document = managed_document(store, caller.account, arn)
        found += [parsed(document)] if document else []
    return found


def _attached(store: Store, account: str, entity: Record) -> Policies:
    documents = [
        managed_document(store, account, arn) for arn in entity.get("AttachedPolicies") or ()
    ]
    return [parsed(document) for document in documents if document]


def managed_document(store: Store, account: str, arn: str) -> str | None:
    """Return the default version of a managed policy, or None where there is no such policy."""
    policy = store.managed_policy(account, arn)
    if policy is None:
        return None
    return _text(policy["Versions"][policy["DefaultVersionId"]]["Document"])


def _text(document: object) -> str:
    # MiniStack keeps some documents parsed.
    return document if isinstance(document, str) else json.dumps(document)
