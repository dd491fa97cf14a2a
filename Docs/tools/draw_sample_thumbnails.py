"""Draws the thumbnails of GliomaMRISetup's entries in the Sample Data module: the patients that a click makes.

Run ``python Docs/tools/draw_sample_thumbnails.py`` in the development environment after a change of the phantom or of
the entries' seeds; it takes a minute.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from draw_phantom_pictures import case
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
ICONS = ROOT / "GliomaMRISetup" / "Resources" / "Icons"
SIZE = 128
SHOWN = {
    "glioma": "ceT1w",
    "low-grade-glioma": "FLAIR",
    "metastases": "ceT1w",
    "meningioma": "ceT1w",
    "multiple-sclerosis": "FLAIR",
}
"""Image of each kind that shows most of it."""


def square(pixels: np.ndarray) -> np.ndarray:
    """Put the slice into the middle of a black square."""
    rows, columns = pixels.shape
    side = max(rows, columns)
    top, left = (side - rows) // 2, (side - columns) // 2
    shown = np.zeros((side, side), np.uint8)
    shown[top : top + rows, left : left + columns] = pixels
    return shown


def main() -> None:
    """Simulate each entry's patient and draw its thumbnail."""
    sys.path[:0] = [str(ROOT / "Testing"), str(ROOT / "GliomaMRISetup")]
    from bench import panel

    panel.boot()  # the entries are code of a Slicer module
    from gliomamri.phantom.settings import Settings
    from GliomaMRISetupLib.SampleDataSources import SampleDataSources, thumbnailName
    from GliomaMRISetupLib.SamplePatient import SIMPLE

    for _name, kind, seed in SampleDataSources.PATIENTS:
        pixels = square(case(Settings(kind=kind, **SIMPLE), seed).gray(SHOWN[kind]))
        shown = Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        shown.save(ICONS / thumbnailName(kind), optimize=True)


if __name__ == "__main__":
    main()
