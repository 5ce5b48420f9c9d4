"""Any configuration is settings that keep every rule, or faults that say all that is wrong."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from components import limits
from rolelab import settings
from rolelab.errors import Faults, UsageError

_PREFIX = f"{settings.NAMESPACE}:"
_names = st.one_of(
    st.lists(st.text(alphabet="abcABC019+=,.@_- /é", max_size=70), max_size=4),
    st.lists(st.integers(), max_size=2),
).map(json.dumps)
_texts = st.one_of(
    st.text(max_size=20), st.integers().map(str), st.booleans().map(json.dumps), _names
)
_values = {
    "learners": st.one_of(_names, _texts),
    "learnerCount": st.one_of(st.integers(-3, 6000).map(str), _texts),
    "roleName": st.one_of(st.text(alphabet="abcS3+=,.@_- /", max_size=70), _texts),
    "managedPolicies": st.one_of(
        st.lists(
            st.sampled_from(["AmazonS3FullAccess", "arn:aws:iam::aws:policy/X", "no policy", ""]),
            max_size=25,
        ).map(json.dumps),
        _texts,
    ),
    "grant": st.one_of(st.sampled_from(["true", "false", "True", "yes"]), _texts),
    "maxSessionDuration": st.one_of(st.integers(800, 50000).map(str), _texts),
    "console": st.one_of(st.sampled_from(["true", "false"]), _texts),
    "learnrs": _texts,
}
_configurations = st.fixed_dictionaries(
    {}, optional={f"{_PREFIX}{key}": value for key, value in _values.items()}
)


def _read(raw: dict[str, str]) -> tuple[settings.Settings | None, tuple[UsageError, ...]]:
    try:
        return settings.parse(raw), ()
    except Faults as faults:
        return None, faults.faults


@given(_configurations)
def test_settings_keep_every_rule_or_every_fault_is_told(raw: dict[str, str]) -> None:
    """A fault has its key, and what to do; settings have none."""
    parsed, faults = _read(raw)
    if parsed is None:
        assert faults
        for fault in faults:
            key = fault.where.rpartition(":")[2]
            assert key in {*_values, "learners"}
            assert key in fault.what
            assert fault.do
        return
    assert f"{_PREFIX}learnrs" not in raw
    assert 1 <= len(parsed.learners) <= limits.USERS_PER_ACCOUNT
    assert len({name.lower() for name in parsed.learners}) == len(parsed.learners)
    assert [fault for name in parsed.learners for fault in limits.name(name)] == []
    assert limits.name(parsed.role_name) == []
    assert limits.managed_policies(parsed.managed_policies) == []
    assert limits.role_session(parsed.max_session_duration) == []


@given(_configurations)
def test_reading_twice_gives_the_same(raw: dict[str, str]) -> None:
    """One parse for the Pulumi CLI and for rolelab: nothing depends on who reads first."""
    once, again = _read(raw), _read(raw)
    assert (once[0], [str(fault) for fault in once[1]]) == (
        again[0],
        [str(fault) for fault in again[1]],
    )


@given(st.integers(1, limits.USERS_PER_ACCOUNT - 1))
def test_a_class_that_grows_keeps_its_names(count: int) -> None:
    """A learner's user must not become somebody else's by adding one more."""
    names = settings.generated_names(count)
    assert settings.generated_names(count + 1)[:count] == names
    assert len(set(names)) == count
