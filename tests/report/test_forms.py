"""The forms of a report: whole, valid, plain where it must be, and free of secrets."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from rich.console import Console

from rolelab.errors import LabError
from rolelab.findings import Finding, Proof, Verdict
from rolelab.report import as_html, as_json, as_junit, picture, summary, terminal, text
from rolelab.report.write import write


def finding(check: str = "assume.role", verdict: Verdict = Verdict.PASS, learner: str = "ada", **more: str) -> Finding:
    told = {
        "expected": "works",
        "got": "works",
        "who": "own key",
        "action": "sts:AssumeRole",
        "what": "assume the role",
    }
    return Finding(check=check, learner=learner, verdict=verdict, **{**told, **more})


def proof(*findings: Finding) -> Proof:
    return Proof(
        findings=findings,
        stack="dev",
        account_id="123456789012",
        region="us-east-1",
        where="the local AWS",
        role_arn="arn:aws:iam::123456789012:role/s3Access",
        grant=True,
        started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        took_s=1.25,
    )


BROKEN = finding(
    verdict=Verdict.FAIL,
    got="refused (AccessDenied)",
    said="User: arn is <not> authorized & so on",
    why="No statement allows it.",
    do="Put it back.\n  --- now\n  +++ proposed\n  -old <b>\n  +new\n  aws iam put-user-policy \\\n    --user-name ada",
)
ALL = proof(
    finding("identity.caller"),
    BROKEN,
    finding("during.put-object", Verdict.SKIPPED, got="", expected="", do="not asked: there is no session"),
    finding("declared.grant", Verdict.UNKNOWN, got="no answer (Throttling; 9 tries in 90 s)"),
    finding("declared.role", learner=""),
)


def test_json_has_a_form_counts_and_every_finding() -> None:
    """What programs rely on."""
    content = json.loads(as_json.render(ALL))
    assert content["form"] == 1
    assert content["exitCode"] == 1
    assert content["counts"] == {"pass": 2, "fail": 1, "unknown": 1, "skipped": 1}
    assert [one["check"] for one in content["findings"]] == [one.check for one in ALL.findings]


def test_where_no_check_was_made_nothing_is_proven() -> None:
    """Silence must not look like a pass, whatever form it has."""
    nothing = proof(finding("declared.role", Verdict.SKIPPED, got="", expected="", do="not looked at: --no-admin"))
    for told in (nothing, proof()):
        assert json.loads(as_json.render(told))["exitCode"] == 3
        assert "It could not be found out whether the lab is as it should be" in " ".join(text.lines(told))
        assert "<h1>It could not be found out</h1>" in as_html.render(told)


def _read(xml: str) -> Xml.Element:
    return Xml.fromstring(xml.split("\n", 1)[1])  # noqa: S314 - our own


def test_junit_has_a_case_for_each_check_and_tells_failures_from_errors() -> None:
    """A CI shows each check; not found out is an error, not a failure."""
    root = _read(as_junit.render(ALL))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == ("testsuites", "5", "1", "1")
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"ada", "role s3Access"}
    kinds = {case.get("name"): [child.tag for child in case] for case in suites["ada"]}
    assert kinds["assume.role"] == ["failure"]
    assert kinds["declared.grant"] == ["error"]
    assert kinds["during.put-object"] == ["skipped"]


def test_junit_stands_what_xml_cannot_hold() -> None:
    """AWS's words can be broken; the file must be read all the same."""
    strange = finding(verdict=Verdict.FAIL, said="\x00\x1b[31m\ud800 <&>\"'")
    _read(as_junit.render(proof(strange)))


