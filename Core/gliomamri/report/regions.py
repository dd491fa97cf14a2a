"""Regions of a label map as outlines on a gray map, told apart by the color-blind through color and line style.

Called by :mod:`gliomamri.report.sections`; tested by Testing/unit/report/test_report_kinds.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.geometry import describe_difference
from gliomamri.report.colormaps import LINE_COLORS
from gliomamri.report.figures import figure_png, new_slices_figure, note_left_edge
from gliomamri.report.slices import slices_of_regions
from gliomamri.result import LabelMap, Map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = tuple(color if any(color) else (1.0, 1.0, 1.0) for color in LINE_COLORS)
"""Colors of Okabe and Ito; white for black, which the dark background would swallow."""
_STYLES = ("-", "--", ":")
"""Seven colors in three styles: 21 regions look different."""

_ANATOMY = ("ceT1w", "T1w", "FLAIR", "T2w")
"""Roles on which an outline is shown, best first."""
_NARROW = 4
"""Regions up to which the page shows the figure at half of its width, so that its letters must be larger."""
_LETTERS = {True: (1.3, 92), False: (0.85, 140)}
"""Narrow or not: points of a legend's letter per inch of the figure's width, and letters in one line of it."""

_DARKEST = 0.35
"""Largest channel of a color that a dark image swallows."""

Look = tuple[tuple[float, float, float], str]


def map_under(labels: LabelMap, maps: Sequence[Map]) -> Map | None:
    """Give the map on the grid of a label map that shows anatomy best; None where there is none.

    That is a weighted image, ceT1w before others, else the first main map, else the first.
    """
    alike = [one for one in maps if not describe_difference(labels.segments.image, one.image)]
    weighted = [one for role in _ANATOMY for one in alike if one.role == role]
    return next(iter([*weighted, *(one for one in alike if one.main), *alike]), None)


def looks(labels: LabelMap) -> dict[int, Look]:
    """Color and line style of each label that is named or occurs, in order of label value.

    Regions that come with colors keep them, as charts and Slicer show them so, and take turns in line style, since
    nothing says that the color-blind can tell those colors apart.
    """
    occurring = np.unique(sitk.GetArrayViewFromImage(labels.segments.image))
    known = sorted({*map(int, occurring), *labels.segments.names} - {0})
    given = labels.segments.colors
    found = {}
    for index, label in enumerate(known):
        if label in given:
            found[label] = (_on_black(given[label]), _STYLES[index % len(_STYLES)])
        else:
            style = _STYLES[index // len(_COLORS) % len(_STYLES)]
            found[label] = (_COLORS[index % len(_COLORS)], style)
    return found


def _on_black(color: Sequence[float]) -> tuple[float, float, float]:
    """Give the color, or white for one too dark to be seen on a dark image."""
    return tuple(map(float, color)) if max(color) > _DARKEST else (1.0, 1.0, 1.0)


def is_narrow(found: Mapping[int, Look]) -> bool:
    """Tell whether the figure of regions that look like this is readable at half of the page's width."""
    return len(found) <= _NARROW


def draw_regions(labels: LabelMap, under: Map, found: Mapping[int, Look]) -> bytes:
    """Draw the regions on three slices through them, with a legend of those that are seen; gives PNG bytes.

    Parameters
    ----------
    labels : LabelMap
    under : Map
        On the same grid; shown in gray.
    found : mapping of int to (color, line style)
        What :func:`looks` gives for ``labels``.
    """
    from matplotlib.lines import Line2D

    cuts = slices_of_regions(under.image, labels.segments.image)
    below = 0.4 + 0.04 * len(found)
    figure, axes = new_slices_figure([anatomy for anatomy, _ in cuts], beside=0.1, below=below)
    low, high = under.window
    seen: set[int] = set()
    for axis, (anatomy, regions) in zip(axes, cuts, strict=True):
        axis.imshow(
            anatomy.pixels, cmap="gray", vmin=low, vmax=high, aspect=anatomy.aspect, interpolation="none"
        )
        axis.set_axis_off()
        seen |= _outline(axis, regions.pixels, found)
    note_left_edge(figure, axes[0], cuts[0][0])
    names = labels.segments.names
    handles = [
        Line2D(
            [],
            [],
            color=found[label][0],
            linestyle=found[label][1],
            linewidth=2.2,
            label=names.get(label, f"label {label}"),
        )
        for label in found
        if label in seen
    ]
    if handles:
        size, per_line = _LETTERS[is_narrow(found)]
        longest = max(len(handle.get_label()) for handle in handles) + 5
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=max(1, int(per_line / longest)),
            fontsize=size * figure.get_figwidth(),
            facecolor="black",
            edgecolor="none",
            labelcolor="white",
            handlelength=2.4,
        )
    return figure_png(figure)


def _outline(axis: Axes, regions: np.ndarray, found: Mapping[int, Look]) -> set[int]:
    """Draw the border of each label of a slice; give the labels that are there."""
    from matplotlib.patheffects import withStroke

    padded = np.pad(regions, 1)  # a region that touches the edge is closed there
    rows, columns = (np.arange(-1, size + 1) for size in regions.shape)
    seen = set()
    for label, (color, style) in found.items():
        mask = padded == label
        if mask.any():
            seen.add(label)
            drawn = axis.contour(
                columns, rows, mask, levels=[0.5], colors=[color], linestyles=style, linewidths=1.4
            )
            drawn.set_path_effects([withStroke(linewidth=2.4, foreground=(0, 0, 0, 0.55))])
    axis.set_xlim(-0.5, regions.shape[1] - 0.5)
    axis.set_ylim(regions.shape[0] - 0.5, -0.5)
    return seen
