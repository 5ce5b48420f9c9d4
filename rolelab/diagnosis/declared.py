"""What exists against what was declared: pure comparison by meaning, each deviation with the change that mends it.

Too open is as wrong as too tight. Tags, descriptions, names of inline policies and everything else in the account are
nobody's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components import documents
from rolelab.aws import iam_entities
from rolelab.diagnosis.iam_calls import Call
from rolelab.iam import compare as meaning
from rolelab.outputs import Lab, Learner

GRANT_NAME = "AssumeRole"
"""Name for a grant that has to be made again where none is left whose name could be kept: the lab's own."""
REFRESH = "run `rolelab up --refresh` (or `pulumi up --refresh`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One thing that is not as declared."""

    check: str
    expected: str
    got: str
    why: tuple[str, ...] = ()
    """Sentences on what differs and what it means."""
    calls: tuple[Call, ...] = ()
    """What puts it back, in order; empty where only a new `up` can."""
    advice: str = ""
    """What to do where no call will do."""
    is_missing: bool = False
    """The user or role itself is not there: nothing else of it can be compared."""


def trust_of(lab: Lab) -> Mapping[str, Any]:
    """Return the declared trust policy: that of the outputs, or the lab's own, the account and no condition."""
    if lab.role.trust is not None:
        return lab.role.trust
    return documents.trust(documents.account_root(lab.account_id, partition_of(lab.role.arn)))


def grant_of(lab: Lab) -> Mapping[str, Any]:
    """Return the declared grant: leave to assume this role, and no other."""
    return documents.grant(lab.role.arn)


def partition_of(arn: str) -> str:
    """Return the partition of an ARN, such as `aws`."""
    return arn.split(":")[1]


def path_of(arn: str) -> str:
    """Return the path of a user's or role's ARN, `/` where it has none."""
    resource = arn.split(":", 5)[5]
    return f"/{'/'.join(resource.split('/')[1:-1])}/".replace("//", "/")


# -- the user -------------------------------------------------------------------------------------------------------


def compare_user(
    lab: Lab, learner: Learner, user: iam_entities.ActualUser | iam_entities.Renamed | None
) -> list[Deviation]:
    """Return every deviation of a learner's user; nothing where it is as declared."""
    if isinstance(user, iam_entities.Renamed):
        parameters = {"UserName": user.name, "NewUserName": learner.user_name}
        return [
            Deviation(
                check="declared.user",
                expected=learner.user_arn,
                is_missing=True,
                got=f"there is no such user; its key belongs to user {user.name}",
                why=(f"The user {learner.user_name} was renamed to {user.name}.",),
                calls=(Call("UpdateUser", parameters),),
            )
        ]
    if user is None:
        return [
            Deviation(
                check="declared.user",
                expected=learner.user_arn,
                is_missing=True,
                got="there is no such user",
                why=(
                    f"The user {learner.user_name} does not exist any more, and its key with it.",
                ),
                advice=f"{REFRESH}: it makes the user and a new key",
            )
        ]
    return [
        *_user_itself(learner, user),
        *_key(learner, user),
        *_password(learner, user),
        *_grant(lab, user),
        *_user_managed(user),
        *_groups(user),
        *_boundary(user, "user", user.name, f"user {user.name}"),
    ]


def _user_itself(learner: Learner, user: iam_entities.ActualUser) -> Iterator[Deviation]:
    if user.arn != learner.user_arn:
        yield Deviation(
            check="declared.user",
            expected=learner.user_arn,
            got=user.arn,
            why=("The user was moved to another path, so its ARN is another one.",),
            calls=(
                Call("UpdateUser", {"UserName": user.name, "NewPath": path_of(learner.user_arn)}),
            ),
        )


