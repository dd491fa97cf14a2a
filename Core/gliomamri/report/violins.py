"""Violin charts: which region an outline belongs to, and the filled picture of the report.

:func:`region_of` and :func:`legend` are also used by the scene layer, whose plot view has neither fill nor words on
its axis. matplotlib is imported when a chart is drawn. Called by :mod:`gliomamri.report.sections` and
``gliomamri_slicer.violins``; tested by Testing/unit/report/test_report_kinds.py.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gliomamri.report.figures import figure_png
from gliomamri.result import Outline, Table, Violins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCHES_PER_TICK = 1.3
_NARROWEST, _WIDEST = 6.4, 13.0
_LETTERS_PER_LINE = 16
"""Letters of a tick label's line, as long as ``normal-appearing``."""
_INCHES_PER_LETTER = 0.08
_FILL = 0.45


def outline_points(outline: Outline, table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Curve of an outline, closed, without undefined cells; two arrays of shape (n,)."""
    x = np.asarray(table.columns[outline.x], dtype=float)
    y = np.asarray(table.columns[outline.y], dtype=float)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if x.size and (x[0], y[0]) != (x[-1], y[-1]):
        x, y = np.append(x, x[0]), np.append(y, y[0])
    return x, y


def region_of(outline: Outline, table: Table, violins: Violins) -> str:
    """Words of the tick nearest to an outline; empty where there are no ticks.

    A half violin lies beside its tick and touches it, so that its near edge decides, not its middle.
    """
    x, _ = outline_points(outline, table)
    if not (x.size and violins.ticks):
        return ""
    places = np.array(list(violins.ticks), dtype=float)
    gaps = np.maximum(0, np.maximum(x.min() - places, places - x.max()))
    nearest = np.lexsort((np.abs(places - (x.min() + x.max()) / 2), gaps))[0]
    return list(violins.ticks.values())[nearest]


def legend(outlines: Sequence[Outline]) -> list[Outline]:
    """First outline of each label: one entry of the legend each."""
    first: dict[str, Outline] = {}
    for outline in outlines:
        first.setdefault(outline.label, outline)
    return list(first.values())


def draw_violins(violins: Violins, table: Table) -> bytes:
    """Draw a violin chart: filled outlines, region names and legend below, quantity and unit; gives PNG bytes."""
    from matplotlib.figure import Figure

    width = min(max(_NARROWEST, 1.0 + _INCHES_PER_TICK * len(violins.ticks)), _WIDEST)
    words = [in_lines(one) for one in violins.ticks.values()]
    is_crowded = _is_crowded(words, width)
    figure = Figure(figsize=(width, 5.2 if is_crowded else 4.2), layout="constrained")
    axis = figure.add_subplot()
    for outline in violins.outlines:
        _draw_outline(axis, outline, *outline_points(outline, table))
    slanted = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if is_crowded else {}
    axis.set_xticks(list(violins.ticks), words, **slanted)
    axis.tick_params(axis="x", length=0, labelsize=9.5)
    axis.set(ylabel=violins.y_label)
    axis.set_title(violins.title, loc="left")
    axis.grid(axis="y", color="0.9", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    _draw_legend(figure, violins)
    return figure_png(figure)


def _draw_outline(axis: Axes, outline: Outline, x: np.ndarray, y: np.ndarray) -> None:
    style = "--" if outline.dashed else "-"
    if outline.filled:
        axis.fill(x, y, facecolor=(*outline.color, _FILL), edgecolor="none")
    axis.plot(x, y, color=outline.color, linestyle=style, linewidth=1.1, solid_joinstyle="round")


def in_lines(words: str) -> str:
    """Break the name of a region between words."""
    return "\n".join(textwrap.wrap(words, _LETTERS_PER_LINE, break_long_words=False, break_on_hyphens=False))


def _is_crowded(names: Sequence[str], width: float) -> bool:
    """Tell whether names beside each other would touch, so that they are slanted."""
    longest = max((len(line) for name in names for line in name.splitlines()), default=0)
    return longest * _INCHES_PER_LETTER * len(names) > width - 1.0


def _draw_legend(figure: Figure, violins: Violins) -> None:
    """One entry per label below the plot, where it hides no violin; none where nothing is called anything."""
    from matplotlib.patches import Patch

    handles = [
        Patch(
            facecolor=(*entry.color, _FILL) if entry.filled else "none",
            edgecolor=entry.color,
            linestyle="--" if entry.dashed else "-",
            label=entry.label,
        )
        for entry in legend(violins.outlines)
        if entry.label
    ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4), frameon=False)
