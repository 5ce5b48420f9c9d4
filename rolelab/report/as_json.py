"""The findings as one JSON object: a form that programs can rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from rolelab import findings, readable
from rolelab.advice import Advice, as_text
from rolelab.findings import Finding, Proof
from rolelab.report import summary

FORM = 1
"""Goes up when a field changes its meaning or goes; new fields may come at any time."""


def render(proof: Proof) -> str:
    """Return the JSON text."""
    return readable.as_json(content(proof), indent=2)


def content(proof: Proof) -> Mapping[str, object]:
    """Return what is written: the run, the counts, and every finding."""
    tally, seen = summary.counts(proof.findings), summary.overview(proof.findings)
    places = {(each.learner, each.check): at for at, each in enumerate(proof.findings)}
    return {
        "form": FORM,
        "stack": proof.stack,
        "accountId": proof.account_id,
        "region": proof.region,
        "where": proof.where,
        "roleArn": proof.role_arn,
        "grant": proof.grant,
        "started": proof.started.isoformat(timespec="seconds"),
        "tookSeconds": round(proof.took_s, 3),
        "exitCode": findings.exit_code(proof.findings),
        "counts": {verdict.value: tally[verdict] for verdict in findings.Verdict},
        "notes": list(proof.notes),
        "notAllRight": list(seen.own),
        "faults": [_fault(fault, places) for fault in seen.faults],
        "findings": [_finding(finding) for finding in proof.findings],
    }


def _fault(
    fault: summary.FaultOfSome, places: Mapping[tuple[str, str], int]
) -> Mapping[str, object]:
    """Return one fault: whose it is (nobody: the role's), and the place of the first's finding."""
    first = fault.finding
    return {
        "check": first.check,
        "verdict": first.verdict.value,
        "shared": fault.is_shared,
        "learners": list(fault.learners),
        "finding": places[first.learner, first.check],
    }


def _finding(finding: Finding) -> Mapping[str, object]:
    """Return one finding: what to do is there as text (`do`), and in its parts (`advice`)."""
    return asdict(finding) | {
        "verdict": finding.verdict.value,
        "why": "\n".join(finding.why),
        "do": finding.unasked or as_text(finding.advice),
        "advice": [_step(step) for step in finding.advice],
    }


def _step(step: Advice) -> Mapping[str, object]:
    """Return one step; a command that was not placed has no `typed`."""
    command = step.command and {name: text for name, text in asdict(step.command).items() if text}
    return {"sentence": step.sentence, "diff": step.diff, "command": command}
