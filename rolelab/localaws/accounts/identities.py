"""What the local AWS holds: MiniStack's own stores, and the few indexes that make looking things up cheap.

A record is a dictionary of MiniStack's making; what MiniStack does not know of is kept in the same record, so that
it is saved and restored with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rolelab.localaws.ministack.emulator import module

Record = dict[str, Any]

KINDS = {
    "user": "_users",
    "role": "_roles",
    "group": "_groups",
    "policy": "_policies",
    "instance-profile": "_instance_profiles",
}
_NAME = {
    "user": "UserName",
    "role": "RoleName",
    "group": "GroupName",
    "policy": "PolicyName",
    "instance-profile": "InstanceProfileName",
}
_ID = {
    "user": "UserId",
    "role": "RoleId",
    "group": "GroupId",
    "policy": "PolicyId",
    "instance-profile": "InstanceProfileId",
}


class Store:
    """Users, roles, groups, policies, access keys and sessions of all accounts."""

    def __init__(self) -> None:
        self._iam = module("services.iam")
        self._sts = module("services.sts")
        self._names: dict[tuple[str, str], dict[str, str]] = {}
        self._ids: dict[str, tuple[str, str, str]] = {}
        self._key_accounts: dict[str, str] = {}
        self._user_keys: dict[tuple[str, str], list[str]] = {}
        self.index()

    def index(self) -> None:
        """Build the indexes anew: after what was saved was read."""
        self._names.clear()
        self._ids.clear()
        self._key_accounts.clear()
        self._user_keys.clear()
        for kind in KINDS:
            for (account, key), record in self._data(kind).items():
                self._note(kind, account, key, record)
        for (account, key_id), record in self._iam._access_keys._data.items():
            self._note_key(account, key_id, record["UserName"])

    def empty(self) -> None:
        """Forget everything."""
        self._iam.reset()
        self._sts.reset()
        self.index()

    # -- entities ---------------------------------------------------------------------------------------------------

    def get(self, kind: str, account: str, key: str) -> Record | None:
        """Return an entity by its name (a policy by its ARN)."""
        return self._data(kind).get((account, key))

    def same_name(self, kind: str, account: str, name: str) -> str | None:
        """Return the name of the entity that has this name without regard to case."""
        return self._names.get((kind, account), {}).get(name.lower())

    def put(self, kind: str, account: str, key: str, record: Record) -> None:
        """Keep an entity."""
        self._data(kind)[(account, key)] = record
        self._note(kind, account, key, record)

    def remove(self, kind: str, account: str, key: str) -> None:
        """Forget an entity."""
        record = self._data(kind).pop((account, key))
        self._names[(kind, account)].pop(record[_NAME[kind]].lower(), None)
        self._ids.pop(record[_ID[kind]], None)

    def rename(self, kind: str, account: str, old: str, new: str) -> None:
        """Keep an entity, whose record already has the new name, under it."""
        data = self._data(kind)
        self._names[(kind, account)].pop(old.lower(), None)
        record = data[(account, new)] = data.pop((account, old))
        self._note(kind, account, new, record)

    def all(self, kind: str, account: str) -> list[Record]:
        """Return an account's entities of a kind, in the order they were made."""
        return [record for (owner, _), record in self._data(kind).items() if owner == account]

    def count(self, kind: str, account: str) -> int:
        """Return how many entities of a kind an account has."""
        return len(self._names.get((kind, account), ()))

    def by_id(self, unique_id: str) -> tuple[str, Record] | None:
        """Return (kind, record) of the entity with a unique id (AIDA…, AROA…)."""
        found = self._ids.get(unique_id)
        if found is None:
            return None
        kind, account, key = found
        return kind, self._data(kind)[(account, key)]

    def _data(self, kind: str) -> dict[tuple[str, str], Record]:
        return getattr(self._iam, KINDS[kind])._data

    def _note(self, kind: str, account: str, key: str, record: Record) -> None:
        self._names.setdefault((kind, account), {})[record[_NAME[kind]].lower()] = key
        self._ids[record[_ID[kind]]] = (kind, account, key)

    # -- the rest, by MiniStack's store ------------------------------------------------------------------------------

    def table(self, name: str, account: str) -> _Table:
        """Return one of MiniStack's other stores (`_groups`, `_mfa_devices`, …) as one account sees it."""
        return _Table(getattr(self._iam, name)._data, account)

    def managed_policy(self, account: str, arn: str) -> Record | None:
        """Return a managed policy: one of AWS's, or the account's own."""
        if arn.startswith("arn:aws:iam::aws:policy/"):
            return self._iam._aws_managed_policies.get(arn)
        return self.get("policy", account, arn)

    def aws_policies(self) -> list[Record]:
        """Return the managed policies of AWS that are known here."""
        return list(self._iam._aws_managed_policies.values())

    def aws_attachments(self, account: str) -> _Table:
        """Return how often an account has attached AWS's managed policies, by ARN."""
        return self.table("_aws_managed_attachment_counts", account)

    # -- access keys ------------------------------------------------------------------------------------------------

    def key_account(self, access_key_id: str) -> str | None:
        """Return the account that owns an access key of a user."""
        return self._key_accounts.get(access_key_id)

    def key(self, access_key_id: str) -> Record | None:
        """Return an access key of a user."""
        account = self._key_accounts.get(access_key_id)
        return (
            None if account is None else self._iam._access_keys._data.get((account, access_key_id))
        )

    def keys_of(self, account: str, user: str) -> list[Record]:
        """Return a user's access keys, the oldest first."""
        keys = self._iam._access_keys._data
        return [keys[(account, key_id)] for key_id in self._user_keys.get((account, user), ())]

    def put_key(self, account: str, record: Record) -> None:
        """Keep an access key."""
        self._iam._access_keys._data[(account, record["AccessKeyId"])] = record
        self._note_key(account, record["AccessKeyId"], record["UserName"])

    def remove_key(self, account: str, access_key_id: str) -> None:
        """Forget an access key."""
        record = self._iam._access_keys._data.pop((account, access_key_id))
        self._key_accounts.pop(access_key_id, None)
        self._user_keys[(account, record["UserName"])].remove(access_key_id)

    def rename_keys(self, account: str, old: str, new: str) -> None:
        """Let a user's keys follow their new name."""
        for record in self.keys_of(account, old):
            record["UserName"] = new
        self._user_keys[(account, new)] = self._user_keys.pop((account, old), [])

    def _note_key(self, account: str, access_key_id: str, user: str) -> None:
        self._key_accounts[access_key_id] = account
        self._user_keys.setdefault((account, user), []).append(access_key_id)

    # -- sessions ---------------------------------------------------------------------------------------------------

    def session(self, access_key_id: str) -> Record | None:
        """Return a session by its temporary access key (`ASIA…`)."""
        return self._sts._sessions.get(access_key_id)

    def sessions(self) -> dict[str, Record]:
        """Return all sessions by their access keys."""
        return self._sts._sessions

    def restore_sessions(self, saved: dict[str, Any]) -> None:
        """Take back the sessions that were saved."""
        self._sts._sessions.update(saved.get("sessions", {}))


class _Table:
    """One of MiniStack's stores as one account sees it."""

    def __init__(self, data: dict[tuple[str, str], Any], account: str) -> None:
        self._data = data
        self._account = account

    def get(self, key: str, default: Any = None) -> Any:
        return self._data.get((self._account, key), default)

    def __contains__(self, key: str) -> bool:
        return (self._account, key) in self._data

    def __setitem__(self, key: str, value: Any) -> None:
        self._data[(self._account, key)] = value

    def setdefault(self, key: str, value: Any) -> Any:
        return self._data.setdefault((self._account, key), value)

    def pop(self, key: str, default: Any = None) -> Any:
        return self._data.pop((self._account, key), default)

    def items(self) -> Iterator[tuple[str, Any]]:
        return iter(
            [(key, value) for (owner, key), value in self._data.items() if owner == self._account]
        )

    def values(self) -> Iterator[Any]:
        return iter([value for _, value in self.items()])
