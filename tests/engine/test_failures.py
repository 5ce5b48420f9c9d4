"""A failure in the middle.

What is in flight finishes and is recorded, nothing new begins, the next `up` carries on.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from components import documents
from rolelab.errors import CannotTell, Faults, UsageError
from rolelab.steps import Severity
from tests.engine.stacks import StackRunner, in_step

GOOD = 'aws.iam.User("good{0}", name="good{0}")\n'
TAKEN = 'bad = aws.iam.Role("bad", name="taken", assume_role_policy=TRUST)\n'
DEPENDANTS = """
a = aws.iam.RolePolicyAttachment("dependant", role=bad.name, policy_arn=S3)
aws.iam.User("after", name="after", opts=Opts(depends_on=[a]))
"""


@pytest.fixture
def taken(stack: StackRunner) -> StackRunner:
    """An account where somebody has the role's name already."""
    trust = documents.as_json(documents.trust(documents.account_root(stack.account)))
    stack.clients.iam.create_role(RoleName="taken", AssumeRolePolicyDocument=trust)
    return stack


def test_the_error_names_the_resource_in_awss_words(taken: StackRunner) -> None:
    ran = taken.up(TAKEN)
    assert not ran.ok
    assert str(ran.result.error) == "update failed"
    (said,) = ran.failures
    assert said.startswith(
        "creating IAM Role (taken): CreateRole: EntityAlreadyExists:"
        " Role with name taken already exists"
    )


def test_after_the_first_failure_nothing_new_begins(taken: StackRunner) -> None:
    """With one operation at a time, nothing comes after the failed one, dependent or not."""
    text = GOOD.format(1) + TAKEN + DEPENDANTS + GOOD.format(2)
    ran = taken.up(text, parallel=1)
    assert ran.did == [("create", "good1")]
    assert taken.left() == {"users": ["good1"], "roles": ["taken"]}
    assert in_step(taken.clients, taken.world) == ["only in AWS: aws:iam/role:Role taken"]


def test_what_was_in_flight_is_recorded_and_the_next_up_carries_on(taken: StackRunner) -> None:
    text = "".join(GOOD.format(number) for number in range(12)) + TAKEN + DEPENDANTS
    ran = taken.up(text, parallel=4)
    assert not ran.ok
    assert in_step(taken.clients, taken.world) == ["only in AWS: aws:iam/role:Role taken"]
    taken.clients.iam.delete_role(RoleName="taken")
    repaired = taken.up()
    assert repaired.ok
    # Nothing is made twice: what was made the first time is unchanged now.
    assert len(repaired.did) + len(ran.did) == 15
    assert in_step(taken.clients, taken.world) == []


def test_continue_on_error_leaves_out_only_the_dependants(taken: StackRunner) -> None:
    text = GOOD.format(1) + TAKEN + DEPENDANTS + GOOD.format(2)
    ran = taken.up(text, parallel=1, continue_on_error=True)
    assert not ran.ok
    assert len(ran.errors) == 1
    assert ran.did == [("create", "good1"), ("create", "good2")]


def test_what_failed_resources_still_need_is_not_deleted(stack: StackRunner) -> None:
    """With --continue-on-error, the old role stays while its grant could not be changed."""
    text = """
    r = aws.iam.Role("{0}", name="{0}", assume_role_policy=TRUST)
    u = aws.iam.User("u", name="ada")
    aws.iam.UserPolicy("g", name="grant", user=u.name, policy=allow("{1}", r.arn))
    """
    stack.up(text.format("old", "sts:AssumeRole"))
    # IAM does not take a policy of this size.
    ran = stack.up(text.format("new", "s3:" + "x" * 3000), continue_on_error=True)
    assert not ran.ok
    assert ran.did == [("create", "new")]
    assert stack.left()["roles"] == ["new", "old"]
    assert stack.up(text.format("new", "sts:AssumeRole")).did == [
        ("delete", "old"),
        ("update", "g"),
    ]


