"""`rolelab console`: the lesson in a browser, on the local AWS."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolelab.cli import aws_at_hand
from rolelab.cli.deploying import existing_stack, stack_option, told, told_up
from rolelab.report.say import say

if TYPE_CHECKING:
    from rolelab.project import Project


@click.command()
@stack_option
@click.option("--port", type=click.IntRange(1, 65535), help="The port; else the last one, or any.")
@click.option("--open", "opens", is_flag=True, help="Open it in your browser, as root.")
def command(stack: str, port: int | None, opens: bool) -> None:
    """Serve a console of the local AWS on 127.0.0.1, until Ctrl-C.

    The root user signs in by the link that is printed: good once, for a minute; Enter prints
    another. Users sign in with their password. The local AWS is started if need be, and goes on.
    """
    from rolelab import project
    from rolelab.console import address
    from rolelab.console.serving import ConsoleServer, follower, on_enter
    from rolelab.localaws.process import lifecycle

    here = project.find()
    stack = existing_stack(here, project.stack_name(stack))
    started = lifecycle.ensure(here.local_home)
    if started.started:
        say(started.line, err=True)
    home, account = here.local_home, aws_at_hand.local_account(here, stack)
    server = ConsoleServer(
        started.instance,
        account,
        port=port,
        or_any=address.last_port(home),
        now_at=follower(home),
    )
    where = server.around.address
    url = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
    if url not in ("", started.instance.url):
        say(f"AWS_ENDPOINT_URL ({url}) is not used: the console is the local AWS's", err=True)
    if address.last(home) != where and not address.running(home):
        # Of two consoles the first is the one that `status` names. This one does not answer yet.
        _keep(home, where)
    say(f"the console is at {where} (account {account}); Ctrl-C ends it")
    for line in _of_lab(here, stack, where):
        say(line)

    if shutil.which("rolelab") is None and (activate := Path(sys.prefix, "bin/activate")).exists():
        say(f"(in another terminal first: `. {shlex.quote(str(activate))}`)")

    def show_link() -> None:
        say(f"root of {account} signs in (once, within a minute) at {server.root_link()}")

    show_link()
    if on_enter(show_link):
        say("(Enter prints another link)")
    if opens and not address.open_in_browser(home, server.root_link()):
        say("no browser could be opened: open the link yourself", err=True)
    server.run()
    say("the console has ended; the local AWS goes on, until `rolelab local stop`")


def _keep(home: Path, where: str) -> None:
    from rolelab.console import address

    try:
        address.keep(home, where)
    except OSError as error:
        say(f"`rolelab status` will not know of it: {error}", err=True)


def _of_lab(here: Project, stack: str, where: str) -> list[str]:
    """Return the addresses of the stack's lab, or what to try without one."""
    from rolelab.console import address
    from rolelab.engine import recorded

    at = aws_at_hand.present_home(here)
    lines = list(address.of_lab(where, recorded.outputs(here, stack, at)))
    if lines:
        return [*lines, f"passwords: {told('outputs learners --show-secrets', stack)}"]
    return [
        "try: create a user and a role, sign in as the user in a private window, and switch;",
        f"or run {told_up(here, stack)} in another terminal, and begin at the sign-in",
    ]
