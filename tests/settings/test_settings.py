"""The configuration is checked as a whole, before anything is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import limits
from rolelab import project, settings
from rolelab.errors import Faults
from rolelab.proposed_names import proposals

ROOT = Path(__file__).parents[2]


def parse(**values: object) -> settings.Settings:
    """Parse values given as Python, written as Pulumi writes them."""
    texts = {
        f"assume-role-lab:{k}": v if isinstance(v, str) else json.dumps(v)
        for k, v in values.items()
    }
    return settings.parse(texts, where="Pulumi.dev.yaml")


def faults(**values: object) -> list[str]:
    """Return the faults of a configuration, one line each."""
    with pytest.raises(Faults) as caught:
        parse(**values)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("key", settings.KEYS)
def test_pulumi_yaml_declares_each_key_as_the_program_does(key: str) -> None:
    """A key left out means the same under `pulumi up`, `rolelab up` and without a Pulumi.yaml."""
    declared = dict(project.find(ROOT).declared[f"{settings.NAMESPACE}:{key}"])
    is_list = declared.pop("items", None) == {"type": "string"}
    kind, description, default, *_ = settings.KEYS[key]
    assert is_list is (kind.type == "array")
    assert declared == {
        "type": kind.type,
        "default": list(default) if is_list else default,
        "description": description,
    }


def test_pulumi_yaml_declares_no_other_key() -> None:
    """What nobody reads would be ignored in silence."""
    ours = [f"{settings.NAMESPACE}:{key}" for key in settings.KEYS]
    assert [*project.find(ROOT).declared] == ours


@pytest.mark.parametrize("key", settings.KEYS)
def test_each_example_is_right(key: str) -> None:
    """It is what a message tells people to write."""
    kind, _, _, example, _ = settings.KEYS[key]
    is_list = kind.type == "array"
    text = json.dumps(example.strip("[]").split(", ")) if is_list else example
    assert settings.KEYS[key].parse(text)[1] == []


def test_a_number_of_learners_gives_that_many_names() -> None:
    """A class is a number; the names of those who were there stay when it grows."""
    small, large = parse(learnerCount=3).learners, parse(learnerCount=1001).learners
    assert small == ("learner001", "learner002", "learner003")
    assert large[:3] == small
    assert large[-1] == "learner1001"


def test_all_faults_come_at_once_each_with_key_value_rule_and_example() -> None:
    """Whoever corrects a file does it once."""
    lines = faults(
        learners=["ada", "b d"],
        roleName="x" * 65,
        maxSessionDuration=100,
        grant="yes",
        learnerCount="many",
    )
    assert len(lines) == 5
    session = next(line for line in lines if line.startswith("maxSessionDuration"))
    assert session == (
        "maxSessionDuration is 100; IAM allows 3600 to 43200 seconds for a role"
        " (Pulumi.dev.yaml, assume-role-lab:maxSessionDuration):"
        " give a whole number of seconds, such as 3600"
    )


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    """A misspelt key would otherwise be a silent default."""
    assert faults(learnrs=["ada"]) == [
        "learnrs is not a key of assume-role-lab (its value is '[\"ada\"]')"
        " (Pulumi.dev.yaml, assume-role-lab:learnrs): did you mean learners?"
    ]


def test_keys_of_other_namespaces_are_nobodys_business() -> None:
    """`aws:region` is the provider's, not ours."""
    assert settings.parse({"aws:region": "eu-west-1", "other:learnrs": "x"}) == settings.parse({})


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("learners", [], "is empty"),
        ("learners", ["Ada", "ada"], "'Ada' and 'ada' are one name to IAM"),
        ("learners", ["ada", "ada"], "names 'ada' 2 times"),
        ("learners", [""], "has 0 characters; IAM allows 1 to 64"),
        ("learners", ["a/b"], "contains '/'"),
        ("learners", ["ä"], "contains 'ä'"),
        ("learners", "ada", "must be a list of names"),
        ("learners", [7], "must be a list of names"),
        ("learners", [f"l{n}" for n in range(5001)], "asks for 5001 users; an account holds 5000"),
        ("learnerCount", 5001, "asks for 5001 users; an account holds 5000"),
        ("learnerCount", -1, "is -1"),
        ("roleName", "", "has 0 characters"),
        ("roleName", "a b", "contains ' '"),
        (
            "managedPolicies",
            [f"P{n}" for n in range(21)],
            "names 21 policies; a role holds at most 20",
        ),
        ("managedPolicies", ["A", "A"], "names 'A' 2 times"),
        ("managedPolicies", ["A", "arn:aws:iam::aws:policy/A"], "names 'A' 2 times"),
        (
            "managedPolicies",
            ["arn:aws:s3:::bucket"],
            "neither the name of an AWS managed policy nor a policy's ARN",
        ),
        ("maxSessionDuration", 3599, "is 3599; IAM allows 3600 to 43200"),
        ("maxSessionDuration", 43201, "is 43201"),
        ("maxSessionDuration", "३६००", "must be a whole number of seconds"),
        ("maxSessionDuration", 3600.5, "must be a whole number of seconds"),
        ("console", "yes", "must be true or false"),
    ],
)
def test_iams_own_limits_are_rules(key: str, value: object, rule: str) -> None:
    """What AWS would refuse half way through is refused before the first call."""
    (fault,) = faults(**{key: value})
    assert rule in fault
    assert f"Pulumi.dev.yaml, assume-role-lab:{key}" in fault


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("learners", ["a" * 64, "x+=,.@_-Y"]),
        ("learnerCount", 5000),
        ("roleName", "r" * 64),
        ("managedPolicies", []),
        (
            "managedPolicies",
            ["job-function/ViewOnlyAccess", "arn:aws-us-gov:iam::123456789012:policy/team/Mine"],
        ),
        ("maxSessionDuration", 3600),
        ("maxSessionDuration", 43200),
    ],
)
def test_what_iam_allows_is_allowed(key: str, value: object) -> None:
    """The twin of the limits: the last value inside each is taken."""
    parse(**{key: value})


