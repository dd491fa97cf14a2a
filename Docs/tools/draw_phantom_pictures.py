"""Draws the pictures of Docs/Phantom.md from simulated patients, on the ICBM 2009a head only.

Run ``python Docs/tools/draw_phantom_pictures.py`` in the development environment; it takes three minutes. With the
names of pictures (``PhantomKinds``) it draws only these.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gliomamri.phantom.output.products import TUMOR_COLORS, truth_map
from gliomamri.phantom.patient import SimulatedPatient, simulate_patient
from gliomamri.phantom.settings import KINDS, Settings
from gliomamri.report.colormaps import map_colors

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
SEQUENCES = ("T1w", "ceT1w", "T2w", "FLAIR")
CROP = 176, 144
"""Rows and columns that are shown of a slice; 1 mm each."""
TILE = 135, 165
"""Pixels of a tile, width and height."""
LETTERS, STRIP, GAP = 14, 20, 12
PRESETS = "standard", "shifted"
MONTAGE_SEEDS = tuple(range(101, 113))
PRESET_SEEDS = 201, 202, 203, 204
KIND_SEEDS = {
    "high-grade-glioma": 7,
    "low-grade-glioma": 7,
    "meningioma": 7,
    "metastases": 7,
    "multiple-sclerosis": 11,
    "white-matter-hyperintensities": 7,
    "resection-cavity": 7,
    "healthy": 7,
}
TRUTH_SEED = 7
TRUTH_MAPS = ("T1map", "T2map", "PDmap", "ceT1map", "concentration", "infiltration", "ADC")
INK, QUIET, GROUND = "white", "#9fb3c8", "black"


@dataclass(frozen=True)
class Case:
    """A patient to be shown; arrays (z, y, x) on one grid.

    Attributes
    ----------
    images : mapping of str to array
        By role.
    labels : array
        BraTS labels, or parts of lesions where there is no tumor.
    at : int
        Index of the slice to show.
    """

    images: Mapping[str, NDArray]
    labels: NDArray
    brain: NDArray
    at: int

    def gray(self, role: str) -> NDArray[np.uint8]:
        """Slice of an image, from 0 to what 99.7 % of the brain stay below."""
        image = self.images[role]
        high = float(np.percentile(image[self.brain], 99.7))
        return (255 * np.clip(image[self.at] / high, 0, 1)).astype(np.uint8)

    def outlined(self, role: str) -> NDArray[np.uint8]:
        """The same with the labels laid over it; shape (y, x, 3)."""
        shown = np.repeat(self.gray(role)[..., None], 3, axis=2).astype(np.float32)
        labels = self.labels[self.at]
        for label in np.unique(labels[labels > 0]):
            color = 255 * np.array(TUMOR_COLORS.get(int(label), (0.90, 0.60, 0.00)))
            shown[labels == label] = 0.45 * shown[labels == label] + 0.55 * color
        return shown.astype(np.uint8)


@cache
def patient(settings: Settings, seed: int) -> SimulatedPatient:
    """Simulate, each once."""
    return simulate_patient(settings, seed)


def case(settings: Settings, seed: int) -> Case:
    """Make a patient and choose the slice."""
    made = patient(settings, seed)
    truth = made.truth
    tumor, parts, brain = map(sitk.GetArrayFromImage, (truth.labels, truth.parts, truth.brain_mask))
    images = {
        series.role: sitk.GetArrayFromImage(series.images[0])
        for series in made.series
        if len(series.images) == 1
    }
    labels = tumor if tumor.any() else parts
    return Case(images, labels, brain > 0, widest_slice(labels, brain))


def widest_slice(labels: NDArray, brain: NDArray) -> int:
    """Index of the axial slice with most of the tumor core, of any lesion, or of the upper ventricles."""
    core = np.isin(labels, (1, 4))
    shown = core if core.any() else labels > 0
    if shown.any():
        return int(shown.sum((1, 2)).argmax())
    inside = np.flatnonzero(brain.any((1, 2)))
    return int(inside[0] + 0.6 * (inside[-1] - inside[0]))


def save_tiles(
    rows: Sequence[tuple[str, Sequence[NDArray]]], titles: Sequence[str], path: Path, *, gap_after: int = 0
) -> None:
    """Write rows of tiles as one JPEG: titles above the columns, words above each row that has some."""
    width, height = TILE
    gaps = [GAP * (column // gap_after) if gap_after else 0 for column in range(len(titles))]
    strips = [STRIP if words else 2 for words, _ in rows]
    size = len(titles) * (width + 2) + gaps[-1], STRIP + sum(strips) + len(rows) * height
    sheet = Image.new("RGB", size, GROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LETTERS)
    lefts = [column * (width + 2) + gap for column, gap in enumerate(gaps)]
    for left, title in zip(lefts, titles, strict=True):
        draw.text((left + width // 2, STRIP // 2), title, fill=QUIET, font=font, anchor="mm")
    top = STRIP
    for strip, (words, tiles) in zip(strips, rows, strict=True):
        draw.text((6, top + strip // 2), words, fill=INK, font=font, anchor="lm")
        for left, pixels in zip(lefts, tiles, strict=True):
            sheet.paste(tile(pixels), (left, top + strip))
        top += strip + height
    sheet.save(path, quality=82, optimize=True)


def tile(pixels: NDArray[np.uint8]) -> Image.Image:
    """Crop the middle of a slice (CROP, in mm) and bring it to the size of a tile."""
    rows, columns = ((have - want) // 2 for have, want in zip(pixels.shape, CROP, strict=False))
    middle = pixels[rows : rows + CROP[0], columns : columns + CROP[1]]
    return Image.fromarray(middle).convert("RGB").resize(TILE, Image.Resampling.LANCZOS)


def draw_montage(path: Path) -> None:
    """Twelve patients with gliomas, four sequences each, in two blocks of columns."""
    shown = [case(Settings(truth_maps=False), seed) for seed in MONTAGE_SEEDS]
    patients = [[one.gray(role) for role in SEQUENCES] for one in shown]
    half = len(patients) // 2
    rows = [("", left + right) for left, right in zip(patients[:half], patients[half:], strict=True)]
    save_tiles(rows, SEQUENCES * 2, path, gap_after=4)


def draw_kinds(path: Path) -> None:
    """One row per kind of patient: four sequences, and the true labels over FLAIR."""
    rows = []
    for kind, seed in KIND_SEEDS.items():
        shown = case(Settings(kind=kind, truth_maps=False), seed)
        rows.append((KINDS[kind], [*(shown.gray(role) for role in SEQUENCES), shown.outlined("FLAIR")]))
    save_tiles(rows, (*SEQUENCES, "truth"), path)


def draw_presets(path: Path) -> None:
    """Patients of the standard generator at the left, of the shifted one at the right."""
    rows = []
    for seed in PRESET_SEEDS:
        both = [case(Settings(preset=preset, truth_maps=False), seed) for preset in PRESETS]
        rows.append(("", [one.gray(role) for one in both for role in SEQUENCES]))
    titles = [f"{preset}, {role}" if role == "T1w" else role for preset in PRESETS for role in SEQUENCES]
    save_tiles(rows, titles, path, gap_after=4)


def draw_truth(path: Path) -> None:
    """Images and true maps of one patient, with color bars."""
    settings = Settings(kind="high-grade-glioma", adc=True)
    shown, truth = case(settings, TRUTH_SEED), patient(settings, TRUTH_SEED).truth
    figure = Figure(figsize=(13, 6.6), facecolor=GROUND, layout="constrained")
    axes = figure.subplots(2, 5).ravel()
    for axis, role in zip(axes, ("ceT1w", "FLAIR"), strict=False):
        axis.imshow(shown.gray(role), cmap="gray", interpolation="lanczos")
        axis.set_title(f"{role}, simulated", color=INK, fontsize=11)
    axes[2].imshow(shown.outlined("FLAIR"), interpolation="nearest")
    axes[2].set_title("labels", color=INK, fontsize=11)
    for axis, key in zip(axes[3:], TRUTH_MAPS, strict=True):
        about = truth_map(key)
        colors = ListedColormap(map_colors(about.quantity, about.colormap, about.window))
        low, high = about.window
        drawn = axis.imshow(
            sitk.GetArrayFromImage(truth.maps[key])[shown.at], cmap=colors, vmin=low, vmax=high
        )
        unit = f" ({about.unit})" if about.unit else ""
        axis.set_title(f"{key}{unit}", color=INK, fontsize=11)
        bar = figure.colorbar(drawn, ax=axis, orientation="horizontal", shrink=0.8, pad=0.02, aspect=30)
        bar.ax.tick_params(colors=INK, labelsize=8)
    for axis in axes:
        axis.set_axis_off()
    figure.savefig(path, dpi=80, facecolor=GROUND, pil_kwargs={"quality": 85, "optimize": True})


DRAWN = {
    "PhantomMontage": draw_montage,
    "PhantomKinds": draw_kinds,
    "PhantomTruth": draw_truth,
    "PhantomPresets": draw_presets,
}


def main(names: Sequence[str]) -> None:
    """Draw the pictures of these names, or all."""
    for name in names or DRAWN:
        path = PICTURES / f"{name}.jpg"
        DRAWN[name](path)
        print(f"{path.name}: {path.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
