"""The same programs under the real Pulumi engine and under ours, step by step, on one local AWS in two accounts.

Needs the Pulumi CLI with its Python language host on PATH, and the harness that runs it with a
stand-in for the AWS plugin: its folder in ROLELAB_REAL_ENGINE, or `shared/real-engine` beside the
checkout. Compared are URNs, what a preview says (operations, reasons, unknown values), what an
update does and in which order, the state, the outputs.
"""

# ruff: noqa: E501 - programs and messages, a row a case
from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.process.record import Instance
from rolelab.steps import UNKNOWN, Ended, Op
from tests.engine.stacks import HEAD, Ran, StackRunner, left

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "real-engine"
_HARNESS = Path(os.environ.get("ROLELAB_REAL_ENGINE", str(_BESIDE))) / "run.py"
_TOKEN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

pytestmark = [
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi on PATH"),
    pytest.mark.skipif(
        not _HARNESS.is_file(), reason="no harness for the real engine (ROLELAB_REAL_ENGINE)"
    ),
]

LAB = """
class Lab(pulumi.ComponentResource):
    def __init__(self, name, role_name, path="/", grant=True, opts=None):
        super().__init__("lab:index:Lab", name, None, opts)
        mine = Opts(parent=self)
        self.role = aws.iam.Role(f"{name}-role", name=role_name, path=path, assume_role_policy=TRUST, opts=mine)
        aws.iam.RolePolicyAttachment(f"{name}-s3", role=self.role.name, policy_arn=S3, opts=mine)
        self.user = aws.iam.User(f"{name}-user", name="ada", force_destroy=True, opts=mine)
        self.key = aws.iam.AccessKey(f"{name}-key", user=self.user.name, opts=Opts(parent=self.user))
        if grant:
            aws.iam.UserPolicy(f"{name}-grant", name="grant", user=self.user.name,
                policy=allow("sts:AssumeRole", self.role.arn), opts=mine)
        self.register_outputs({"role_arn": self.role.arn})

"""
EXPORTS = """
pulumi.export("plain", {"arn": lab.role.arn, "secret": lab.key.secret, "limit": 3600, "yes": True, "no": None})
pulumi.export("whole", pulumi.Output.all(a=lab.user.name, b=lab.key.secret).apply(dict))
pulumi.export("text", pulumi.Output.concat("key ", lab.key.secret))
pulumi.export("name", lab.user.name)
"""


class Both:
    """One program on both engines."""

    def __init__(self, harness: Any, ours: StackRunner, clients: Clients) -> None:
        self.harness = harness
        self.ours = ours
        self.clients = clients
        self.parallel = 16

    def program(self, text: str) -> None:
        self.ours.program(text)
        (self.harness.dir / "__main__.py").write_text((self.ours.root / "__main__.py").read_text())

    def pulumi(self, *arguments: str) -> tuple[int, str]:
        code, _ = self.harness.call(["pulumi", "--non-interactive", *arguments], stdout_only=True)
        return code, self.harness.last

    # -- previews ----------------------------------------------------------------------------------

    def preview(self, text: str) -> list[tuple[str, ...]]:
        """Preview on both; return the one plan that both have."""
        self.program(text)
        code, told = self.pulumi("preview", "--json")
        ours = self.ours.preview()
        assert (code == 0) == ours.ok, told
        real = _real_plan(json.loads(told[: told.rindex("}") + 1]))
        assert _plan(ours) == real
        return real

    # -- updates -----------------------------------------------------------------------------------

    def up(
        self, text: str | None = None, *options: str, **ours_options: Any
    ) -> list[tuple[str, str]]:
        """Update on both.

        Return what both did. Orders, states and outputs are compared on the way.
        """
        if text is not None:
            self.program(text)
        code, told = self.pulumi(
            "up", "--yes", "--skip-preview", "--json", "--parallel", str(self.parallel), *options
        )
        ran = self.ours.up(parallel=self.parallel, **ours_options)
        assert (code == 0) == ran.ok, ran.errors or told[-2000:]
        real = _real_steps(told)
        did = _steps(ran)
        assert Counter(did) == Counter(real)
        self.compare()
        for steps in (real, did):
            assert _out_of_order(steps, self.dependencies()) == []
        return did

    def destroy(self) -> None:
        needed = self.dependencies()
        code, told = self.pulumi("destroy", "--yes", "--skip-preview", "--json")
        ran = self.ours.destroy()
        assert (code == 0) == ran.ok
        real, did = _real_steps(told), _steps(ran)
        assert Counter(did) == Counter(real)
        for steps in (real, did):
            assert _out_of_order(steps, needed) == []
        self.compare()

    # -- what is there -----------------------------------------------------------------------------

    def exported(self) -> list[dict[str, Any]]:
        code, told = self.pulumi("stack", "export")
        assert code == 0
        resources = json.loads(told)["deployment"].get("resources", [])
        return [one for one in resources if not one["type"].startswith("pulumi:providers:")]

    def dependencies(self) -> dict[str, set[str]]:
        """URN -> the URNs that must be there first."""
        live = self.ours.world.live.values()
        return {one.urn: {*one.dependencies, *([one.parent] if one.parent else [])} for one in live}

    def compare(self) -> None:
        """Compare state, outputs, and what AWS holds."""
        real = {
            (
                one["urn"],
                one.get("parent", ""),
                tuple(sorted(one.get("dependencies", []))),
                one.get("protect", False),
            )
            for one in self.exported()
            if not one.get("delete")
        }
        ours = {
            (one.urn, one.parent, tuple(sorted(one.dependencies)), one.protect)
            for one in self.ours.world.live.values()
        }
        assert ours == real
        for flags, show in (([], False), (["--show-secrets"], True)):
            code, told = self.pulumi("stack", "output", "--json", *flags)
            assert code == 0
            assert _without_chance(self.ours.outputs(show_secrets=show)) == _without_chance(
                json.loads(told)
            )
        assert _without_chance(left(self.clients)) == _without_chance(self.ours.left())


