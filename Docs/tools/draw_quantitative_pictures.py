"""Draws the pictures of Docs/QMRIAnalysis.md and Docs/QuantitativeMethods.md from the patients of ``make demo``.

Run ``python Docs/tools/draw_quantitative_pictures.py`` in the development environment; with nothing at hand it
simulates and analyzes the patient twice and a cohort once, which takes some minutes. Results that are there already are
reused::

    python Docs/tools/draw_quantitative_pictures.py --result build/demo/quantitative --cohort build/demo/cohort/pooled

With the names of pictures (``QuantitativeMaps``) it draws only these.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from PIL import Image

from gliomamri.cli import main as gliomamri
from gliomamri.io.results import read_result
from gliomamri.regions.region_colors import region_colors
from gliomamri.report.colormaps import LINE_COLORS, map_colors
from gliomamri.report.violins import draw_violins, in_lines
from gliomamri.result import LabelMap, Map, Result

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURES = REPOSITORY / "Docs" / "pictures"
GROUND, INK = "#10151c", "#eaf2fa"
MARGIN = 8.0
"""mm around the brain."""
BAR = 0.08, -0.06, 0.84, 0.03
"""Place of a color bar below its panel."""
ON_CHANGE = (0.45, 1.0, 0.75)
"""Outlines on a map whose colors are blue, black and orange."""
SPACING = "spacing=1"
"""mm; finer than the demo's grid."""
TISSUES = {
    "WM": (0.95, 0.95, 0.92),
    "GM": (0.55, 0.57, 0.62),
    "CSF": (0.12, 0.42, 0.75),
    "other": (0.90, 0.45, 0.10),
}
"""Colors that are mixed by the share of each tissue."""
SHOWN_REGIONS = (
    "annotation",
    "shell 0-5 mm",
    "shell 5-10 mm",
    "shell 10-20 mm",
    "normal-appearing white matter",
    "normal-appearing gray matter",
)


@dataclass(frozen=True)
class Analyzed:
    """A result of the task ``quantitative``, and the slice that is shown of it."""

    result: Result

    @staticmethod
    def read(folder: Path) -> Analyzed:
        """Read a result folder."""
        return Analyzed(read_result(folder))

    def map(self, name: str) -> Map:
        """Return a map by name."""
        return next(one for one in self.result.maps if one.name == name)

    def labels(self, name: str) -> LabelMap:
        """Return a label map by name."""
        return next(one for one in self.result.labels if one.name == name)

    @cached_property
    def at(self) -> int:
        """Index of the axial slice with most of the annotation."""
        regions = self.labels("lesion_regions")
        (label,) = (key for key, name in regions.segments.names.items() if name == "annotation")
        return int((array(regions.segments.image) == label).sum((1, 2)).argmax())

    @cached_property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns around the brain."""
        image = self.labels("brain_mask").segments.image
        brain = array(image)[self.at] > 0
        found = []
        for axis, spacing in ((1, image.GetSpacing()[1]), (0, image.GetSpacing()[0])):
            inside, margin = np.flatnonzero(brain.any(axis)), round(MARGIN / spacing)
            found.append(slice(max(0, inside[0] - margin), inside[-1] + margin + 1))
        return found[0], found[1]

    def cut(self, image: sitk.Image) -> NDArray:
        """Return the shown part of the shown slice."""
        return array(image)[self.at][self.window]

    def violins(self, name: str) -> Image.Image:
        """Draw a violin chart of the result."""
        chart = next(one for one in self.result.violins if one.name == name)
        table = next(one for one in self.result.tables if one.name == chart.table)
        return Image.open(io.BytesIO(draw_violins(chart, table))).convert("RGB")


def array(image: sitk.Image) -> NDArray:
    """Return the voxels, (z, y, x)."""
    return sitk.GetArrayViewFromImage(image)


def panel(axes: Axes, title: str) -> None:
    """Name a panel."""
    axes.set_title(title, color=INK, fontsize=12)
    axes.set_axis_off()


def show_map(
    axes: Axes, title: str, case: Analyzed, name: str, window: tuple[float, float] | None = None
) -> None:
    """Draw a map in its colors, with a color bar below."""
    one = case.map(name)
    low, high = window or one.window
    colors = ListedColormap(map_colors(one.quantity, one.colormap, (low, high)))
    drawn = axes.imshow(case.cut(one.image), cmap=colors, vmin=low, vmax=high, interpolation="nearest")
    panel(axes, title)
    bar = axes.figure.colorbar(drawn, cax=axes.inset_axes(BAR), orientation="horizontal")
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
    bar.ax.tick_params(colors=INK, labelsize=9)
    bar.outline.set_visible(False)


def show_gray(axes: Axes, title: str, case: Analyzed, name: str) -> None:
    """Draw an image in gray."""
    one = case.map(name)
    axes.imshow(
        case.cut(one.image), cmap="gray", vmin=one.window[0], vmax=one.window[1], interpolation="bilinear"
    )
    panel(axes, title)


def outline(
    axes: Axes, case: Analyzed, name: str, *, color: tuple[float, float, float] | None = None
) -> None:
    """Draw the borders of a label map's regions in their colors, or of all together in one."""
    regions = case.labels(name)
    pixels = np.pad(case.cut(regions.segments.image), 1)
    rows, columns = (np.arange(-1, size - 1) for size in pixels.shape)
    if color is not None:
        axes.contour(columns, rows, pixels > 0, levels=[0.5], colors=[color], linewidths=1.3)
        return
    for label in np.unique(pixels[pixels > 0]):
        own = regions.segments.colors.get(int(label), (1.0, 1.0, 1.0))
        axes.contour(columns, rows, pixels == label, levels=[0.5], colors=[own], linewidths=1.3)


