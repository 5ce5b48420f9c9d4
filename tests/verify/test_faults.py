"""Every fault leads to exit code 1 with the right reason, and what is proposed puts it right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from components import documents
from rolelab.aws.callers import Callers, calling_as
from rolelab.aws.clients import Clients
from rolelab.errors import UsageError
from rolelab.faults import FAULTS, HARMLESS, Fault, Harmless, Scene
from rolelab.findings import Finding, Verdict, exit_code
from rolelab.localaws.process.record import Instance
from rolelab.mend import restoring
from tests import labs

Verify = Callable[..., list[Finding]]


def scene(made: labs.MadeLab) -> Scene:
    """The lab, about to be broken."""
    return Scene(made.lab, made.lab.learners[0], made.root)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_found_and_explained_and_what_is_proposed_puts_it_right(
    made: labs.MadeLab, verified: Verify, fault: Fault
) -> None:
    """Exit code 1, the expected checks, the reason in words; after the proposed calls, 0."""
    if fault.console:
        labs.give_password(made)
    fault.break_lab(scene(made))
    found = verified(made)
    failed = [finding for finding in found if finding.verdict is Verdict.FAIL]
    assert exit_code(found) == 1
    assert set(fault.fails) <= {finding.check for finding in failed}
    told = "\n".join(line for finding in failed for line in (finding.got, *finding.why))
    assert fault.because.lower() in told.lower(), told
    assert all(finding.why for finding in failed), [
        finding.check for finding in failed if not finding.why
    ]
    assert "AWS says otherwise" not in told, told
    assert made.root.s3.list_buckets()["Buckets"] == []
    endpoint = made.instance.endpoint(made.account)
    assert endpoint.credentials is not None
    callers = Callers(endpoint)
    with calling_as(endpoint.credentials):
        plan = restoring.plan(made.lab, callers)
        assert plan.calls or not fault.is_mendable
        restoring.carry_out(plan, callers)
    after = verified(made)
    if fault.is_mendable:
        assert exit_code(after) == 0, [
            finding for finding in after if finding.verdict is Verdict.FAIL
        ]
        assert all(finding.advice for finding in failed if finding.check.startswith("declared."))
    else:
        assert plan.by_hand


def test_what_puts_two_deviations_back_is_proposed_once(
    made: labs.MadeLab, verified: Verify
) -> None:
    """Action and conditions of one trust policy are two checks, and one change mends both."""
    conditions = {"StringEquals": {"sts:ExternalId": "class-2026"}}
    broken = scene(made)
    trust = broken.trusting(conditions=conditions) | {"Action": "sts:TagSession"}
    broken.put_trust(trust)
    refused = next(finding for finding in verified(made) if finding.check == "assume.role")
    assert len(refused.advice) > 1
    assert len(set(refused.advice)) == len(refused.advice)


@pytest.mark.parametrize("name", ["user-deleted", "user-made-anew"])
def test_a_user_with_a_console_password_can_be_taken_away(made: labs.MadeLab, name: str) -> None:
    """AWS deletes no user that has one."""
    labs.give_password(made)
    FAULTS[name].break_lab(scene(made))


@pytest.mark.parametrize("change", HARMLESS, ids=[change.name for change in HARMLESS])
def test_a_harmless_change_is_not_reported(
    made: labs.MadeLab, verified: Verify, change: Harmless
) -> None:
    """Tags, words, spelling and unrelated things are nobody's business."""
    change.apply(scene(made))
    found = verified(made)
    assert [finding for finding in found if finding.verdict is not Verdict.PASS] == []


@pytest.mark.parametrize("name", ["trust-by-account-id", "trust-as-list"])
def test_a_trust_policy_spelled_otherwise_keeps_its_declared_conditions(
    root: Clients, account: str, local_aws: Instance, verified: Verify, name: str
) -> None:
    """What breaks or rewrites the trust policy starts from the one that was declared."""
    external_id: documents.Conditions = {"StringEquals": {"sts:ExternalId": "class-2026"}}
    made = labs.make(root, account, local_aws, conditions=external_id)
    next(change for change in HARMLESS if change.name == name).apply(scene(made))
    assert [finding for finding in verified(made) if finding.verdict is not Verdict.PASS] == []


@pytest.mark.parametrize(
    ("name", "console"), [("password-added", True), ("password-missing", False)]
)
def test_a_fault_that_does_not_fit_is_wrong_usage(
    made: labs.MadeLab, name: str, *, console: bool
) -> None:
    """And changes nothing: no second password is added, and none taken away that is not there."""
    if console:
        labs.give_password(made)
    with pytest.raises(UsageError, match="console password"):
        FAULTS[name].break_lab(scene(made))


def test_a_declared_password_that_is_there_passes(made: labs.MadeLab, verified: Verify) -> None:
    """`console: true` is a lab like any other."""
    labs.give_password(made)
    assert [finding for finding in verified(made) if finding.verdict is not Verdict.PASS] == []


def test_the_table_is_large_enough_and_a_change_is_proposed_for_nine_in_ten() -> None:
    """As asked: forty ways to break it, ten harmless changes, and help with nearly all."""
    assert len(FAULTS) >= 40
    assert len(HARMLESS) >= 10
    assert sum(fault.is_mendable for fault in FAULTS.values()) >= 0.9 * len(FAULTS)