def _key(learner: Learner, user: iam_entities.ActualUser) -> Iterator[Deviation]:
    """The declared key is active, and no other one: whoever has that could act as the learner."""
    own = _shown(learner.access_key_id)
    status = user.keys.get(learner.access_key_id)
    others = [
        key
        for key, other in user.keys.items()
        if other == "Active" and key != learner.access_key_id
    ]
    if status == "Active" and not others:
        return
    got: list[str] = []
    why: list[str] = []
    calls: list[Call] = []
    advice = ""
    if status is None:
        got.append("the user has no such key")
        why.append(f"Access key {own} was deleted, or belongs to a user that was.")
        advice = f"{REFRESH}: it makes a new key"
    elif status != "Active":
        got.append(status.lower())
        why.append(f"Access key {own} is {status.lower()}: AWS takes it for nobody's.")
        calls.append(_set_key(user, learner.access_key_id, "Active"))
    if others:
        got.append(f"also {_names(map(_shown, others))} active")
        why += [
            f"Access key {_shown(key)} of the user is active and not the lab's." for key in others
        ]
        calls += [_set_key(user, key, "Inactive") for key in others]
    yield Deviation(
        check="declared.user-key",
        expected=f"key {own} active, and no other",
        got=", ".join(got),
        why=tuple(why),
        calls=tuple(calls),
        advice=advice,
    )


def _password(learner: Learner, user: iam_entities.ActualUser) -> Iterator[Deviation]:
    """A console password is there exactly where the outputs hold one."""
    is_declared = learner.console_password is not None
    if user.has_password and not is_declared:
        yield Deviation(
            check="declared.user-password",
            expected="no console password",
            got="there is one",
            why=(
                f"User {user.name} has a console password that was not declared: whoever knows it can sign in.",
            ),
            calls=(Call("DeleteLoginProfile", {"UserName": user.name}),),
        )
    elif is_declared and not user.has_password:
        yield Deviation(
            check="declared.user-password",
            expected="a console password",
            got="there is none",
            why=(
                f"The console password of user {user.name} was deleted: nobody can sign in to the console with it.",
            ),
            advice=f"{REFRESH}: it makes a new password",
        )


def _set_key(user: iam_entities.ActualUser, key: str, status: str) -> Call:
    return Call("UpdateAccessKey", {"UserName": user.name, "AccessKeyId": key, "Status": status})


def _grant(lab: Lab, user: iam_entities.ActualUser) -> Iterator[Deviation]:
    """The user's inline policies: exactly the grant, or none before it."""
    expected = "one inline policy, the grant" if lab.grant else "no inline policy"
    wanted = grant_of(lab) if lab.grant else None
    whole = [
        name
        for name, document in user.inline.items()
        if wanted is not None and meaning.same(wanted, document)
    ]
    kept = whole[:1] if whole else []
    if wanted is not None and not whole:
        nearest = _nearest(wanted, user.inline)
        kept = [nearest] if nearest else []
        yield _grant_differs(wanted, user, nearest)
    extra = [name for name in user.inline if name not in kept]
    if extra:
        yield Deviation(
            check="declared.user-inline",
            expected=expected,
            got=f"also {_names(extra)}" if lab.grant else _names(extra),
            why=tuple(f"Inline policy {name} is there and should not be." for name in extra),
            calls=tuple(
                Call("DeleteUserPolicy", {"UserName": user.name, "PolicyName": name})
                for name in extra
            ),
        )


def _grant_differs(
    wanted: Mapping[str, Any], user: iam_entities.ActualUser, nearest: str
) -> Deviation:
    name = nearest or GRANT_NAME
    call = Call(
        "PutUserPolicy", {"UserName": user.name, "PolicyName": name, "PolicyDocument": wanted}
    )
    if not nearest:
        return Deviation(
            check="declared.grant",
            expected="sts:AssumeRole on the role, and nothing more",
            got="there is no grant",
            why=(f"User {user.name} has no inline policy that allows sts:AssumeRole on the role.",),
            calls=(call,),
        )
    differences = meaning.compare(wanted, user.inline[nearest])
    return Deviation(
        check="declared.grant",
        expected="sts:AssumeRole on the role, and nothing more",
        got=_directions(differences),
        why=tuple(f"Inline policy {nearest}, {difference}." for difference in differences),
        calls=(call,),
    )


