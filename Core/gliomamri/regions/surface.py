"""The surface of a region between its voxels, and the distance of voxels from it, in mm.

Called by :mod:`gliomamri.regions.shells`; tested by Testing/unit/regions/test_shells.py against bodies whose surface is
known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from gliomamri.regions.erosion import eroded_axes

Spacing = tuple[float, float, float]

_SMOOTHING = 0.8
"""Voxels; enough to even out the stairs of a slanted surface, too little to move a curved one [our choice]."""
_UNCOUPLED = 1e4
"""mm between slices that are to be told nothing of each other."""


def surface_points(mask: NDArray, spacing: Spacing) -> NDArray[np.float64]:
    """Find where the surface of a region crosses the lines between neighboring voxel centers.

    Parameters
    ----------
    mask : ndarray of bool, shape (z, y, x)
        The region; beyond the grid it has no surface.
    spacing : (z, y, x)
        mm.

    Returns
    -------
    ndarray of float64, shape (n, 3)
        Index times spacing along z, y, x.

    Notes
    -----
    Along axes of small voxels the surface lies where the mask smoothed by 0.8 voxels is 1/2. Along an axis of thick
    voxels it lies where the signed distances from the contours of both slices, interpolated linearly, are 0
    (shape-based interpolation: Raya and Udupa, IEEE Trans Med Imaging 9:32, 1990), and half a slice beyond the last
    slice that holds the region.
    """
    small = eroded_axes(spacing)
    level = ndimage.gaussian_filter(
        mask.astype(np.float32), [_SMOOTHING * axis for axis in small], mode="nearest"
    )
    level -= 0.5
    signed = None if all(small) else _signed_distance_in_slices(mask, spacing, small)
    found = [_crossings(mask, level if small[axis] else signed, axis) * spacing for axis in range(3)]
    return np.concatenate(found)


def _signed_distance_in_slices(
    mask: NDArray, spacing: Spacing, small: tuple[bool, ...]
) -> NDArray[np.float32]:
    """Distance from the contour within each slice, positive inside; infinite below in slices without the region."""
    within = [step if axis else _UNCOUPLED for step, axis in zip(spacing, small, strict=True)]
    half = 0.5 * min(step for step, axis in zip(spacing, small, strict=True) if axis)
    signed = ndimage.distance_transform_edt(mask, within) - half * mask
    outside = ndimage.distance_transform_edt(~mask, within) - half
    signed = np.where(mask, signed, -outside)
    return np.where(signed < -0.5 * _UNCOUPLED, -np.inf, np.minimum(signed, 0.5 * _UNCOUPLED)).astype(
        np.float32
    )


def _crossings(mask: NDArray, level: NDArray, axis: int) -> NDArray[np.float64]:
    """Indices (n, 3) along one axis at which ``level`` passes 0 between voxels inside and outside.

    Half-way where it does not: at thin parts, which smoothing takes away, and beyond the last slice.
    """
    here, there = np.moveaxis(mask, axis, 0)[:-1], np.moveaxis(mask, axis, 0)[1:]
    values = np.moveaxis(level, axis, 0)
    at = np.nonzero(here != there)
    low, high = values[:-1][at].astype(np.float64), values[1:][at].astype(np.float64)
    share = np.full(low.shape, 0.5)
    known = np.isfinite(low) & np.isfinite(high) & (low * high < 0)
    share[known] = low[known] / (low[known] - high[known])
    index = np.stack(at, axis=1).astype(np.float64)
    index[:, 0] += share
    order = [*list(range(1, axis + 1)), 0, *list(range(axis + 1, 3))]
    return index[:, order]


def distance_from_surface(mask: NDArray, spacing: Spacing, reach: float) -> NDArray[np.float32]:
    """Return the distance of each voxel outside of a region from its surface; 0 inside, infinite beyond ``reach``."""
    distance = np.where(mask, np.float32(0), np.float32(np.inf))
    points = surface_points(mask, spacing)
    if len(points) == 0:
        return distance
    outside = np.nonzero(~mask)
    queries = np.stack(outside, axis=1) * np.asarray(spacing)
    near = np.all((queries >= points.min(axis=0) - reach) & (queries <= points.max(axis=0) + reach), axis=1)
    found, _ = cKDTree(points).query(queries[near], distance_upper_bound=reach * (1 + 1e-9))
    distance[tuple(axis[near] for axis in outside)] = found
    return distance
