"""The checks of a learner's user against what was declared: key, password, policies, groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rolelab.advice import OWN
from rolelab.aws.iam_entities import ActualUser, OtherCredential, Renamed
from rolelab.aws.removal import CREDENTIALS
from rolelab.diagnosis.declared import (
    GRANT_NAME,
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
from rolelab.iam.quotas import QUOTAS
from rolelab.outputs import Lab, Learner


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCheck(DeclaredCheck):
    """What one check looks at in a user that is there."""

    part: str = "user"
    compare: Callable[[Lab, Learner, ActualUser], Deviation | None]


def compare_user(lab: Lab, learner: Learner, user: ActualUser | Renamed | None) -> Deviations:
    """Return every deviation of a learner's user; nothing where it is as declared."""
    if not isinstance(user, ActualUser):
        return {USER_CHECKS[0].id: _no_user(learner, user)}
    deviations = {check.id: check.compare(lab, learner, user) for check in USER_CHECKS}
    return {check: deviation for check, deviation in deviations.items() if deviation}


def _no_user(learner: Learner, renamed: Renamed | None) -> Deviation:
    name = learner.user_name
    if renamed is None:
        return Deviation(
            expected=learner.user_arn,
            got="there is no such user",
            why=(f"The user {name} does not exist any more, and its key with it.",),
            by_up=f"Let a new `up` make the user {name} and a new key.",
            is_missing=True,
        )
    return Deviation(
        expected=learner.user_arn,
        got=f"there is no such user; its key belongs to user {renamed.name}",
        why=(f"The user {name} was renamed to {renamed.name}.",),
        calls=(IamCall("UpdateUser", {"UserName": renamed.name, "NewUserName": name}),),
        is_missing=True,
        shape="renamed",
    )


def _itself(_: Lab, learner: Learner, user: ActualUser) -> Deviation | None:
    if user.arn == learner.user_arn:
        return None
    path = arns.path_of(learner.user_arn)
    return Deviation(
        expected=learner.user_arn,
        got=user.arn,
        shape=f"moved to {arns.path_of(user.arn)}",
        why=("The user was moved to another path, so its ARN is another one.",),
        calls=(IamCall("UpdateUser", {"UserName": user.name, "NewPath": path}),),
    )


def _key(_: Lab, learner: Learner, user: ActualUser) -> Deviation | None:
    """The declared key is active, and no other: whoever has another could act as the learner."""
    own = learner.access_key_id
    # Who signs in to the console needs no access key, and is declared none.
    status = "Active" if learner.session_token else user.keys.get(own)
    others = [key for key, state in user.keys.items() if state == "Active" and key != own]
    if status == "Active" and not others and not user.credentials:
        return None
    # A user has two keys at most: where the lab's is gone, an inactive one may take its place.
    idle = [key for key in user.keys if key not in (own, *others)] if status is None else []
    in_the_way = idle if len(idle) + len(others) >= QUOTAS["AccessKeysPerUserQuota"].most else []
    got: list[str] = []
    why: list[str] = []
    calls: list[IamCall] = []
    if status is None:
        got.append("the user has no such key")
        why.append(f"Access key {_shown(own)} was deleted, or belongs to a user that was.")
    elif status != "Active":
        got.append(status.lower())
        why.append(f"Access key {_shown(own)} is {status.lower()}: AWS takes it for nobody's.")
        calls.append(_set_key(user, own, "Active"))
    if others:
        got.append(f"also {joined(map(_shown, others))} active")
    for key in others:
        why.append(f"Access key {_shown(key)} of the user is active and not the lab's.")
        calls.append(_delete_key(user, key))
    for key in in_the_way:
        why.append(f"Access key {_shown(key)} leaves no room for a new one of the lab's.")
        calls.append(_delete_key(user, key))
    for credential in user.credentials:
        got.append(f"also {_article(credential.kind)} {credential.kind}")
        why.append(f"User {user.name} has {credential.kind} {credential.id}, not declared.")
        calls += _removing(user, credential)
    return Deviation(
        expected=f"key {_shown(own)} active, and no other credential",
        got=", ".join(got),
        shape=f"{status}, {len(others)} more, {[each.kind for each in user.credentials]}",
        why=tuple(why),
        calls=tuple(calls),
        by_up="" if status else f"Let a new `up` make a new key for {user.name}.",
    )


def _removing(user: ActualUser, credential: OtherCredential) -> list[IamCall]:
    kind = CREDENTIALS[credential.kind]
    which = {kind.id: credential.id}
    calls = [IamCall(kind.removal, {"UserName": user.name, **which})]
    # A virtual device has an ARN and stays behind otherwise; a hardware one is not IAM's.
    if ":mfa/" in credential.id:
        calls.append(IamCall("DeleteVirtualMFADevice", which))
    return calls


def _article(noun: str) -> str:
    return "an" if noun[:1] in "SM" and noun[1:2].isupper() else "a"


def _delete_key(user: ActualUser, key: str) -> IamCall:
    return IamCall("DeleteAccessKey", {"UserName": user.name, "AccessKeyId": key})


def _set_key(user: ActualUser, key: str, status: str) -> IamCall:
    parameters = {"UserName": user.name, "AccessKeyId": key, "Status": status}
    return IamCall("UpdateAccessKey", parameters)


def _password(_: Lab, learner: Learner, user: ActualUser) -> Deviation | None:
    """A console password is there exactly where the outputs hold one."""
    is_declared = learner.console_password is not None
    if user.has_password == is_declared or learner.is_by_hand:
        return None
    if is_declared:
        return Deviation(
            expected="a console password",
            got="there is none",
            why=(
                f"The console password of user {user.name} was deleted: "
                "nobody can sign in to the console with it.",
            ),
            by_up=f"Let a new `up` make a new password for {user.name}.",
        )
    return Deviation(
        expected="no console password",
        got="there is one",
        why=(
            f"User {user.name} has a console password that was not declared: "
            "whoever knows it can sign in.",
        ),
        calls=(IamCall("DeleteLoginProfile", {"UserName": user.name}),),
    )


