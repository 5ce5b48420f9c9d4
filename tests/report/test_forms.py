"""The forms of a report: whole, valid, plain where it must be, and free of secrets."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from rich.console import Console

from rolelab.advice import ADMIN, Advice, Command
from rolelab.diagnosis.iam_call import IamCall
from rolelab.errors import LabError
from rolelab.findings import Finding, Proof, Verdict
from rolelab.iam.documents import pretty
from rolelab.report import as_html, as_json, as_junit, picture, summary, terminal, text
from rolelab.report.progress import ProgressScreen
from rolelab.report.write import write
from rolelab.steps import Op, PropertyDiff, Step
from rolelab.verify.checks import CHECKS


def finding(
    check: str = "assume.role", verdict: Verdict = Verdict.PASS, learner: str = "ada", **more: Any
) -> Finding:
    told: dict[str, Any] = {
        "expected": "works",
        "got": "works",
        "who": "own key",
        "action": "sts:AssumeRole",
        "what": "assume the role",
        "part": CHECKS[check].part,
    }
    return Finding(check=check, learner=learner, verdict=verdict, **{**told, **more})


def skipped(check: str, unasked: str, **more: str) -> Finding:
    return finding(check, Verdict.SKIPPED, got="", expected="", unasked=unasked, **more)


def command(text: str) -> Advice:
    return Advice(command=Command(text=text, by=ADMIN))


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
    why=("No statement allows it.",),
    advice=(
        Advice(sentence="Put it back.", diff="--- now\n+++ proposed\n-old <b>\n+new"),
        command("aws iam put-user-policy \\\n  --user-name ada"),
    ),
)
ALL = proof(
    finding("identity.caller"),
    BROKEN,
    skipped("during.put-object", "not asked: there is no session"),
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


def test_json_has_what_to_do_as_text_and_in_its_parts() -> None:
    """A program takes the command, and who has to type it, without reading prose."""
    broken, left_out = (json.loads(as_json.render(ALL))["findings"][at] for at in (1, 2))
    assert broken["why"] == "No statement allows it."
    assert broken["do"].splitlines()[:3] == ["Put it back.", "  --- now", "  +++ proposed"]
    assert broken["do"].endswith("\n  aws iam put-user-policy \\\n    --user-name ada")
    assert broken["advice"] == [
        {
            "sentence": "Put it back.",
            "diff": "--- now\n+++ proposed\n-old <b>\n+new",
            "command": None,
        },
        {
            "sentence": "",
            "diff": "",
            "command": {
                "text": "aws iam put-user-policy \\\n  --user-name ada",
                "by": "administrator",
            },
        },
    ]
    assert (left_out["do"], left_out["advice"]) == ("not asked: there is no session", [])


def test_where_no_check_was_made_nothing_is_proven() -> None:
    """Silence must not look like a pass, whatever form it has."""
    nothing = proof(skipped("declared.role", "not looked at: --no-admin"))
    for told in (nothing, proof()):
        assert json.loads(as_json.render(told))["exitCode"] == 3
        assert "It could not be found out whether the lab is as it should be" in " ".join(
            text.lines(told)
        )
        assert "<h1>It could not be found out</h1>" in as_html.render(told)


def _read(xml: str) -> Xml.Element:
    return Xml.fromstring(xml.split("\n", 1)[1])  # noqa: S314 - our own


def test_junit_has_a_case_for_each_check_and_tells_failures_from_errors() -> None:
    """A CI shows each check; not found out is an error, not a failure."""
    root = _read(as_junit.render(ALL))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == (
        "testsuites",
        "5",
        "1",
        "1",
    )
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


def test_junit_has_no_time_that_nobody_took() -> None:
    """Zero would be a measurement; the schema lets it be left out."""
    root = _read(as_junit.render(ALL))
    assert root.get("time") == "1.250"
    assert [element.tag for element in root.iter() if element.get("time")] == ["testsuites"]


DETACH = command("aws iam detach-user-policy \\\n  --user-name ada")
PUT_BACK = (Advice(sentence="Put back:", diff="-old"), DETACH)
TOO_OPEN = [
    finding(
        "before.list-buckets",
        Verdict.FAIL,
        got="may",
        why=("The user may list.",),
        advice=PUT_BACK,
    ),
    finding(
        "before.list-users",
        Verdict.FAIL,
        got="may",
        why=("The user may look.",),
        advice=PUT_BACK,
    ),
    finding(
        "after.list-users",
        Verdict.FAIL,
        got="may",
        why=("The user may look.",),
        advice=PUT_BACK,
    ),
    finding(
        "declared.user-managed",
        Verdict.FAIL,
        got="one",
        why=("It is attached.",),
        advice=(DETACH,),
    ),
]


def shown(told: Proof, width: int) -> list[str]:
    """Return the lines that a terminal of a width shows."""
    with Path("/dev/null").open("w") as nowhere:
        console = Console(width=width, force_terminal=True, record=True, file=nowhere)
        terminal.show(told, console)
        return console.export_text().splitlines()


@pytest.mark.parametrize("width", [80, 120])
def test_what_to_do_is_said_once(width: int) -> None:
    """Three refusals with one cause have one remedy; each says where it stands, and its own why."""
    lines = [line.strip() for line in shown(proof(*TOO_OPEN), width)]
    assert lines.count("-old") == 1
    assert lines.count("aws iam detach-user-policy \\") == 1
    assert lines.count("do: as for before.list-buckets.") == 2
    assert lines.count("Why, and what to do: as for before.list-users.") == 1
    assert "The user may look." in lines


def test_what_to_do_is_said_once_on_the_page() -> None:
    """On the projector as well."""
    html = as_html.render(proof(*TOO_OPEN))
    assert html.count("detach-user-policy") == 1
    assert html.count("as for before.list-buckets.") == 2


@pytest.mark.parametrize("width", [80, 120])
def test_a_remedy_that_is_only_a_command_can_be_copied(width: int) -> None:
    """It begins on a line of its own, as far to the left as its second line wants."""
    lines = shown(proof(TOO_OPEN[-1]), width)
    start = next(number for number, line in enumerate(lines) if line.strip() == "do:")
    indent = len(lines[start]) - len(lines[start].lstrip())
    assert lines[start + 1].rstrip() == " " * indent + "aws iam detach-user-policy \\"
    assert lines[start + 2].rstrip() == " " * indent + "  --user-name ada"


def test_wide_and_narrow_terminals_say_the_same_words() -> None:
    """Nothing has to be learnt again in a wider window, and an ARN stays whole in it."""
    arn = "arn:aws:sts::123456789012:assumed-role/s3Access/testuser"
    left_out = [
        skipped(f"during.{name}", "not asked: there is no session", who=who)
        for name, who in (
            ("put-object", "role session"),
            ("get-object", "role session"),
            ("list-users", "own key"),
        )
    ]
    told = proof(finding("assume.identity", expected=arn, got=arn), *left_out, BROKEN)
    for width in (80, 120):
        words = " ".join(shown(told, width)).split()
        assert {"pass", "FAIL", "skip"} <= set(words)
        assert arn in words
        assert " ".join(words).count("not asked: there is no session") == 1


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
        self.fetched += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")
        ]
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
    """The picture has the mark, the reason is text, and silence is not taken for a pass."""
    html = as_html.render(ALL)
    assert picture.state_of("switch", ALL.findings) is Verdict.FAIL
    assert "<h2>Why, and what to do</h2>" in html
    assert "User: arn is &lt;not&gt; authorized &amp; so on" in html
    assert "-old &lt;b&gt;" in html
    assert "<h2>Not checked</h2>" in html
    assert "during.put-object: not asked: there is no session" in html


def test_every_check_of_a_verification_has_its_place_in_the_picture() -> None:
    """A new check must not be left out of it."""
    drawn = [check.id for check in CHECKS.values() if check.part in picture.PARTS]
    assert drawn == [check for check in CHECKS if check != "cleanup.buckets"]
    assert {check.part for check in CHECKS.values()} - {""} == set(picture.PARTS)


def many(count: int, broken: int) -> Proof:
    """A class, of which some have the same fault."""
    told: list[Finding] = []
    for number in range(count):
        name = f"learner{number:04d}"
        verdict = Verdict.FAIL if number < broken else Verdict.PASS
        told += [
            finding("identity.caller", learner=name),
            finding("assume.role", verdict, name, why=(f"{name} is new",)),
        ]
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
    faults = summary.overview(found).faults
    assert [fault.learners for fault in faults] == [("ada", "bob"), ("eve",)]


def test_lines_fit_80_columns_and_commands_stay_whole() -> None:
    """What is to be copied is not wrapped, all else is."""
    lines = list(text.lines(ALL))
    assert all(len(line) <= 80 for line in lines)
    assert "        aws iam put-user-policy \\" in lines
    assert "          --user-name ada" in lines


@pytest.mark.parametrize("width", [60, 80, 110, 160])
def test_a_terminal_of_any_width_shows_every_check(width: int) -> None:
    """A table where it fits, lines where it does not."""
    words = " ".join(" ".join(shown(ALL, width)).split())
    for check in (
        "identity.caller",
        "assume.role",
        "during.put-object",
        "declared.grant",
        "declared.role",
    ):
        assert check in words
    assert "not as it should be" in words


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


def a_class() -> Proof:
    """Thirty learners, a fault of the role that all meet, and two with a fault of their own.

    What AWS says names a bucket of each learner's own.
    """
    told: list[Finding] = []
    for name in ("ada", *(f"learner{number:03}" for number in range(28)), "tom"):
        is_tom = name == "tom"
        told += [
            finding(
                "before.list-buckets",
                Verdict.FAIL if name == "ada" else Verdict.PASS,
                name,
                cause=("s3:ListAllMyBuckets", "identity"),
                why=(f"{name} is allowed to.",),
                advice=(command(f"aws iam detach-user-policy --user-name {name}"),),
            ),
            finding("identity.caller", Verdict.FAIL if is_tom else Verdict.PASS, name, got="dead"),
            skipped("during.create-bucket", "no key", learner=name)
            if is_tom
            else finding(
                "during.create-bucket",
                Verdict.FAIL,
                name,
                expected="works",
                got="refused (AccessDenied)",
                said=f"not authorized on rolelab-verify-{hash(name):x}",
                cause=("s3:CreateBucket", "identity"),
                why=(f"Session {name} is not allowed to.",),
                advice=(command("aws iam attach-role-policy"),),
            ),
        ]
    told.append(
        finding("declared.role-managed", Verdict.FAIL, "", advice=(command("aws iam attach"),))
    )
    return proof(*told)


def test_a_class_reads_first_who_is_not_all_right_by_name() -> None:
    """The two with faults of their own do not drown in what all share, which is told once."""
    lines = list(text.lines(a_class()))
    first = " ".join(lines[:2])
    assert first.startswith(
        "Not all right: ada, tom by faults of their own, and all 30 learners by what they share."
    )
    table = lines[lines.index("who has faults of their own     what failed") + 1 :]
    rows = [line.split() for line in table[: table.index("")]]
    assert rows == [["ada", "before.list-buckets"], ["tom", "identity.caller"]]
    assert sum("FAIL  during.create-bucket" in line for line in lines) == 1
    assert lines.index("WHAT IS SHARED") < lines.index("FAULTS OF THEIR OWN")
    html = as_html.render(a_class())
    assert html.count("<article") == 4
    assert "Not all right: ada, tom by faults of their own" in html
    assert html.index("Who has faults of their own") < html.index("What is shared")


def test_json_names_who_has_faults_of_their_own_and_each_fault_once() -> None:
    """A program need not join findings by itself."""
    told = json.loads(as_json.render(a_class()))
    assert told["notAllRight"] == ["ada", "tom"]
    faults = {each["check"]: each for each in told["faults"]}
    assert [each["check"] for each in told["faults"] if each["shared"]] == [
        "during.create-bucket",
        "declared.role-managed",
    ]
    assert len(faults["during.create-bucket"]["learners"]) == 29
    assert faults["declared.role-managed"]["learners"] == []
    first = told["findings"][faults["identity.caller"]["finding"]]
    assert (first["check"], first["learner"]) == ("identity.caller", "tom")


def test_the_same_check_with_another_cause_is_another_fault() -> None:
    """Whoever is refused by an own boundary is not one of those whom the role refuses."""
    refused = [
        finding(verdict=Verdict.FAIL, learner=name, got="refused", cause=(layer,))
        for name, layer in (("ada", "trust"), ("bob", "trust"), ("eve", "boundary"))
    ]
    faults = summary.overview(refused).faults
    assert [(fault.learners, fault.is_shared) for fault in faults] == [
        (("ada", "bob"), True),
        (("eve",), False),
    ]


@pytest.mark.parametrize(
    ("findings", "says"),
    [
        ([finding(learner="ada"), finding(learner="bob")], "All 2 learners are all right."),
        (
            [finding(learner="ada"), finding(learner="bob", verdict=Verdict.UNKNOWN)],
            "Not found out: bob.",
        ),
        (
            [finding(learner="ada"), finding("declared.role", Verdict.FAIL, "")],
            "Not all right: the role.",
        ),
        (
            [finding(learner=name, verdict=Verdict.FAIL) for name in ("ada", "bob")],
            "Not all right: all 2 learners by what they share.",
        ),
    ],
)
def test_one_sentence_says_who_is_not_all_right(findings: list[Finding], says: str) -> None:
    """The first line of every report on a class."""
    assert summary.who_is_not_all_right(proof(*findings)) == says


def test_no_command_is_told_twice_whoever_it_is_for() -> None:
    """The same role is put back once: for a learner and in the role's own finding."""
    create = command("aws iam create-role")
    told = proof(
        finding("assume.role", Verdict.FAIL, why=("There is no role.",), advice=(create,)),
        finding("declared.role", Verdict.FAIL, "", why=("It is gone.",), advice=(create,)),
    )
    lines = list(text.lines(told))
    assert sum("create-role" in line for line in lines) == 1
    assert any("as for assume.role of ada." in line for line in lines)
    assert as_junit.render(told).count("create-role") == 1


