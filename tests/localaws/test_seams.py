from __future__ import annotations

import pytest

from rolelab.errors import LabError
from rolelab.localaws.ministack import emulator, seams
from rolelab.localaws.process.record import Instance


def test_every_place_of_the_layer_is_as_expected(local_aws: Instance) -> None:
    """The pinned MiniStack has them all."""
    seams.check()


@pytest.mark.parametrize(
    "seam", [*seams.REPLACED, *seams.USED], ids=lambda seam: f"{seam.module}.{seam.name}"
)
def test_a_place_that_is_gone_or_changed_stops_the_start(
    local_aws: Instance, monkeypatch: pytest.MonkeyPatch, seam: seams.Seam
) -> None:
    """Another MiniStack must not run half enforced; the line names the place and the pin."""
    place = rf"MiniStack's {seam.module}\.{seam.name} is not what .*: install ministack==1\.5\.33"
    with monkeypatch.context() as gone:
        gone.delattr(emulator.module(seam.module), seam.name)
        with pytest.raises(LabError, match=place):
            seams.check()
    if not seam.first:
        return

    def changed() -> None:
        """Takes other parameters."""

    with monkeypatch.context() as other:
        other.setattr(emulator.module(seam.module), seam.name, changed)
        other.setitem(emulator._originals, (seam.module, seam.name), changed)  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(LabError, match=place):
            seams.check()


def test_a_store_that_is_gone_stops_the_start(
    local_aws: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layer reads and writes MiniStack's stores."""
    monkeypatch.delattr(emulator.module("services.iam"), "_mfa_devices")
    with pytest.raises(LabError, match=r"services\.iam\._mfa_devices"):
        seams.check()
