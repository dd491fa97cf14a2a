"""Figures of the report as PNG, drawn by matplotlib: slices of maps, and charts.

matplotlib is imported when a figure is drawn, never by importing this file; Slicer does not bring it, and
without it the report has no figures and says so.
"""

from __future__ import annotations

import io

import numpy as np

from gliomamri.report.colormaps import LINE_COLORS, map_colors
from gliomamri.report.slices import Slice, slices_for_display
from gliomamri.result import Chart, Map, Table

_DOTS_PER_INCH = 130


def figures_available() -> bool:
    """Tell whether matplotlib is there and works."""
    try:
        import matplotlib.figure  # noqa: F401
    except Exception:  # noqa: BLE001  (a broken installation can raise anything; the report does without)
        return False
    return True


def draw_map(result_map: Map) -> bytes:
    """Draw slices of a map with its color bar and unit; gives PNG bytes."""
    from matplotlib.colors import ListedColormap

    slices = slices_for_display(result_map.image)
    figure, axes = _new_figure(slices)
    colors = ListedColormap(map_colors(result_map.quantity, result_map.colormap, result_map.window))
    low, high = result_map.window
    for axis, cut in zip(axes, slices, strict=True):
        shown = axis.imshow(
            cut.pixels, cmap=colors, vmin=low, vmax=high, aspect=cut.aspect, interpolation="none"
        )
        axis.set_axis_off()
    # the page scales every figure to one width, so that wide ones need larger letters
    size = max(8.0, 1.9 * figure.get_figwidth())
    axes[0].text(
        0.02, 0.5, slices[0].left_edge, color="white", transform=axes[0].transAxes, va="center", fontsize=size
    )
    bar = figure.colorbar(shown, ax=axes, shrink=0.95, pad=0.02)
    bar.ax.tick_params(labelsize=size)
    label = f"{result_map.quantity} ({result_map.unit})" if result_map.unit else result_map.quantity
    bar.set_label(label, fontsize=size)
    return _png(figure)


def draw_chart(chart: Chart, table: Table) -> bytes:
    """Draw a chart's columns as filled lines with legend and labeled axes; gives PNG bytes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
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
    axis.legend(frameon=False)
    return _png(figure)


def _new_figure(slices: list[Slice]):  # noqa: ANN202  (matplotlib is imported late)
    from matplotlib.figure import Figure

    rows, columns = slices[0].pixels.shape
    height = 3.2
    width = min(height * columns / (rows * slices[0].aspect), 5.0)
    figure = Figure(figsize=(width * len(slices) + 1.1, height), layout="constrained", facecolor="white")
    axes = figure.subplots(1, len(slices), squeeze=False)[0]
    return figure, list(axes)


def _png(figure) -> bytes:  # noqa: ANN001
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DOTS_PER_INCH)
    return stream.getvalue()
