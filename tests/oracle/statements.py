"""Statements of a policy, and whether one is about a request: action, resource, conditions.

Source: IAM User Guide, "IAM JSON policy elements reference", "Policy evaluation logic"; Amazon S3
User Guide, "Amazon S3 actions".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, cast

from tests.oracle import conditions, patterns


class Verdict(Enum):
    """What a set of policies says of a request."""

    ALLOW = "allow"
    DENY = "deny"
    """Explicitly: nothing can make up for it."""
    NOTHING = "nothing"
    """No statement speaks of it: an implicit deny, unless another policy allows."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: an action on a resource, and condition keys in lower case."""

    action: str
    resource: str
    keys: conditions.Keys
    lower_action: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lower_action", self.action.lower())
        # A list of all buckets names none; it is asked on what stands for all of them.
        if self.lower_action == "s3:listallmybuckets":
            object.__setattr__(self, "resource", "arn:aws:s3:::*")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; lists where the document may have one or many."""

    effect: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principal: Any
    """As in the document: `*`, or a mapping of kind to one or many; None where there is none."""
    not_principal: Any
    conditions: dict[str, dict[str, Any]]
    variables: bool
    """`${…}` are variables, by the policy's Version."""

    def applies(self, request: Request) -> bool:
        """Return whether action, resource and conditions fit the request.

        The principal is not looked at.
        """
        return (
            self._of_action(request)
            and self._of_resource(request)
            and (
                not self.conditions
                or conditions.met(self.conditions, request.keys, variables=self.variables)
            )
        )

    def _of_action(self, request: Request) -> bool:
        if self.not_actions:
            return not any(patterns.matches(one, request.lower_action) for one in self.not_actions)
        return any(patterns.matches(one, request.lower_action) for one in self.actions)

    def _of_resource(self, request: Request) -> bool:
        if self.not_resources:
            return not any(self._is(one, request) for one in self.not_resources)
        # A trust policy has no Resource: it speaks of its role.
        return not self.resources or any(self._is(one, request) for one in self.resources)

    def _is(self, resource: str, request: Request) -> bool:
        if resource == "*":
            return True
        if not self.variables or "${" not in resource:
            return patterns.matches(resource, request.resource)
        pattern = patterns.resolved(resource, _single(request.keys))
        return pattern is not None and pattern.fullmatch(request.resource) is not None


def _single(keys: conditions.Keys) -> Callable[[str], str | None]:
    def lookup(key: str) -> str | None:
        value = keys(key)
        return value if isinstance(value, str) else None

    return lookup


def decide(policies: Iterable[tuple[Statement, ...]], request: Request) -> Verdict:
    """Return what policies say together: a deny wins over every allow."""
    decision = Verdict.NOTHING
    for policy in policies:
        for statement in policy:
            if decision is Verdict.ALLOW and statement.effect == "Allow":
                continue
            if statement.applies(request):
                if statement.effect == "Deny":
                    return Verdict.DENY
                decision = Verdict.ALLOW
    return decision


@lru_cache(maxsize=8192)
def parsed(document: str) -> tuple[Statement, ...]:
    """Return the statements of a stored policy; none of what is no policy at all."""
    try:
        policy: Any = json.loads(document)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(policy, dict):
        return ()
    whole = cast("dict[str, Any]", policy)
    found = whole.get("Statement", [])
    variables = whole.get("Version") == "2012-10-17"
    all_of_them: list[Any] = cast("list[Any]", found) if isinstance(found, list) else [found]
    return tuple(
        _statement(cast("dict[str, Any]", one), variables)
        for one in all_of_them
        if isinstance(one, dict)
    )


def _statement(one: dict[str, Any], variables: bool) -> Statement:
    return Statement(
        effect=str(one.get("Effect")),
        actions=tuple(action.lower() for action in _strings(one.get("Action"))),
        not_actions=tuple(action.lower() for action in _strings(one.get("NotAction"))),
        resources=tuple(_whole(resource) for resource in _strings(one.get("Resource"))),
        not_resources=tuple(_whole(resource) for resource in _strings(one.get("NotResource"))),
        principal=one.get("Principal"),
        not_principal=one.get("NotPrincipal"),
        conditions=one.get("Condition") or {},
        variables=variables,
    )


def _whole(resource: str) -> str:
    """Complete an ARN of fewer than six parts with wildcards, as AWS does.

    `arn:aws:s3` is every S3 resource.
    """
    missing = 5 - resource.count(":")
    if not resource.startswith("arn:") or missing <= 0 or "${" in resource:
        return resource
    return resource + ":*" * missing


def _strings(value: Any) -> list[str]:
    if value is None:
        return []
    return (
        [str(one) for one in cast("list[Any]", value)] if isinstance(value, list) else [str(value)]
    )
