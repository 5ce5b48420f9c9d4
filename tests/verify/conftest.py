"""A lab of its own for each test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rolelab.aws.clients import Clients
from rolelab.findings import Finding, Verdict
from rolelab.localaws.process.record import Instance
from rolelab.verify import verification
from tests import labs


@pytest.fixture
def made(root: Clients, account: str, local_aws: Instance) -> labs.MadeLab:
    """The intact lab with one learner."""
    return labs.make(root, account, local_aws)


@pytest.fixture
def verified(local_aws: Instance) -> Callable[..., list[Finding]]:
    """Verify a lab without waiting long for what will not come."""

    def verify(made: labs.MadeLab, **options: object) -> list[Finding]:
        chosen = verification.VerifyOptions(**{"limit_s": 0.05, **options})  # pyright: ignore[reportArgumentType]
        return verification.verify(made.lab, local_aws.endpoint(made.account), options=chosen)

    return verify


def checks(found: list[Finding], verdict: Verdict) -> list[str]:
    """Return the checks that ended so."""
    return [finding.check for finding in found if finding.verdict is verdict]
