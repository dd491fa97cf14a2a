"""Where the points of an anatomy's arrays lie, and smooth values between them.

Every array of an anatomy has the head frame's origin in its middle, so arrays of different voxel edges are laid
over each other without any other bookkeeping.

Tested by Testing/unit/phantom/anatomy/test_distances.py.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.phantom.grid import FloatArray, Grid

SLAB = 32
"""Slices worked on at once: small enough for the memory, large enough for numpy."""


def centered_grid(shape: tuple[int, ...], step: float) -> Grid:
    """Return the points (mm) of an array of ``shape`` with voxel edge ``step`` around the origin."""
    return Grid.centered(tuple(shape), (step,) * 3)


def interpolate(values: FloatArray, step: float, grid: Grid) -> FloatArray:
    """Return ``values``, known on their own centered grid, trilinearly at ``grid``; beyond it the border continues.

    Parameters
    ----------
    values : array (z, y, x)
        Values at voxel edge ``step`` mm around the head frame's origin.
    """
    result = values
    for axis, points in enumerate(grid.axes):
        count = values.shape[axis]
        position = np.clip(points / step + (count - 1) / 2, 0, count - 1)
        below = np.minimum(position.astype(np.intp), count - 2)
        share = (position - below).astype(np.float32)
        share = share.reshape([-1 if a == axis else 1 for a in range(3)])
        low = result.take(below, axis)
        high = result.take(below + 1, axis)
        high -= low
        high *= share
        high += low
        result = high
    return result


def at_points(values: FloatArray, step: float, points: FloatArray) -> FloatArray:
    """Return what :func:`interpolate` gives, at scattered ``points`` (3, n): z, y, x in mm."""
    middle = (np.array(values.shape, np.float32) - 1) / 2
    index = points / np.float32(step) + middle[:, None]
    return ndimage.map_coordinates(values, index, order=1, mode="nearest", prefilter=False)


def points_of(grid: Grid, index: NDArray[np.intp]) -> FloatArray:
    """Return the coordinates (3, n) in mm of the flat indices ``index`` into an array on ``grid``."""
    where = np.unravel_index(index, grid.shape)
    return np.stack([axis[i] for axis, i in zip(grid.axes, where, strict=True)])


def nearest(values: NDArray, step: float, grid: Grid) -> NDArray:
    """Return ``values``, known on their own centered grid, at the nearest voxel of each point of ``grid``."""
    index = [
        np.clip(np.rint(points / step + (count - 1) / 2).astype(np.intp), 0, count - 1)
        for points, count in zip(grid.axes, values.shape, strict=True)
    ]
    return values[np.ix_(*index)]


def by_slabs(work: Callable[[int, int], None], start: int, stop: int, slab: int = SLAB) -> None:
    """Call ``work(first, last)`` for slabs of slices from ``start`` to ``stop`` in two threads.

    Slabs must be independent of each other; then the result does not depend on the order of threads.
    """
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(work, first, min(first + slab, stop)) for first in range(start, stop, slab)]
        for job in jobs:
            job.result()


def symmetric_crop(array: NDArray, center: tuple[int, ...], half: tuple[int, ...]) -> NDArray:
    """Return ``2 * half`` voxels per axis with the corner between ``center - 1`` and ``center`` in the middle.

    What lies beyond ``array`` is zero.
    """
    result = np.zeros([2 * h for h in half], array.dtype)
    source, target = [], []
    for middle, h, count in zip(center, half, array.shape, strict=True):
        first, last = max(0, middle - h), min(count, middle + h)
        source.append(slice(first, last))
        target.append(slice(first - middle + h, last - middle + h))
    result[tuple(target)] = array[tuple(source)]
    return result