def show_tissue(axes: Axes, case: Analyzed) -> None:
    """Draw the tissue fractions mixed from one color each."""
    mixed = sum(
        case.cut(case.map(f"{name}_fraction").image)[..., None] * color for name, color in TISSUES.items()
    )
    axes.imshow(np.clip(mixed, 0, 1), interpolation="nearest")
    panel(axes, "tissue fractions")
    for number, (name, color) in enumerate(TISSUES.items()):
        axes.text(
            0.04 + 0.25 * number, -0.04, name, color=np.maximum(color, 0.35), transform=axes.transAxes,
            va="top", fontsize=11, weight="bold",
        )  # fmt: skip


def show_normal(axes: Axes, case: Analyzed) -> None:
    """Draw mirror regions as outlines and normal-appearing tissue filled."""
    show_gray(axes, "mirror, normal-appearing", case, "R1map")
    normal = case.labels("normal_regions")
    pixels = case.cut(normal.segments.image)
    filled = np.zeros((*pixels.shape, 4))
    for label, color in normal.segments.colors.items():
        filled[pixels == label] = (*color, 0.65)
    axes.imshow(filled, interpolation="nearest")
    outline(axes, case, "mirror_regions")


def dark_figure(rows: int, columns: int) -> tuple[Figure, NDArray]:
    """Make a figure of square panels with room for a color bar below each; axes (rows, columns)."""
    figure = Figure(figsize=(3.2 * columns, 4.5 * rows), facecolor=GROUND)
    axes = figure.subplots(rows, columns, squeeze=False)
    figure.subplots_adjust(0.005, 0.1 / rows, 0.995, 1 - 0.07 / rows, wspace=0.03, hspace=0.2)
    return figure, axes


def draw_maps(case: Analyzed, path: Path) -> None:
    """Draw what was measured of a patient: rates before and after contrast agent, change, errors, tissue, regions."""
    figure, (first, second) = dark_figure(2, 5)
    show_gray(first[0], "ceT1w: annotation, shells", case, "ceT1w")
    outline(first[0], case, "lesion_regions")
    show_map(first[1], "R1 before (1/s)", case, "R1map")
    show_map(first[2], "R1 after (1/s)", case, "ceR1map")
    show_map(first[3], "change dR1 (1/s), annotation", case, "dR1")
    outline(first[3], case, "segmentation", color=ON_CHANGE)
    show_map(first[4], "z of dR1; outlined: significant", case, "dR1_z")
    outline(first[4], case, "dR1_significant", color=ON_CHANGE)
    show_map(second[0], "R2 before (1/s)", case, "R2map")
    show_map(second[1], "proton density (%)", case, "PDmap", (60.0, 105.0))
    show_map(second[2], "standard error of R1 (1/s)", case, "R1error", (0.0, 0.016))
    show_tissue(second[3], case)
    show_normal(second[4], case)
    save(figure, path)


def draw_registration(cases: tuple[Analyzed, Analyzed], path: Path) -> None:
    """Draw the change without registration, with it, and where the rest of its error decides."""
    off, on = cases
    figure, (axes,) = dark_figure(1, 3)
    show_map(axes[0], "dR1 without registration (1/s)", off, "dR1")
    show_map(axes[1], "dR1 with registration (1/s)", on, "dR1")
    show_gray(axes[2], "edge mask on R1", on, "R1map")
    edge = on.cut(on.map("dR1_edge").image) > 0
    axes[2].imshow(np.where(edge[..., None], (*LINE_COLORS[4], 0.75), 0.0), interpolation="nearest")
    save(figure, path)


def draw_violin_pair(case: Analyzed, path: Path) -> None:
    """Put the violins of R1 above those of its change, as the report draws them."""
    stacked([case.violins("R1_violins"), case.violins("dR1_violins")], path)


