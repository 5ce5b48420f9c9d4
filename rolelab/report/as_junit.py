"""The findings as JUnit XML for a CI: a suite for each learner, a test case for each check.

Not found out is an error, not a failure: a CI tells the two apart. Learners are verified side by
side and their checks are not timed one by one, so only the whole has a time, as the schema allows.

Source: the JUnit schema of Jenkins' xUnit plugin (junit-10.xsd), which CI servers read.
"""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from rolelab import readable
from rolelab.advice import as_text
from rolelab.findings import Finding, Proof, Verdict
from rolelab.report import summary


def render(proof: Proof) -> str:
    """Return the XML text."""
    root = Xml.Element("testsuites", {"name": "rolelab verify"})
    told = summary.told_once(proof.findings)
    for name, findings in summary.by_learner(told).items():
        root.append(_suite(name or f"role {summary.role_name(proof)}", findings, proof))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    if proof.notes and len(root):
        # The schema has no place for it at the top.
        Xml.SubElement(root[-1], "system-out").text = _text("\n".join(proof.notes))
    root.set("time", f"{proof.took_s:.3f}")
    Xml.indent(root)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"
    )


def _suite(name: str, findings: list[Finding], proof: Proof) -> Xml.Element:
    tally = summary.counts(findings)
    suite = Xml.Element(
        "testsuite",
        {
            "name": _text(name),
            "tests": str(len(findings)),
            "failures": str(tally[Verdict.FAIL]),
            "errors": str(tally[Verdict.UNKNOWN]),
            "skipped": str(tally[Verdict.SKIPPED]),
            "timestamp": proof.started.strftime("%Y-%m-%dT%H:%M:%S"),
        },
    )
    for finding in findings:
        suite.append(_case(name, finding))
    return suite


def _case(suite: str, finding: Finding) -> Xml.Element:
    case = Xml.Element(
        "testcase", {"classname": f"rolelab.verify.{_text(suite)}", "name": finding.check}
    )
    if finding.verdict is Verdict.SKIPPED:
        Xml.SubElement(case, "skipped", {"message": _text(finding.unasked)})
    elif finding.verdict is not Verdict.PASS:
        kind = "failure" if finding.verdict is Verdict.FAIL else "error"
        message = finding.unasked or f"expected {finding.expected}; got {finding.got}"
        told = Xml.SubElement(case, kind, {"type": finding.check, "message": _text(message)})
        said = f"AWS: {finding.said}" if finding.said else ""
        parts = (said, *finding.why, as_text(finding.advice))
        told.text = _text("\n".join(part for part in parts if part))
    elif finding.said:
        Xml.SubElement(case, "system-out").text = _text(f"{finding.got}\nAWS: {finding.said}")
    return case


def _text(text: str) -> str:
    """Return text that XML can hold, and a CI may show."""
    return readable.lines(text)
