"""What a document is for, what is wrong with one, and what both grammars share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from rolelab.iam import quotas
from rolelab.iam.documents import as_list


class PolicyUse(Enum):
    """What a document is for; the value is the key of the quota for its size, or its name."""

    USER_INLINE = "UserPolicySizeQuota"
    ROLE_INLINE = "RolePolicySizeQuota"
    GROUP_INLINE = "GroupPolicySizeQuota"
    MANAGED = "PolicySizeQuota"
    TRUST = "AssumeRolePolicySizeQuota"
    SESSION = "session policy"

    @property
    def limit(self) -> int | None:
        """Characters without white space at most; of inline ones of one owner together."""
        if self is PolicyUse.SESSION:
            return quotas.SESSION_POLICY_SIZE
        return quotas.most(self.value) if self.value in quotas.QUOTAS else None


@dataclass(frozen=True, slots=True)
class GrammarFault:
    """One thing AWS would refuse."""

    place: str
    """Such as `statement 1, Effect`, `document, Comment`; `document` for the whole."""
    what: str
    """AWS's message."""
    code: str = "MalformedPolicyDocument"
    """AWS's error code; `LimitExceeded` for a document that is too long."""


INVALID_JSON = "This policy contains invalid Json"
SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
VENDORS = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."


def strings(value: object) -> list[str] | None:
    """Return a string or a list of strings as a list; None for anything else."""
    values = [each for each in as_list(value) if isinstance(each, str)]
    return values if len(values) == len(as_list(value)) else None


def unknown(raw: Mapping[str, object], known: Sequence[str]) -> list[str]:
    """Return the names of a document's or a statement's elements that are none."""
    return [name for name in raw if name not in known]


def unique_sid(sid: object, seen: set[str]) -> str:
    """Return AWS's message for a Sid that an earlier statement has; add it to those `seen`."""
    if not isinstance(sid, str) or not sid:
        return ""
    if sid in seen:
        return "Statement IDs (SID) in a single policy must be unique."
    seen.add(sid)
    return ""