def _grant(lab: Lab, _: Learner, user: ActualUser) -> Deviation | None:
    if not lab.grant or _whole_grant(lab, user):
        return None
    declared, nearest = lab.grant_policy, _nearest_grant(lab, user)
    if nearest:
        differences = meaning.compare(declared, user.inline[nearest])
        got = directions(differences)
        why = tuple(f"Inline policy {nearest}, {difference}." for difference in differences)
    else:
        got = "there is no grant"
        why = (f"User {user.name} has no inline policy that allows sts:AssumeRole on the role.",)
    parameters = {
        "UserName": user.name,
        "PolicyName": nearest or GRANT_NAME,
        "PolicyDocument": declared,
    }
    return Deviation(
        expected="sts:AssumeRole on the role, and nothing more",
        got=got,
        why=why,
        calls=(IamCall("PutUserPolicy", parameters),),
    )


def _whole_grant(lab: Lab, user: ActualUser) -> str:
    """Return the name of the inline policy that is the grant as declared; empty without one."""
    names = (name for name, text in user.inline.items() if meaning.same(lab.grant_policy, text))
    return next(names, "")


def _nearest_grant(lab: Lab, user: ActualUser) -> str:
    """Return the policy that is meant to be the grant: the one about sts that differs least."""
    about = [
        name
        for name, document in user.inline.items()
        if "sts:" in str(document).lower() or len(user.inline) == 1
    ]

    def distance(name: str) -> tuple[int, str]:
        return len(meaning.compare(lab.grant_policy, user.inline[name])), name

    return min(about, key=distance, default="")


def _inline(lab: Lab, _: Learner, user: ActualUser) -> Deviation | None:
    grant = (_whole_grant(lab, user) or _nearest_grant(lab, user)) if lab.grant else ""
    return surplus(
        [name for name in user.inline if name != grant],
        "one inline policy, the grant" if lab.grant else "no inline policy",
        lambda name: f"Inline policy {name} is there and should not be.",
        lambda name: IamCall("DeleteUserPolicy", {"UserName": user.name, "PolicyName": name}),
        got="also {}" if lab.grant else "{}",
    )


def _managed(_: Lab, learner: Learner, user: ActualUser) -> Deviation | None:
    # The console attaches it to whoever has to change their password, as AWS's own does.
    fine = (arns.CHANGE_PASSWORD,) if learner.is_by_hand else ()
    return surplus(
        [arn for arn in user.attached if arn not in fine],
        "no managed policy",
        lambda policy: f"Managed policy {policy} is attached to the user.",
        lambda arn: IamCall("DetachUserPolicy", {"UserName": user.name, "PolicyArn": arn}),
        shown=policy_name,
    )


def _groups(_: Lab, __: Learner, user: ActualUser) -> Deviation | None:
    return surplus(
        [group.name for group in user.groups],
        "in no group",
        lambda name: f"The user is in group {name}, whose policies are the user's as well.",
        lambda name: IamCall("RemoveUserFromGroup", {"GroupName": name, "UserName": user.name}),
        got="in {}",
    )


def _boundary(_: Lab, __: Learner, user: ActualUser) -> Deviation | None:
    return boundary("User", user.name, user.boundary)


def _shown(key: str) -> str:
    """An access key's id is no secret, but a hand-out shows it shortened."""
    return f"{key[:4]}…{key[-4:]}"


USER_CHECKS = (
    UserCheck(
        id="declared.user",
        action="iam:GetUser",
        title="the user is the declared one",
        failure="the user is not the declared one",
        explains=(OWN, Layer.CREDENTIALS),
        compare=_itself,
    ),
    UserCheck(
        id="declared.user-key",
        action="iam:ListAccessKeys",
        title="its key is active, and there is no other credential",
        failure="its credentials are not the declared ones",
        explains=(OWN, Layer.CREDENTIALS),
        compare=_key,
    ),
    UserCheck(
        id="declared.user-password",
        action="iam:GetLoginProfile",
        title="a console password where declared, else none",
        failure="its console password is not as declared",
        compare=_password,
    ),
    UserCheck(
        id="declared.grant",
        action="iam:GetUserPolicy",
        title="the grant is for this role and nothing more",
        failure="the grant is not as declared",
        part="grant",
        explains=(OWN, Layer.IDENTITY),
        compare=_grant,
    ),
    UserCheck(
        id="declared.user-inline",
        action="iam:ListUserPolicies",
        title="no other inline policy",
        failure="it has another inline policy",
        explains=(OWN, Layer.IDENTITY),
        compare=_inline,
    ),
    UserCheck(
        id="declared.user-managed",
        action="iam:ListAttachedUserPolicies",
        title="no managed policy",
        failure="it has a managed policy",
        explains=(OWN, Layer.IDENTITY),
        compare=_managed,
    ),
    UserCheck(
        id="declared.user-groups",
        action="iam:ListGroupsForUser",
        title="in no group",
        failure="it is in a group",
        explains=(OWN, Layer.IDENTITY),
        compare=_groups,
    ),
    UserCheck(
        id="declared.user-boundary",
        action="iam:GetUser",
        title="no permissions boundary",
        failure="it has a permissions boundary",
        explains=(OWN, Layer.BOUNDARY),
        compare=_boundary,
    ),
)
"""What exists of each learner; the first entry looks whether the user is there."""
