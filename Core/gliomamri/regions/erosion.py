"""Erosion by one voxel against partial volume, along the axes where a voxel is small.

Called by :mod:`gliomamri.regions.catalog` and :mod:`gliomamri.regions.normal_appearing`; tested by
Testing/unit/regions/test_erosion.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_THICK = 1.75
"""Voxels longer than this many times the shortest edge are not eroded along that axis [our choice]."""


def eroded_axes(spacing: tuple[float, float, float]) -> tuple[bool, bool, bool]:
    """Tell along which axes (z, y, x) a region is eroded.

    A slice of 5 mm between pixels of 0.43 mm is not eroded through: one voxel along z would take 5 mm on each side,
    which leaves nothing of most regions, and the pixels at the rim in the plane mix tissues as much.
    """
    smallest = min(spacing)
    return tuple(step <= _THICK * smallest for step in spacing)


def eroded(
    mask: NDArray, spacing: tuple[float, float, float], fewest: int = 1
) -> tuple[NDArray[np.bool_], bool]:
    """Take the rim of one voxel off a region.

    Parameters
    ----------
    mask : ndarray of bool, shape (z, y, x)
        The region. What lies beyond the grid counts as inside, so the field of view's end takes nothing.
    spacing : (z, y, x)
        mm; decides the axes, see :func:`eroded_axes`.
    fewest : int
        Voxels that have to be left.

    Returns
    -------
    result : ndarray of bool, shape (z, y, x)
        Voxels all of whose neighbors along these axes are inside; the region as it was where fewer than ``fewest``
        would be left.
    done : bool
        False where the region was left as it was (the caller says so).
    """
    structure = np.zeros((3, 3, 3), bool)
    structure[1, 1, 1] = True
    for axis, small in enumerate(eroded_axes(spacing)):
        if small:
            neighbors = [1, 1, 1]
            neighbors[axis] = slice(None)
            structure[tuple(neighbors)] = True
    result = np.zeros(mask.shape, bool)
    found = ndimage.find_objects(mask.astype(np.uint8))
    if found:
        box = tuple(slice(max(s.start - 1, 0), s.stop + 1) for s in found[0])
        result[box] = ndimage.binary_erosion(mask[box], structure, border_value=1)
    if np.count_nonzero(result) < fewest:
        return mask.copy(), False
    return result, True