def test_outputs_stay_after_a_failure_and_are_written_with_continue_on_error(
    taken: StackRunner,
) -> None:
    taken.up('pulumi.export("a", "before")')
    text = TAKEN + 'pulumi.export("a", "after")\npulumi.export("arn", bad.arn)\n'
    taken.up(text)
    assert taken.outputs() == {"a": "before"}
    taken.up(text, continue_on_error=True)
    assert taken.outputs() == {"a": "after", "arn": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}


def test_a_first_up_that_fails_leaves_no_outputs(taken: StackRunner) -> None:
    taken.up(TAKEN + 'pulumi.export("a", "b")')
    assert taken.outputs() == {}


def test_a_failed_update_is_said_again_by_the_next_up(stack: StackRunner) -> None:
    """Some of an update's calls may have gone through, so none of its inputs count afterwards."""
    text = 'aws.iam.Role("r", name="reader", assume_role_policy=TRUST{})\n'
    stack.up(text.format(""))
    broken = text.format(
        ', description="new", permissions_boundary="arn:aws:iam::aws:policy/NoSuchPolicy"'
    )
    assert not stack.up(broken).ok
    again = stack.up(text.format(""))
    assert again.did == [("update", "r")]
    assert stack.clients.iam.get_role(RoleName="reader")["Role"].get("Description", "") == ""
    assert stack.up().did == []


def test_a_failed_delete_stays_in_the_state_and_destroy_carries_on(stack: StackRunner) -> None:
    """What AWS does not let go is still the stack's.

    Exit code 1, and the next `destroy` tries again.
    """
    stack.up(
        'aws.iam.Policy("p", name="p", policy=allow("s3:*"))\n'
        'aws.iam.User("u", name="ada", force_destroy=True)'
    )
    arn = next(one.id for one in stack.world.live.values() if one.name == "p")
    stack.clients.iam.create_group(GroupName="others")
    stack.clients.iam.attach_group_policy(GroupName="others", PolicyArn=arn)
    ran = stack.destroy(parallel=1)
    assert not ran.ok
    assert "DeleteConflict" in ran.failures[0]
    assert stack.left()["policies"] == ["p"]
    stack.clients.iam.detach_group_policy(GroupName="others", PolicyArn=arn)
    assert stack.destroy().ok
    assert stack.left() == {}


def test_a_replaced_one_that_cannot_be_deleted_is_tried_again(stack: StackRunner) -> None:
    """Replaced and not deleted.

    The deletion stays pending, a preview shows it, the next `up` does it.
    """
    text = 'aws.iam.Policy("p", name="{}", policy=allow("s3:*"))'
    stack.up(text.format("one"))
    arn = next(one.id for one in stack.world.live.values() if one.name == "p")
    stack.clients.iam.create_group(GroupName="others")
    stack.clients.iam.attach_group_policy(GroupName="others", PolicyArn=arn)
    assert not stack.up(text.format("two")).ok
    assert stack.left()["policies"] == ["one", "two"]
    assert stack.preview().did == [("delete-replaced", "p")]
    stack.clients.iam.detach_group_policy(GroupName="others", PolicyArn=arn)
    assert stack.up().did == [("delete-replaced", "p")]
    assert stack.left()["policies"] == ["two"]


def test_what_is_gone_already_counts_as_deleted(stack: StackRunner) -> None:
    stack.up('u = aws.iam.User("u", name="ada")\naws.iam.AccessKey("k", user=u.name)')
    (key,) = stack.keys()["ada"]
    stack.clients.iam.delete_access_key(UserName="ada", AccessKeyId=key)
    stack.clients.iam.delete_user(UserName="ada")
    assert stack.destroy().ok
    assert stack.world.everything == []


def test_an_exception_in_the_program_shows_the_users_frames_only(stack: StackRunner) -> None:
    """As the real engine prints it.

    What was registered before is made all the same, and nothing is deleted.
    """
    stack.up('aws.iam.User("old", name="old")')
    ran = stack.up(
        'aws.iam.User("new", name="new")\n'
        'def fall():\n    raise ValueError("no such thing")\nfall()'
    )
    assert not ran.ok
    (told,) = ran.messages(Severity.ERROR)
    lines = told.splitlines()
    assert lines[0] == "Program failed with an unhandled exception:"
    assert lines[1] == "Traceback (most recent call last):"
    assert "__main__.py" in lines[2]
    assert lines[-1] == "ValueError: no such thing"
    assert "site-packages" not in told
    assert stack.left()["users"] == ["new", "old"]


