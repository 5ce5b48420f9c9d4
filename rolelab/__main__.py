"""Where every command begins: `rolelab`, `python -m rolelab` and `verify.py`."""

from __future__ import annotations

from typing import NoReturn

from rolelab import interrupts


def main(*first: str) -> NoReturn:
    """Run the command line, with `first` before its arguments.

    Ctrl-C may come while most of it is still being loaded.
    """
    interrupts.end_on_ctrl_c()
    from rolelab.cli.main import main as run

    run(*first)


if __name__ == "__main__":
    main()