class _Page(HTMLParser):
    """Looks whether every element is closed, and what the page would fetch."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_whole_file_without_network_or_script() -> None:
    """It is opened from a USB stick in a room without network."""
    page = _Page()
    html = as_html.render(ALL)
    page.feed(html)
    assert page.open == []
    assert page.fetched == []
    assert "script" not in page.tags
    assert "@import" not in html
    assert html.count("<svg") == 2


def test_the_page_marks_what_is_broken_and_says_what_was_not_checked() -> None:
    """The picture has the mark, the reason is there as text, and silence is not taken for a pass."""
    html = as_html.render(ALL)
    assert picture.state_of(next(part for part in picture.PARTS if part.name == "switch"), ALL.findings) is Verdict.FAIL
    assert "<h2>Why, and what to do</h2>" in html
    assert "User: arn is &lt;not&gt; authorized &amp; so on" in html
    assert "-old &lt;b&gt;" in html
    assert "<h2>Not checked</h2>" in html
    assert "during.put-object: not asked: there is no session" in html


def test_every_check_of_a_verification_has_its_place_in_the_picture() -> None:
    """A new check must not be left out of it."""
    from rolelab.verification.checks import CHECKS

    drawn = [
        check for check in CHECKS for part in picture.PARTS if picture.state_of(part, [finding(check)]).value == "pass"
    ]
    assert sorted(drawn) == sorted(check for check in CHECKS if check != "cleanup.buckets")


def many(count: int, broken: int) -> Proof:
    """A class, of which some have the same fault."""
    told: list[Finding] = []
    for number in range(count):
        name = f"learner{number:04d}"
        verdict = Verdict.FAIL if number < broken else Verdict.PASS
        told += [finding("identity.caller", learner=name), finding("assume.role", verdict, name, why=f"{name} is new")]
    return proof(*told)


def test_a_thousand_learners_are_summed_up() -> None:
    """Counts for each check, and one deviation for all who have the same."""
    lines = list(text.lines(many(1000, 700)))
    assert len(lines) < 30
    assert any(line.split() == ["assume.role", "300", "700", "-", "-"] for line in lines)
    assert any("learner0000" in line and "695 more" in line for line in lines)
    assert len(as_html.render(many(1000, 700))) < 60_000


def test_alike_deviations_are_joined_and_different_ones_are_not() -> None:
    """Alike but for the learner's own name."""
    found = [
        finding(verdict=Verdict.FAIL, learner="ada", got="refused ada"),
        finding(verdict=Verdict.FAIL, learner="bob", got="refused bob"),
        finding(verdict=Verdict.FAIL, learner="eve", got="something else"),
    ]
    joined = summary.deviations(found, verdicts=(Verdict.FAIL,))
    assert [deviation.learners for deviation in joined] == [("ada", "bob"), ("eve",)]


def test_lines_fit_80_columns_and_commands_stay_whole() -> None:
    """What is to be copied is not wrapped, all else is."""
    lines = list(text.lines(ALL))
    assert all(len(line) <= 80 for line in lines)
    assert "        aws iam put-user-policy \\" in lines
    assert "          --user-name ada" in lines


@pytest.mark.parametrize("width", [60, 80, 110, 160])
def test_a_terminal_of_any_width_shows_every_check(width: int) -> None:
    """A table where it fits, lines where it does not."""
    console = Console(width=width, force_terminal=True, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    terminal.show(ALL, console)
    shown = " ".join(console.export_text().split())
    console.file.close()
    for check in ("identity.caller", "assume.role", "during.put-object", "declared.grant", "declared.role"):
        assert check in shown
    assert "not as it should be" in shown


def test_a_file_is_replaced_whole_or_left_as_it_was(tmp_path: Path) -> None:
    """A reader never sees a part, and a failure leaves the old one and no scrap."""
    target = tmp_path / "report"
    target.write_text("old")
    write(str(target), "new")
    assert target.read_text() == "new"
    link = tmp_path / "link"
    link.symlink_to(target)
    write(str(link), "newer")
    assert (link.is_symlink(), target.read_text()) == (True, "newer")
    with pytest.raises(LabError, match="cannot be written"):
        write(str(tmp_path / "missing" / "report"), "new")
    with pytest.raises(LabError, match="cannot be written"):
        write(str(tmp_path), "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "report"]
