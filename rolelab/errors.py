"""What may go wrong, in kinds that decide the exit code; each says what, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class LabError(Exception):
    """An operation failed (exit code 1): one line for a person, never a traceback."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    @property
    def each(self) -> Sequence[LabError]:
        """The errors that it stands for, to be told a line each: itself, or several at once."""
        return (self,)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        remedy = f": {self.do}" if self.do else ""
        return f"{self.what}{place}{remedy}"


class UsageError(LabError):
    """Wrong usage or configuration (exit code 2), found before anything was touched."""

    exit_code = 2


class Faults(UsageError):
    """Several faults of one input, all reported at once, a line each."""

    def __init__(self, faults: Sequence[UsageError]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)

    @property
    def each(self) -> Sequence[LabError]:
        """The faults."""
        return self.faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class CannotTell(LabError):
    """It could not be found out (exit code 3).

    AWS is out of reach or throttles, or credentials are refused or expired.
    """

    exit_code = 3


class Interrupted(LabError):
    """Stopped before the end (exit code 1): what exists is recorded, the next run carries on."""
