"""Where chance comes from in tests: a short sample in `make test`, the whole in `make test-long`.

A long kind has the marker `long` and takes its numbers from here, so that one seed settles all of
them. The seed is the day's, another one each day; `make test-long SEED=20261128` runs that day
again. Properties (hypothesis) belong to both: `make test-long` runs each with more examples, under
the profile `long`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import HealthCheck, settings

T = TypeVar("T")

PROFILE = "long"
# No limit of time: on a machine that has other work, an example takes as long as it takes.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("usual", _PATIENT)
settings.register_profile(PROFILE, _PATIENT, max_examples=500)
settings.load_profile("usual")

WHOLE = bool(os.environ.get("ROLELAB_WHOLE"))
"""Whether every day's part runs at once."""
# The first process decides, and its workers inherit it: they must agree, over midnight too.
SEED = int(os.environ.setdefault("ROLELAB_SEED", f"{datetime.now(timezone.utc):%Y%m%d}"))


def runs(*, sample: int, whole: int) -> list[ParameterSet]:
    """Return the seeds of a seeded kind: the first few, always the same, then `whole` of the day.

    For `pytest.mark.parametrize("seed", runs(sample=2, whole=24))`.
    """
    always = [pytest.param(seed, id=f"sample{seed}") for seed in range(sample)]
    daily = [
        pytest.param(f"{SEED}-{number}", id=f"long{number}", marks=pytest.mark.long)
        for number in range(whole)
    ]
    return [*always, *daily]


def share(entries: Sequence[T], *, of: int) -> list[T]:
    """Return one part of `of` of what takes long: the next one each day, all of it with WHOLE=1."""
    return list(entries) if WHOLE else list(entries)[SEED % of :: of]


def examples(*, sample: int, whole: int) -> settings:
    """Return the settings of a property that needs a number of examples of its own.

    For `@examples(sample=200, whole=20_000)` above `@given`.
    """
    is_long = settings.get_current_profile_name() == PROFILE
    return settings(max_examples=whole if is_long else sample)
