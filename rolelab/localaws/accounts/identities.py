"""What the accounts hold, found by name, by unique id and by access key.

The rows are MiniStack's own, by account and key; the indexes beside them make finding cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from rolelab.iam import arns
from rolelab.localaws.accounts.aws_policies import AwsPolicies
from rolelab.localaws.accounts.records import (
    DeviceRecord,
    EntityRecord,
    GroupRecord,
    KeyRecord,
    LoginRecord,
    OidcRecord,
    PolicyRecord,
    ProfileRecord,
    RoleRecord,
    SamlRecord,
    ServerCertificateRecord,
    SessionRecord,
    Tagged,
    UserRecord,
)

PASSWORD_RULES = "policy"  # noqa: S105 - a key
"""Under which MiniStack keeps the one password policy of an account."""
V = TypeVar("V")
E = TypeVar("E", bound=EntityRecord)
Rows = dict[tuple[str, str], V]
"""(account, key) -> what is kept under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """MiniStack's rows, changed in place by both sides."""

    users: Rows[UserRecord]
    roles: Rows[RoleRecord]
    groups: Rows[GroupRecord]
    policies: Rows[PolicyRecord]
    profiles: Rows[ProfileRecord]
    keys: Rows[KeyRecord]
    user_policies: Rows[dict[str, str]]
    group_policies: Rows[dict[str, str]]
    devices: Rows[DeviceRecord]
    logins: Rows[LoginRecord]
    password_rules: Rows[dict[str, object]]
    oidc_providers: Rows[OidcRecord]
    saml_providers: Rows[SamlRecord]
    server_certificates: Rows[ServerCertificateRecord]
    aliases: Rows[list[str]]
    reports: Rows[dict[str, str]]
    deletions: Rows[dict[str, str]]
    jobs: Rows[dict[str, str]]
    aws_policies: dict[str, PolicyRecord]
    sessions: dict[str, SessionRecord]
    reset: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Table(Generic[V]):
    """Rows of one kind; every access names the account."""

    rows: Rows[V]

    def get(self, account: str, key: str) -> V | None:
        """Return what is kept under a key."""
        return self.rows.get((account, key))

    def put(self, account: str, key: str, value: V) -> None:
        """Keep it under a key."""
        self.rows[(account, key)] = value

    def pop(self, account: str, key: str) -> V | None:
        """Forget what is kept under a key, and return it."""
        return self.rows.pop((account, key), None)

    def all(self, account: str) -> list[V]:
        """Return all that an account has, in the order in which it was made."""
        return [value for (owner, _), value in self.rows.items() if owner == account]


@dataclass(frozen=True, slots=True)
class Entities(Table[E]):
    """The users, or roles, groups, managed policies, instance profiles."""

    title: str
    """As in the API's names: `User` of `UserName` and `UserId`."""
    ids: dict[str, EntityRecord]
    """Unique id -> entity, of all kinds together."""
    key: str = ""
    """The field that is the key, where it is not the name."""
    names: dict[str, dict[str, str]] = field(default_factory=dict[str, "dict[str, str]"])
    """Account -> name in lower case -> name."""

    def name_of(self, record: Mapping[str, object]) -> str:
        """Return an entity's name."""
        return str(record[f"{self.title}Name"])

    def id_of(self, record: Mapping[str, object]) -> str:
        """Return an entity's unique id."""
        return str(record[f"{self.title}Id"])

    def same_name(self, account: str, name: str) -> str | None:
        """Return the name of the entity that has this name without regard to case."""
        return self.names.get(account, {}).get(name.lower())

    def count(self, account: str) -> int:
        """Return how many an account has."""
        return len(self.names.get(account, ()))

    def add(self, account: str, record: E) -> None:
        """Keep an entity."""
        self.put(account, self._key(record), record)
        self._note(account, record)

    def remove(self, account: str, record: E) -> None:
        """Forget an entity."""
        self.pop(account, self._key(record))
        self.names[account].pop(self.name_of(record).lower(), None)
        self.ids.pop(self.id_of(record), None)

    def rename(self, account: str, old: str, record: E) -> None:
        """Keep an entity, whose record already has its new name, under that."""
        self.names[account].pop(old.lower(), None)
        self.pop(account, old)
        self.add(account, record)

    def index(self) -> None:
        """Build the index of names again, and add to that of ids."""
        self.names.clear()
        for (account, _), record in self.rows.items():
            self._note(account, record)

    def _key(self, record: Mapping[str, object]) -> str:
        return str(record[self.key]) if self.key else self.name_of(record)

    def _note(self, account: str, record: E) -> None:
        name = self.name_of(record)
        self.names.setdefault(account, {})[name.lower()] = name
        self.ids[self.id_of(record)] = record


