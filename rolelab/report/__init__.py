"""Findings as people and machines read them; a form is a module, loaded when it is asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping

from rolelab.findings import Proof
from rolelab.report.write import STDOUT, write

FORMS = {"json": "as_json", "junit": "as_junit", "html": "as_html"}
"""Name of a form -> the module here whose `render` makes it."""


def tell(proof: Proof, files: Mapping[str, str]) -> None:
    """Write every form that is asked for; people get theirs unless one goes to the standard output.

    `files` says where each form of FORMS goes, `-` for the standard output.

    Raises:
        CannotTell: a file cannot be written.
    """
    if STDOUT not in files.values():
        if sys.stdout.isatty():
            from rolelab.report import terminal

            terminal.show(proof)
        else:
            from rolelab.report import text

            write(STDOUT, "\n".join(text.lines(proof)))
    for form, target in files.items():
        write(target, importlib.import_module(f"rolelab.report.{FORMS[form]}").render(proof))
