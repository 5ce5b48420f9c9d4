"""Actions are known by the names that AWS has for them, with what each is asked on."""

from __future__ import annotations

import pytest

from rolelab.iam import actions
from rolelab.localaws.ministack.s3_permissions import action_of
from tests.localaws.s3_lab import OPERATIONS


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("s3:ListAllMyBuckets", ()),
        ("s3:ListBucket", ("bucket",)),
        ("s3:GetObject", ("object",)),
        ("iam:ListUsers", ()),
        ("iam:PassRole", ("role",)),
        ("sts:AssumeRole", ("role",)),
        ("ec2:DescribeInstances", ()),
    ],
)
def test_an_action_is_on_kinds_of_resources(name: str, kinds: tuple[str, ...]) -> None:
    """Whether a Resource other than * can cover it at all."""
    action = actions.named(name)
    assert action is not None
    assert (action.name, action.resource_kinds) == (name, kinds)
    assert actions.named(name.lower()) == action


def test_an_action_has_the_condition_keys_of_what_it_is_asked_on() -> None:
    """A tag's key stands for those of all tags; its case does not count."""
    reads = actions.named("s3:GetObject")
    assert reads is not None
    assert reads.has_key("s3:ExistingObjectTag/class")
    assert reads.has_key("AWS:ResourceTag/class")
    assert not reads.has_key("s3:prefix")
    assert actions.is_key("s3", "s3:Prefix")
    assert not actions.is_key("s3", "s3:ExternalId")


def test_what_the_local_aws_asks_for_is_an_action_of_aws() -> None:
    """An action that AWS does not have could be granted by nobody."""
    asked = {action_of(operation.name) for operation in OPERATIONS}
    assert {name for name in asked if actions.named(name) is None} == set()
