"""Policies with one document changed, and what changed between two sets of policies."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from rolelab.iam.documents import Document, as_list, pretty, read
from rolelab.iam.layers import DOCUMENT_LAYERS, Layer, Place, Policies, Policy
from rolelab.iam.propose.edits import Edit, Raw

_NO_POLICY = Policy(Document())


@dataclass(frozen=True, slots=True)
class Change:
    """One policy before and after: changed, new, or removed (or detached)."""

    layer: Layer
    old: Policy | None
    new: Policy | None

    @property
    def policy(self) -> Policy:
        """The policy as it is to be, or was."""
        return self.new or self.old or _NO_POLICY

    @property
    def before(self) -> Mapping[str, object] | None:
        """The document as it was; None: the policy is new."""
        return self.old.document.raw if self.old is not None else None

    @property
    def after(self) -> Mapping[str, object] | None:
        """The document as it is to be; None: the policy is removed, or detached."""
        return self.new.document.raw if self.new is not None else None

    @property
    def where(self) -> str:
        """The policy in words."""
        return self.policy.at(self.layer)

    def diff(self) -> str:
        """Return a unified diff of the indented JSON."""
        now, proposed = (
            [] if side is None else pretty(side).split("\n") for side in (self.before, self.after)
        )
        headings = f"{self.where} (now)", f"{self.where} (proposed)"
        return "\n".join(difflib.unified_diff(now, proposed, *headings, lineterm=""))

    @property
    def size(self) -> int:
        """How much of a change it is, in lines; a document made or removed counts as several."""
        lines = self.diff().splitlines()[2:]
        changed = sum(line[:1] in ("+", "-") for line in lines)
        return changed + (20 if self.old is None or self.new is None else 0)


def between(before: Policies, after: Policies) -> tuple[Change, ...]:
    """Return the documents that differ, by name and owner."""
    changes: list[Change] = []
    for layer in DOCUMENT_LAYERS:
        olds, news = (
            {(policy.owner, policy.name, policy.arn): policy for policy in side.at(layer)}
            for side in (before, after)
        )
        for key in dict.fromkeys((*olds, *news)):
            old, new = olds.get(key), news.get(key)
            if old is None or new is None or old.document != new.document:
                changes.append(Change(layer, old, new))
    return tuple(changes)


def edited(policies: Policies, place: Place, *edits: Edit) -> Policies | None:
    """Return the policies with one statement edited; None when an edit does not apply."""
    raw = copy.deepcopy(dict(place.policy.document.raw))
    statement = cast("Raw", as_list(raw["Statement"])[place.statement.index])
    if not all(edit(statement) for edit in edits):
        return None
    return put(policies, place.layer, place.policy, raw)


def with_statement(
    policies: Policies, layer: Layer, policy: Policy, statement: Mapping[str, object]
) -> Policies:
    """Return the policies with a statement added at the end of one document."""
    raw = copy.deepcopy(dict(policy.document.raw))
    raw["Statement"] = [*as_list(raw.get("Statement", [])), statement]
    return put(policies, layer, policy, raw)


def without_statement(place: Place, policies: Policies) -> tuple[str, Policies]:
    """Return words and the policies without a statement, or without its policy if it was all."""
    layer, policy, index = place.layer, place.policy, place.statement.index
    raw = copy.deepcopy(dict(policy.document.raw))
    rest = [each for number, each in enumerate(as_list(raw["Statement"])) if number != index]
    if not rest:
        return f"Remove the {policy.at(layer)}.", put(policies, layer, policy, None)
    raw["Statement"] = rest
    words = f"Take statement {index + 1} out of the {policy.at(layer)}."
    return words, put(policies, layer, policy, raw)


def put(
    policies: Policies, layer: Layer, policy: Policy, raw: Mapping[str, object] | None
) -> Policies:
    """Return the policies with one document replaced, or (None) that policy gone."""
    new = () if raw is None else (replace(policy, document=read(raw)),)
    changed: list[Policy] = []
    for each in policies.at(layer):
        changed += new if each is policy else (each,)
    return policies.put(layer, changed or None)