def test_names_and_a_number_together_are_a_fault_unless_the_names_are_not_used() -> None:
    """Pulumi does not say what is a default: the default names may stand beside a number."""
    assert (
        "learnerCount is 3 while learners names 2"
        in faults(learnerCount=3, learners=["ada", "grace"])[0]
    )
    assert len(parse(learnerCount=3, learners=["testuser"]).learners) == 3
    assert len(parse(learnerCount=3, learners=[]).learners) == 3


@given(
    st.dictionaries(st.sampled_from([*settings.KEYS, "other"]), st.text(max_size=80), max_size=8)
)
def test_any_text_is_settings_or_faults(values: dict[str, str]) -> None:
    """No configuration ends in a traceback, and none that is taken breaks a rule of IAM."""
    try:
        taken = parse(**values)
    except Faults as refused:
        assert all(str(fault) for fault in refused.faults)  # noqa: PT017 - either end is right
    else:
        assert 3600 <= taken.max_session_duration <= 43200
        assert all(1 <= len(name) <= 64 for name in taken.learners)


def test_each_learner_whom_iam_does_not_take_gets_a_name_that_it_takes() -> None:
    """None twice, and none that another learner of the list has."""
    lines = faults(learners=["Anna Müller", "anna.mueller", "Anna Mueller", "José", "O'Brien"])
    proposed = [line.rpartition(": give ")[2] for line in lines]
    assert proposed == ["Anna.Mueller2, say", "Anna.Mueller3, say", "Jose, say", "OBrien, say"]
    assert faults(learners=["Anna Müller"])[0].endswith(": give Anna.Mueller, say")
    assert faults(learners=["ada", "李明"])[0].endswith(": give learner02, say")
    assert faults(roleName="s3 access")[0].endswith(": give s3.access, say")


@given(st.lists(st.text(max_size=80), max_size=12))
def test_a_proposed_name_is_one_that_iam_takes_and_nobody_else_has(names: list[str]) -> None:
    proposed = proposals(names)
    assert all(limits.name(name) == [] for name in proposed.values())
    taken = [name for name in dict.fromkeys(names) if not limits.name(name)]
    assert limits.unique_names([*proposed.values(), *{name.lower() for name in taken}]) == []
    assert proposed.keys() == {name for name in names if limits.name(name)}
