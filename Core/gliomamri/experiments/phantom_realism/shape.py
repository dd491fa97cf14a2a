"""Shape of tumors: surface roughness, elongation, solidity, rim thickness.

Tested by Testing/unit/experiments/test_shape.py.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from gliomamri.experiments.phantom_realism.case import EDEMA, ENHANCING, BoolArray, Case

Spacing = tuple[float, float, float]
_SMALLEST = 1.0  # ml; the shape of less says more of voxels than of tumors
_SMALLEST_COMPONENT = 0.1  # ml


def shape_measures(case: Case) -> dict[str, tuple[float, str]]:
    """Measure volumes and shapes of the tumor's parts: name to (value, unit)."""
    parts = {
        "whole tumor": case.labels > 0,
        "core": (case.labels > 0) & (case.labels != EDEMA),
        "enhancing": case.labels == ENHANCING,
    }
    found: dict[str, tuple[float, str]] = {}
    for name, mask in parts.items():
        volume = mask.sum() * case.voxel_volume
        if not parts["whole tumor"].any():
            continue
        found[f"{name} volume"] = (volume, "ml")
        if volume < _SMALLEST:
            continue
        found[f"{name} components"] = (_component_count(mask, case.voxel_volume), "count")
        largest = _largest_component(mask)
        fine, coarse = (surface_roughness(largest, case.spacing, scale) for scale in (1.0, 3.0))
        found[f"{name} roughness at 1 mm"] = (fine, "ratio")
        found[f"{name} roughness at 3 mm"] = (coarse, "ratio")
        found[f"{name} roughness 1 mm / 3 mm"] = (fine / coarse, "ratio")
        if name != "enhancing":
            found[f"{name} axis ratio"] = (axis_ratio(largest, case.spacing), "ratio")
            found[f"{name} solidity"] = (solidity(largest), "ratio")
    if "enhancing components" in found:
        found["enhancing thickness"] = (mean_thickness(parts["enhancing"], case.spacing), "mm")
    edema = case.labels == EDEMA
    if edema.sum() * case.voxel_volume >= _SMALLEST:
        widest = int(np.argmax(edema.sum((1, 2))))
        found["edema in-plane axis ratio"] = (axis_ratio(edema[widest], case.spacing[1:]), "ratio")
    return found


def surface_area(mask: BoolArray, spacing: Spacing, scale: float = 1.0) -> float:
    """Return the surface in mm2 of a mask (z, y, x) smoothed by ``scale`` mm.

    The integral of the gradient's size of the smoothed mask is the mean area of its level sets (coarea formula);
    voxel stairs do not count, structures finer than ``scale`` fade.
    """
    margin = [int(np.ceil(4 * scale / step)) + 1 for step in spacing]
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    padded = np.pad(mask[box].astype(np.float32), [(n, n) for n in margin])
    smooth = ndimage.gaussian_filter(padded, [scale / step for step in spacing])
    slopes = np.gradient(smooth, *spacing)
    return float(np.sqrt(sum(slope**2 for slope in slopes)).sum() * np.prod(spacing))


def surface_roughness(mask: BoolArray, spacing: Spacing, scale: float = 1.0) -> float:
    """Return the surface of a mask over that of a ball of the same volume; 1 for a ball."""
    volume = mask.sum() * np.prod(spacing)
    return surface_area(mask, spacing, scale) / float((36 * np.pi * volume**2) ** (1 / 3))


def axis_ratio(mask: BoolArray, spacing: tuple[float, ...]) -> float:
    """Return the longest over the shortest axis of the ellipsoid with the mask's second moments (2D or 3D)."""
    points = np.argwhere(mask) * np.asarray(spacing)
    spread = (
        np.linalg.eigvalsh(np.cov(points.T) + np.diag(np.square(spacing) / 12))
        if len(points) > 1
        else np.ones(1)
    )
    return float(np.sqrt(spread[-1] / spread[0]))


def solidity(mask: BoolArray) -> float:
    """Return the mask's volume over that of its convex hull; 1 for a convex body, nan for a flat one."""
    surface = np.argwhere(mask & ~ndimage.binary_erosion(mask))
    corners = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, 8).T
    try:
        hull = ConvexHull((surface[:, None] + corners).reshape(-1, 3))
    except QhullError:
        return float("nan")
    return float(mask.sum() / hull.volume)


def mean_thickness(mask: BoolArray, spacing: Spacing) -> float:
    """Return the mean over the medial surface of twice the inscribed distance, mm; a plate's thickness."""
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    # Doubled voxels make every plate an even number of voxels thick, whose inscribed distance is exact.
    fine = np.pad(mask[box], 1).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    distance = ndimage.distance_transform_edt(fine, [step / 2 for step in spacing])
    ridge = fine & (distance >= ndimage.maximum_filter(distance, 3) - 1e-6)
    return float(2 * distance[ridge].mean())


def _component_count(mask: BoolArray, voxel_volume: float) -> int:
    labels, count = ndimage.label(mask, np.ones((3, 3, 3)))
    sizes = ndimage.sum_labels(mask, labels, np.arange(1, count + 1)) * voxel_volume
    return int((sizes >= _SMALLEST_COMPONENT).sum())


def _largest_component(mask: BoolArray) -> BoolArray:
    labels, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    return labels == np.bincount(labels.ravel())[1:].argmax() + 1
