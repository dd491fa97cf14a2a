"""Figures of the report as PNG, drawn by matplotlib: slices of maps, and charts.

matplotlib is imported when a figure is drawn, never by importing this file; Slicer does not bring it, and
without it the report has no figures and says so.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gliomamri.report.colormaps import LINE_COLORS, map_colors
from gliomamri.report.slices import Slice, slices_for_display, slices_of_regions
from gliomamri.result import Chart, Map, Table, with_unit

if TYPE_CHECKING:
    import SimpleITK as sitk
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DOTS_PER_INCH = 130


def figures_available() -> bool:
    """Tell whether matplotlib is there and works."""
    try:
        import matplotlib.figure  # noqa: F401
    except Exception:  # noqa: BLE001  (a broken installation can raise anything; the report does without)
        return False
    return True


def draw_map(result_map: Map, lesion: sitk.Image | None = None) -> bytes:
    """Draw slices of a map with its color bar and unit; gives PNG bytes.

    Parameters
    ----------
    result_map : Map
    lesion : SimpleITK.Image, optional
        Mask on the map's grid, through which the slices go; spread over the image without one.
    """
    from matplotlib.colors import ListedColormap

    if lesion is None:
        slices = slices_for_display(result_map.image)
    else:
        slices = [cut for cut, _ in slices_of_regions(result_map.image, lesion)]
    figure, axes = new_slices_figure(slices)
    colors = ListedColormap(map_colors(result_map.quantity, result_map.colormap, result_map.window))
    low, high = result_map.window
    for axis, cut in zip(axes, slices, strict=True):
        shown = axis.imshow(
            cut.pixels, cmap=colors, vmin=low, vmax=high, aspect=cut.aspect, interpolation="none"
        )
        axis.set_axis_off()
    size = note_left_edge(figure, axes[0], slices[0])
    bar = figure.colorbar(shown, ax=axes, shrink=0.95, pad=0.02)
    bar.ax.tick_params(labelsize=size)
    bar.set_label(with_unit(result_map.quantity, result_map.unit), fontsize=size)
    return figure_png(figure, whole=True)


def draw_chart(chart: Chart, table: Table) -> bytes:
    """Draw a chart's columns as filled lines with legend and labeled axes; gives PNG bytes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    axis = figure.add_subplot()
    cells = table.columns[chart.x]
    named = any(isinstance(cell, str) for cell in cells)
    x = np.arange(len(cells)) if named else np.asarray(cells, dtype=float)
    if named:
        axis.set_xticks(x, cells)
    for index, column in enumerate(chart.y):
        color = chart.colors.get(column, LINE_COLORS[index % len(LINE_COLORS)])
        y = np.asarray(table.columns[column], dtype=float)
        axis.plot(x, y, color=color, label=column, linewidth=1.6)
        axis.fill_between(x, y, color=color, alpha=0.12)
    axis.set(title=chart.title, xlabel=chart.x_label, ylabel=chart.y_label)
    axis.set_ylim(bottom=0)
    if len(x) > 1:
        axis.set_xlim(x.min(), x.max())
    axis.spines[["top", "right"]].set_visible(False)
    # below the plot, where it hides no curve
    figure.legend(loc="outside lower center", ncols=min(len(chart.y), 3), frameon=False, fontsize="small")
    return figure_png(figure)


def new_slices_figure(
    slices: Sequence[Slice], beside: float = 1.1, below: float = 0.0
) -> tuple[Figure, list[Axes]]:
    """Make a figure with one row of axes that fits slices, with room beside and below them in inches."""
    from matplotlib.figure import Figure

    rows, columns = slices[0].pixels.shape
    height = 3.2
    width = min(height * columns / (rows * slices[0].aspect), 5.0)
    size = (width * len(slices) + beside, height + below)
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    axes = figure.subplots(1, len(slices), squeeze=False)[0]
    return figure, list(axes)


def note_left_edge(figure: Figure, axis: Axes, cut: Slice) -> float:
    """Name the side of the patient at the left edge; give the size of letters that suits the figure."""
    # the page scales every figure to one width, so that wide ones need larger letters
    size = max(8.0, 1.9 * figure.get_figwidth())
    axis.text(0.02, 0.5, cut.left_edge, color="white", transform=axis.transAxes, va="center", fontsize=size)
    return size


def figure_png(figure: Figure, *, whole: bool = False) -> bytes:
    """Give a figure as PNG bytes; ``whole`` widens it where a label would be cut off."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DOTS_PER_INCH, bbox_inches="tight" if whole else None)
    return stream.getvalue()