def _real_plan(told: dict[str, Any]) -> list[tuple[str, ...]]:
    plan: list[tuple[str, ...]] = []
    for step in told["steps"]:
        if step["op"] == "same" or ":pulumi:providers:" in step["urn"]:
            continue
        state: dict[str, Any] = step.get("newState", {}) if step["op"] != "delete" else {}
        inputs: dict[str, Any] = state.get("inputs", {})
        unknown = ",".join(
            sorted(key for key, value in inputs.items() if _TOKEN in json.dumps(value))
        )
        reasons = ",".join(sorted(step.get("diffReasons") or []))
        replaces = ",".join(sorted(step.get("replaceReasons") or []))
        plan.append((step["op"], step["urn"], unknown, reasons, replaces))
    return sorted(plan)


def _plan(ran: Ran) -> list[tuple[str, ...]]:
    plan: list[tuple[str, ...]] = []
    for step in ran.result.steps:
        unknown = ",".join(
            change.property for change in step.changes if UNKNOWN in json.dumps(change.new)
        )
        changed = step.op in (Op.UPDATE, Op.REPLACE)
        reasons = ",".join(change.property for change in step.changes) if changed else ""
        replaces = ",".join(
            change.property for change in step.changes if change.replaces and step.op is Op.REPLACE
        )
        plan.append((step.op.value, step.urn, unknown, reasons, replaces))
    return sorted(plan)


_SAME_AS = {"create-replacement": "replace"}


def _real_steps(told: str) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    for line in told.splitlines():
        told_of: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        event: dict[str, str] | None = told_of.get("resOutputsEvent", {}).get("metadata")
        # `replace` is the engine's word for "both halves are done": nothing happens in it.
        if (
            event
            and event["op"] not in ("same", "replace")
            and ":pulumi:providers:" not in event["urn"]
        ):
            steps.append((_SAME_AS.get(event["op"], event["op"]), event["urn"]))
    return steps


def _steps(ran: Ran) -> list[tuple[str, str]]:
    return [
        (event.step.op.value, event.step.urn) for event in ran.events if isinstance(event, Ended)
    ]


def _out_of_order(steps: list[tuple[str, str]], needed: dict[str, set[str]]) -> list[str]:
    """Return where something was made before what it needs, or removed after it."""
    made = {
        urn: index for index, (op, urn) in enumerate(steps) if op in ("create", "replace", "update")
    }
    gone = {urn: index for index, (op, urn) in enumerate(steps) if op.startswith("delete")}
    custom = {urn for urn in needed if "aws:iam" in urn.split("::")[2].split("$")[-1]}
    wrong: list[str] = []
    for urn, others in needed.items():
        for other in others & custom:
            if urn in made and other in made and made[urn] < made[other]:
                wrong.append(f"{urn} made before {other}")
            if urn in gone and other in gone and gone[urn] > gone[other]:
                wrong.append(f"{urn} gone after {other}")
    return wrong


