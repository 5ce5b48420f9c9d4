"""Fixtures for pytest, there wherever this package is installed.

With pytest-xdist each worker has a local AWS of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from rolelab.testing.double import Account, LocalAws, running


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """A local AWS, for as long as the tests run."""
    with running() as aws:
        yield aws


@pytest.fixture
def aws_account(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account for this test; the environment makes every AWS tool its root.

    Its buckets are gone after the test, so that the next one can make others of these names.
    """
    account = local_aws.account()
    environment = account.environment
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if "boto3" in sys.modules:
        # boto3.client() uses one session for all, with the credentials that it found first.
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    yield account
    account.remove_buckets()
