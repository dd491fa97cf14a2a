"""Noise and sharpness, in the plane and through it.

References
----------
.. [1] Immerkaer J, Fast noise variance estimation, Comput Vis Image Underst 64, 1996.

Tested by Testing/unit/experiments/test_sharpness.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.experiments.phantom_realism.case import BoolArray, Case, FloatArray
from gliomamri.experiments.phantom_realism.tissue_classes import TissueClasses

_SECOND_DIFFERENCE = np.array([1.0, -2.0, 1.0])
_FEWEST = 40  # edge points


def noise_measures(case: Case, tissue: TissueClasses) -> dict[str, tuple[float, str]]:
    """Measure noise in the depth of white matter: name to (value, unit)."""
    depth = ndimage.binary_erosion(tissue.white, iterations=2)
    found: dict[str, tuple[float, str]] = {}
    for role, image in case.images.items():
        white = tissue.median(image, "white")
        if depth.sum() < 500:
            continue
        found[f"{role} noise / white"] = (noise_sd(image, depth) / white, "ratio")
        in_plane = np.mean([difference_ratio(image, depth, axis, 1, 2) for axis in (1, 2)])
        found[f"{role} noise lag 1 / lag 2 in plane"] = (float(in_plane), "ratio")
        found[f"{role} noise lag 1 / lag 2 through plane"] = (
            difference_ratio(image, depth, 0, 1, 2),
            "ratio",
        )
    return found


def sharpness_measures(case: Case, tissue: TissueClasses) -> dict[str, tuple[float, str]]:
    """Measure the blur of ventricle edges and the share of fine detail: name to (value, unit)."""
    found: dict[str, tuple[float, str]] = {}
    inside = ndimage.binary_erosion(case.brain, iterations=3)
    points, normals = _ventricle_edges(case, tissue)
    steep = abs(normals[:, 0])
    for role, image in case.images.items():
        contrast = abs(tissue.median(image, "csf") - tissue.median(image, "white"))
        blur = edge_blur(image, points, normals, case.spacing, contrast)
        for name, chosen in (("in plane", steep < 0.2), ("through plane", steep > 0.8)):
            value = np.nanmedian(blur[chosen]) if np.isfinite(blur[chosen]).sum() >= _FEWEST else float("nan")
            found[f"{role} edge blur {name}"] = (float(value), "mm")
        detail = float(np.mean([difference_ratio(image, inside, axis, 1, 4) for axis in (1, 2)]))
        through = difference_ratio(image, inside, 0, 1, 4)
        found[f"{role} detail lag 1 / lag 4 in plane"] = (detail, "ratio")
        found[f"{role} detail lag 1 / lag 4 through plane"] = (through, "ratio")
        found[f"{role} detail through / in plane"] = (through / detail, "ratio")
    return found


def noise_sd(image: FloatArray, mask: BoolArray) -> float:
    """Return the sd of white in-plane noise, robustly from in-plane second differences [1]_; mask (z, y, x)."""
    rows = ndimage.correlate1d(image, _SECOND_DIFFERENCE, 1, output=np.float32)
    both = ndimage.correlate1d(rows, _SECOND_DIFFERENCE, 2, output=np.float32)
    return float(1.4826 * np.median(abs(both[mask])) / 6)


def difference_ratio(image: FloatArray, mask: BoolArray, axis: int, short: int, long: int) -> float:
    """Return the mean absolute difference of voxels ``short`` apart over that of voxels ``long`` apart, in a mask.

    White noise gives 1, a steady slope short / long, a blurred image little.
    """

    def mean_difference(lag: int) -> float:
        low = tuple(slice(None, -lag) if a == axis else slice(None) for a in range(3))
        high = tuple(slice(lag, None) if a == axis else slice(None) for a in range(3))
        pairs = mask[low] & mask[high]
        return float(abs(image[high][pairs] - image[low][pairs]).mean()) if pairs.any() else float("nan")

    return mean_difference(short) / mean_difference(long)


def edge_blur(
    image: FloatArray,
    points: NDArray,
    normals: NDArray,
    spacing: tuple[float, float, float],
    contrast: float,
) -> NDArray:
    """Return the sd in mm of the normal distribution that blurs each edge; nan where no clear edge is.

    Parameters
    ----------
    image : (z, y, x) array
    points : (n, 3) array
        Voxel positions (z, y, x) on edges.
    normals : (n, 3) array
        Unit vectors (z, y, x) across the edges, in mm.
    spacing : (z, y, x)
        mm.
    contrast : float
        An edge of less than half of this is left out.
    """
    if not len(points):
        return np.full(0, np.nan)
    distance = np.arange(-7, 7.01, 0.5)
    position = points[:, :, None] + normals[:, :, None] / np.reshape(spacing, (1, 3, 1)) * distance
    box = [slice(max(0, int(p.min()) - 8), int(p.max()) + 9) for p in position.transpose(1, 0, 2)]
    start = np.array([extent.start for extent in box]).reshape(3, 1, 1)
    profile = ndimage.map_coordinates(
        image[tuple(box)].astype(np.float32), position.transpose(1, 0, 2) - start, order=3, mode="nearest"
    )
    # A blurred edge lies beside where the tissue seems to end: look for it, then 3 to 4 mm to both sides.
    middle = len(distance) // 2
    rising = np.sign(profile[:, middle + 4 :].mean(1) - profile[:, : middle - 3].mean(1))
    slopes = (profile[:, 2:] - profile[:, :-2]) * rising[:, None]
    near = slice(middle - 1 - 6, middle - 1 + 7)
    steepest = slopes[:, near].argmax(1) + near.start + 1
    slope = slopes[:, near].max(1)
    side = steepest[:, None] + np.array([6, 7, 8])
    step = np.take_along_axis(profile, side, 1).mean(1)
    step -= np.take_along_axis(profile, 2 * steepest[:, None] - side, 1).mean(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        blur = abs(step) / (np.sqrt(2 * np.pi) * slope)
    return np.where((abs(step) > 0.5 * contrast) & (slope > 0), blur, np.nan)


def _ventricle_edges(case: Case, tissue: TissueClasses) -> tuple[NDArray, NDArray]:
    """Return points (n, 3) in voxels on the surface of deep CSF, and its normals (n, 3) in mm."""
    deep = ndimage.distance_transform_edt(case.brain, case.spacing) > 15
    fluid = ndimage.binary_opening(tissue.csf & deep)
    if not fluid.any():
        return np.zeros((0, 3)), np.zeros((0, 3))
    smooth = ndimage.gaussian_filter(fluid.astype(np.float32), [1.5 / step for step in case.spacing])
    surface = np.argwhere(ndimage.binary_dilation(fluid) & ~fluid & deep)
    slopes = np.stack([s[tuple(surface.T)] for s in np.gradient(smooth, *case.spacing)], 1)
    size = np.linalg.norm(slopes, axis=1)
    clear = size > 0.05
    return surface[clear].astype(float), slopes[clear] / size[clear, None]