def _nearest(wanted: Mapping[str, Any], inline: iam_entities.Documents) -> str:
    """Return the policy that is meant to be the grant: the one about sts that differs least; empty without one."""
    about = [
        name
        for name, document in inline.items()
        if "sts:" in str(document).lower() or len(inline) == 1
    ]
    return min(
        about, key=lambda name: (len(meaning.compare(wanted, inline[name])), name), default=""
    )


def _user_managed(user: iam_entities.ActualUser) -> Iterator[Deviation]:
    if user.attached:
        yield Deviation(
            check="declared.user-managed",
            expected="no managed policy",
            got=_names(map(_policy_name, user.attached)),
            why=tuple(
                f"Managed policy {_policy_name(arn)} is attached to the user."
                for arn in user.attached
            ),
            calls=tuple(
                Call("DetachUserPolicy", {"UserName": user.name, "PolicyArn": arn})
                for arn in user.attached
            ),
        )


def _groups(user: iam_entities.ActualUser) -> Iterator[Deviation]:
    if user.groups:
        names = [group.name for group in user.groups]
        yield Deviation(
            check="declared.user-groups",
            expected="in no group",
            got=f"in {_names(names)}",
            why=tuple(
                f"The user is in group {name}, whose policies are the user's as well."
                for name in names
            ),
            calls=tuple(
                Call("RemoveUserFromGroup", {"GroupName": name, "UserName": user.name})
                for name in names
            ),
        )


# -- the role -------------------------------------------------------------------------------------------------------


def compare_role(lab: Lab, role: iam_entities.ActualRole | None) -> list[Deviation]:
    """Return every deviation of the role; nothing where it is as declared."""
    if role is None or role.arn != lab.role.arn:
        return [_role_missing(lab, role)]
    return [
        *_trust(lab, role),
        *_role_managed(lab, role),
        *_role_inline(role),
        *_boundary(role, "role", role.name, f"role {role.name}"),
        *_session_limit(lab, role),
    ]


def _role_missing(lab: Lab, role: iam_entities.ActualRole | None) -> Deviation:
    name, path = lab.role.name, path_of(lab.role.arn)
    made: list[Call] = []
    if role is not None:
        why = f"A role called {name} is there, with another path: {role.arn}. AWS goes by the whole ARN."
        made += [
            Call("DetachRolePolicy", {"RoleName": name, "PolicyArn": arn}) for arn in role.attached
        ]
        made += [
            Call("DeleteRolePolicy", {"RoleName": name, "PolicyName": policy})
            for policy in role.inline
        ]
        made.append(Call("DeleteRole", {"RoleName": name}))
    else:
        why = f"The role {name} does not exist any more."
    parameters = {
        "RoleName": name,
        **({} if path == "/" else {"Path": path}),
        "AssumeRolePolicyDocument": trust_of(lab),
        "MaxSessionDuration": lab.role.max_session_duration,
    }
    made.append(Call("CreateRole", parameters))
    made += [_attach(name, arn) for arn in lab.role.managed_policies or ()]
    return Deviation(
        check="declared.role",
        expected=lab.role.arn,
        is_missing=True,
        got=role.arn if role is not None else "there is no such role",
        why=(why,),
        calls=tuple(made) if lab.role.managed_policies is not None else (),
        advice="" if lab.role.managed_policies is not None else f"{REFRESH}: it makes the role",
    )


_TRUST_CHECKS = {"Principal": "declared.trust-principal", "Condition": "declared.trust-conditions"}


def _trust(lab: Lab, role: iam_entities.ActualRole) -> Iterator[Deviation]:
    wanted = trust_of(lab)
    call = Call("UpdateAssumeRolePolicy", {"RoleName": role.name, "PolicyDocument": wanted})
    by_check: dict[str, list[meaning.Difference]] = {}
    for difference in meaning.compare(wanted, role.trust):
        part = next((name for name in _TRUST_CHECKS if name in difference.place), "")
        by_check.setdefault(_TRUST_CHECKS.get(part, "declared.trust-statements"), []).append(
            difference
        )
    for check, differences in by_check.items():
        yield Deviation(
            check=check,
            expected="; ".join(
                dict.fromkeys(difference.want for difference in differences if difference.want)
            )
            or "nothing more than declared",
            got=_directions(differences),
            why=tuple(
                f"Trust policy of role {role.name}, {difference}." for difference in differences
            ),
            calls=(call,),
        )


