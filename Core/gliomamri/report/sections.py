"""Sections of the report: each gives the HTML of one kind of result, or nothing where there is none.

Called by :mod:`gliomamri.report.page`; tested by Testing/unit/report/test_report.py and test_report_kinds.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import SimpleITK as sitk

from gliomamri.imaging.geometry import describe_difference
from gliomamri.point_table import points_table
from gliomamri.regions.region_colors import ANNOTATION
from gliomamri.report import figures
from gliomamri.report.html_parts import figure, html_table, section, text
from gliomamri.report.regions import draw_regions, is_narrow, looks, map_under
from gliomamri.report.transforms import transform_rows
from gliomamri.report.violins import draw_violins
from gliomamri.result import Map, Result, Table, Transform
from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS
from gliomamri.study import Study

_MOST_ROWS = 40
"""A longer table is shown on request only."""
_MOST_FIGURES = 8
"""Maps that are drawn of a result that calls none of its maps main, and label maps that are drawn."""
_INPUT_LABELS = ("segmentation", "brain_mask")
_NARROW_VIOLINS = 5
"""Regions up to which a violin chart shares its line with another."""


def images(study: Study) -> list[str]:
    """Say what the result was made from: how many images, their times, and whether they keep the sign."""
    rows = []
    for role, series in study.series.items():
        about = [_values_of(name, values) for name, values in series.parameters.items()]
        about += {True: ["signed"], False: ["magnitude"], None: []}[series.signed]
        rows.append((ROLES[role].title, len(series), "; ".join(about) or "times typed by hand"))
    rows += [(ROLES[role].title, 1, "") for role in study.images]
    regions = [name for layer in study.segments for name in layer.names.values()]
    if regions:
        rows.append((ROLES["segmentation"].title, len(regions), ", ".join(regions)))
    return section("Images", [html_table(("", "number", ""), rows)] if rows else [])


def maps(result: Result) -> list[str]:
    """Draw the main maps in slices through the annotation, where there is one; list the others."""
    found = result.maps
    if not (found and figures.figures_available()):
        return []
    main = [one for one in found if one.main] or list(found)[:_MOST_FIGURES]
    rest = [one for one in found if not any(one is other for other in main)]
    drawn = [
        figure(
            figures.draw_map(one, _lesion(result, one)),
            f"<b>{text(one.name)}</b> {text(one.description)}",
            one.name,
        )
        for one in main
    ]
    # Maps that are not drawn are named: figures take time to draw and make the page large.
    rows = [(one.name, one.unit or "-", one.description) for one in rest]
    listed = [html_table(("file in maps", "unit", ""), rows)] if rows else []
    return section(
        "Maps",
        [
            '<div class="grid">',
            *drawn,
            "</div>",
            *section(f"Further maps ({len(rest)})", listed, is_open=False, small=True),
        ],
    )


def regions(result: Result) -> list[str]:
    """Outline the regions of each label map on anatomy of the same grid; inputs and empty ones come last."""
    if not (result.labels and figures.figures_available()):
        return []
    drawn, listed = [], []
    for labels in sorted(result.labels, key=lambda one: one.name in _INPUT_LABELS):
        under = map_under(labels, result.maps)
        names = ", ".join(labels.segments.names.values()) or "no named region"
        is_empty = not sitk.GetArrayViewFromImage(labels.segments.image).any()
        if under is None or len(drawn) >= _MOST_FIGURES or is_empty:
            about = f"{labels.description} Here it holds no voxel." if is_empty else labels.description
            listed.append((labels.name, names, about))
            continue
        caption = f"<b>{text(labels.name)}</b> {text(labels.description)} Outlined on {text(under.name)}."
        found = looks(labels)
        drawn.append(
            figure(draw_regions(labels, under, found), caption, labels.name, full=not is_narrow(found))
        )
    parts = ['<div class="grid">', *drawn, "</div>"] if drawn else []
    if listed:
        parts.append(html_table(("file in labels", "regions", ""), listed))
    return section("Regions", parts)


def tables(result: Result, *, is_long: bool) -> list[str]:
    """Show tables, long ones folded; those that only hold the curves of violins are left to their files."""
    curves = {one.table for one in result.violins}
    parts: list[str] = []
    for table in result.tables:
        count = _length(table)
        if table.name in curves or (count > _MOST_ROWS) != is_long:
            continue
        title = f"{table.title} ({count} rows)" if is_long else table.title
        parts += section(title, [_table(table)], is_open=not is_long, small=is_long)
    return parts


def distributions(result: Result) -> list[str]:
    """Draw charts and violins."""
    if not ((result.charts or result.violins) and figures.figures_available()):
        return []
    found = {table.name: table for table in result.tables}
    drawn = [
        figure(draw_violins(one, found[one.table]), "", one.title, full=len(one.ticks) > _NARROW_VIOLINS)
        for one in result.violins
    ]
    drawn += [figure(figures.draw_chart(one, found[one.table]), "", one.title) for one in result.charts]
    return section("Distributions", ['<div class="grid">', *drawn, "</div>"])


def points(result: Result) -> list[str]:
    """Show points as tables in RAS."""
    parts: list[str] = []
    for one in result.points:
        parts += [
            f"<h3>{text(one.title)}</h3>",
            f"<p>{text(one.description)} Positions are in RAS (right, anterior, superior) as in Slicer.</p>",
            _table(points_table(one)),
        ]
    return section("Points", parts)


def transforms(found: Sequence[Transform]) -> list[str]:
    """Show how images were moved."""
    if not found:
        return []
    note = (
        "<p>How each image was moved onto the other; the shift is that of the scanner's origin, the turns are "
        "about the patient's axes through it.</p>"
    )
    return section("Registration", [note, html_table(*transform_rows(found))])


def numbers(result: Result) -> list[str]:
    """Show single numbers."""
    rows = [(number.label, float(number.value), number.unit) for number in result.numbers.values()]
    return section("In numbers", [html_table(("", "value", "unit"), rows)] if rows else [])


def provenance(about: Mapping[str, Any]) -> list[str]:
    """Show settings, versions and inputs, folded."""
    shown = f"<pre>{text(json.dumps(about, indent=1, default=str))}</pre>"
    version = text(about.get("versions", {}).get("gliomamri", ""))
    return [
        *section("Settings, versions and inputs", [shown], is_open=False, small=True),
        f"<footer>GliomaMRI {version}. Software for research; not a medical device.</footer>",
    ]


def _lesion(result: Result, on: Map) -> sitk.Image | None:
    """Mask of the annotation among a result's regions, if it lies on the grid of a map and holds a voxel."""
    for labels in result.labels:
        for value, name in labels.segments.names.items():
            image = labels.segments.image
            if name == ANNOTATION and not describe_difference(image, on.image):
                mask = image == value
                return mask if sitk.GetArrayViewFromImage(mask).any() else None
    return None


def _table(table: Table) -> str:
    rows = list(zip(*table.columns.values(), strict=True))
    return html_table([table.header(column) for column in table.columns], rows)


def _length(table: Table) -> int:
    return len(next(iter(table.columns.values()), ()))


def _values_of(name: str, values: Sequence[float]) -> str:
    """``echo time 10, 25, 50 ms``; one value when all are the same."""
    one = values[:1] if len(set(values)) == 1 else values
    return f"{name.replace('_', ' ')} {', '.join(f'{value:g}' for value in one)} {PARAMETERS[name]}"
