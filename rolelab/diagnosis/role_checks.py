"""The checks of the role against what was declared: identity, trust, policies, limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rolelab.advice import OWN, SESSION
from rolelab.aws.iam_entities import ActualPolicy, ActualRole
from rolelab.aws.removal import VERSIONS_KEPT
from rolelab.diagnosis.declared import (
    DeclaredCheck,
    Deviation,
    Deviations,
    boundary,
    directions,
    joined,
    policy_name,
    surplus,
)
from rolelab.diagnosis.iam_call import IamCall
from rolelab.iam import Layer, arns
from rolelab.iam import compare as meaning
from rolelab.outputs import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCheck(DeclaredCheck):
    """What one check looks at in a role that is there."""

    part: str = "role"
    compare: Callable[[Lab, ActualRole], Deviation | None]


def compare_role(lab: Lab, role: ActualRole | None) -> Deviations:
    """Return every deviation of the role; nothing where it is as declared."""
    if role is None or role.arn != lab.role.arn:
        return {ROLE_CHECKS[0].id: _no_role(lab, role)}
    deviations = {check.id: check.compare(lab, role) for check in ROLE_CHECKS}
    return {check: deviation for check, deviation in deviations.items() if deviation}


def _no_role(lab: Lab, other: ActualRole | None) -> Deviation:
    """Return what makes the role; `other` has its name and another path, and goes first."""
    name, policies = lab.role.name, lab.role.managed_policies
    calls = [*_deleting(other), _creating(lab)] if other else [_creating(lab)]
    calls += [_attaching(name, arn) for arn in policies or ()]
    return Deviation(
        expected=lab.role.arn,
        got=other.arn if other else "there is no such role",
        why=(
            f"A role called {name} is there, with another path: {other.arn}. "
            "AWS goes by the whole ARN."
            if other
            else f"The role {name} does not exist any more.",
        ),
        calls=tuple(calls) if policies is not None else (),
        by_up="" if policies is not None else "Let a new `up` make the role.",
        is_missing=True,
    )


def _deleting(role: ActualRole) -> list[IamCall]:
    name = role.name
    return [
        *(_detaching(name, arn) for arn in role.attached),
        *(_deleting_inline(name, policy) for policy in role.inline),
        IamCall("DeleteRole", {"RoleName": name}),
    ]


def _creating(lab: Lab) -> IamCall:
    path = arns.path_of(lab.role.arn)
    # By its tags `destroy` knows it as the lab's own.
    tags = [{"Key": key, "Value": value} for key, value in sorted(lab.role.tags.items())]
    return IamCall(
        "CreateRole",
        {
            "RoleName": lab.role.name,
            **({} if path == "/" else {"Path": path}),
            "AssumeRolePolicyDocument": lab.trust_policy,
            "MaxSessionDuration": lab.role.max_session_duration,
            **({"Tags": tags} if tags else {}),
        },
    )


def _attaching(role: str, arn: str) -> IamCall:
    return IamCall("AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})


def _detaching(role: str, arn: str) -> IamCall:
    return IamCall("DetachRolePolicy", {"RoleName": role, "PolicyArn": arn})


def _deleting_inline(role: str, policy: str) -> IamCall:
    return IamCall("DeleteRolePolicy", {"RoleName": role, "PolicyName": policy})


def _itself(_: Lab, __: ActualRole) -> None:
    """The role is there: `compare_role` has looked."""


def _trust(element: str, lab: Lab, role: ActualRole) -> Deviation | None:
    """Compare one element of the trust policy, or with an empty `element` all that is neither."""
    declared = lab.trust_policy
    differences = [
        difference
        for difference in meaning.compare(declared, role.trust)
        if _element(difference) == element
    ]
    if not differences:
        return None
    expected = dict.fromkeys(difference.want for difference in differences if difference.want)
    parameters = {"RoleName": role.name, "PolicyDocument": declared}
    return Deviation(
        expected="; ".join(expected) or "nothing more than declared",
        got=directions(differences),
        why=tuple(f"Trust policy of role {role.name}, {difference}." for difference in differences),
        calls=(IamCall("UpdateAssumeRolePolicy", parameters),),
    )


def _element(difference: meaning.Difference) -> str:
    elements = ("Principal", "Condition")
    return difference.element if difference.element in elements else ""


def _managed(lab: Lab, role: ActualRole) -> Deviation | None:
    declared, name = lab.role.managed_policies, role.name
    if declared is None:
        return None
    missing = [arn for arn in declared if arn not in role.attached]
    extra = [arn for arn in role.attached if arn not in declared]
    rewritten = _rewritten(lab, role)
    if not (missing or extra or rewritten):
        return None
    changed = (f"{policy_name(arn)} says {directions(rewritten[arn])}" for arn in rewritten)
    return Deviation(
        expected=joined(map(policy_name, declared)) or "no managed policy",
        got="; ".join((joined(map(policy_name, role.attached)) or "no managed policy", *changed)),
        why=(
            *(f"Managed policy {policy_name(a)} is not attached to role {name}." for a in missing),
            *(
                f"Managed policy {policy_name(a)} is attached to role {name} as well."
                for a in extra
            ),
            *(
                f"Managed policy {policy_name(arn)} is not what was declared, {difference}."
                for arn, differences in rewritten.items()
                for difference in differences
            ),
        ),
        # Detached first: a role holds only so many.
        calls=(
            *(_detaching(name, arn) for arn in extra),
            *(_attaching(name, arn) for arn in missing),
            *(call for arn in rewritten for call in _writing_back(lab, arn, role.policies[arn])),
        ),
    )


def _rewritten(lab: Lab, role: ActualRole) -> dict[str, list[meaning.Difference]]:
    """Return what attached policies say that was not declared: a name is only a name."""
    compared = {
        arn: list(meaning.compare(document, role.policies[arn].document))
        for arn, document in lab.role.policy_documents.items()
        if arn in role.policies
    }
    return {arn: differences for arn, differences in compared.items() if differences}


def _writing_back(lab: Lab, arn: str, policy: ActualPolicy) -> list[IamCall]:
    """Return what makes a policy say again what was declared: an older version of it, or a new."""
    declared = lab.role.policy_documents[arn]
    for version, document in policy.versions.items():
        if meaning.same(declared, document):
            which = {"PolicyArn": arn, "VersionId": version}
            return [IamCall("SetDefaultPolicyVersion", which)]
    calls: list[IamCall] = []
    if len(policy.versions) >= VERSIONS_KEPT:
        oldest = next(version for version in policy.versions if version != policy.default)
        calls.append(IamCall("DeletePolicyVersion", {"PolicyArn": arn, "VersionId": oldest}))
    new = {"PolicyArn": arn, "PolicyDocument": declared, "SetAsDefault": True}
    return [*calls, IamCall("CreatePolicyVersion", new)]


def _inline(_: Lab, role: ActualRole) -> Deviation | None:
    return surplus(
        list(role.inline),
        "no inline policy",
        lambda name: f"Role {role.name} has inline policy {name}.",
        lambda name: _deleting_inline(role.name, name),
    )


def _boundary(_: Lab, role: ActualRole) -> Deviation | None:
    return boundary("Role", role.name, role.boundary)


def _session_limit(lab: Lab, role: ActualRole) -> Deviation | None:
    declared, got = lab.role.max_session_duration, role.max_session_duration
    if declared == got:
        return None
    longer = "longer" if got > declared else "shorter"
    parameters = {"RoleName": role.name, "MaxSessionDuration": declared}
    return Deviation(
        expected=f"{declared} s",
        got=f"{got} s",
        why=(
            f"A session of role {role.name} may last {got} s, "
            f"{longer} than the declared {declared} s.",
        ),
        calls=(IamCall("UpdateRole", parameters),),
    )


ROLE_CHECKS = (
    RoleCheck(
        id="declared.role",
        action="iam:GetRole",
        title="the role is the declared one",
        failure="the role is not the declared one",
        explains=(OWN, Layer.MISSING_ROLE),
        compare=_itself,
    ),
    RoleCheck(
        id="declared.trust-principal",
        action="iam:GetRole",
        title="it trusts whom it should, and nobody else",
        failure="it trusts others than it should",
        part="trust",
        explains=(OWN, Layer.TRUST),
        compare=partial(_trust, "Principal"),
    ),
    RoleCheck(
        id="declared.trust-conditions",
        action="iam:GetRole",
        title="under the declared conditions",
        failure="its conditions are not the declared ones",
        part="trust",
        explains=(OWN, Layer.TRUST),
        compare=partial(_trust, "Condition"),
    ),
    RoleCheck(
        id="declared.trust-statements",
        action="iam:GetRole",
        title="for the declared actions",
        failure="its statements are not the declared ones",
        part="trust",
        explains=(OWN, Layer.TRUST),
        compare=partial(_trust, ""),
    ),
    RoleCheck(
        id="declared.role-managed",
        action="iam:ListAttachedRolePolicies",
        title="exactly the declared managed policies",
        failure="its managed policies are not the declared ones",
        explains=(SESSION, Layer.IDENTITY),
        compare=_managed,
    ),
    RoleCheck(
        id="declared.role-inline",
        action="iam:ListRolePolicies",
        title="no inline policy",
        failure="it has an inline policy",
        explains=(SESSION, Layer.IDENTITY),
        compare=_inline,
    ),
    RoleCheck(
        id="declared.role-boundary",
        action="iam:GetRole",
        title="no permissions boundary",
        failure="it has a permissions boundary",
        explains=(SESSION, Layer.BOUNDARY),
        compare=_boundary,
    ),
    RoleCheck(
        id="declared.role-session-limit",
        action="iam:GetRole",
        title="the declared session limit",
        failure="its session limit is not the declared one",
        compare=_session_limit,
    ),
)
"""What exists of the role; the first entry looks whether it is there."""