def _without_chance(value: Any) -> Any:
    """Return values without what differs by chance.

    Accounts, keys and their secrets, automatic names.
    """
    text = re.sub(r"\b\d{12}\b", "ACCOUNT", json.dumps(value, sort_keys=True))
    text = re.sub(r"-[0-9a-f]{7}\b", "-CHANCE", text)
    text = re.sub(r"\bA[A-Z]{3}[A-Z0-9]{16,}\b", "ID", text)
    return json.loads(re.sub(r"[A-Za-z0-9+/=]{40,44}", "SECRET", text))


@pytest.fixture
def both(
    tmp_path: Path,
    account: str,
    root: Clients,
    local_aws: Instance,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Both]:
    """A project without a program, on both engines."""
    stack = StackRunner(tmp_path, local_aws, account, root)
    spec = importlib.util.spec_from_file_location("real_engine", _HARNESS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    other = f"{(int(account) + 1) % 10**12:012}"
    for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", other)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", local_aws.secret.reveal())
    project = "name: exp\nruntime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: .venv\n"
    (stack.root / "Pulumi.yaml").write_text(project)
    (stack.root / "__main__.py").write_text(HEAD)
    with module.Harness(
        stack.root, venv=sys.prefix, endpoint=local_aws.url, region="us-east-1"
    ) as harness:
        yield Both(harness, stack, Clients(local_aws.endpoint(other)))


def test_a_labs_life_from_nothing_to_nothing(both: Both) -> None:
    """Preview with unknown values, creation, no change, grant off and on, outputs with their masks, destruction."""
    lab = LAB + 'lab = Lab("lab", "reader")\n' + EXPORTS
    planned = both.preview(lab)
    assert (
        "create",
        "urn:pulumi:dev::exp::lab:index:Lab$aws:iam/userPolicy:UserPolicy::lab-grant",
        "policy",
        "",
        "",
    ) in planned
    assert len(both.up()) == 7
    assert both.preview(lab) == []
    assert both.up() == []
    without = lab.replace('"reader")', '"reader", grant=False)')
    assert [op for op, *_ in both.preview(without)] == ["delete"]
    both.up()
    both.up(lab)
    both.destroy()


def test_replacement_new_one_first(both: Both) -> None:
    """A role of another name: attachment replaced, grant updated in place, old role last."""
    lab = LAB + 'lab = Lab("lab", "reader")\n'
    both.up(lab)
    renamed = lab.replace("reader", "writer")
    ops = {(op, urn.rpartition("::")[2]) for op, urn, *_ in both.preview(renamed)}
    assert ops == {("replace", "lab-role"), ("replace", "lab-s3"), ("update", "lab-grant")}
    did = both.up()
    role = "urn:pulumi:dev::exp::lab:index:Lab$aws:iam/role:Role::lab-role"
    assert did.index(("replace", role)) < did.index(("delete-replaced", role)) == len(did) - 1
    both.destroy()


def test_replacement_old_one_first(both: Both) -> None:
    """Another path under the same name: the attachment goes first, then the role.

    The grant stays and is updated.
    """
    lab = LAB + 'lab = Lab("lab", "reader")\n'
    both.up(lab)
    moved = lab.replace('"reader")', '"reader", "/class/")')
    both.preview(moved)
    did = both.up()
    order = [f"{op} {urn.rpartition('::')[2]}" for op, urn in did]
    assert order[:4] == [
        "delete-replaced lab-s3",
        "delete-replaced lab-role",
        "replace lab-role",
        order[3],
    ]
    both.destroy()


def test_options(both: Both) -> None:
    """replaceOnChanges, ignoreChanges, deleteBeforeReplace, dependsOn on a component, aliases of a component."""
    text = """
    class Pair(pulumi.ComponentResource):
        def __init__(self, name, opts=None):
            super().__init__("lab:index:Pair", name, None, opts)
            user = aws.iam.User(f"{name}-user", name="ada", opts=Opts(parent=self))
            aws.iam.AccessKey(f"{name}-key", user=user.name, opts=Opts(parent=self))
            self.register_outputs({})

    p = Pair("p", Opts(aliases=[pulumi.Alias(name="old")]))
    aws.iam.Role("d", name="d", assume_role_policy=TRUST, opts=Opts(depends_on=[p]))
    aws.iam.Role("o", description="one", assume_role_policy=TRUST, opts=Opts(replace_on_changes=["description"]))
    aws.iam.Role("i", name="i", description="one", assume_role_policy=TRUST, opts=Opts(ignore_changes=["description"]))
    aws.iam.Role("b", name="b", assume_role_policy=TRUST, opts=Opts(delete_before_replace=True))
    """
    both.up(text.replace('Pair("p", Opts(aliases=[pulumi.Alias(name="old")]))', 'Pair("old")'))
    changed = text.replace('"one"', '"two"').replace('name="b"', 'name="c"')
    both.preview(changed)
    ops = Counter(op for op, _ in both.up())
    assert ops == {"replace": 2, "delete-replaced": 2}
    both.destroy()


