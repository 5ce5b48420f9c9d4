"""Who calls: root, a user, a role's session, a federated user, and what they are in the store.

A session stands for its role by the role's unique id: a role recreated under the old name is
another one, and sessions of the old one have no permissions any more. The same holds for users,
and whom they federated. Their credentials are valid until they expire all the same: STS still says
whose they are.

Source: IAM User Guide, "IAM identifiers" (unique IDs), "Compare AWS STS credentials", "Disabling
permissions for temporary security credentials".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import cast

from rolelab.iam import CredentialState, Principal, arns, names
from rolelab.iam import PrincipalKind as Kind
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import RoleRecord, SessionRecord, TagRecord, UserRecord

__all__ = ["Caller", "Keys", "Kind", "caller_of", "is_root_key", "note_use", "tags_as_keys"]

Keys = dict[str, "str | list[str]"]
"""Condition keys in lower case, with their values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, and what stands behind them in the store."""

    principal: Principal
    access_key_id: str
    name: str = ""
    """User or role; empty for root."""
    entity: UserRecord | RoleRecord | None = None
    """The user or role behind it; None for root, and where it is gone."""
    session: SessionRecord | None = None
    """For temporary credentials."""

    @property
    def kind(self) -> Kind:
        """The kind of principal."""
        return self.principal.kind

    @property
    def account(self) -> str:
        """The account that the caller belongs to."""
        return self.principal.account

    @property
    def arn(self) -> str:
        """As GetCallerIdentity gives it: for a session the session's."""
        return self.principal.arn

    @property
    def principal_id(self) -> str:
        """As GetCallerIdentity gives it (UserId): `AROA…:session` for a session."""
        return self.principal.user_id

    @property
    def entity_arn(self) -> str:
        """ARN of the user, role or root; of a federated user its own."""
        is_federated = self.kind is Kind.FEDERATED
        return self.principal.arn if is_federated else self.principal.entity_arn

    @property
    def entity_id(self) -> str:
        """Unique id of the user or role."""
        return self.principal_id.partition(":")[0]

    @property
    def is_session_token(self) -> bool:
        """True for what GetSessionToken gave a user (or root), not for who signed in."""
        if self.session is None or _is_console(self.session):
            return False
        return self.kind in (Kind.USER, Kind.ROOT)

    @property
    def has_mfa(self) -> bool:
        """True for temporary credentials that a code of an MFA device was given for."""
        return self.principal.mfa


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
    principal = Principal.root(
        account,
        session_token=session is not None,
        is_console=_is_console(session),
        mfa=_has_mfa(session),
        issued=_issued(session),
    )
    return Caller(principal=principal, access_key_id=access_key_id, session=session)


def _user(
    account: str,
    access_key_id: str,
    name: str,
    user: UserRecord | None,
    session: SessionRecord | None,
) -> Caller:
    principal = Principal.user(
        user["Arn"] if user else arns.iam(account, "user", name),
        user["UserId"] if user else session["UserId"] if session else "",
        tags=_tags(user, None),
        session_token=session is not None,
        is_console=_is_console(session),
        mfa=_has_mfa(session),
        issued=_issued(session),
        credential=CredentialState.ACTIVE if user else CredentialState.ORPHANED,
    )
    return Caller(
        principal=principal, access_key_id=access_key_id, name=name, entity=user, session=session
    )


def _of_root(_: IdentityStore, access_key_id: str, session: SessionRecord) -> Caller:
    return _root(session["AccountId"], access_key_id, session)


def _of_user(store: IdentityStore, access_key_id: str, session: SessionRecord) -> Caller:
    user = cast("UserRecord | None", store.by_id(session["UserId"]))
    name = session.get("PrincipalName", "")
    return _user(session["AccountId"], access_key_id, name, user, session)


def _of_role(store: IdentityStore, access_key_id: str, session: SessionRecord) -> Caller:
    role_id, _, session_name = session["UserId"].partition(":")
    role = cast("RoleRecord | None", store.by_id(role_id))
    principal = Principal.role_session(
        role["Arn"] if role else session.get("RoleArn", ""),
        session_name,
        role_id,
        tags=_tags(role, session),
        issued=_issued(session),
        source_identity=session.get("SourceIdentity") or "",
        credential=CredentialState.ACTIVE if role else CredentialState.ORPHANED,
    )
    return Caller(
        principal=principal,
        access_key_id=access_key_id,
        name=session["Arn"].split("/")[1],
        entity=role,
        session=session,
    )


def _of_federated(store: IdentityStore, access_key_id: str, session: SessionRecord) -> Caller:
    account, name = session["AccountId"], session.get("PrincipalName", "")
    parent = cast("UserRecord | None", store.by_id(session.get("ParentId", "")))
    by_root = "" if name else arns.account_root(account)
    principal = Principal(
        kind=Kind.FEDERATED,
        arn=session["Arn"],
        account=account,
        entity_arn=parent["Arn"] if parent else by_root,
        tags=_tags(parent, session),
        temporary=True,
        issued=_issued(session),
        credential=CredentialState.ACTIVE if parent or by_root else CredentialState.ORPHANED,
    )
    return Caller(
        principal=principal,
        access_key_id=access_key_id,
        name=name,
        entity=parent,
        session=session,
    )


_SESSIONS = {
    "Root": _of_root,
    "User": _of_user,
    "AssumedRole": _of_role,
    "FederatedUser": _of_federated,
}


def _has_mfa(session: SessionRecord | None) -> bool:
    return session is not None and bool(session.get("MfaAt"))


def _is_console(session: SessionRecord | None) -> bool:
    return session is not None and session.get("IsConsole", False)


def _issued(session: SessionRecord | None) -> datetime | None:
    issued = session.get("IssuedAt") if session else None
    return datetime.fromtimestamp(issued, timezone.utc) if issued is not None else None


def _tags(entity: UserRecord | RoleRecord | None, session: SessionRecord | None) -> dict[str, str]:
    """Return the tags of an entity, and over them the session's; a key's case does not count."""
    of_entity = entity.get("Tags") if entity else None
    of_session = session.get("SessionTags") if session else None
    return {tag["Key"].lower(): tag["Value"] for tag in (*(of_entity or ()), *(of_session or ()))}


def tags_as_keys(tags: list[TagRecord] | None, prefix: str) -> Keys:
    """Return tags as condition keys; the names of tags do not count case."""
    return {f"{prefix}{tag['Key'].lower()}": tag["Value"] for tag in tags or ()}


def note_use(store: IdentityStore, caller: Caller, service: str, region: str) -> None:
    """Note when a user's key or a role was last used.

    Source: IAM API Reference, AccessKeyLastUsed, RoleLastUsed.
    """
    now = clock.iso()
    if caller.entity is not None:
        caller.entity.setdefault("Accessed", {})[service] = {"LastUsedDate": now, "Region": region}
    if caller.kind is Kind.ROLE_SESSION:
        if caller.entity is not None:
            role = cast("RoleRecord", caller.entity)
            role["RoleLastUsed"] = {"LastUsedDate": now, "Region": region}
        return
    key = store.keys.find(caller.access_key_id)
    if key is not None:
        key["LastUsed"] = {"LastUsedDate": now, "ServiceName": service, "Region": region}