def _role_managed(lab: Lab, role: iam_entities.ActualRole) -> Iterator[Deviation]:
    if lab.role.managed_policies is None:
        return
    missing = [arn for arn in lab.role.managed_policies if arn not in role.attached]
    extra = [arn for arn in role.attached if arn not in lab.role.managed_policies]
    if missing or extra:
        detach = tuple(
            Call("DetachRolePolicy", {"RoleName": role.name, "PolicyArn": arn}) for arn in extra
        )
        yield Deviation(
            check="declared.role-managed",
            expected=_names(map(_policy_name, lab.role.managed_policies)) or "no managed policy",
            got=_names(map(_policy_name, role.attached)) or "no managed policy",
            why=(
                *(
                    f"Managed policy {_policy_name(arn)} is not attached to role {role.name}."
                    for arn in missing
                ),
                *(
                    f"Managed policy {_policy_name(arn)} is attached to role {role.name} as well."
                    for arn in extra
                ),
            ),
            # Away first: a role holds only so many.
            calls=(*detach, *(_attach(role.name, arn) for arn in missing)),
        )


def _role_inline(role: iam_entities.ActualRole) -> Iterator[Deviation]:
    if role.inline:
        yield Deviation(
            check="declared.role-inline",
            expected="no inline policy",
            got=_names(role.inline),
            why=tuple(f"Role {role.name} has inline policy {name}." for name in role.inline),
            calls=tuple(
                Call("DeleteRolePolicy", {"RoleName": role.name, "PolicyName": name})
                for name in role.inline
            ),
        )


def _session_limit(lab: Lab, role: iam_entities.ActualRole) -> Iterator[Deviation]:
    wanted, got = lab.role.max_session_duration, role.max_session_duration
    if wanted != got:
        longer = "longer" if got > wanted else "shorter"
        yield Deviation(
            check="declared.role-session-limit",
            expected=f"{wanted} s",
            got=f"{got} s",
            why=(
                f"A session of role {role.name} may last {got} s, {longer} than the declared {wanted} s.",
            ),
            calls=(Call("UpdateRole", {"RoleName": role.name, "MaxSessionDuration": wanted}),),
        )


def _boundary(
    entity: iam_entities.ActualUser | iam_entities.ActualRole, kind: str, name: str, owner: str
) -> Iterator[Deviation]:
    if entity.boundary:
        key = f"{kind.capitalize()}Name"
        yield Deviation(
            check=f"declared.{kind}-boundary",
            expected="no permissions boundary",
            got=_policy_name(entity.boundary),
            why=(f"Permissions boundary {_policy_name(entity.boundary)} limits {owner}.",),
            calls=(Call(f"Delete{kind.capitalize()}PermissionsBoundary", {key: name}),),
        )


# -- words ----------------------------------------------------------------------------------------------------------


def _attach(role: str, arn: str) -> Call:
    return Call("AttachRolePolicy", {"RoleName": role, "PolicyArn": arn})


def _directions(differences: Iterable[meaning.Difference]) -> str:
    found = list(differences)
    direction = meaning.direction(found)
    places = "; ".join(
        dict.fromkeys(difference.got or f"no {difference.want}" for difference in found)
    )
    return f"{direction.value}: {places}" if direction else places


def _policy_name(arn: str) -> str:
    """The name alone of AWS's own policies; of the account's, which can have any name, the ARN too."""
    name = arn.rsplit("/", 1)[-1]
    return name if ":iam::aws:" in arn else f"{name} ({arn})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)


def _shown(key: str) -> str:
    """An access key's id is no secret, but a hand-out shows it shortened."""
    return f"{key[:4]}…{key[-4:]}"
