"""The style sheet of the HTML report: light and dark, wide and narrow."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fff;
  --ink: #1b1f24;
  --faint: #5a6472;
  --line: #d5dae1;
  --panel: #f5f7fa;
  --pass: #17703a;
  --pass-soft: #e3f4e9;
  --fail: #b3261e;
  --fail-soft: #fdeaea;
  --unknown: #8a5a00;
  --unknown-soft: #fff3d6;
  --skipped: #5a6472;
  --skipped-soft: #eceff3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b;
    --ink: #e8ebef;
    --faint: #a3adba;
    --line: #363d47;
    --panel: #1d2127;
    --pass: #6fd393;
    --pass-soft: #17301f;
    --fail: #ff9a92;
    --fail-soft: #3c1a19;
    --unknown: #f2c063;
    --unknown-soft: #382a0e;
    --skipped: #a3adba;
    --skipped-soft: #262b32;
  }
}
.pass { --c: var(--pass); --s: var(--pass-soft); }
.fail { --c: var(--fail); --s: var(--fail-soft); }
.unknown { --c: var(--unknown); --s: var(--unknown-soft); }
.skipped { --c: var(--skipped); --s: var(--skipped-soft); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.5 system-ui, sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 24px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.3rem; margin: 2.2rem 0 .8rem; }
header {
  display: flex;
  gap: 20px;
  align-items: center;
  padding: 20px 24px;
  border-radius: 12px;
  background: var(--s);
  border-left: 10px solid var(--c);
}
header p { margin: .3rem 0 0; }
header .glyph { font-size: 3rem; line-height: 1; margin: 0; color: var(--c); }
dl { display: flex; flex-wrap: wrap; gap: 6px 32px; margin: 18px 0; }
dt { color: var(--faint); font-size: .85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 12px 0; }
figcaption { margin-top: 8px; display: flex; flex-wrap: wrap; gap: 10px 18px; }
.tag { color: var(--c); background: var(--s); border-radius: 6px; padding: 1px 9px; white-space: nowrap; }
.picture { width: 100%; height: auto; display: block; }
.picture.narrow { display: none; }
.picture text { fill: var(--ink); font: 17px system-ui, sans-serif; text-anchor: middle; }
.picture .kind, .picture .note { fill: var(--faint); font-size: 15px; }
.picture .name { font-weight: 600; font-size: 20px; }
.picture .small { font-size: 15px; text-anchor: start; }
.picture .left { text-anchor: start; font-size: 14px; }
.picture rect, .picture .paper path { fill: var(--s); stroke: var(--c); stroke-width: 2.5; }
.picture .plain rect { fill: var(--panel); stroke: var(--line); }
.picture .fail rect, .picture .fail.paper path { stroke-width: 4; }
.picture .skipped rect, .picture .skipped.paper path { stroke-dasharray: 5 5; }
.picture .link path { fill: none; stroke: var(--c); stroke-width: 3; }
.picture .link.fail path { stroke-width: 5; }
.picture .link text { fill: var(--c); font-size: 15px; font-weight: 600; }
.picture .link.start text { text-anchor: start; }
.picture .dashed path { stroke-dasharray: 9 7; }
.picture .tie { stroke: var(--line); stroke-width: 2.5; fill: none; }
.picture .head path { fill: var(--c); stroke: none; }
.picture .mark circle { fill: var(--c); }
.picture .mark text { fill: var(--paper); font-weight: 700; font-size: 17px; }
article {
  border: 1px solid var(--line);
  border-left: 6px solid var(--c);
  border-radius: 8px;
  padding: 4px 18px 10px;
  margin: 14px 0;
}
article h3 { margin: .6rem 0; font-size: 1.1rem; color: var(--c); }
article h3 small { color: var(--faint); font-weight: 400; margin-left: 12px; }
article p { margin: .4rem 0; overflow-wrap: anywhere; }
blockquote {
  margin: .6rem 0;
  padding: .3rem 14px;
  border-left: 3px solid var(--line);
  color: var(--faint);
  overflow-wrap: anywhere;
}
pre {
  background: var(--panel);
  border: 1px solid var(--line);
  border-radius: 8px;
  padding: 10px 14px;
  overflow-x: auto;
  font: 15px/1.45 ui-monospace, monospace;
}
.plus { color: var(--pass); }
.minus { color: var(--fail); }
.at { color: var(--faint); }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th { text-align: left; }
thead th { color: var(--faint); font-weight: 500; }
th, td {
  padding: 6px 8px;
  vertical-align: top;
  border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere;
}
.step th { background: var(--panel); padding: 8px; }
td.said { color: var(--faint); font-size: .85rem; width: 28%; }
td.who, td.action { white-space: nowrap; }
td.expected, td.got { min-width: 10.5em; }
td.what { min-width: 9em; }
tr.fail td { background: var(--fail-soft); }
tr.unknown td { background: var(--unknown-soft); }
tr.fail .got, tr.unknown .got { color: var(--c); font-weight: 600; }
tr.skipped td { color: var(--faint); }
.counts td { color: var(--c); text-align: right; }
.counts thead th { text-align: right; }
.counts thead th:first-child { text-align: left; }
.counts tbody th { font-weight: 400; }
footer { color: var(--faint); margin: 2.5rem 0 1rem; font-size: .9rem; }
@media (max-width: 760px) {
  main { padding: 14px; }
  h1 { font-size: 1.5rem; }
  .picture.wide { display: none; }
  .picture.narrow { display: block; max-width: 420px; margin: 0 auto; }
  table:not(.counts), table:not(.counts) tbody, table:not(.counts) tr, table:not(.counts) td {
    display: block;
  }
  table:not(.counts) thead { display: none; }
  table:not(.counts) tr:not(.step) {
    padding: 8px 8px 8px 44px;
    position: relative;
    border-bottom: 1px solid var(--line);
  }
  table:not(.counts) td { border: 0; padding: 1px 0; width: auto; }
  td.verdict { position: absolute; left: 0; top: 8px; }
  td:empty { display: none !important; }
  td.expected::before { content: "expected "; color: var(--faint); }
  td.got::before { content: "got "; color: var(--faint); }
  tr.skipped td.got::before { content: ""; }
  tr.fail, tr.unknown { background: var(--s); }
  .step th { display: block; }
  td.said { font-size: .8rem; }
  .counts { font-size: .8rem; }
}
@media print {
  article, tr, figure { break-inside: avoid; }
}
"""
