"""The lab as a drawing: user, grant, switch, trust, role, work, each with the mark of its checks; inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from rolelab.findings import Finding, Proof, Verdict
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


def state_of(part: str, found: Iterable[Finding]) -> Verdict:
    """Return the worst verdict on a part: what was not checked counts only where nothing was."""
    verdicts = {finding.verdict for finding in found if finding.part == part}
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
    said = ", ".join(f"{name} {WORDS[state]}" for name, state in states.items())
    return _wide(states, labels, said) + _narrow(states, labels, said)


_States = dict[str, Verdict]


def _wide(states: _States, labels: dict[str, str], said: str) -> str:
    box, link, paper = _box(states), _link(states), _paper(states)
    return _svg(
        "wide",
        (1100, 340),
        said,
        link(
            "direct",
            "M135 96 V48 H970 V92",
            (552, 38),
            labels["direct"],
            "dashed",
        ),
        link("switch", "M252 146 H424", (338, 132), "sts:AssumeRole"),
        link("work", "M672 146 H844", (758, 132), "session at work"),
        '<path class="tie" d="M135 196 V236 M550 196 V236"/>',
        box("user", (20, 96, 230, 100), "user", labels["user"], "no permissions of its own"),
        box("role", (430, 96, 240, 100), "role", labels["role"], "what the session may do"),
        _plain((850, 96, 230, 100), "Amazon S3", "a bucket of its own"),
        paper("grant", (20, 236, 230, 66), "grant (on the user)", labels["grant"]),
        paper("trust", (430, 236, 240, 66), "trust policy (on the role)", "who may assume it"),
    )


def _narrow(states: _States, labels: dict[str, str], said: str) -> str:
    box, link, paper = _box(states), _link(states), _paper(states)
    return _svg(
        "narrow",
        (360, 660),
        said,
        link(
            "direct",
            "M324 66 H346 V580 H330",
            (20, 644),
            labels["direct"],
            "dashed start",
        ),
        '<path class="tie" d="M60 110 V140 M60 380 V410"/>',
        link("switch", "M150 204 V280", (166, 250), "sts:AssumeRole", "start"),
        link("work", "M150 474 V530", (166, 510), "session at work", "start"),
        box("user", (24, 16, 300, 94), "user", labels["user"], "no permissions of its own"),
        paper("grant", (40, 140, 270, 64), "grant (on the user)", labels["grant"]),
        box("role", (24, 286, 300, 94), "role", labels["role"], "what the session may do"),
        paper("trust", (40, 410, 270, 64), "trust policy (on the role)", "who may assume it"),
        _plain((24, 536, 300, 84), "Amazon S3", "a bucket of its own"),
    )


_Rect = tuple[int, int, int, int]


def _svg(kind: str, size: tuple[int, int], said: str, *shapes: str) -> str:
    width, height = size
    markers = "".join(
        f'<marker id="{kind}-{verdict.value}" class="head {verdict.value}" viewBox="0 0 10 10" refX="9" refY="5" '
        'markerUnits="userSpaceOnUse" markerWidth="20" markerHeight="20" orient="auto">'
        '<path d="M0 0 L10 5 L0 10 z"/></marker>'
        for verdict in Verdict
    )
    return (
        f'<svg class="picture {kind}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">'
        f"<defs>{markers}</defs>{''.join(shapes).replace('#KIND-', f'#{kind}-')}</svg>"
    )


def _box(states: _States) -> Callable[[str, _Rect, str, str, str], str]:
    def draw_box(part: str, at: _Rect, kind: str, name: str, note: str) -> str:
        x, y, w, h = at
        middle = x + w // 2
        return (
            f'<g class="box {states[part].value}"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="10"/>'
            f'<text class="kind" x="{middle}" y="{y + 26}">{kind}</text>'
            f'<text class="name" x="{middle}" y="{y + 54}">{escape(_short(name, w // 11))}</text>'
            f'<text class="note" x="{middle}" y="{y + 78}">{note}</text>{_mark(states[part], x + w, y)}</g>'
        )

    return draw_box


def _paper(states: _States) -> Callable[[str, _Rect, str, str], str]:
    def draw_paper(part: str, at: _Rect, title: str, note: str) -> str:
        x, y, w, h = at
        fold = 14
        outline = f"M{x} {y} H{x + w - fold} L{x + w} {y + fold} V{y + h} H{x} Z M{x + w - fold} {y} v{fold} h{fold}"
        return (
            f'<g class="paper {states[part].value}"><path d="{outline}"/>'
            f'<text class="small name" x="{x + 12}" y="{y + 26}">{title}</text>'
            f'<text class="note left" x="{x + 12}" y="{y + 47}">{escape(note)}</text>'
            f"{_mark(states[part], x, y)}</g>"
        )

    return draw_paper


def _link(states: _States) -> Callable[..., str]:
    def draw_link(part: str, path: str, at: tuple[int, int], label: str, style: str = "") -> str:
        state = states[part].value
        x, y = at
        return (
            f'<g class="link {state} {style}"><path d="{path}" marker-end="url(#KIND-{state})"/>'
            f'<text x="{x}" y="{y}">{label} {GLYPHS[states[part]]}</text></g>'
        )

    return draw_link


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