def test_a_failure_is_headed_as_one() -> None:
    """`no permissions boundary` above a failure reads as if there were none."""
    words = CHECKS["declared.user-boundary"]
    failed = finding(
        words.id, Verdict.FAIL, what=words.title, failure=words.failure, why=("It limits.",)
    )
    assert failed.heading == "it has a permissions boundary"
    assert finding(words.id, what=words.title, failure=words.failure).heading == words.title
    assert "✗ failed: it has a permissions boundary" in as_html.render(proof(failed))
    assert "administrator, no permissions" not in "\n".join(text.lines(proof(failed)))
    refused = finding(verdict=Verdict.FAIL, expected="refused (AccessDenied)", got="works")
    assert refused.heading == "not refused: assume the role"


def test_an_arn_is_broken_in_no_table() -> None:
    """A narrower window shows lines instead; the page gives AWS's words the whole width."""
    arn = f"arn:aws:sts::123456789012:assumed-role/{'s3Access' * 8}/{'x' * 60}"
    told = proof(finding(verdict=Verdict.FAIL, got=arn, said=f"User: {arn} is not authorized"))
    for width in (110, 150, 160, 250):
        shown_lines = shown(told, width)
        assert sum(arn in line for line in shown_lines) >= 2, width
    assert 'class="said" colspan' in as_html.render(told)


ELEMENTS = ("Version", "Statement", "Sid", "Effect", "Action", "Resource")


def test_a_policy_is_shown_in_one_order_everywhere() -> None:
    """In a command, in a plan and in a diff: what differs is the policy, not how it is written."""
    mixed = {
        "Statement": [{"Resource": "*", "Action": "s3:*", "Effect": "Allow", "Sid": "A"}],
        "Version": "2012-10-17",
    }
    call = IamCall("PutUserPolicy", {"UserName": "ada", "PolicyDocument": mixed})
    stream = io.StringIO()
    step = Step(
        op=Op.CREATE,
        urn="urn",
        type="aws:iam/policy:Policy",
        name="p",
        changes=(PropertyDiff(property="policy", new=json.dumps(mixed)),),
    )
    ProgressScreen(stream).plan(step)
    for told in (call.command, stream.getvalue(), pretty(mixed)):
        places = [told.index(f'"{element}"') for element in ELEMENTS]
        assert places == sorted(places), told
