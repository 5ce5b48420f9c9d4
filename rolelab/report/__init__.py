"""Findings as people and machines read them; each form is a module of its own, loaded only when it is asked for."""

from __future__ import annotations

import sys

from rolelab.findings import Proof
from rolelab.report.write import STDOUT, write


def tell(proof: Proof, *, json_file: str | None = None) -> None:
    """Write every form that is asked for; people get theirs on the standard output unless a file goes there.

    Raises:
        LabError: a file cannot be written.
    """
    if json_file != STDOUT:
        if sys.stdout.isatty():
            from rolelab.report import terminal

            terminal.show(proof)
        else:
            from rolelab.report import text

            write(STDOUT, "\n".join(text.lines(proof)))
    if json_file:
        from rolelab.report import as_json

        write(json_file, as_json.render(proof))
