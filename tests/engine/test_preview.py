"""Previews: what would be done, property by property.

What cannot be known is unknown, and nothing is touched.
"""

from __future__ import annotations

from rolelab.steps import Op, Severity
from tests.engine.conftest import Runner
from tests.engine.stacks import Ran, StackRunner

LAB = """
u = aws.iam.User("u", name="ada", force_destroy=True)
k = aws.iam.AccessKey("k", user=u.name)
r = aws.iam.Role("r", name="reader", assume_role_policy=TRUST)
g = aws.iam.UserPolicy("g", name="grant", user=u.name, policy=allow("sts:AssumeRole", r.arn))
"""
SEEN = """
def seen(label):
    def see(value):
        print(label, value)
    return see

u.name.apply(seen("name"))
u.path.apply(seen("path"))
u.arn.apply(seen("arn"))
u.id.apply(seen("id"))
u.urn.apply(seen("urn"))
k.secret.apply(lambda _: print("secret"))
pulumi.Output.all(u.name, u.arn).apply(seen("all"))
print("preview", pulumi.runtime.is_dry_run())
"""


def test_a_preview_touches_neither_aws_nor_the_state(stack: StackRunner) -> None:
    planned = stack.preview(LAB)
    assert planned.did == [("create", name) for name in ("g", "k", "r", "u")]
    assert stack.left() == {}
    assert not stack.folder.exists()


def test_what_only_aws_knows_is_unknown_and_its_applies_do_not_run(stack: StackRunner) -> None:
    printed = stack.preview(LAB + SEEN).messages(Severity.INFO)
    assert "preview True" in printed
    assert "name ada" in printed
    assert "path /" in printed
    assert any(line.startswith("urn urn:pulumi:dev::exp::") for line in printed)
    assert not any(line.startswith(("arn", "id", "all", "secret")) for line in printed)


def test_an_unknown_policy_and_a_secret_are_shown_as_such(stack: StackRunner) -> None:
    stack.program(
        LAB
        + 'aws.iam.Role("s", assume_role_policy=TRUST, description=pulumi.Output.secret("hush"))'
    )
    planned = stack.preview()
    assert {change.property: change.new for change in planned.step("g").changes}[
        "policy"
    ] == "[unknown]"
    assert {change.property: change.new for change in planned.step("s").changes}[
        "description"
    ] == "[secret]"
    assert "hush" not in repr(planned.events)


def test_an_automatic_name_is_known_and_differs_from_run_to_run(stack: StackRunner) -> None:
    text = (
        'u = aws.iam.User("a-rather-long-logical-name-that-is-cut-so-that-iam-takes-it-as-a-name")'
    )
    names = [stack.preview(text).steps[0].changes[1].new for _ in range(2)]
    assert names[0] != names[1]
    assert all(len(name) == 64 and name.startswith("a-rather-long-logical-name") for name in names)


def test_in_the_preview_of_an_update_what_does_not_change_is_known(stack: StackRunner) -> None:
    stack.up(LAB)
    changed = LAB.replace(
        "assume_role_policy=TRUST", "assume_role_policy=TRUST, max_session_duration=7200"
    )
    planned = stack.preview(changed + 'r.arn.apply(lambda arn: print("arn", arn))')
    assert planned.did == [("update", "r")]
    (change,) = planned.step("r").changes
    assert (change.property, change.old, change.new, change.replaces) == (
        "maxSessionDuration",
        3600,
        7200,
        False,
    )
    assert any(text.startswith("arn arn:aws:iam::") for text in planned.messages(Severity.INFO))


def test_what_depends_on_a_replacement_is_shown_as_an_update(stack: StackRunner) -> None:
    stack.up(LAB)
    planned = stack.preview(LAB.replace("reader", "writer"))
    assert planned.did == [("replace", "r"), ("update", "g")]
    assert planned.step("g", Op.UPDATE).changes[0].new == "[unknown]"


def test_a_function_that_depends_on_what_is_to_be_made_is_not_called(stack: StackRunner) -> None:
    text = (
        LAB
        + "who = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(depends_on=[u]))\n"
    )
    text += 'who.account_id.apply(lambda account: print("account", account))'

    def told(ran: Ran) -> list[str]:
        return [text for text in ran.messages(Severity.INFO) if text.startswith("account")]

    assert told(stack.preview(text)) == []
    assert told(stack.up()) == [f"account {stack.account}"]
    assert told(stack.preview()) == [f"account {stack.account}"]


def test_what_would_be_deleted_is_shown_in_order(stack: StackRunner) -> None:
    stack.up(LAB)
    order = stack.preview('u = aws.iam.User("u", name="ada", force_destroy=True)').order
    assert sorted(order) == ["delete g", "delete k", "delete r"]
    assert order.index("delete g") < order.index("delete r")
    everything = [step.name for step in stack.destroy(only_preview=True).result.steps]
    assert sorted(everything) == ["exp-dev", "g", "k", "r", "u"]
    assert everything.index("k") < everything.index("u") < everything.index("exp-dev")
    assert stack.left() == {"users": ["ada"], "roles": ["reader"]}


def test_a_preview_after_a_kill_shows_what_recovery_would_find(
    stack: StackRunner, runner: Runner
) -> None:
    """Read only.

    What an interrupted run made counts as there, and nothing is changed or removed.
    """
    stack.program(LAB)
    killed = runner.run(stack, "up", kill=(3, "before"), parallel=1)
    assert killed["killed"]
    before = [path.read_bytes() for path in sorted(stack.folder.iterdir())]
    planned = stack.preview()
    assert len(planned.did) == 3
    assert [path.read_bytes() for path in sorted(stack.folder.iterdir())] == before
