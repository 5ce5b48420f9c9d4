"""The contract of every resource type, on two emulators.

What holds on one only is that emulator's, not AWS's.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components import documents
from rolelab.engine.cloud import Cloud
from rolelab.engine.resource import PendingOperation, Properties, Resource
from rolelab.engine.types.base import Made, ResourceType
from rolelab.engine.types.table import TYPES
from rolelab.iam import spelling
from tests.conformance.conftest import MotoCloud

TRUST = documents.as_json(documents.trust("arn:aws:iam::123456789012:root"))
OTHER_TRUST = documents.as_json(documents.trust("arn:aws:iam::210987654321:root"))
GRANT = documents.as_json(documents.grant("arn:aws:iam::123456789012:role/s3Access"))
OTHER_GRANT = documents.as_json(documents.grant("arn:aws:iam::123456789012:role/other"))
S3 = "arn:aws:iam::ACCOUNT:policy/s3"
READ_ONLY = "arn:aws:iam::ACCOUNT:policy/read-only"
"""Managed policies of the account that a test is in; moto takes half a second to read AWS's own."""
TAGS = {"lab": "assume-role-lab", "purpose": "test"}

USER, ROLE = "aws:iam/user:User", "aws:iam/role:Role"
OWNERS: Mapping[str, Properties] = {
    USER: {"name": "owner", "forceDestroy": True},
    ROLE: {"name": "owner", "assumeRolePolicy": TRUST},
}

INPUTS: Mapping[str, Properties] = {
    USER: {"name": "anna", "path": "/class/", "tags": TAGS, "forceDestroy": True},
    ROLE: {"name": "s3Access", "assumeRolePolicy": TRUST, "description": "for S3", "tags": TAGS},
    "aws:iam/policy:Policy": {"name": "own", "policy": GRANT, "tags": TAGS},
    "aws:iam/accessKey:AccessKey": {"user": "owner"},
    "aws:iam/userLoginProfile:UserLoginProfile": {"user": "owner", "passwordLength": 24},
    "aws:iam/userPolicy:UserPolicy": {"user": "owner", "name": "AssumeRole", "policy": GRANT},
    "aws:iam/rolePolicy:RolePolicy": {"role": "owner", "name": "more", "policy": GRANT},
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": {"user": "owner", "policyArn": S3},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {"role": "owner", "policyArn": S3},
}
"""Token -> inputs, as a program gives them. A type without a line here fails the first test."""

CHANGES: Mapping[str, tuple[Properties, ...]] = {
    USER: (
        {"tags": {"lab": "other", "more": "yes"}},
        {"permissionsBoundary": READ_ONLY},
        {"name": "Anna.2", "path": "/"},
    ),
    ROLE: (
        {"assumeRolePolicy": OTHER_TRUST},
        {"maxSessionDuration": 7200},
        {"description": "for all"},
        {"tags": {"more": "yes"}},
        {"permissionsBoundary": READ_ONLY},
    ),
    "aws:iam/policy:Policy": ({"policy": OTHER_GRANT}, {"tags": {"more": "yes"}}),
    "aws:iam/accessKey:AccessKey": ({"status": "Inactive"},),
    "aws:iam/userPolicy:UserPolicy": ({"policy": OTHER_GRANT},),
    "aws:iam/rolePolicy:RolePolicy": ({"policy": OTHER_GRANT},),
}
"""Token -> what can change in place, each on its own."""


MOTO_LACKS = {
    (USER, "permissionsBoundary"): "put_user_permissions_boundary",
    (USER, "tags"): "delete_user_permissions_boundary, which a repeated update needs",
    (USER, "name"): "the tags of a user that was renamed",
    (USER, "forceDestroy"): "list_service_specific_credentials",
}
"""Token and property -> what moto cannot do."""


@contextlib.contextmanager
def unless_moto_lacks(cloud: Cloud, token: str, name: str) -> Iterator[None]:
    """Run the block.

    Where moto lacks something for it, see it fail: when moto has learned it, this says so.
    """
    lacks = MOTO_LACKS.get((token, name)) if isinstance(cloud, MotoCloud) else None
    if lacks is None:
        yield
        return
    with pytest.raises((NotImplementedError, AssertionError)):
        yield
    pytest.xfail(f"moto lacks {lacks}")


def in_place() -> list[Any]:
    return [
        pytest.param(token, change, id=f"{token.partition(':')[2]}-{'+'.join(change)}")
        for token, changes in CHANGES.items()
        for change in changes
    ]


