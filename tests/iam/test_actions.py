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
    assert actions.named(name) == actions.Action(name, kinds)
    assert actions.named(name.lower()) == actions.Action(name, kinds)


def test_what_the_local_aws_asks_for_is_an_action_of_aws() -> None:
    """An action that AWS does not have could be granted by nobody."""
    asked = {action_of(operation.name) for operation in OPERATIONS}
    assert {name for name in asked if actions.named(name) is None} == set()
