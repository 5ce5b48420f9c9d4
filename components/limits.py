"""IAM's own rules, known before any call: each function returns the faults of one value.

Source: IAM User Guide, "IAM and AWS STS quotas" (names, lengths, quotas), "Update the maximum
session duration".
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

USERS_PER_ACCOUNT = 5000
"""Not adjustable."""
MANAGED_POLICIES_PER_ROLE = 20
"""The most that a quota increase gives; an account starts with 10, which only AWS can tell."""
ROLE_SESSION_SECONDS = (3600, 43200)
"""Shortest and longest MaxSessionDuration of CreateRole; a session can be as short as 900.

Source: IAM API Reference, CreateRole, MaxSessionDuration.
"""
TRUST_POLICY_SIZE = 2048
"""Characters without white space; the quota that an account starts with."""
USER_INLINE_SIZE = 2048
"""Characters without white space, all inline policies of one user together."""

_NOT_COUNTED = dict.fromkeys(map(ord, " \t\r\n"))
_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
_POLICY_ARN = re.compile(r"arn:[a-z-]+:iam::(aws|\d{12}):policy/[\x21-\x7e]+")
_POLICY_NAME = re.compile(r"([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]+")


def name(value: str, *, longest: int = 64) -> list[str]:
    """Check the name of a user or role (64 characters), or of a policy (`longest=128`)."""
    faults: list[str] = []
    if not 1 <= len(value) <= longest:
        faults.append(f"has {len(value)} characters; IAM allows 1 to {longest}")
    if value and not _NAME.fullmatch(value):
        strange = "".join(sorted({c for c in value if not _NAME.fullmatch(c)}))
        faults.append(f"contains {strange!r}; IAM allows letters, digits and +=,.@_-")
    return faults


def unique_names(values: Iterable[str]) -> list[str]:
    """Check that names differ; IAM compares them without regard to case."""
    spellings: dict[str, list[str]] = {}
    for value in values:
        spellings.setdefault(value.lower(), []).append(value)
    return [
        f"names {same[0]!r} {len(same)} times"
        if len(set(same)) == 1
        else f"{' and '.join(map(repr, same))} are one name to IAM, which does not regard case"
        for same in spellings.values()
        if len(same) > 1
    ]


def users(count: int) -> list[str]:
    """Check a number of users against the account's quota."""
    if count <= USERS_PER_ACCOUNT:
        return []
    return [f"asks for {count} users; an account holds {USERS_PER_ACCOUNT}"]


def role_session(seconds: int) -> list[str]:
    """Check a role's MaxSessionDuration, in seconds."""
    shortest, longest = ROLE_SESSION_SECONDS
    if shortest <= seconds <= longest:
        return []
    return [f"is {seconds}; IAM allows {shortest} to {longest} seconds for a role"]


def managed_policies(values: Iterable[str]) -> list[str]:
    """Check the managed policies of one role, names of AWS's or ARNs: how many, none twice."""
    listed = list(values)
    faults = [
        f"{value!r} is neither the name of an AWS managed policy nor a policy's ARN"
        for value in listed
        if not (_POLICY_ARN if value.startswith("arn:") else _POLICY_NAME).fullmatch(value)
    ]
    if len(listed) > MANAGED_POLICIES_PER_ROLE:
        faults.append(
            f"names {len(listed)} policies; a role holds at most {MANAGED_POLICIES_PER_ROLE}"
        )
    labels = Counter(policy_label(value) for value in listed)
    faults += [f"names {twice!r} {times} times" for twice, times in labels.items() if times > 1]
    return faults


def policy_size(document: Mapping[str, object] | str) -> int:
    """Return the size of a policy, or of its text.

    IAM does not count white space, nor in strings.
    """
    if not isinstance(document, str):
        document = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return len(document.translate(_NOT_COUNTED))


def document_size(document: Mapping[str, object] | str, *, most: int) -> list[str]:
    """Check a policy's size."""
    size = policy_size(document)
    return [] if size <= most else [f"has {size} characters without white space; IAM allows {most}"]


def policy_label(policy: str) -> str:
    """Return a managed policy's name, with the account where that is not AWS: unique in a role."""
    account, _, name = policy.rpartition(":policy/")
    owner = account.rpartition(":")[2]
    return name if owner in ("", "aws") else f"{owner}-{name}"
