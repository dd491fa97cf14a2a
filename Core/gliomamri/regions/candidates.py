"""Points for planning a biopsy: where the change most exceeds that of healthy tissue, outside the annotation.

Called by :mod:`gliomamri.regions.analysis` and the panel; tested by Testing/unit/regions/test_candidates.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import oaconvolve

from gliomamri.regions.reflection import index_to_point
from gliomamri.regions.shells import box_around
from gliomamri.result import Points

SPHERE = 3.0
"""mm; radius of the sphere whose mean is a point's value, about a biopsy sample [our choice]."""
_SQUARED = SPHERE**2 * (1 + 1e-6)
"""So that a voxel just at the sphere is in it whatever the rounding."""

Maps = Mapping[str, tuple[NDArray, NDArray]]
"""Values and usable voxels by name, arrays (z, y, x)."""


def biopsy_candidates(
    score: NDArray,
    allowed: NDArray,
    usable: NDArray,
    grid: sitk.Image,
    maps: Maps,
    units: Mapping[str, str],
    *,
    number: int,
    apart: float,
    least: float = 0.0,
) -> Points:
    """Propose points.

    Parameters
    ----------
    score : ndarray of float, shape (z, y, x)
        What is to be high, such as the z-score of dR1.
    allowed : ndarray of bool, shape (z, y, x)
        Where a point may lie: in the shells, away from edges, surface and ventricles.
    usable : ndarray of bool, shape (z, y, x)
        Where the score is known.
    grid : SimpleITK.Image
        Geometry.
    maps, units
        What is told of each point: mean in a sphere of 3 mm, with units.
    number : int
        At most this many points.
    apart : float
        Least distance between two, mm.
    least : float
        The score's mean in the sphere must exceed it.

    Returns
    -------
    Points
        Best first, with ``score`` the mean of the score in the sphere. The highest local maximum of that mean comes
        first, then the next one that is far enough from all before, and so on.
    """
    box = box_around(allowed, grid.GetSpacing()[::-1], SPHERE)
    chosen = np.zeros((0, 3), int)
    if box is not None and number > 0:
        smooth = sphere_mean(score[box], usable[box], grid.GetSpacing()[::-1])
        peak = ndimage.maximum_filter(np.where(allowed[box], smooth, -np.inf), size=3)
        index = np.argwhere(allowed[box] & (smooth >= peak) & (smooth > least))
        order = np.argsort(-smooth[tuple(index.T)], kind="stable")
        index = index[order] + [s.start for s in box]
        chosen = _far_apart(index, grid, number, apart)
    positions = _points(chosen, grid)
    values = values_at_points(positions, {"score": (score, usable), **maps}, grid)[0]
    labels = tuple(f"P{n}" for n in range(1, len(positions) + 1))
    about = "Places outside the annotation whose change most exceeds that of healthy tissue; values are means in 3 mm."
    return Points(
        "biopsy_candidates", "Points for biopsy planning", labels, positions, values, dict(units), about
    )


def sphere_mean(values: NDArray, usable: NDArray, spacing: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return the mean of the usable voxels within 3 mm of each voxel; at least the voxel's slice; 0 where none is."""
    reach = [int(SPHERE / step) for step in spacing]
    axes = np.ogrid[tuple(slice(-r, r + 1) for r in reach)]
    ball = sum((axis * step) ** 2 for axis, step in zip(axes, spacing, strict=True)) <= _SQUARED
    weight = usable.astype(np.float32)
    kernel = ball.astype(np.float32)
    summed = oaconvolve(np.where(usable, values, 0).astype(np.float32), kernel, mode="same")
    counted = np.rint(oaconvolve(weight, kernel, mode="same"))
    return np.where(counted > 0, summed / np.maximum(counted, 1), 0).astype(np.float32)


def values_at_points(
    positions: Sequence[tuple[float, float, float]], maps: Maps, grid: sitk.Image
) -> tuple[dict[str, list[float]], list[str]]:
    """Measure maps around points, wherever the user put them.

    Parameters
    ----------
    positions : sequence of (x, y, z)
        mm, LPS.
    maps : mapping of str to (values, usable)
        On ``grid``.
    grid : SimpleITK.Image

    Returns
    -------
    values : dict of str to list of float
        Per map and point the mean of the usable voxels whose centers lie within 3 mm (at least the nearest voxel); NaN
        where there is none, which files show as empty.
    warnings : list of str
        One sentence for each point where nothing is measured.
    """
    spacing = np.array(grid.GetSpacing()[::-1])
    to_index = np.linalg.inv(index_to_point(grid))
    found: dict[str, list[float]] = {name: [] for name in maps}
    warnings = []
    for number, position in enumerate(positions, start=1):
        center = (to_index @ [*position, 1.0])[:3]
        index, within = _voxels_around(center, spacing, grid.GetSize()[::-1])
        measured = False
        for name, (values, usable) in maps.items():
            good = within & usable[index] if index is not None else np.zeros(1, bool)
            if good.any():
                found[name].append(float(values[index][good].mean(dtype=np.float64)))
                measured = True
            else:
                found[name].append(math.nan)
        if maps and not measured:
            warnings.append(
                f"Point {number} lies where nothing was measured (outside of the brain?); move it."
            )
    return found, warnings


def _voxels_around(
    center: NDArray, spacing: NDArray, shape: tuple[int, ...]
) -> tuple[tuple[slice, ...] | None, NDArray]:
    """Slices of a box around an index, and which of its voxels lie in the sphere (or are the nearest one)."""
    nearest = np.rint(center).astype(int)
    if (nearest < 0).any() or (nearest >= shape).any():
        return None, np.zeros(0, bool)
    reach = (SPHERE / spacing).astype(int) + 1
    box = tuple(
        slice(max(n - r, 0), min(n + r + 1, size)) for n, r, size in zip(nearest, reach, shape, strict=True)
    )
    axes = np.ogrid[box]
    squared = sum(((axis - c) * step) ** 2 for axis, c, step in zip(axes, center, spacing, strict=True))
    within = squared <= _SQUARED
    within[tuple(nearest - [s.start for s in box])] = True
    return box, within


def _far_apart(index: NDArray, grid: sitk.Image, number: int, apart: float) -> NDArray:
    """Take voxels in their order as long as they are ``apart`` from all taken before."""
    points = np.array(_points(index, grid)).reshape(-1, 3)
    taken: list[int] = []
    for candidate in range(len(points)):
        if len(taken) == number:
            break
        if (np.linalg.norm(points[taken] - points[candidate], axis=1) >= apart).all():
            taken.append(candidate)
    return index[taken]


def _points(index: NDArray, grid: sitk.Image) -> tuple[tuple[float, float, float], ...]:
    homogeneous = np.c_[index, np.ones(len(index))] @ index_to_point(grid).T
    return tuple(tuple(map(float, point[:3])) for point in homogeneous)
