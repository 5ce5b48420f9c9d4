"""Random programs, one after the other, each killed anywhere.

The last `up` is whole, and `destroy` leaves nothing.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests import seeds
from tests.engine.conftest import Runner
from tests.engine.stacks import StackRunner, in_step

PROGRAM = """
made = {}
for thing in json.loads(pulumi.Config().require("things")):
    kind, slot, name = thing["kind"], thing["slot"], thing["name"]
    tags = {"lab": "exp", "tag": thing["tag"]}
    if kind == "user":
        made[slot] = aws.iam.User(slot, name=name, path=thing["path"], tags=tags,
            force_destroy=True)
        if thing["more"] > 0:
            aws.iam.AccessKey(f"{slot}-key", user=made[slot].name)
        if thing["more"] > 1:
            aws.iam.UserLoginProfile(f"{slot}-login", user=made[slot].name,
                password_length=20 + thing["more"])
    elif kind == "role":
        made[slot] = aws.iam.Role(slot, name=name, path=thing["path"], tags=tags,
            assume_role_policy=TRUST,
            max_session_duration=3600 + thing["more"], force_detach_policies=True)
        if thing["more"] > 0:
            aws.iam.RolePolicyAttachment(f"{slot}-s3", role=made[slot].name, policy_arn=S3)
        if thing["more"] > 1:
            aws.iam.RolePolicy(f"{slot}-inline", name="inline", role=made[slot].name,
                policy=allow("s3:Get*"))
    else:
        made[slot] = aws.iam.Policy(slot, name=name, policy=allow("s3:" + thing["tag"]), tags=tags)
users = [one for one in made.values() if isinstance(one, aws.iam.User)]
roles = [one for one in made.values() if isinstance(one, aws.iam.Role)]
for index, (user, role) in enumerate(zip(users, roles)):
    aws.iam.UserPolicy(f"grant{index}", name="grant", user=user.name,
        policy=allow("sts:AssumeRole", role.arn))
"""


def _things(chance: random.Random) -> list[dict[str, Any]]:
    """Return a random class: some of ten slots, each with random names and properties."""
    return [
        {
            "kind": ("user", "role", "policy")[slot % 3],
            "slot": f"slot{slot}",
            "name": f"name{slot}-{chance.choice('ab')}",
            "path": chance.choice(["/", "/", "/class/"]),
            "tag": chance.choice(["Get", "Put"]),
            "more": chance.randrange(3),
        }
        for slot in range(10)
        if chance.random() < 0.75
    ]


@pytest.mark.parametrize("seed", seeds.runs(sample=3, whole=40))
def test_random_programs_killed_anywhere_end_whole(
    stack: StackRunner, runner: Runner, seed: int | str
) -> None:
    chance = random.Random(seed)
    stack.program(PROGRAM)
    for _ in range(4):
        stack.config = {"things": json.dumps(_things(chance))}
        call = "destroy" if chance.random() < 0.15 else "up"
        kill = (chance.randrange(1, 40), chance.choice(["before", "after", "torn"]))
        runner.run(stack, call, kill=kill, parallel=chance.choice([1, 4, 16]))
    done = stack.up()
    assert done.errors == []
    assert in_step(stack.clients, stack.world) == []
    assert stack.world.pending_deletions == []
    assert max((len(keys) for keys in stack.keys().values()), default=0) <= 1
    assert stack.up(refresh=True).did == []
    assert stack.destroy().errors == []
    assert stack.left() == {}
