"""Principals of a stored policy: saved by unique id, shown as ARNs as long as they exist.

A user or role named by its ARN is saved by its id. Deleted, it leaves the id behind; recreated
under its name, it is another principal and does not match.

Source: IAM User Guide, "AWS JSON policy elements: Principal" ("IAM user principals", "IAM role
principals").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from rolelab.iam.arns import Arn, account_root
from rolelab.iam.documents import as_list, as_mapping
from rolelab.iam.grammar.trust import invalid_principal, is_principal
from rolelab.iam.names import ACCOUNT_ID, PRINCIPAL_ID
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import RoleRecord


def resolve(
    store: IdentityStore, policy: Mapping[str, object], *, code: str = "MalformedPolicyDocument"
) -> dict[str, str]:
    """Return ARN -> unique id of the users and roles that a checked policy names.

    Raises:
        AwsError: `code`, for a principal that is none or does not exist.
    """
    ids: dict[str, str] = {}
    for statement in _statements(policy):
        for element in _ELEMENTS:
            for kind, values in (as_mapping(statement.get(element)) or {}).items():
                for value in as_list(values):
                    if not _is_known(store, kind, str(value), ids):
                        raise AwsError(code, invalid_principal(kind, str(value)))
    return ids


_ELEMENTS = ("Principal", "NotPrincipal")


def _statements(policy: Mapping[str, object]) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", list(as_list(policy.get("Statement", []))))


def current(store: IdentityStore, document: str, ids: dict[str, str] | None) -> str:
    """Return a stored policy with each principal as it is now: its ARN, or its id if it is gone."""
    moved: dict[str, str] = {}
    for arn, unique_id in (ids or {}).items():
        entity = store.by_id(unique_id)
        now = entity["Arn"] if entity else unique_id
        if now != arn:
            moved[arn] = now
    if not moved:
        return document
    policy = json.loads(document)
    for statement in _statements(policy):
        for element in _ELEMENTS:
            principal = cast("dict[str, object]", as_mapping(statement.get(element)) or {})
            if "AWS" in principal:
                named = [moved.get(str(each), each) for each in as_list(principal["AWS"])]
                principal["AWS"] = named if len(named) > 1 else named[0]
    return json.dumps(policy)


def with_account_arns(document: str) -> str:
    """Return a policy in which an account that is named by its id is named by its ARN.

    Source: IAM User Guide, "AWS JSON policy elements: Principal" ("AWS account principals").
    """
    policy, is_changed = json.loads(document), False
    for statement in _statements(policy):
        for element in _ELEMENTS:
            principal = cast("dict[str, object]", as_mapping(statement.get(element)) or {})
            named = as_list(principal.get("AWS", []))
            arns = [account_root(str(each)) if _is_account(each) else each for each in named]
            if arns != list(named):
                principal["AWS"], is_changed = arns if len(arns) > 1 else arns[0], True
    return json.dumps(policy) if is_changed else document


def _is_account(principal: object) -> bool:
    return isinstance(principal, str) and ACCOUNT_ID.fullmatch(principal) is not None


def document_of(store: IdentityStore, role: RoleRecord) -> str:
    """Return a role's trust policy with each principal as it is now."""
    return current(store, role.get("AssumeRolePolicyDocument") or "{}", role.get("TrustIds"))


def _is_known(store: IdentityStore, kind: str, value: str, ids: dict[str, str]) -> bool:
    """Return whether there is such a principal; note the id of a user or role named by ARN."""
    if not is_principal(kind, value):
        return False
    if PRINCIPAL_ID.fullmatch(value):
        return store.by_id(value) is not None
    arn = Arn.read(value)
    if kind != "AWS" or arn is None or arn.kind not in ("user", "role"):
        return True
    entities = store.of_kind[arn.kind]
    record = entities.get(arn.account, arn.name)
    if record is None or record["Arn"] != value:
        return False
    ids[value] = entities.id_of(record)
    return True
