"""Contrast: tissue against white matter, and in units of the brain's spread.

Tested by Testing/unit/experiments/test_measures.py.
"""

from __future__ import annotations

import numpy as np

from gliomamri.experiments.phantom_realism.case import (
    EDEMA,
    ENHANCING,
    NECROSIS_OR_NON_ENHANCING,
    Case,
)
from gliomamri.experiments.phantom_realism.tissue_classes import TissueClasses

_FEWEST = 100  # voxels, below which a median is not taken
_PARTS = {"edema": EDEMA, "core": NECROSIS_OR_NON_ENHANCING, "enhancing": ENHANCING}


def contrast_measures(case: Case, tissue: TissueClasses) -> dict[str, tuple[float, str]]:
    """Measure ratios to white matter and z-scores inside the brain, by medians: name to (value, unit)."""
    found: dict[str, tuple[float, str]] = {}
    for role, image in case.images.items():
        inside = image[case.brain]
        white = tissue.median(image, "white")
        medians = {"gray": tissue.median(image, "gray"), "CSF": tissue.median(image, "csf")}
        masks = {name: case.labels == label for name, label in _PARTS.items()} | {"lesion": case.lesions}
        for name, mask in masks.items():
            if mask.sum() >= _FEWEST:
                medians[name] = float(np.median(image[mask]))
                spread = float(np.subtract(*np.quantile(image[mask], (0.84, 0.16)))) / 2
                found[f"{role} {name} spread / white"] = (spread / white, "ratio")
        for name, median in medians.items():
            found[f"{role} {name} / white"] = (median / white, "ratio")
        for name, median in ({"white": white} | medians).items():
            found[f"{role} {name} z"] = ((median - inside.mean()) / inside.std(), "sd")
    return found


def uptake_measures(case: Case, tissue: TissueClasses) -> dict[str, tuple[float, str]]:
    """Measure what the contrast agent does: ratios of ceT1w to T1w: name to (value, unit)."""
    if not {"T1w", "ceT1w"} <= set(case.images):
        return {}
    plain, enhanced = case.images["T1w"], case.images["ceT1w"]
    ratio = enhanced / np.maximum(plain, 0.2 * tissue.median(plain, "white"))
    white, gray = (tissue.median(ratio, name) for name in ("white", "gray"))
    vessels = np.quantile(ratio[case.healthy], (0.98, 0.995))
    found = {
        "ceT1w/T1w white": (white, "ratio"),
        "ceT1w/T1w gray against white": (gray / white, "ratio"),
        "ceT1w/T1w 98th percentile against white": (vessels[0] / white, "ratio"),
        "ceT1w/T1w 99.5th percentile against white": (vessels[1] / white, "ratio"),
    }
    for name, label in _PARTS.items():
        if (case.labels == label).sum() >= _FEWEST:
            found[f"ceT1w/T1w {name} against white"] = (
                float(np.median(ratio[case.labels == label])) / white,
                "ratio",
            )
    return found
