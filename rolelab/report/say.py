"""One line for people at a time, on the standard output or error."""

from __future__ import annotations

import click

from rolelab import readable


def say(text: str = "", *, err: bool = False) -> None:
    """Print one line; what it quotes can neither end it nor move a cursor."""
    click.echo(readable.line(text), err=err)
