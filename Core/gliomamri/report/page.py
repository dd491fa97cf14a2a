"""The report: one HTML page that holds everything, figures included, and opens offline."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gliomamri.report import figures
from gliomamri.result import Map, Result, Table
from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri.study import Study
from gliomamri.tasks import find_task

_MOST_ROWS = 40
"""A longer table is shown on request only."""
_MOST_FIGURES = 8
"""Maps that are drawn of a result that calls none of its maps main."""
_STYLE = """
body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; margin: 0; }
body { color: #1d2733; background: #f6f7f9; }
main { max-width: 1060px; margin: 0 auto; padding: 28px 24px 60px; }
h1 { font-size: 26px; margin: 0 0 2px; }
h2 { font-size: 18px; margin: 34px 0 10px; }
.lead { color: #5a6675; margin: 0 0 18px; }
.warning { background: #fff4dd; border-left: 4px solid #e69f00; border-radius: 3px; }
.warning { padding: 8px 14px; margin: 8px 0; }
figure { margin: 0; background: #fff; border: 1px solid #e1e5ea; border-radius: 6px; padding: 12px; }
figure img { max-width: 100%; display: block; margin: 0 auto; }
figcaption { color: #3c4856; font-size: 13.5px; margin-top: 6px; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 16px; }
table { border-collapse: collapse; background: #fff; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; border-bottom: 1px solid #e6e9ee; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.words td:last-child { text-align: left; }
th { color: #5a6675; font-weight: 600; }
details { margin-top: 14px; }
summary { cursor: pointer; font-weight: 600; margin-bottom: 10px; }
pre { background: #fff; border: 1px solid #e1e5ea; padding: 12px; overflow: auto; font-size: 12.5px; }
footer { margin-top: 40px; color: #5a6675; font-size: 13px; }
"""


def write_report(result: Result, study: Study, path: Path, *, provenance: Mapping[str, Any]) -> None:
    """Write the report page.

    Parameters
    ----------
    result : Result
        What the task gave back.
    study : Study
        Its inputs; their notes are shown beside the result's warnings.
    path : pathlib.Path
        The HTML file to write.
    provenance : mapping
        ``job.json``: task, settings, versions.
    """
    task = find_task(provenance["task"])
    notes = [*provenance.get("notes", ()), *study.notes, *result.warnings]
    if not figures.figures_available():
        notes.append(
            "This report has no figures because matplotlib is not installed; GliomaMRI Setup installs it."
        )
    small = [table for table in result.tables if _length(table) <= _MOST_ROWS]
    body = [
        f"<h1>{_text(task.title)}</h1>",
        f'<p class="lead">{_text(task.summary)} For research, not for diagnosis.</p>',
        *(f'<p class="warning">{_text(note)}</p>' for note in dict.fromkeys(notes)),
        *_images(study),
        *_maps(result.maps),
        *_tables(small),
        *_charts(result),
        *_numbers(result),
        *_tables([table for table in result.tables if table not in small]),
        *_provenance(provenance),
    ]
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_text(task.title)}</title>'
        f"<style>{_STYLE}</style></head><body><main>{''.join(body)}</main></body></html>"
    )
    path.write_text(page, encoding="utf-8")


def _images(study: Study) -> list[str]:
    """Say what the result was made from: how many images, their times, and whether they keep the sign."""
    rows = []
    for role, series in study.series.items():
        about = [_values_of(name, values) for name, values in series.parameters.items()]
        about += {True: ["signed"], False: ["magnitude"], None: []}[series.signed]
        rows.append((ROLES[role].title, str(len(series)), "; ".join(about) or "times typed by hand"))
    rows += [(ROLES[role].title, "1", "") for role in study.images]
    regions = [name for layer in study.segments for name in layer.names.values()]
    if regions:
        rows.append((ROLES["segmentation"].title, str(len(regions)), ", ".join(regions)))
    return ["<h2>Images</h2>", _html_table(("", "number", ""), rows, "words")] if rows else []


def _values_of(name: str, values: Sequence[float]) -> str:
    """``echo time 10, 25, 50 ms``; one value when all are the same."""
    shown = values[:1] if len(set(values)) == 1 else values
    return f"{name.replace('_', ' ')} {', '.join(f'{value:g}' for value in shown)} {PARAMETERS[name]}"


def _numbers(result: Result) -> list[str]:
    if not result.numbers:
        return []
    rows = [(number.label, _number(number.value), number.unit) for number in result.numbers.values()]
    return ["<h2>In numbers</h2>", _html_table(("", "value", "unit"), rows)]


def _charts(result: Result) -> list[str]:
    if not (result.charts and figures.figures_available()):
        return []
    tables = {table.name: table for table in result.tables}
    drawn = [_figure(figures.draw_chart(one, tables[one.table]), "", one.title) for one in result.charts]
    return ["<h2>Distributions</h2>", '<div class="grid">', *drawn, "</div>"]


def _maps(maps: Sequence[Map]) -> list[str]:
    if not (maps and figures.figures_available()):
        return []
    main = [one for one in maps if one.main] or list(maps)[:_MOST_FIGURES]
    rest = [one for one in maps if not any(one is other for other in main)]
    parts = ["<h2>Maps</h2>", *_map_grid(main)]
    if rest:
        parts += [f"<details><summary>Further maps ({len(rest)})</summary>", _map_list(rest), "</details>"]
    return parts


def _map_list(maps: Sequence[Map]) -> str:
    """Name the maps that are not drawn: figures take time to draw and make the page large."""
    rows = [(one.name, one.unit or "-", one.description) for one in maps]
    return _html_table(("file in maps", "unit", ""), rows, "words")


def _map_grid(maps: Sequence[Map]) -> list[str]:
    drawn = [
        _figure(figures.draw_map(m), f"<b>{_text(m.name)}</b> {_text(m.description)}", m.name) for m in maps
    ]
    return ['<div class="grid">', *drawn, "</div>"]


def _tables(tables: Sequence[Table]) -> list[str]:
    parts: list[str] = []
    for table in tables:
        rows = list(zip(*table.columns.values(), strict=True))
        shown = _html_table([table.header(c) for c in table.columns], [[_cell(v) for v in r] for r in rows])
        if len(rows) > _MOST_ROWS:
            parts.append(
                f"<details><summary>{_text(table.title)} ({len(rows)} rows)</summary>{shown}</details>"
            )
        else:
            parts.append(f"<h2>{_text(table.title)}</h2>{shown}")
    return parts


def _length(table: Table) -> int:
    return len(next(iter(table.columns.values()), ()))


def _provenance(provenance: Mapping[str, Any]) -> list[str]:
    text = json.dumps(provenance, indent=1, default=str)
    version = _text(provenance.get("versions", {}).get("gliomamri", ""))
    return [
        f"<details><summary>Settings, versions and inputs</summary><pre>{_text(text)}</pre></details>",
        f"<footer>GliomaMRI {version}. Software for research; not a medical device.</footer>",
    ]


def _figure(png: bytes, caption: str, name: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    text = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure><img alt="{_text(name)}" src="data:image/png;base64,{data}">{text}</figure>'


def _html_table(header: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "numbers") -> str:
    head = "".join(f"<th>{_text(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cell(value: object) -> str:
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.4g}"


def _text(value: object) -> str:
    return html.escape(str(value))
