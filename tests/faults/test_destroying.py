"""A broken lab that is destroyed leaves nothing behind, whatever broke it."""

from __future__ import annotations

import pytest

from rolelab.faults import FAULTS
from tests import seeds
from tests.faults.conftest import OwnLab

SAMPLE = (
    "user-renamed",
    "user-made-anew",
    "user-managed-deny",
    "group-deny",
    "role-moved",
    "role-boundary-deny",
    "trust-deleted-user",
    "key-replaced",
    "password-missing",
)
"""One of each kind that has left something behind."""


REST = seeds.share([name for name in FAULTS if name not in SAMPLE], of=3)


@pytest.mark.parametrize(
    "name", [*SAMPLE, *(pytest.param(name, marks=pytest.mark.long) for name in REST)]
)
def test_a_broken_lab_goes_with_all_that_broke_it(own_lab: OwnLab, name: str) -> None:
    """Nobody mends it first: no user under another name, no group, no policy stays."""
    own_lab.configure(console=str(bool(FAULTS[name].console)).lower())
    own_lab.done("up --yes")
    own_lab.done(f"break {name}")
    own_lab.done("destroy --yes")
    assert own_lab.left == {}


def test_what_broke_another_lab_of_the_account_stays(own_lab: OwnLab) -> None:
    """The other lab is still to be mended by whoever looks for the fault."""
    own_lab.configure("blue", learners="[ben]", roleName="blue")
    for stack in ("dev", "blue"):
        own_lab.done(f"up --yes --stack {stack}")
        own_lab.done(f"break group-deny --stack {stack}")
    own_lab.done("destroy --yes")
    assert own_lab.left == {
        "users": ["ben"],
        "roles": ["blue"],
        "groups": ["rolelab-restricted-blue"],
    }
    own_lab.done("mend --yes --stack blue")
    own_lab.done("verify --stack blue")
