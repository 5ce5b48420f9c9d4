"""How a proposed change is made: by which clicks in the console, and by which command.

The words are those of AWS's console, which the local one uses as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from rolelab.advice import ADMIN, OWN, Advice, Command
from rolelab.diagnosis.iam_call import Parameter, command_of
from rolelab.iam import Decision, Layer, Request
from rolelab.iam.propose.changes import Change
from rolelab.iam.propose.proposals import Proposal

_FOLDERS = {"user": "Users", "role": "Roles", "group": "User groups"}
_OF_CALL = {
    "sts:externalid": ("--external-id", "sends no external id"),
    "sts:sourceidentity": ("--source-identity", "sends no source identity"),
    "sts:rolesessionname": ("--role-session-name", "names sessions for their user"),
}
"""Condition key -> the option of `aws sts assume-role`, and what the console does instead."""
_SIGN_IN_WITH_CODE = (
    "In the console: account menu → Security credentials → Assign MFA device; then sign in again, "
    "with its code."
)
_SWITCH_AGAIN = "In the console: account menu → Switch back, then Switch role again."


def of_proposal(proposal: Proposal, before: Request) -> Iterator[Advice]:
    """Yield how a proposal is carried out: each change of a policy, or the other call."""
    for change in proposal.changes:
        yield from _of_change(change)
    if proposal.request is not None:
        yield from _of_request(proposal.request, before)


def _of_change(change: Change) -> Iterator[Advice]:
    """Yield where one policy is changed; nothing of one that nobody stores: a session policy."""
    kind, _, name = change.policy.owner.partition(" ")
    if change.layer is Layer.RESOURCE and kind == "bucket":
        clicks, command = _of_bucket(name, change)
    elif kind in _FOLDERS and change.layer is not Layer.SESSION:
        clicks, command = _of_entity(kind, name, change)
    else:
        return
    document = json.dumps(change.after, indent=2) if change.after else ""
    yield Advice(sentence=f"As administrator, in the console: {clicks}.", document=document)
    yield Advice(sentence="Or by the command:", command=Command(text=command, by=ADMIN))


def _of_bucket(name: str, change: Change) -> tuple[str, str]:
    parameters: dict[str, Parameter] = {"Bucket": name}
    clicks = f"S3 → Buckets → {name} → Permissions → Bucket policy"
    if change.after is None:
        return f"{clicks} → Delete policy", command_of("s3api", "DeleteBucketPolicy", parameters)
    return clicks, command_of("s3api", "PutBucketPolicy", {**parameters, "Policy": change.after})


def _of_entity(kind: str, name: str, change: Change) -> tuple[str, str]:
    """Return clicks and command for what belongs to a user, a role or a group."""
    policy, title, after = change.policy, kind.capitalize(), change.after
    page = f"IAM → {_FOLDERS[kind]} → {name}"
    owner: dict[str, Parameter] = {f"{title}Name": name}
    if change.layer is Layer.TRUST and after is not None:
        return f"{page} → Trust relationships → Edit trust policy", _iam(
            "UpdateAssumeRolePolicy", owner, PolicyDocument=after
        )
    if policy.arn and after is not None:
        by_arn: dict[str, Parameter] = {"PolicyArn": policy.arn}
        return f"IAM → Policies → {policy.name} → Edit", _iam(
            "CreatePolicyVersion", by_arn, PolicyDocument=after, SetAsDefault=True
        )
    if change.layer is Layer.BOUNDARY:
        clicks = f"{page} → Permissions → Permissions boundary → Remove boundary"
        return clicks, _iam(f"Delete{title}PermissionsBoundary", owner)
    if policy.arn:
        clicks = f"{page} → Permissions → {policy.name} → Remove"
        return clicks, _iam(f"Detach{title}Policy", owner, PolicyArn=policy.arn)
    if after is None:
        clicks = f"{page} → Permissions → {policy.name} → Remove"
        return clicks, _iam(f"Delete{title}Policy", owner, PolicyName=policy.name)
    is_new = change.old is None
    way = "Add permissions → Create inline policy → JSON" if is_new else f"{policy.name} → Edit"
    return f"{page} → Permissions → {way}", _iam(
        f"Put{title}Policy", owner, PolicyName=policy.name, PolicyDocument=after
    )


def _iam(operation: str, owner: Mapping[str, Parameter], **more: Parameter) -> str:
    return command_of("iam", operation, {**owner, **more})


def _of_request(request: Request, before: Request) -> Iterator[Advice]:
    """Yield how a call is made that brings what the policies ask for."""
    had = {key.lower(): value for key, value in before.context.items()}
    for key, value in request.context.items():
        if had.get(key.lower()) == value:
            continue
        if key.lower() == "aws:multifactorauthpresent":
            yield Advice(sentence=_SIGN_IN_WITH_CODE)
        elif key.lower() in _OF_CALL:
            option, instead = _OF_CALL[key.lower()]
            sentence = f"The console {instead}: take the AWS CLI (aws sts assume-role {option})."
            yield Advice(sentence=sentence)
    if request.principal.mfa is not before.principal.mfa:
        yield Advice(sentence=_SIGN_IN_WITH_CODE)
    elif request.principal.issued != before.principal.issued:
        yield Advice(sentence=_SWITCH_AGAIN)


def of_account(decision: Decision) -> Iterator[Advice]:
    """Yield the setting of the account that would allow a refused call."""
    is_missing = decision.allowed is False and not decision.is_explicit
    if decision.action.lower() == "iam:changepassword" and is_missing:
        setting = "Account settings → Allow users to change their own password"
        yield Advice(sentence=f"Or, for all users of the account: IAM → {setting}.")


def by_switching(role: str, command: str) -> Iterator[Advice]:
    """Yield how one switches to a role; `command` is empty where none is at hand."""
    yield Advice(sentence=f"In the console: account menu → Switch role → {role}.")
    if command:
        yield Advice(sentence="Or by the command:", command=Command(text=command, by=OWN))
