"""Histogram, bias, texture and alignment of the images.

References
----------
.. [1] Haber E, Modersitzki J, Intensity gradient based registration and fusion, MICCAI 2006 (normalized gradients).

Tested by Testing/unit/experiments/test_measures.py.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from gliomamri.experiments.phantom_realism.case import BoolArray, Case, FloatArray
from gliomamri.experiments.phantom_realism.tissue_classes import TissueClasses

_PERCENTILES = (1, 5, 95, 99)


def histogram_measures(case: Case, tissue: TissueClasses) -> dict[str, tuple[float, str]]:
    """Measure the histogram of the healthy brain in units of white matter: name to (value, unit)."""
    found: dict[str, tuple[float, str]] = {}
    for role, image in case.images.items():
        inside = image[case.healthy] / tissue.median(image, "white")
        for percent, value in zip(_PERCENTILES, np.percentile(inside, _PERCENTILES), strict=True):
            found[f"{role} percentile {percent} / white"] = (float(value), "ratio")
        kept = np.clip(inside, *np.percentile(inside, (0.1, 99.9)))
        found[f"{role} skewness"] = (float(((kept - kept.mean()) ** 3).mean() / kept.std() ** 3), "ratio")
    return found


def texture_measures(case: Case, tissue: TissueClasses) -> dict[str, tuple[float, str]]:
    """Measure low-frequency gain in white matter and texture of 2 to 4 mm: name to (value, unit)."""
    found: dict[str, tuple[float, str]] = {}
    white = ndimage.binary_erosion(tissue.white)
    for role, image in case.images.items():
        median = tissue.median(image, "white")
        found[f"{role} bias in white"] = (float(np.log(tissue.gain[role][tissue.white]).std()), "log sd")
        for name, mask in (("white", white), ("gray", tissue.gray)):
            if mask.sum() >= 500:
                found[f"{role} texture in {name} / white"] = (
                    texture_sd(image, mask, case.spacing) / median,
                    "ratio",
                )
    return found


def texture_sd(image: FloatArray, mask: BoolArray, spacing: tuple[float, float, float]) -> float:
    """Return the robust sd within a mask of what Gaussians of 1 and 2 mm sd, confined to it, tell apart."""
    fine, coarse = (_smooth_within(image, mask, [scale / step for step in spacing]) for scale in (1.0, 2.0))
    return float(1.4826 * np.median(abs((fine - coarse)[mask] - np.median((fine - coarse)[mask]))))


def alignment_measures(case: Case) -> dict[str, tuple[float, str]]:
    """Measure how edges of the other sequences fall on those of T1w [1]_: name to (value, unit)."""
    if "T1w" not in case.images:
        return {}
    inside = ndimage.binary_erosion(case.brain, iterations=4)
    reference = _unit_gradient(case.images["T1w"], inside, case.spacing)
    strength = (reference**2).sum(0)
    edges = inside & (strength > np.median(strength[inside]))
    found: dict[str, tuple[float, str]] = {}
    for role, image in case.images.items():
        if role == "T1w":
            continue
        other = _unit_gradient(image, inside, case.spacing)
        here = _agreement(reference, other, edges, (0, 0, 0))
        found[f"{role} edges on T1w"] = (here, "share")
        offsets = []
        for axis in range(3):
            back, forth = (
                _agreement(reference, other, edges, tuple(sign * (a == axis) for a in range(3)))
                for sign in (-1, 1)
            )
            bend = back - 2 * here + forth
            offsets.append(0.5 * (back - forth) / bend * case.spacing[axis] if bend < 0 else 0.0)
        found[f"{role} offset to T1w"] = (float(np.linalg.norm(np.clip(offsets, -1.5, 1.5))), "mm")
    return found


def _agreement(first: FloatArray, second: FloatArray, edges: BoolArray, shift: tuple[int, ...]) -> float:
    moved = np.roll(second, shift, (1, 2, 3))
    return float((sum(a * b for a, b in zip(first, moved, strict=True))[edges] ** 2).mean())


def _unit_gradient(image: FloatArray, inside: BoolArray, spacing: tuple[float, float, float]) -> FloatArray:
    smooth = ndimage.gaussian_filter(image, [1.0 / step for step in spacing])
    slopes = np.stack(np.gradient(smooth, *spacing))
    size = np.sqrt((slopes**2).sum(0))
    return slopes / np.sqrt(size**2 + np.median(size[inside]) ** 2)


def _smooth_within(image: FloatArray, mask: BoolArray, sigma: list[float]) -> FloatArray:
    weight = ndimage.gaussian_filter(mask.astype(np.float32), sigma)
    return ndimage.gaussian_filter(np.where(mask, image, 0).astype(np.float32), sigma) / np.maximum(
        weight, 1e-3
    )