def here(cloud: Cloud, inputs: Properties) -> Properties:
    """Return the inputs in the cloud's account, with the managed policies that they name there."""
    found = dict(inputs)
    for name, value in inputs.items():
        if value in (S3, READ_ONLY):
            found[name] = str(value).replace("ACCOUNT", cloud.account_id)
            with contextlib.suppress(cloud.iam.exceptions.EntityAlreadyExistsException):
                cloud.iam.create_policy(
                    PolicyName=str(value).rpartition("/")[2], PolicyDocument=GRANT
                )
    return found


def filled(known: ResourceType, inputs: Properties) -> Properties:
    """Return the inputs with the type's defaults, as the engine's check leaves them."""
    defaults = {
        name: one.default for name, one in known.properties.items() if one.default is not None
    }
    return {**defaults, **inputs}


def resource(
    known: ResourceType, made: Made, inputs: Properties, *, stale: bool = False
) -> Resource:
    urn = f"urn:pulumi:dev::test::{known.token}::one"
    return Resource(
        urn=urn,
        type=known.token,
        custom=True,
        id=made.id,
        inputs=inputs,
        outputs=made.outputs,
        stale=stale,
    )


def made_on(cloud: Cloud, known: ResourceType) -> Resource:
    """Make one, and before it what it belongs to."""
    inputs = filled(known, here(cloud, INPUTS[known.token]))
    for token, owner in (("user", USER), ("role", ROLE)):
        if known.properties.get(token) and inputs[token] == "owner":
            TYPES[owner].create(cloud, filled(TYPES[owner], OWNERS[owner]))
    return resource(known, known.create(cloud, inputs), inputs)


def unlike(cloud: Cloud, one: Resource) -> list[str]:
    """Return the inputs that AWS tells, and tells otherwise."""
    known = TYPES[one.type]
    got = known.read(cloud, one)
    assert got is not None, "it is gone"
    return [
        f"{name}: {value!r} is {got[name]!r}"
        for name, value in one.inputs.items()
        if name in got
        and not (
            spelling.equal(value, got[name])
            if known.properties[name].document
            else value == got[name]
        )
    ]


@pytest.mark.parametrize("token", TYPES)
def test_what_was_made_reads_back_as_it_was_asked_for(cloud: Cloud, token: str) -> None:
    """Otherwise `up --refresh` would see drift where there is none."""
    known = TYPES[token]
    one = made_on(cloud, known)
    assert unlike(cloud, one) == []
    assert {*known.computed, *one.inputs} <= one.outputs.keys()


@pytest.mark.parametrize("token", TYPES)
def test_a_deleted_one_reads_as_gone_and_may_be_deleted_again(cloud: Cloud, token: str) -> None:
    """A killed `destroy` says every delete again that it does not know the outcome of."""
    known = TYPES[token]
    one = made_on(cloud, known)
    known.delete(cloud, one)
    assert known.read(cloud, one) is None
    known.delete(cloud, one)


@pytest.mark.parametrize("token", TYPES)
def test_what_goes_with_its_owner_reads_as_gone(cloud: Cloud, token: str) -> None:
    """Somebody deleted the user or role by hand, and all that was on it."""
    known = TYPES[token]
    one = made_on(cloud, known)
    for kind in ("user", "role"):
        if one.inputs.get(kind) == "owner":
            known.delete(cloud, one)
            owner = TYPES[USER if kind == "user" else ROLE]
            inputs = filled(owner, OWNERS[owner.token])
            owner.delete(cloud, resource(owner, Made("owner", dict(inputs)), inputs))
    if "owner" not in one.inputs.values():
        known.delete(cloud, one)
    assert known.read(cloud, one) is None
    known.delete(cloud, one)


@pytest.mark.parametrize(("token", "change"), in_place())
def test_a_change_in_place_is_there_afterwards_and_may_be_said_again(
    cloud: Cloud, token: str, change: Properties
) -> None:
    """What was killed in an update says it again.

    The second time must not fail, nor make a second anything.
    """
    known = TYPES[token]
    one = made_on(cloud, known)
    wanted = {**one.inputs, **here(cloud, change)}
    with unless_moto_lacks(cloud, token, next(iter(change))):
        changed = resource(known, known.update(cloud, one, wanted), wanted)
        assert unlike(cloud, changed) == []
        again = resource(known, Made(changed.id, changed.outputs), one.inputs, stale=True)
        known.update(cloud, again, wanted)
        assert unlike(cloud, changed) == []


