"""Pieces of HTML: style, tables, figures, sections that fold. Everything is escaped here, and only here.

Called by :mod:`gliomamri.report.page` and :mod:`gliomamri.report.sections`; tested by Testing/unit/report.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence

STYLE = """
body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; margin: 0; }
body { color: #1d2733; background: #f6f7f9; }
main { max-width: 1060px; margin: 0 auto; padding: 28px 24px 60px; }
h1 { font-size: 26px; margin: 0 0 2px; }
h2 { font-size: 18px; margin: 0; display: inline; }
h3 { font-size: 15px; margin: 18px 0 6px; }
.lead { color: #5a6675; margin: 0 0 18px; }
.warning { background: #fff4dd; border-left: 4px solid #e69f00; border-radius: 3px; }
.warning { padding: 8px 14px; margin: 8px 0; }
.note { color: #3c4856; margin: 4px 0 4px 18px; font-size: 14px; }
figure { margin: 0; background: #fff; border: 1px solid #e1e5ea; border-radius: 6px; padding: 12px; }
figure img { max-width: 100%; display: block; margin: 0 auto; }
figcaption { color: #3c4856; font-size: 13.5px; margin-top: 6px; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 16px; }
.grid + .scroll { margin-top: 16px; }
.grid > .full { grid-column: 1 / -1; }
.scroll { overflow-x: auto; border: 1px solid #e1e5ea; border-radius: 6px; background: #fff; width: fit-content; }
.scroll { max-width: 100%; max-height: 80vh; }
table { border-collapse: separate; border-spacing: 0; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; border-bottom: 1px solid #e6e9ee; text-align: right; background: #fff; }
tbody tr:last-child td { border-bottom: 0; }
th { position: sticky; top: 0; z-index: 1; color: #5a6675; font-weight: 600; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; }
th:first-child { z-index: 2; }
td:first-child { min-width: 8.5em; }
td.word, th.word { text-align: left; }
details { margin-top: 26px; }
details details { margin-top: 12px; }
summary { cursor: pointer; font-weight: 600; margin-bottom: 10px; }
pre { background: #fff; border: 1px solid #e1e5ea; padding: 12px; overflow: auto; font-size: 12.5px; }
footer { margin-top: 40px; color: #5a6675; font-size: 13px; }
@media print { @page { size: A3 landscape; margin: 12mm; } .scroll { overflow: visible; max-height: none; }
  table { font-size: 8pt; } th, td { padding: 1px 4px; } }
"""


def text(value: object) -> str:
    """Escape a value for HTML."""
    return html.escape(str(value))


def section(title: str, parts: Sequence[str], *, is_open: bool = True, small: bool = False) -> list[str]:
    """Put parts under a heading that folds; nothing when there are none."""
    if not parts:
        return []
    heading = text(title) if small else f"<h2>{text(title)}</h2>"
    return [f"<details{' open' if is_open else ''}><summary>{heading}</summary>", *parts, "</details>"]


def figure(png: bytes, caption: str, name: str, *, full: bool = False) -> str:
    """Show a picture; ``caption`` is HTML, ``full`` takes the whole width of the page."""
    data = base64.b64encode(png).decode("ascii")
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    kind = ' class="full"' if full else ""
    return f'<figure{kind}><img alt="{text(name)}" src="data:image/png;base64,{data}">{below}</figure>'


def html_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Show a table that scrolls sideways when it is wide, its first column and its header staying in view.

    Columns of texts are set left, numbers right.
    """
    words = [any(isinstance(row[index], str) for row in rows) for index in range(len(header))]
    words = [is_word and index > 0 for index, is_word in enumerate(words)]
    kinds = [' class="word"' if is_word else "" for is_word in words]
    head = "".join(f"<th{kind}>{text(cell)}</th>" for kind, cell in zip(kinds, header, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{text(shown(cell))}</td>" for kind, cell in zip(kinds, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def shown(value: object) -> str:
    """Give a cell as a reader wants it: four digits; an undefined number is a dash."""
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.4g}"
