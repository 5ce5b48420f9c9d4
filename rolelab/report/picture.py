"""The lab as a drawing (inline SVG): each of its parts with the mark of its checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rolelab.findings import Finding, Proof, Verdict
from rolelab.readable import as_html as escape
from rolelab.report import summary

GLYPHS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.UNKNOWN: "?", Verdict.SKIPPED: "·"}
WORDS = {
    Verdict.PASS: "as it should be",
    Verdict.FAIL: "broken",
    Verdict.UNKNOWN: "not found out",
    Verdict.SKIPPED: "not checked",
}
_WORST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.SKIPPED)


PARTS = ("user", "grant", "direct", "switch", "trust", "role", "work")
"""The parts of the lab that are drawn: each check speaks of one of them."""
_WITHOUT_ROLE = {
    Verdict.PASS: "refused, as it should be",
    Verdict.FAIL: "not as it should be",
    Verdict.UNKNOWN: "not found out",
    Verdict.SKIPPED: "not checked",
}


def state_of(part: str, findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict on a part: what was not checked counts only where nothing was."""
    verdicts = {finding.verdict for finding in findings if finding.part == part}
    return next((verdict for verdict in _WORST if verdict in verdicts), Verdict.SKIPPED)


def draw(proof: Proof) -> str:
    """Return both drawings, the wide and the narrow one; a style sheet shows the one that fits."""
    states = {part: state_of(part, proof.findings) for part in PARTS}
    names = summary.learners(proof.findings)
    labels = {
        "user": names[0] if len(names) == 1 else f"{len(names)} learners",
        "role": proof.role_arn.rsplit("/", 1)[-1],
        "direct": f"without the role: {_WITHOUT_ROLE[states['direct']]}",
        "grant": "permission to assume the role" if proof.grant else "off: not granted yet",
    }
    pen = _Pen(states)
    return _wide(pen, labels) + _narrow(pen, labels)


def _wide(pen: _Pen, labels: dict[str, str]) -> str:
    return pen.svg(
        "wide",
        (1100, 340),
        pen.link("direct", "M135 96 V48 H970 V92", (552, 38), labels["direct"], "dashed"),
        pen.link("switch", "M252 146 H424", (338, 132), "sts:AssumeRole"),
        pen.link("work", "M672 146 H844", (758, 132), "session at work"),
        '<path class="tie" d="M135 196 V236 M550 196 V236"/>',
        pen.box("user", (20, 96, 230, 100), labels["user"], "no permissions of its own"),
        pen.box("role", (430, 96, 240, 100), labels["role"], "what the session may do"),
        _plain((850, 96, 230, 100), "Amazon S3", "a bucket of its own"),
        pen.paper("grant", (20, 236, 230, 66), "grant (on the user)", labels["grant"]),
        pen.paper("trust", (430, 236, 240, 66), "trust policy (on the role)", _WHO),
    )


def _narrow(pen: _Pen, labels: dict[str, str]) -> str:
    return pen.svg(
        "narrow",
        (360, 660),
        pen.link("direct", "M324 66 H346 V580 H330", (20, 644), labels["direct"], "dashed start"),
        '<path class="tie" d="M60 110 V140 M60 380 V410"/>',
        pen.link("switch", "M150 204 V280", (166, 250), "sts:AssumeRole", "start"),
        pen.link("work", "M150 474 V530", (166, 510), "session at work", "start"),
        pen.box("user", (24, 16, 300, 94), labels["user"], "no permissions of its own"),
        pen.paper("grant", (40, 140, 270, 64), "grant (on the user)", labels["grant"]),
        pen.box("role", (24, 286, 300, 94), labels["role"], "what the session may do"),
        pen.paper("trust", (40, 410, 270, 64), "trust policy (on the role)", _WHO),
        _plain((24, 536, 300, 84), "Amazon S3", "a bucket of its own"),
    )


_WHO = "who may assume it"
_Rect = tuple[int, int, int, int]
"""Left, top, width, height."""


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws the parts in the colours of their states."""

    states: Mapping[str, Verdict]

    def svg(self, kind: str, size: tuple[int, int], *shapes: str) -> str:
        width, height = size
        said = ", ".join(f"{name} {WORDS[state]}" for name, state in self.states.items())
        heads = "".join(
            f'<marker id="{kind}-{verdict.value}" class="head {verdict.value}" '
            'viewBox="0 0 10 10" refX="9" refY="5" '
            'markerUnits="userSpaceOnUse" markerWidth="20" markerHeight="20" orient="auto">'
            '<path d="M0 0 L10 5 L0 10 z"/></marker>'
            for verdict in Verdict
        )
        return (
            f'<svg class="picture {kind}" viewBox="0 0 {width} {height}" '
            f'role="img" aria-label="{escape(said)}">'
            f"<defs>{heads}</defs>{''.join(shapes).replace('#KIND-', f'#{kind}-')}</svg>"
        )

    def box(self, part: str, at: _Rect, name: str, note: str) -> str:
        (x, y, w, h), state = at, self.states[part]
        middle = x + w // 2
        return (
            f'<g class="box {state.value}">'
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="10"/>'
            f'<text class="kind" x="{middle}" y="{y + 26}">{part}</text>'
            f'<text class="name" x="{middle}" y="{y + 54}">{escape(_short(name, w // 11))}</text>'
            f'<text class="note" x="{middle}" y="{y + 78}">{note}</text>'
            f"{_mark(state, x + w, y)}</g>"
        )

    def paper(self, part: str, at: _Rect, title: str, note: str) -> str:
        (x, y, w, h), state, fold = at, self.states[part], 14
        outline = (
            f"M{x} {y} H{x + w - fold} L{x + w} {y + fold} V{y + h} H{x} Z "
            f"M{x + w - fold} {y} v{fold} h{fold}"
        )
        return (
            f'<g class="paper {state.value}"><path d="{outline}"/>'
            f'<text class="small name" x="{x + 12}" y="{y + 26}">{title}</text>'
            f'<text class="note left" x="{x + 12}" y="{y + 47}">{escape(note)}</text>'
            f"{_mark(state, x, y)}</g>"
        )

    def link(self, part: str, path: str, at: tuple[int, int], label: str, style: str = "") -> str:
        (x, y), state = at, self.states[part]
        return (
            f'<g class="link {state.value} {style}">'
            f'<path d="{path}" marker-end="url(#KIND-{state.value})"/>'
            f'<text x="{x}" y="{y}">{label} {GLYPHS[state]}</text></g>'
        )


def _plain(at: _Rect, name: str, note: str) -> str:
    x, y, w, h = at
    middle = x + w // 2
    return (
        f'<g class="box plain"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="10"/>'
        f'<text class="name" x="{middle}" y="{y + h // 2}">{name}</text>'
        f'<text class="note" x="{middle}" y="{y + h // 2 + 24}">{note}</text></g>'
    )


def _mark(verdict: Verdict, x: int, y: int) -> str:
    return (
        f'<g class="mark {verdict.value}"><circle cx="{x}" cy="{y}" r="14"/>'
        f'<text x="{x}" y="{y + 6}">{GLYPHS[verdict]}</text></g>'
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
