"""Where every command begins: `rolelab`, `python -m rolelab` and `verify.py`."""

from rolelab.ctrl_c import end_on_ctrl_c


def main(*first: str) -> None:
    """Run the command line, with `first` before its arguments; it ends the process.

    Ctrl-C may come while most of it is still being loaded.
    """
    end_on_ctrl_c()
    from rolelab.cli.main import main as run

    run(*first)


if __name__ == "__main__":
    main()