def test_a_program_that_python_cannot_read_shows_its_own_line_alone(stack: StackRunner) -> None:
    """Not the twenty frames of ours and of Python's that led to it."""
    stack.program("x = (\n", head="")
    ran = stack.up()
    (told,) = ran.messages(Severity.ERROR)
    lines = told.splitlines()
    assert lines[0] == "Program failed with an unhandled exception:"
    assert lines[1] == f'  File "{stack.root / "__main__.py"}", line 1'
    assert lines[-1] == "SyntaxError: '(' was never closed"
    assert len(lines) == 5


def test_what_a_module_of_the_program_raises_shows_no_frame_of_others(stack: StackRunner) -> None:
    (stack.root / "helper.py").write_text("import nosuch\n")
    stack.program("""
        try:
            import helper
        except ImportError as error:
            raise ValueError("no") from error
    """)
    ran = stack.up()
    (told,) = ran.messages(Severity.ERROR)
    files = [line.split('"')[1] for line in told.splitlines() if line.startswith("  File")]
    assert {Path(file).parent for file in files} == {stack.root}
    assert "ModuleNotFoundError: No module named 'nosuch'" in told
    assert told.splitlines()[-1] == "ValueError: no"


def test_an_exception_in_an_apply_is_an_error_of_the_program(stack: StackRunner) -> None:
    ran = stack.up(
        'u = aws.iam.User("u", name="ada")\npulumi.export("x", u.arn.apply(lambda arn: arn["no"]))'
    )
    assert "TypeError" in ran.errors[0]
    assert stack.left() == {"users": ["ada"]}


def test_a_run_error_is_its_text_alone(stack: StackRunner) -> None:
    ran = stack.up('raise pulumi.RunError("this is not for you")')
    assert ran.errors == ["this is not for you"]


def test_leaving_the_program_with_an_exit_code_is_a_failure(stack: StackRunner) -> None:
    assert stack.up("import sys; sys.exit(3)").errors == ["the program left with exit code 3"]
    assert stack.up("import sys; sys.exit(0)").ok


def test_an_error_that_is_only_logged_does_not_fail_the_run(stack: StackRunner) -> None:
    """As with the real engine: shown, and the run goes on."""
    ran = stack.up('pulumi.log.error("look here")\naws.iam.User("u", name="ada")')
    assert ran.messages(Severity.ERROR) == ["look here"]
    assert ran.ok


def test_the_programs_own_kinds_of_error_come_out_as_they_are(stack: StackRunner) -> None:
    """Faults in the settings keep their exit code, all of them, through pulumi.RunError."""
    text = """
    from rolelab.errors import CannotTell, Faults, UsageError
    try:
        raise Faults([UsageError("one", where="here"), UsageError("two")])
    except Faults as faults:
        raise pulumi.RunError(str(faults)) from faults
    """
    with pytest.raises(Faults) as caught:
        stack.up(text)
    assert caught.value.exit_code == 2
    assert str(caught.value) == "one (here)\ntwo"


def test_a_folder_without_a_python_program_is_said(stack: StackRunner) -> None:
    with pytest.raises(UsageError, match=r"no __main__\.py"):
        stack.up()


def test_what_the_program_prints_is_told_line_by_line(stack: StackRunner) -> None:
    ran = stack.up('print("one\\ntwo")\npulumi.log.info("three")\npulumi.log.warn("four")')
    assert ran.messages(Severity.INFO) == ["one", "two", "three"]
    assert ran.messages(Severity.WARNING) == ["four"]


def test_a_key_that_aws_does_not_know_is_said_already_in_the_preview(stack: StackRunner) -> None:
    """It could not be found out: exit code 3, never a pass or a failure."""
    stack.account = "AKIAIOSFODNN7EXAMPLE"
    for ran in (stack.preview("aws.get_caller_identity()"), stack.up()):
        assert isinstance(ran.result.error, CannotTell)
        assert "AWS does not say who asks" in str(ran.result.error)