def draw_cohort(folder: Path, path: Path) -> None:
    """Put the violins of all voxels above the median of every patient with its mean and interval."""
    voxels = Analyzed.read(folder).violins("dR1_violins")
    each, pooled = (
        read_table(folder / "tables" / "patients.csv"),
        read_table(folder / "tables" / "dR1_pooled.csv"),
    )
    figure = Figure(figsize=(8.8, 3.9), layout="constrained")
    axes = figure.subplots()
    colors = region_colors(SHOWN_REGIONS)
    median = next(key for key in each[0] if key.startswith("median"))
    for place, region in enumerate(SHOWN_REGIONS):
        of_region = [row for row in each if row["region"] == region and row["quantity"] == "dR1"]
        medians = np.array([float(row[median]) for row in of_region])
        jitter = np.linspace(-0.18, 0.18, max(medians.size, 1))[: medians.size]
        axes.plot(place + jitter, medians, "o", color=colors[region], markersize=6, alpha=0.6)
        row = next(one for one in pooled if one["region"] == region)
        mean, low, high = (row[f"{name} (1/s)"] for name in ("mean", "mean low", "mean high"))
        if low and high:
            spread = [[float(mean) - float(low)], [float(high) - float(mean)]]
            axes.errorbar(place, float(mean), spread, fmt="D", color="black", capsize=6, markersize=5)
    axes.set_xticks(range(len(SHOWN_REGIONS)), [in_lines(region) for region in SHOWN_REGIONS])
    axes.set(ylabel="median dR1 of a patient (1/s)", xlim=(-0.5, len(SHOWN_REGIONS) - 0.5))
    axes.set_title("Patients: medians, mean, 95 % interval", loc="left")
    axes.axhline(0, color="0.6", linewidth=0.8)
    axes.grid(axis="y", color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=130)
    stacked([voxels, Image.open(stream).convert("RGB")], path)


def read_table(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stacked(images: Sequence[Image.Image], path: Path) -> None:
    """Write images below each other in one width, so that their letters stay readable in a page."""
    width = min(image.width for image in images)
    scaled = [
        image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
        for image in images
    ]
    sheet = Image.new("RGB", (width, sum(image.height for image in scaled)), "white")
    top = 0
    for image in scaled:
        sheet.paste(image, (0, top))
        top += image.height
    sheet.save(path, optimize=True)


def save(figure: Figure, path: Path) -> None:
    """Write a dark figure as JPEG."""
    figure.savefig(path, dpi=90, facecolor=GROUND, pil_kwargs={"quality": 85, "optimize": True})


class Sources:
    """Result folders: those given, or made when first asked for."""

    def __init__(self, given: argparse.Namespace, work: Path) -> None:
        self._given, self._work = given, work

    @cached_property
    def result(self) -> Analyzed:
        """The demo's patient."""
        return Analyzed.read(self._given.result or self._analyzed("result"))

    @cached_property
    def unregistered(self) -> Analyzed:
        """The same, without registration."""
        return Analyzed.read(self._given.unregistered or self._analyzed("unregistered", "registration=off"))

    @cached_property
    def cohort(self) -> Path:
        """Pooled result of the demo's cohort."""
        if self._given.cohort:
            return self._given.cohort
        dataset, annotations = self._demo.write_cohort(self._work / "cohort-images")
        out = self._work / "cohort"
        self._run("cohort", "quantitative", dataset, "--image", f"segmentation={annotations}", "--out", out)
        return out / "pooled"

    @cached_property
    def _demo(self) -> object:
        sys.path.insert(0, str(REPOSITORY / "scripts"))
        import demo_patients

        return demo_patients

    @cached_property
    def _patient(self) -> object:
        return self._demo.write_patient(self._work / "patient")

    def _analyzed(self, name: str, *settings: str) -> Path:
        out = self._work / name
        options = [word for one in (SPACING, *settings) for word in ("--set", one)]
        annotation = f"segmentation={self._patient.annotation}"
        self._run("run", "quantitative", self._patient.subject, "--image", annotation, *options, "--out", out)
        return out

    @staticmethod
    def _run(*arguments: object) -> None:
        if gliomamri([str(argument) for argument in arguments]):
            raise RuntimeError(f"gliomamri {arguments[0]} failed")


DRAWN: dict[str, tuple[str, Callable[[Sources, Path], None]]] = {
    "QuantitativeMaps": ("jpg", lambda at, path: draw_maps(at.result, path)),
    "QuantitativeViolins": ("png", lambda at, path: draw_violin_pair(at.result, path)),
    "QuantitativeRegistration": (
        "jpg",
        lambda at, path: draw_registration((at.unregistered, at.result), path),
    ),
    "QuantitativeCohort": ("png", lambda at, path: draw_cohort(at.cohort, path)),
}


def main(arguments: Sequence[str]) -> None:
    """Draw the pictures of these names, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="PICTURE", help=", ".join(DRAWN))
    parser.add_argument("--result", type=Path, help="result of the task quantitative on the demo's patient")
    parser.add_argument("--unregistered", type=Path, help="the same with --set registration=off")
    parser.add_argument("--cohort", type=Path, help="folder 'pooled' of a cohort")
    parser.add_argument("--out", type=Path, default=PICTURES)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        sources = Sources(given, Path(work))
        for name in given.names or DRAWN:
            suffix, draw = DRAWN[name]
            path = given.out / f"{name}.{suffix}"
            draw(sources, path)
            print(f"{path.name}: {path.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