def test_a_protected_resource_keeps_destroy_from_it(both: Both) -> None:
    text = 'aws.iam.Role("r", name="r", assume_role_policy=TRUST, opts=Opts(protect=True))'
    both.up(text)
    code, told = both.pulumi("destroy", "--yes")
    ours = both.ours.destroy()
    assert (code != 0, ours.ok) == (True, False)
    assert "because it is protected" in both.harness.last + told
    assert "because it is protected" in ours.errors[0]
    both.compare()
    both.up(text.replace(", opts=Opts(protect=True)", ""))
    both.destroy()


def test_a_failure_stops_what_has_not_begun(both: Both) -> None:
    """One at a time.

    What was made before is in the state, nothing comes after, and the next `up` makes the rest.
    """
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}'
    for clients in (both.clients, both.ours.clients):
        clients.iam.create_role(RoleName="taken", AssumeRolePolicyDocument=trust)
    both.parallel = 1
    text = """
    one = aws.iam.User("one", name="one")
    bad = aws.iam.Role("bad", name="taken", assume_role_policy=TRUST, opts=Opts(depends_on=[one]))
    after = aws.iam.User("after", name="after", opts=Opts(depends_on=[bad]))
    pulumi.export("a", bad.arn)
    """
    both.up(text)
    for clients in (both.clients, both.ours.clients):
        clients.iam.delete_role(RoleName="taken")
    assert [op for op, *_ in both.preview(text)] == ["create", "create"]
    both.up()
    both.destroy()


def test_continue_on_error_leaves_out_the_dependants(both: Both) -> None:
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}'
    for clients in (both.clients, both.ours.clients):
        clients.iam.create_role(RoleName="taken", AssumeRolePolicyDocument=trust)
    text = """
    bad = aws.iam.Role("bad", name="taken", assume_role_policy=TRUST)
    after = aws.iam.User("after", name="after", opts=Opts(depends_on=[bad]))
    other = aws.iam.User("other", name="other")
    pulumi.export("c", bad.arn)
    """
    did = both.up(text, "--continue-on-error", continue_on_error=True)
    assert [urn.rpartition("::")[2] for _, urn in did if "aws:iam" in urn] == ["other"]


def test_drift_is_seen_by_refresh(both: Both) -> None:
    text = (
        'aws.iam.Role("r", name="r", assume_role_policy=TRUST)\nu = aws.iam.User("u", name="u")\n'
    )
    both.up(text)
    for clients in (both.clients, both.ours.clients):
        clients.iam.update_role(RoleName="r", MaxSessionDuration=7200)
        clients.iam.delete_user(UserName="u")
    assert both.up() == []
    code, told = both.pulumi("up", "--yes", "--skip-preview", "--json", "--refresh")
    ran = both.ours.up(refresh=True)
    assert (code, ran.ok) == (0, True)
    real = [(op, urn) for op, urn in _real_steps(told) if op in ("create", "update")]
    assert sorted((op, urn) for op, urn in _steps(ran) if op != "refresh") == sorted(real)
    both.compare()
    both.destroy()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('aws.iam.Role("a", name="bad name!", assume_role_policy=TRUST)', "aws:iam/role:Role resource 'a': property name value {bad name!} has a problem"),
        ('aws.iam.User("u")\naws.iam.User("u")', "Duplicate resource URN 'urn:pulumi:dev::exp::aws:iam/user:User::u'; try giving it a unique name"),
        ('raise ValueError("no")', "Program failed with an unhandled exception:"),
        ('raise pulumi.RunError("not for you")', "not for you"),
    ],
)  # fmt: skip
def test_errors_are_said_in_the_same_words(both: Both, text: str, told: str) -> None:
    both.program(text)
    code, _ = both.harness.call(["pulumi", "--non-interactive", "preview"])
    ours = both.ours.preview()
    assert (code != 0, ours.ok) == (True, False)
    assert told in both.harness.last
    assert any(told in error for error in ours.errors)