@pytest.mark.parametrize(
    ("token", "name"),
    [(USER, "permissionsBoundary"), (ROLE, "permissionsBoundary"), (ROLE, "description")],
)
def test_what_is_no_longer_declared_is_taken_away(cloud: Cloud, token: str, name: str) -> None:
    known = TYPES[token]
    one = made_on(cloud, known)
    wanted = {**one.inputs, **here(cloud, {name: READ_ONLY})}
    with unless_moto_lacks(cloud, token, name):
        with_it = resource(known, known.update(cloud, one, wanted), wanted)
        without = {key: value for key, value in wanted.items() if key != name}
        known.update(cloud, with_it, without)
        got = known.read(cloud, with_it)
        assert got is not None
        assert not got.get(name)


WITH_A_LOST_SECRET = ["aws:iam/accessKey:AccessKey", "aws:iam/userLoginProfile:UserLoginProfile"]
FOUND = [token for token in TYPES if token not in WITH_A_LOST_SECRET]


def pending(one: Resource, *, at: float | None = None) -> PendingOperation:
    return PendingOperation(op="create", at=time.time() - 1 if at is None else at, resource=one)


@pytest.mark.parametrize("token", FOUND)
def test_what_a_killed_create_made_is_found(cloud: Cloud, token: str) -> None:
    known = TYPES[token]
    one = made_on(cloud, known)
    asked = resource(known, Made("", {}), one.inputs)
    found = known.find(cloud, pending(asked))
    assert found is not None
    assert found.id == one.id
    assert found.outputs.keys() == one.outputs.keys()


@pytest.mark.parametrize("token", FOUND)
def test_what_a_killed_create_did_not_make_is_not_found(cloud: Cloud, token: str) -> None:
    known = TYPES[token]
    one = made_on(cloud, known)
    known.delete(cloud, one)
    assert known.find(cloud, pending(resource(known, Made("", {}), one.inputs))) is None


@pytest.mark.parametrize("token", [USER, ROLE, "aws:iam/policy:Policy"])
@pytest.mark.parametrize("sign", ["older", "other tags"])
def test_somebody_elses_of_the_same_name_is_not_taken_over(
    cloud: Cloud, token: str, sign: str
) -> None:
    """It would be destroyed with the lab."""
    known = TYPES[token]
    one = made_on(cloud, known)
    if sign == "older":
        asked = pending(one, at=time.time() + 5)
    else:
        asked = pending(resource(known, Made("", {}), {**one.inputs, "tags": {"lab": "another"}}))
    assert known.find(cloud, asked) is None


@pytest.mark.parametrize("token", WITH_A_LOST_SECRET)
def test_a_secret_that_nobody_heard_is_found_as_lost(cloud: Cloud, token: str) -> None:
    """The id of what was made is what has to go; what the state knows stays."""
    known = TYPES[token]
    one = made_on(cloud, known)
    asked = pending(resource(known, Made("", {}), one.inputs))
    assert known.lost(cloud, asked, frozenset()) == one.id
    assert known.lost(cloud, asked, frozenset({one.id})) is None


def test_of_two_lost_keys_the_administrators_later_one_stays(cloud: Cloud) -> None:
    known = TYPES["aws:iam/accessKey:AccessKey"]
    one = made_on(cloud, known)
    time.sleep(1.1)  # creation dates are whole seconds
    known.create(cloud, one.inputs)
    assert known.lost(cloud, pending(one, at=time.time() - 5), frozenset()) == one.id


@pytest.mark.parametrize("token", [USER, ROLE])
def test_force_takes_away_what_a_learner_added(cloud: Cloud, token: str) -> None:
    """A key, a password, policies: none of them may keep the lab from being removed."""
    known = TYPES[token]
    forced = "forceDestroy" if token == USER else "forceDetachPolicies"
    inputs = filled(known, {**INPUTS[token], forced: True})
    one = resource(known, known.create(cloud, inputs), inputs)
    name, policy = str(inputs["name"]), here(cloud, {"": S3})[""]
    if token == USER:
        cloud.iam.create_access_key(UserName=name)
        cloud.iam.create_login_profile(UserName=name, Password="Long-enough-4-all")
        cloud.iam.attach_user_policy(UserName=name, PolicyArn=policy)
        cloud.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=GRANT)
    else:
        cloud.iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    with unless_moto_lacks(cloud, token, forced):
        known.delete(cloud, one)
        assert known.read(cloud, one) is None


def test_the_password_is_as_long_as_asked_and_of_all_kinds(cloud: Cloud) -> None:
    """AWS's default policy asks for three of four kinds."""
    one = made_on(cloud, TYPES["aws:iam/userLoginProfile:UserLoginProfile"])
    password = str(one.outputs["password"])
    assert len(password) == 24
    for kind in (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]"):
        assert re.search(kind, password)


def test_every_type_of_the_table_has_a_line_here() -> None:
    assert INPUTS.keys() == TYPES.keys()
