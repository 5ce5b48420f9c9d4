"""Whoever follows what the product prints gets a whole lab, however often it is broken."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from botocore import xform_name

from rolelab.faults import FAULTS
from tests import seeds
from tests.faults.conftest import OwnLab

ROUNDS = 3
"""So often what is advised may lead to further advice."""
_OURS = re.compile(r"`((?:\w+=\S+ )*rolelab (?:mend|up)[^`]*)`")


def _verified(lab: OwnLab, *, wait_s: float = 0.05) -> dict[str, Any]:
    """Return what `verify` finds, as JSON."""
    lab.rolelab(f"verify --wait {wait_s} --json findings.json")
    return json.loads((lab.path / "findings.json").read_text())


def _by_verify(lab: OwnLab) -> Iterator[str]:
    """Yield the commands that `verify` advises, each once, sentences first."""
    advice = [step for finding in _verified(lab)["findings"] for step in finding["advice"]]
    sentences = dict.fromkeys(step["sentence"] for step in advice)
    for sentence in sentences:
        yield from _OURS.findall(sentence)
    yield from dict.fromkeys(step["command"]["text"] for step in advice if step["command"])


def _run(lab: OwnLab, command: str) -> str:
    """Run a command that was printed; return what it printed itself."""
    words = shlex.split(command.replace("\\\n", " "))
    while "=" in words[0]:
        words.pop(0)  # where it is to be run, which this process knows already
    if words[0] == "rolelab":
        asked = [] if "--yes" in words else ["--yes"]
        return lab.rolelab(shlex.join([*words[1:], *asked])).out
    assert words[:2] == ["aws", "iam"], command
    method, iam = words[2].replace("-", "_"), lab.root.iam
    model = iam.meta.service_model.operation_model(iam.meta.method_to_api_mapping[method])
    shape = model.input_shape
    names = {xform_name(member, "-"): member for member in (shape.members if shape else ())}
    given = zip(words[3::2], words[4::2], strict=True)
    parameters = {names[option[2:]]: _value(option, text) for option, text in given}
    getattr(iam, method)(**parameters)
    return ""


def _value(option: str, text: str) -> object:
    if option in ("--tags", "--max-session-duration"):
        return json.loads(text)
    return text


def _follow_break(lab: OwnLab, printed: str) -> None:
    """Do what `break` says, and whatever that says in turn."""
    waiting, done = _OURS.findall(printed.partition("Put it back:")[2]), set[str]()
    assert waiting, printed
    while waiting:
        command = waiting.pop(0)
        said = _run(lab, command)
        done.add(command)
        waiting += [more for more in _OURS.findall(said) if more not in (*done, *waiting)]


def _follow_verify(lab: OwnLab, _: str) -> None:
    """Do what `verify` says until it says nothing more."""
    for _round in range(ROUNDS):
        commands = list(_by_verify(lab))
        for command in commands:
            _run(lab, command)
        if not commands:
            return


SAMPLE = (
    ("key-replaced", _follow_break),
    ("key-replaced", _follow_verify),
    ("user-made-anew", _follow_break),
    ("role-moved", _follow_verify),
)


def _cases() -> Iterator[ParameterSet]:
    """Every fault by either way, five times over; a sample of it twice over."""
    today = seeds.share(list(FAULTS), of=3)
    for follow in (_follow_break, _follow_verify):
        for name in FAULTS:
            id_ = f"{name}{follow.__name__}"
            if name in today:
                yield pytest.param(name, follow, 5, id=f"{id_}-5", marks=pytest.mark.long)
            if (name, follow) in SAMPLE:
                yield pytest.param(name, follow, 2, id=id_)


@pytest.mark.parametrize(("name", "follow", "times"), list(_cases()))
def test_a_fault_is_put_right_by_what_is_printed_as_often_as_it_comes(
    own_lab: OwnLab, name: str, follow: Callable[[OwnLab, str], None], times: int
) -> None:
    """No key, group or policy of an earlier time is in the way of a later one."""
    own_lab.configure(console=str(bool(FAULTS[name].console)).lower())
    own_lab.done("up --yes")
    for time in range(times):
        printed = own_lab.done(f"break {name}")
        assert _verified(own_lab)["exitCode"] == 1
        follow(own_lab, printed)
        proven = _verified(own_lab, wait_s=20)  # nothing is waited for that is there
        failed = [one for one in proven["findings"] if one["verdict"] != "pass"]
        assert (time, proven["exitCode"], failed) == (time, 0, [])
    own_lab.done("destroy --yes")
    assert own_lab.left == {}
