"""Draws the README's picture: a simulated raw slice, its T1 and T2 maps, and R1 by region.

Run ``python Docs/tools/draw_relaxometry_picture.py`` in the development environment; it takes ten seconds.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gliomamri.cli import main as gliomamri
from gliomamri.phantom.raw_slices import INVERSION_TIMES, simulate_raw_slices, write_raw_slices
from gliomamri.report.colormaps import relaxation_colormap

PICTURE = Path(__file__).resolve().parents[1] / "pictures" / "Relaxometry.png"
BACKGROUND, INK = "#0f2239", "#eaf2fa"
SHOWN_INVERSION = 2
CROP = slice(18, 158), slice(16, 130)
# quantity: display range in ms
RANGES = {"T1": (0.0, 4000.0), "T2": (0.0, 300.0)}
REGION_COLORS = {
    "white matter": "#9ecae8",
    "gray matter": "#8f9bb3",
    "edema": "#ffd27a",
    "enhancing rim": "#ff7a52",
}


def middle_slice(path: Path) -> tuple[np.ndarray, float]:
    """Middle axial slice of an image file and its pixels' height over width."""
    image = sitk.ReadImage(str(path))
    array = sitk.GetArrayFromImage(image)
    return array[array.shape[0] // 2, CROP[0], CROP[1]], image.GetSpacing()[1] / image.GetSpacing()[0]


def show(axes: Axes, title: str, path: Path, **options: object) -> None:
    """Draw the middle slice of an image file, with a color bar under it."""
    pixels, aspect = middle_slice(path)
    drawn = axes.imshow(pixels, aspect=aspect, interpolation="bilinear", **options)
    axes.set_title(title, color=INK, fontsize=13)
    axes.set_axis_off()
    bar = axes.figure.colorbar(drawn, ax=axes, orientation="horizontal", fraction=0.05, pad=0.02, shrink=0.8)
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
    bar.ax.tick_params(colors=INK, labelsize=9)
    bar.outline.set_visible(False)


def show_regions(axes: Axes, table: Path) -> None:
    """Draw the histograms of a rate by region from the task's table."""
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    values = np.array(rows, dtype=float)
    for name, color in REGION_COLORS.items():
        column = next(index for index, title in enumerate(header) if title.startswith(name))
        axes.fill_between(values[:, 0], values[:, column], color=color, alpha=0.45, lw=0)
        axes.plot(values[:, 0], values[:, column], color=color, lw=1.6, label=name)
    axes.set_title("R1 by region", color=INK, fontsize=13)
    axes.set_xlabel(header[0], color=INK)
    axes.set_xlim(0.5, 1.35)
    axes.set_ylim(bottom=0)
    axes.set_yticks([])
    axes.tick_params(colors=INK)
    axes.set_facecolor(BACKGROUND)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(INK)
    axes.legend(frameon=False, labelcolor=INK, fontsize=10, loc="upper center", bbox_to_anchor=(0.58, 0.98))


def main() -> None:
    """Simulate, fit through the command line, draw."""
    with tempfile.TemporaryDirectory() as folder:
        subject = write_raw_slices(simulate_raw_slices(), Path(folder))
        result = Path(folder, "result")
        if gliomamri(["run", "relaxometry", str(subject), "--out", str(result)]):
            raise RuntimeError("the fit failed")
        figure = Figure(figsize=(14, 4.3), facecolor=BACKGROUND, layout="constrained")
        raw, t1, t2, regions = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.25))
        time = INVERSION_TIMES[SHOWN_INVERSION]
        inversion = subject / "anat" / f"{subject.name}_inv-{SHOWN_INVERSION + 1}_IRT1.nii.gz"
        show(raw, f"raw image, TI {time:g} ms", inversion, cmap="gray")
        for axes, (quantity, (low, high)) in zip((t1, t2), RANGES.items(), strict=True):
            colors = ListedColormap(relaxation_colormap(quantity, low, high))
            path = result / "maps" / f"{quantity}map.nii.gz"
            show(axes, f"{quantity} (ms)", path, cmap=colors, vmin=low, vmax=high)
        show_regions(regions, result / "tables" / "R1_histogram.csv")
        PICTURE.parent.mkdir(exist_ok=True)
        figure.savefig(PICTURE, dpi=90, facecolor=BACKGROUND)


if __name__ == "__main__":
    main()
