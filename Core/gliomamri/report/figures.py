"""Figures of the report as PNG, drawn by matplotlib: slices of maps, and charts.

matplotlib is imported when a figure is drawn, never by importing this file; Slicer does not bring it, and
without it the report has no figures and says so.
"""

from __future__ import annotations

import io

import numpy as np
import SimpleITK as sitk

from gliomamri.report.colormaps import map_colors
from gliomamri.result import Chart, Map, Table

_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's colors, told apart by the color-blind."""
_DOTS_PER_INCH = 130


def figures_available() -> bool:
    """Tell whether matplotlib is installed."""
    import importlib.util

    return importlib.util.find_spec("matplotlib") is not None


def slices_for_display(image: sitk.Image, count: int = 3) -> list[tuple[np.ndarray, float]]:
    """Cut slices in the plane of acquisition, turned to radiological view.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D scalar image; any orientation. Axes are permuted and flipped to the nearest patient axes, not resampled.
    count : int
        How many slices, spread over the part that is not empty.

    Returns
    -------
    list of (ndarray of shape (rows, columns), float)
        Each slice with the patient's right on the left, and its pixel height over width.
    """
    oriented = sitk.DICOMOrient(image, "LPS")
    array = sitk.GetArrayFromImage(oriented)
    spacing = np.array(oriented.GetSpacing()[::-1])
    axis = int(np.argmax(spacing)) if spacing.max() > 1.2 * spacing.min() else 0
    axis = int(np.argmin(array.shape)) if min(array.shape) == 1 else axis
    filled = np.flatnonzero(np.any(array != 0, axis=tuple(a for a in range(3) if a != axis)))
    first, last = (filled[0], filled[-1]) if filled.size else (0, array.shape[axis] - 1)
    chosen = sorted({round(first + (last - first) * (i + 1) / (count + 1)) for i in range(count)})
    row, column = (a for a in range(3) if a != axis)
    slices = [np.take(array, index, axis) for index in chosen]
    if axis != 0:  # rows run along z: put the head on top
        slices = [cut[::-1] for cut in slices]
    return [(cut, float(spacing[row] / spacing[column])) for cut in slices]


def draw_map(result_map: Map) -> bytes:
    """Draw slices of a map with its color bar and unit; gives PNG bytes."""
    from matplotlib.colors import ListedColormap

    slices = slices_for_display(result_map.image)
    figure, axes = _new_figure(len(slices), slices[0])
    colors = ListedColormap(map_colors(result_map.quantity, result_map.colormap, result_map.window))
    for axis, (cut, aspect) in zip(axes, slices, strict=True):
        shown = axis.imshow(
            cut,
            cmap=colors,
            vmin=result_map.window[0],
            vmax=result_map.window[1],
            aspect=aspect,
            interpolation="none",
        )
        axis.set_axis_off()
    # the page scales every figure to one width, so that wide ones need larger letters
    size = max(8.0, 1.9 * figure.get_figwidth())
    axes[0].text(0.02, 0.5, "R", color="white", transform=axes[0].transAxes, va="center", fontsize=size)
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
    x = np.asarray(table.columns[chart.x], dtype=float)
    for index, column in enumerate(chart.y):
        color = chart.colors.get(column, _COLORS[index % len(_COLORS)])
        y = np.asarray(table.columns[column], dtype=float)
        axis.plot(x, y, color=color, label=column, linewidth=1.6)
        axis.fill_between(x, y, color=color, alpha=0.12)
    axis.set(title=chart.title, xlabel=chart.x_label, ylabel=chart.y_label)
    axis.set_ylim(bottom=0)
    axis.set_xlim(x.min(), x.max())
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    return _png(figure)


def _new_figure(count: int, first: tuple[np.ndarray, float]):  # noqa: ANN202  (matplotlib is imported late)
    from matplotlib.figure import Figure

    (rows, columns), aspect = first[0].shape, first[1]
    height = 3.2
    width = min(height * columns / (rows * aspect), 5.0)
    figure = Figure(figsize=(width * count + 1.1, height), layout="constrained", facecolor="white")
    axes = figure.subplots(1, count, squeeze=False)[0]
    return figure, list(axes)


def _png(figure) -> bytes:  # noqa: ANN001
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DOTS_PER_INCH)
    return stream.getvalue()