@dataclass(frozen=True, slots=True)
class AccessKeys(Table[KeyRecord]):
    """The users' access keys."""

    accounts: dict[str, str] = field(default_factory=dict[str, str])
    """Access key id -> account."""
    of_users: dict[tuple[str, str], list[str]] = field(
        default_factory=dict[tuple[str, str], "list[str]"]
    )
    """(account, user) -> access key ids, the oldest first."""

    def account_of(self, access_key_id: str) -> str | None:
        """Return the account that a key belongs to."""
        return self.accounts.get(access_key_id)

    def find(self, access_key_id: str) -> KeyRecord | None:
        """Return a key of whatever account."""
        account = self.accounts.get(access_key_id)
        return None if account is None else self.get(account, access_key_id)

    def of_user(self, account: str, user: str) -> list[KeyRecord]:
        """Return a user's keys, the oldest first."""
        ids = self.of_users.get((account, user), ())
        return [self.rows[(account, key_id)] for key_id in ids]

    def add(self, account: str, record: KeyRecord) -> None:
        """Keep a key."""
        self.put(account, record["AccessKeyId"], record)
        self._note(account, record)

    def remove(self, account: str, record: KeyRecord) -> None:
        """Forget a key."""
        self.pop(account, record["AccessKeyId"])
        self.accounts.pop(record["AccessKeyId"], None)
        self.of_users[(account, record["UserName"])].remove(record["AccessKeyId"])

    def rename_user(self, account: str, old: str, new: str) -> None:
        """Let a user's keys follow their new name."""
        for record in self.of_user(account, old):
            record["UserName"] = new
        self.of_users[(account, new)] = self.of_users.pop((account, old), [])

    def index(self) -> None:
        """Build the indexes again."""
        self.accounts.clear()
        self.of_users.clear()
        for (account, _), record in self.rows.items():
            self._note(account, record)

    def _note(self, account: str, record: KeyRecord) -> None:
        self.accounts[record["AccessKeyId"]] = account
        self.of_users.setdefault((account, record["UserName"]), []).append(record["AccessKeyId"])


class IdentityStore:
    """Users, roles, groups, policies, access keys and sessions of all accounts."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._ids: dict[str, EntityRecord] = {}
        self.users = Entities(tables.users, "User", self._ids)
        self.roles = Entities(tables.roles, "Role", self._ids)
        self.groups = Entities(tables.groups, "Group", self._ids)
        self.policies = Entities(tables.policies, "Policy", self._ids, "Arn")
        self.profiles = Entities(tables.profiles, "InstanceProfile", self._ids)
        self.certificates = Entities(tables.server_certificates, "ServerCertificate", self._ids)
        self.of_kind: Mapping[str, Entities[Any]] = {
            "user": self.users,
            "role": self.roles,
            "group": self.groups,
            "policy": self.policies,
            "instance-profile": self.profiles,
            "server-certificate": self.certificates,
        }
        """By the words that ARNs have for them."""
        self.keys = AccessKeys(tables.keys)
        self.devices = Table(tables.devices)
        self.logins = Table(tables.logins)
        self.password_rules = Table(tables.password_rules)
        self.oidc_providers = Table(tables.oidc_providers)
        self.saml_providers = Table(tables.saml_providers)
        self.aliases = Table(tables.aliases)
        self.reports = Table(tables.reports)
        """Credential reports."""
        self.deletions = Table(tables.deletions)
        """Of service-linked roles, by the id of the task."""
        self.jobs = Table(tables.jobs)
        """Reports of access advisor, by the id of the job."""
        self.aws_policies = AwsPolicies(tables.aws_policies)
        self.sessions = tables.sessions
        """By the temporary access key (`ASIA…`)."""
        self._inline = {"user": Table(tables.user_policies), "group": Table(tables.group_policies)}
        self.index()

    def index(self) -> None:
        """Build the indexes again: after what was saved was read."""
        self._ids.clear()
        for entities in self.of_kind.values():
            entities.index()
        self.keys.index()

    def empty(self) -> None:
        """Forget everything."""
        self._tables.reset()
        self.index()

    def by_id(self, unique_id: str) -> EntityRecord | None:
        """Return the entity with a unique id (AIDA…, AROA…)."""
        return self._ids.get(unique_id)

    def managed_policy(self, account: str, arn: str) -> PolicyRecord | None:
        """Return a managed policy: one of AWS's, or the account's own."""
        if arns.is_aws_policy(arn):
            return self.aws_policies.get(arn)
        return self.policies.get(account, arn)

    def tagged(self, account: str, arn: str) -> Tagged | None:
        """Return the managed policy or identity provider with an ARN."""
        return (
            self.managed_policy(account, arn)
            or self.oidc_providers.get(account, arn)
            or self.saml_providers.get(account, arn)
        )

    def account_of_alias(self, alias: str) -> str | None:
        """Return the account that has an alias."""
        rows = self.aliases.rows.items()
        return next((account for (account, _), names in rows if alias in names), None)

    def inline_policies(self, kind: str, account: str, name: str) -> dict[str, str]:
        """Return the inline policies of a user, role or group by name."""
        if kind == "role":
            role = self.roles.get(account, name)
            return (role or {}).get("InlinePolicies") or {}
        return self._inline[kind].get(account, name) or {}

    def set_inline_policies(
        self, kind: str, account: str, name: str, policies: dict[str, str]
    ) -> None:
        """Keep the inline policies of a user, role or group."""
        if kind == "role":
            self.roles.rows[(account, name)]["InlinePolicies"] = policies
        else:
            self._inline[kind].put(account, name, policies)

    def move_inline_policies(self, kind: str, account: str, name: str, new: str | None) -> None:
        """Let the inline policies of a user or group follow a new name, or go with it (None)."""
        inline = self._inline.get(kind)
        policies = inline.pop(account, name) if inline else None
        if inline and policies is not None and new is not None:
            inline.put(account, new, policies)
