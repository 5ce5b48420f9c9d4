"""`rolelab verify`: prove that the lab does what it says."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from rolelab.cli import by_hand, target
from rolelab.errors import UsageError

if TYPE_CHECKING:
    from rolelab.advice import CommandPlace
    from rolelab.findings import Proof
    from rolelab.verify.verification import VerifyOptions


class _Seconds(click.FloatRange):
    """Seconds within bounds; not a number is within all of Click's."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return number


@click.command()
@target.options
@click.option("--user", metavar="NAME", help="A lab made by hand on the local AWS: its user …")
@click.option("--role", metavar="NAME", help="… and its role. Asks for the user's password.")
@click.option(
    "--key", metavar="ID", help="With --user: asks for the secret of this access key instead."
)
@click.option(
    "--read-only", is_flag=True, help="Make nothing: lists only, and says what was not checked."
)
@click.option(
    "--wait",
    "limit_s",
    type=_Seconds(0, 600),
    metavar="SECONDS",
    help="How long an unexpected answer may be `not yet`  [default: 60; local AWS: 2].",
)
@click.option("--no-admin", is_flag=True, help="Do without administrator's credentials.")
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    help="Write the findings as JSON (- for the standard output).",
)
@click.option("--junit", "junit_file", metavar="FILE", help="Write them as JUnit XML, for a CI.")
@click.option(
    "--html", "html_file", metavar="FILE", help="Write them as one HTML page, for a class."
)
@click.pass_context
def command(
    ctx: click.Context,
    choice: target.LabChoice,
    user: str | None,
    role: str | None,
    key: str | None,
    read_only: bool,
    limit_s: float | None,
    no_admin: bool,
    json_file: str | None,
    junit_file: str | None,
    html_file: str | None,
) -> None:
    """Assume the role as every learner; check access before, during and after.

    Exit codes: 0 all as it should be; 1 a check failed; 3 something could not be found out.
    """
    from rolelab import findings, report
    from rolelab.report.write import require_writable
    from rolelab.verify.verification import VerifyOptions

    asked = {"json": json_file, "junit": junit_file, "html": html_file}
    files = {form: file for form, file in asked.items() if file is not None}
    require_writable(files)
    chosen = _by_hand(choice, user, role, key) if user or role or key else choice.find()
    options = VerifyOptions(read_only=read_only, limit_s=limit_s, admin=not no_admin)
    proof = _prove(chosen, choice.place(chosen), options)
    report.tell(proof, files)
    ctx.exit(findings.exit_code(proof.findings))


def _by_hand(
    choice: target.LabChoice, user: str | None, role: str | None, key: str | None
) -> target.Target:
    """Return the lab of a user and a role that somebody made by hand.

    Raises:
        UsageError: one of them is not named, or there is another choice beside it.
    """
    from rolelab import project

    if not user or not role:
        raise UsageError("a lab made by hand is a user and a role", do="give --user and --role")
    if choice.pulumi or choice.outputs_file:
        what = "--user and --role name a lab of their own"
        raise UsageError(what, do="leave --pulumi and --outputs out")
    return by_hand.find(project.find(), user, role, key)


def _prove(chosen: target.Target, place: CommandPlace, options: VerifyOptions) -> Proof:
    """Verify, showing how far it is."""
    from rolelab.findings import Proof
    from rolelab.report import live
    from rolelab.verify import verification

    started, clock = datetime.now(timezone.utc), time.monotonic()
    lab = chosen.lab
    notes: list[str] = []
    with live.screen(len(lab.learners)) as screen:
        listener = verification.Listener(
            on_finding=screen.add,
            on_wait=screen.waiting,
            on_stop=screen.stopping,
            on_note=notes.append,
        )
        found = verification.verify(lab, chosen.endpoint, options, listener)
    return Proof(
        findings=tuple(replace(finding, advice=place.advise(finding.advice)) for finding in found),
        stack=chosen.stack,
        account_id=lab.account_id,
        region=lab.region,
        where=chosen.where,
        role_arn=lab.role.arn,
        grant=lab.grant,
        started=started,
        took_s=time.monotonic() - clock,
        notes=tuple(notes),
    )
