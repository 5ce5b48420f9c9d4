"""The findings as one HTML file that needs no network, for a class on a projector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from rolelab.advice import Advice
from rolelab.findings import Finding, Proof, Verdict
from rolelab.readable import as_html as escape
from rolelab.report import picture, summary

_PHASES = {
    "identity": "Who asks",
    "before": "Before: with the learner's own key",
    "assume": "The switch",
    "during": "With the role's session",
    "after": "After switching back: the own key again",
    "declared": "What exists against what was declared",
    "cleanup": "Afterwards",
}
_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_HEADS = ("", "who", "what", "action", "expected", "got, and AWS's words")


def render(proof: Proof) -> str:
    """Return the page."""
    state = summary.overall(proof.findings)
    counted = escape(summary.counted(proof.findings))
    is_class = len(summary.learners(proof.findings)) > 1
    who = f"<p><b>{escape(summary.who_is_not_all_right(proof))}</b></p>" if is_class else ""
    seen = summary.overview(proof.findings)
    ran = f"{proof.started:%Y-%m-%d %H:%M:%S} UTC, {proof.took_s:.1f} s"
    parts = (
        f'<header class="{state.value}"><p class="glyph">{picture.GLYPHS[state]}</p><div>'
        f"<h1>{escape(_title(state))}</h1>{who}<p>{counted}</p></div></header>",
        _whose(seen) if is_class else "",
        _facts(proof),
        f"<figure>{picture.draw(proof)}<figcaption>{_legend()}</figcaption></figure>",
        "".join(_reasons(seen, is_class=is_class)),
        "".join(_matrix(proof)),
        "".join(_left_out(proof)),
        _notes(proof),
        f"<footer>rolelab verify, {ran}</footer>",
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(_title(state))}</title><style>\n{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main></body></html>\n"
    )


def _title(state: Verdict) -> str:
    return {
        Verdict.PASS: "The lab is as it should be",
        Verdict.FAIL: "The lab is not as it should be",
    }.get(state, "It could not be found out")


def _facts(proof: Proof) -> str:
    names = summary.learners(proof.findings)
    facts = {
        "learners": ", ".join(names) if len(names) <= summary.EACH else f"{len(names)} learners",
        "role": proof.role_arn,
        "grant": "on" if proof.grant else "off: the lesson before the grant",
        "account": proof.account_id,
        "stack": proof.stack,
        "AWS": proof.where,
    }
    rows = (f"<div><dt>{key}</dt><dd>{escape(text)}</dd></div>" for key, text in facts.items())
    return f"<dl>{''.join(rows)}</dl>"


def _legend() -> str:
    return " ".join(_tag(verdict, f" {picture.WORDS[verdict]}") for verdict in Verdict)


def _tag(verdict: Verdict, words: str = "") -> str:
    return f'<span class="tag {verdict.value}">{picture.GLYPHS[verdict]}{words}</span>'


def _whose(seen: summary.Overview) -> str:
    """Name everybody who has faults of their own, with what failed."""
    rows = "".join(
        f'<tr class="{summary.overall(own).value}"><th scope="row">{escape(name)}</th>'
        f"<td>{escape('; '.join(dict.fromkeys(finding.heading for finding in own)))}</td></tr>"
        for name, own in seen.own.items()
    )
    heads = '<th scope="col">learner</th><th scope="col">what failed</th>'
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<section><h2>Who has faults of their own</h2>{table}</section>" if rows else ""


def _reasons(seen: summary.Overview, *, is_class: bool) -> Iterator[str]:
    """Tell each fault once with its reason and the change: what is shared, then what is own."""
    for title, is_shared in (("What is shared", True), ("Faults of their own", False)):
        cards = [card for fault in seen.faults if fault.is_shared is is_shared
                 for card in _card(fault, is_class=is_class)]  # fmt: skip
        if cards:
            lead = f"{title}: why" if is_class else "Why"
            yield f"<section><h2>{lead}, and what to do</h2>"
            yield from cards
            yield "</section>"


def _card(fault: summary.FaultOfSome, *, is_class: bool) -> Iterator[str]:
    """Tell one fault with its reason and the change."""
    finding = fault.finding
    words = finding.heading if finding.verdict is Verdict.FAIL else finding.what
    whose = f" · {escape(fault.whose)}" if is_class or not fault.learners else ""
    yield (
        f'<article class="{finding.verdict.value}"><h3>{picture.GLYPHS[finding.verdict]} '
        f"{summary.FAILED[finding.verdict]}: {escape(words)}"
        f"<small>{escape(finding.check)}{whose}</small></h3>"
    )
    if finding.got:
        expected, got = escape(finding.expected), escape(finding.got)
        yield f"<p>Expected <b>{expected}</b>, got <b>{got}</b>.</p>"
    if finding.said:
        yield f"<blockquote>{escape(finding.said)}</blockquote>"
    sentences = (*finding.why, finding.unasked)
    yield "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences if sentence)
    yield from _advice(finding.advice)
    if len(fault.learners) > 1 and any(step.command for step in finding.advice):
        yield f"<p>Shown for {escape(fault.learners[0])}, alike for the others.</p>"
    yield "</article>"


def _advice(steps: Iterable[Advice]) -> Iterator[str]:
    """Sentences as paragraphs; diffs and commands as they are, those in a row in one frame."""
    for is_code, group in groupby(_lines(steps), key=lambda line: line[0]):
        lines = [line for _, line in group]
        yield f"<pre>{chr(10).join(lines)}</pre>" if is_code else "".join(lines)


def _lines(steps: Iterable[Advice]) -> Iterator[tuple[bool, str]]:
    """Yield each line as HTML, and whether it is code."""
    for step in steps:
        if step.sentence:
            yield False, f"<p>{escape(step.sentence)}</p>"
        yield from ((True, _code(line)) for line in step.diff.split("\n") if line)
        if step.command:
            yield from ((True, escape(line)) for line in step.command.lines)


def _code(line: str) -> str:
    kind = {"+": "plus", "-": "minus", "@": "at"}.get(line[:1], "")
    return f'<span class="{kind}">{escape(line)}</span>' if kind else escape(line)


def _matrix(proof: Proof) -> Iterator[str]:
    names = summary.learners(proof.findings)
    if len(names) > summary.EACH:
        yield from _counted(proof)
        return
    for name, own in summary.by_learner(proof.findings).items():
        title = f"learner {name}" if name else f"role {summary.role_name(proof)}"
        yield f"<section><h2>{escape(title)}</h2><table><thead><tr>"
        yield "".join(f'<th scope="col">{head}</th>' for head in _HEADS) + "</tr></thead>"
        for phase, words in _PHASES.items():
            rows = [finding for finding in own if finding.phase == phase]
            if rows:
                head = f'<th colspan="{len(_HEADS)}" scope="rowgroup">{words}</th>'
                yield f'<tbody><tr class="step">{head}</tr>'
                yield from map(_row, rows)
                yield "</tbody>"
        yield "</table></section>"


def _row(finding: Finding) -> str:
    cells = (
        ("who", finding.who),
        ("what", finding.what),
        ("action", finding.action),
        ("expected", finding.expected),
        ("got", finding.unasked or finding.got),
    )
    state = finding.verdict.value
    mark = f'<td class="verdict">{_tag(finding.verdict)}</td>'
    shown = "".join(
        f'<td class="{kind}" data-head="{kind}">{escape(text)}</td>' for kind, text in cells
    )
    # AWS's words have the whole width: ARNs are not broken.
    said = (
        f'<tr class="{state} words"><td></td><td class="said" colspan="{len(cells)}">'
        f"{escape(finding.said)}</td></tr>"
        if finding.said
        else ""
    )
    return f'<tr class="{state}">{mark}{shown}</tr>{said}'


def _counted(proof: Proof) -> Iterator[str]:
    heads = "".join(
        f'<th scope="col">{_tag(verdict)} {picture.WORDS[verdict]}</th>' for verdict in Verdict
    )
    yield '<section><h2>All learners</h2><table class="counts"><thead><tr>'
    yield f'<th scope="col">check</th>{heads}</tr></thead><tbody>'
    for check, tally in summary.by_check(proof.findings).items():
        cells = "".join(
            f'<td class="{verdict.value}">{tally[verdict] or ""}</td>' for verdict in Verdict
        )
        yield f'<tr><th scope="row">{escape(check)}</th>{cells}</tr>'
    yield "</tbody></table></section>"


def _notes(proof: Proof) -> str:
    """Tell what is no failure, and good to know."""
    items = "".join(f"<li>{escape(note)}</li>" for note in proof.notes)
    return f"<section><h2>Good to know</h2><ul>{items}</ul></section>" if items else ""


def _left_out(proof: Proof) -> Iterator[str]:
    """Tell what was not checked, and why: silence would be read as a pass."""
    by_reason: dict[str, list[str]] = {}
    for finding in proof.findings:
        if finding.verdict is Verdict.SKIPPED:
            by_reason.setdefault(finding.unasked, []).append(finding.check)
    if not by_reason:
        return
    yield "<section><h2>Not checked</h2><ul>"
    for reason, checks in by_reason.items():
        yield f"<li>{escape(', '.join(dict.fromkeys(checks)))}: {escape(reason)}</li>"
    yield "</ul></section>"
