"""Charts of a result as JSON: line charts and violins, drawn from columns of its tables.

Called by :mod:`gliomamri.io.results`; tested by Testing/unit/io/test_results.py and test_result_kinds.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gliomamri.result import Chart, Outline, Table, Violins


def check_violins(violins: Violins, tables: Sequence[Table]) -> None:
    """Make sure that a violin chart can be drawn from the tables.

    Raises
    ------
    ValueError
        If its table or one of its columns is missing or a tick has no place: an error in the task.
    """
    table = next((table for table in tables if table.name == violins.table), None)
    if table is None:
        raise ValueError(f"violins {violins.name!r} name table {violins.table!r}, which the result lacks")
    named = {column for outline in violins.outlines for column in (outline.x, outline.y)}
    missing = sorted(named - set(table.columns))
    if missing:
        raise ValueError(f"violins {violins.name!r} name columns that table {table.name!r} lacks: {missing}")
    if not all(math.isfinite(position) for position in violins.ticks):
        raise ValueError(f"a tick of violins {violins.name!r} lies nowhere")


def chart_fields(chart: Chart) -> dict[str, Any]:
    """Give the entry of a line chart for ``result.json``."""
    return {
        "name": chart.name,
        "title": chart.title,
        "table": chart.table,
        "x": chart.x,
        "y": list(chart.y),
        "x_label": chart.x_label,
        "y_label": chart.y_label,
        "colors": {name: _color(color) for name, color in chart.colors.items()},
    }


def read_chart(entry: Mapping[str, Any]) -> Chart:
    """Give the line chart of an entry."""
    colors = {name: tuple(color) for name, color in entry["colors"].items()}
    return Chart(**{**entry, "y": tuple(entry["y"]), "colors": colors})


def violins_fields(violins: Violins) -> dict[str, Any]:
    """Give the entry of a violin chart for ``result.json``; ticks are pairs, as JSON's names are no numbers."""
    return {
        "name": violins.name,
        "title": violins.title,
        "table": violins.table,
        "outlines": [
            {
                "label": outline.label,
                "x": outline.x,
                "y": outline.y,
                "color": _color(outline.color),
                "filled": bool(outline.filled),
                "dashed": bool(outline.dashed),
            }
            for outline in violins.outlines
        ],
        "ticks": [[float(position), str(words)] for position, words in violins.ticks.items()],
        "y_label": violins.y_label,
    }


def read_violins(entry: Mapping[str, Any]) -> Violins:
    """Give the violin chart of an entry."""
    outlines = tuple(Outline(**{**fields, "color": tuple(fields["color"])}) for fields in entry["outlines"])
    ticks = {float(position): words for position, words in entry["ticks"]}
    return Violins(**{**entry, "outlines": outlines, "ticks": ticks})


def _color(color: Sequence[float]) -> list[float]:
    return [float(part) for part in color]
