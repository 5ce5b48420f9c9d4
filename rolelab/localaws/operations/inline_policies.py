"""Inline policies of users, roles and groups: one operation of each sort for all three.

Source: IAM API Reference, PutUserPolicy, GetUserPolicy ("Policies returned by this operation are
URL-encoded compliant with RFC 3986"), DeleteUserPolicy, ListUserPolicies, and those of roles,
groups.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from components.limits import policy_size
from rolelab.iam.grammar import PolicyUse
from rolelab.iam.quotas import most
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.operations import lookup, pages
from rolelab.localaws.operations.api_call import ApiCall, Result
from rolelab.localaws.operations.requirements import require_grammar

_KINDS = {
    "user": PolicyUse.USER_INLINE,
    "role": PolicyUse.ROLE_INLINE,
    "group": PolicyUse.GROUP_INLINE,
}


def put(kind: str) -> Callable[[ApiCall], None]:
    """Return the operation that saves an inline policy of a user, role or group."""

    def operation(call: ApiCall) -> None:
        name, policies = _policies(call, kind)
        document = call.text("PolicyDocument")
        require_grammar(document, _KINDS[kind])
        policies = {**policies, call.text("PolicyName"): document}
        limit = most(_KINDS[kind].value)
        if sum(map(policy_size, policies.values())) > limit:
            raise AwsError(
                "LimitExceeded", f"Maximum policy size of {limit} bytes exceeded for {kind} {name}"
            )
        call.store.set_inline_policies(kind, call.account, name, policies)

    return operation


def get(kind: str) -> Callable[[ApiCall], Result]:
    """Return the operation that reads an inline policy."""

    def operation(call: ApiCall) -> Result:
        name, policies = _policies(call, kind)
        policy = _require(call, kind, policies)
        owner = f"{call.store.of_kind[kind].title}Name"
        return {owner: name, "PolicyName": policy, "PolicyDocument": encoded(policies[policy])}

    return operation


def delete(kind: str) -> Callable[[ApiCall], None]:
    """Return the operation that deletes an inline policy."""

    def operation(call: ApiCall) -> None:
        _, policies = _policies(call, kind)
        del policies[_require(call, kind, policies)]

    return operation


def listed(kind: str) -> Callable[[ApiCall], Result]:
    """Return the operation that lists the names of inline policies."""

    def operation(call: ApiCall) -> Result:
        return pages.listing(call, "PolicyNames", _policies(call, kind)[1], str)

    return operation


def encoded(document: str) -> str:
    """Return a policy as IAM gives it back: percent-encoded."""
    return quote(document, safe="")


def _policies(call: ApiCall, kind: str) -> tuple[str, dict[str, str]]:
    name = call.store.of_kind[kind].name_of(lookup.holder(call, kind))
    return name, call.store.inline_policies(kind, call.account, name)


def _require(call: ApiCall, kind: str, policies: dict[str, str]) -> str:
    name = call.text("PolicyName")
    if name not in policies:
        raise lookup.no_such(f"The {kind} policy with name {name} cannot be found.")
    return name
