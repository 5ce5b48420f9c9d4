"""Seeded runs through a faulty network: no wrong pass or fail, nothing left behind unsaid."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from rolelab.aws.clients import Clients
from rolelab.faults import FAULTS, Scene
from rolelab.findings import Finding, Verdict, exit_code
from rolelab.localaws.process.record import Instance
from rolelab.verify import verification
from tests import labs, seeds
from tests.verify import faulty

_LABS = (
    "intact",
    "grant off",
    "grant-missing",
    "grant-external-id",
    "grant-any-role",
    "user-administrator",
    "group-deny",
    "key-inactive",
    "user-boundary-narrow",
    "trust-other-account",
    "trust-everybody",
    "role-policy-missing",
    "role-administrator",
    "role-deny-get",
    "role-deny-delete-bucket",
    "role-boundary-read-only",
    "role-longer-sessions",
)
_CHANGES = (
    "grant-missing",
    "trust-other-account",
    "role-policy-missing",
    "key-inactive",
    "user-administrator",
)
_references: dict[str, dict[str, Verdict]] = {}


def _verdicts(found: list[Finding]) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in found}


def _make(instance: Instance, rng: random.Random, kind: str) -> labs.MadeLab:
    account = f"{rng.randrange(10**11, 10**12)}"
    made = labs.make(
        Clients(instance.endpoint(account)), account, instance, grant=kind != "grant off"
    )
    if kind in FAULTS:
        FAULTS[kind].break_lab(Scene(made.lab, made.lab.learners[0], made.root))
    return made


def _reference(instance: Instance, kind: str) -> dict[str, Verdict]:
    """What an undisturbed verification says of such a lab."""
    if kind not in _references:
        made = _make(instance, random.Random(), kind)
        found = verification.verify(
            made.lab,
            instance.endpoint(made.account),
            options=verification.VerifyOptions(limit_s=0.05),
        )
        assert exit_code(found) == (0 if kind in ("intact", "grant off") else 1)
        _references[kind] = _verdicts(found)
    return _references[kind]


def _verify(
    made: labs.MadeLab, weather: faulty.Weather, time: faulty.SimulatedTime
) -> tuple[list[Finding], list[str]]:
    """Verify through the weather; return the findings and the buckets that are left."""
    with faulty.endpoint(made.instance.url, weather, time) as url:
        options = verification.VerifyOptions(limit_s=60, threads=1, clock=time.clock, answer_s=0.5)
        endpoint = replace(made.instance.endpoint(made.account), url=url)
        found = verification.verify(made.lab, endpoint, options=options)
    return found, [bucket.get("Name", "") for bucket in made.root.s3.list_buckets()["Buckets"]]


def _weather(rng: random.Random) -> faulty.Weather:
    kinds = tuple(rng.sample(faulty.TROUBLES, rng.randint(1, len(faulty.TROUBLES))))
    often = rng.choice((0.03, 0.1, 0.2, 0.35, 0.6, 1.0))
    if "hangs" in kinds and (often > 0.1 or rng.random() < 0.7):
        # Each of them is waited for in real time.
        kinds = tuple(kind for kind in kinds if kind != "hangs") or ("reset",)
    until_s = rng.choice((float("inf"), float("inf"), rng.uniform(1, 50)))
    return faulty.Weather(random.Random(rng.random()), kinds, often, until_s)


@pytest.mark.parametrize("seed", seeds.runs(sample=30, whole=500))
def test_never_a_wrong_verdict_whatever_the_network_does(
    local_aws: Instance, seed: int | str
) -> None:
    """Each check ends as it does undisturbed, or is unknown; a bucket that may be left is named."""
    rng = random.Random(seed)
    kind = "intact" if rng.random() < 0.4 else rng.choice(_LABS)
    expected = _reference(local_aws, kind)
    made, weather, time = _make(local_aws, rng, kind), _weather(rng), faulty.SimulatedTime(rng)
    if kind == "intact" and rng.random() < 0.6:
        _settle_slowly(made, time, rng)
    found, left = _verify(made, weather, time)
    where = f"seed {seed}: {kind}, {weather.often:.0%} of {weather.kinds}"
    undecided = (Verdict.UNKNOWN, Verdict.SKIPPED)
    wrong = [
        finding
        for finding in found
        if finding.verdict not in undecided and finding.verdict is not expected[finding.check]
    ]
    assert wrong == [], where
    assert exit_code(found) in (3, 0 if kind in ("intact", "grant off") else 1), where
    lost = [finding for finding in found if finding.verdict is Verdict.UNKNOWN]
    assert all(finding.got or finding.unasked for finding in lost), where
    told = "\n".join(finding.got for finding in found if finding.check == "cleanup.buckets")
    assert all(bucket in told for bucket in left), where
    if weather.often <= 0.1:
        assert exit_code(found) != 3, (where, lost)


def _settle_slowly(made: labs.MadeLab, time: faulty.SimulatedTime, rng: random.Random) -> None:
    """Let the lab be as before a change, flicker, and be as declared within 20 s."""
    fault = FAULTS[rng.choice(_CHANGES)]
    scene = Scene(made.lab, made.lab.learners[0], made.root)
    undo = _UNDO[fault.name]
    fault.break_lab(scene)
    if rng.random() < 0.5:
        flicker_s = rng.uniform(0, 10)
        time.at(flicker_s, lambda: undo(made))
        time.at(flicker_s + rng.uniform(0, 5), lambda: fault.break_lab(scene))
    time.at(rng.uniform(15, 20), lambda: undo(made))


def _grant(made: labs.MadeLab) -> None:
    text = labs.documents.as_json(labs.documents.grant(made.raw["role"]["arn"]))
    made.root.iam.put_user_policy(UserName="testuser", PolicyName=labs.GRANT, PolicyDocument=text)


def _trust(made: labs.MadeLab) -> None:
    text = labs.documents.as_json(made.raw["role"]["trust"])
    made.root.iam.update_assume_role_policy(RoleName=labs.ROLE, PolicyDocument=text)


def _policy(made: labs.MadeLab) -> None:
    made.root.iam.attach_role_policy(
        RoleName=labs.ROLE, PolicyArn=made.raw["role"]["managedPolicies"][0]
    )


def _key(made: labs.MadeLab) -> None:
    key = made.raw["learners"]["testuser"]["accessKeyId"]
    made.root.iam.update_access_key(UserName="testuser", AccessKeyId=key, Status="Active")


def _detach(made: labs.MadeLab) -> None:
    for policy in made.root.iam.list_attached_user_policies(UserName="testuser")[
        "AttachedPolicies"
    ]:
        made.root.iam.detach_user_policy(UserName="testuser", PolicyArn=policy.get("PolicyArn", ""))


_UNDO: dict[str, Callable[[labs.MadeLab], None]] = {
    "grant-missing": _grant,
    "trust-other-account": _trust,
    "role-policy-missing": _policy,
    "key-inactive": _key,
    "user-administrator": _detach,
}


@pytest.mark.parametrize("change", _CHANGES)
@pytest.mark.parametrize("lag_s", [1, 5, 20])
def test_slow_propagation_ends_as_a_pass(local_aws: Instance, change: str, lag_s: float) -> None:
    """A lab that was made, or mended, up to 20 s ago and takes effect late is as it should be."""
    rng = random.Random(f"{change}{lag_s}")
    made, time = _make(local_aws, rng, "intact"), faulty.SimulatedTime(rng)
    FAULTS[change].break_lab(Scene(made.lab, made.lab.learners[0], made.root))
    time.at(lag_s, lambda: _UNDO[change](made))
    found, left = _verify(made, faulty.Weather(rng, ("reset",), 0.0), time)
    assert [finding for finding in found if finding.verdict is not Verdict.PASS] == []
    assert left == []


@pytest.mark.parametrize("trouble", [trouble for trouble in faulty.TROUBLES if trouble != "hangs"])
def test_nothing_but_trouble_is_exit_code_3_and_says_what_was_tried(
    local_aws: Instance, trouble: str
) -> None:
    """Neither a pass nor a failure, and the number of tries is told."""
    rng = random.Random(trouble)
    made, time = _make(local_aws, rng, "intact"), faulty.SimulatedTime(rng)
    found, _ = _verify(made, faulty.Weather(rng, (trouble,), 1.0), time)
    assert exit_code(found) == 3
    assert "tries" in next(finding for finding in found if finding.verdict is Verdict.UNKNOWN).got


def test_an_aws_that_never_answers_is_exit_code_3(local_aws: Instance) -> None:
    """Time-outs are real here, and few: after the first wait nobody else waits."""
    rng = random.Random(1)
    made, time = _make(local_aws, rng, "intact"), faulty.SimulatedTime(rng)
    time.clock.sleep(0)
    weather = faulty.Weather(rng, ("hangs",), 1.0)
    with faulty.endpoint(made.instance.url, weather, time) as url:
        options = verification.VerifyOptions(limit_s=1, threads=1, clock=time.clock, answer_s=0.1)
        found = verification.verify(
            made.lab, replace(made.instance.endpoint(made.account), url=url), options=options
        )
    assert exit_code(found) == 3
    assert (
        "ReadTimeoutError"
        in next(finding for finding in found if finding.verdict is Verdict.UNKNOWN).got
    )
