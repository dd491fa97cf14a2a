"""Windows that cover a volume, and the weight of each voxel's answer in them.

    starts    0, s, 2 s ... with s = edge (1 - overlap); the last window is pushed back into the volume
    weight    exp(-d^2 / (2 (edge / 8)^2)) along each axis, d from the window's middle; never below 0.001, so that a
              voxel seen at one window's border only has an answer

These are MONAI's windows and weights, so that answers are equal. Windows without brain are not asked.

Called by :mod:`gliomamri.tumor.inference`; tested by Testing/unit/tumor/test_windows.py.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int, int]

_WIDTH = 0.125
"""Standard deviation of the weight in edges of the window."""
_LEAST_WEIGHT = 1e-3


@dataclass(frozen=True)
class Region:
    """The box of the grid that is worked on; it may reach beyond the grid.

    Attributes
    ----------
    start, shape : (slice, row, column)
        First voxel, negative where the box begins before the grid; voxels.
    """

    start: Shape
    shape: Shape

    def cut(self, array: NDArray, fill: tuple[float, ...] | float = 0.0) -> NDArray:
        """Return the box out of ``array`` (..., slice, row, column); beyond it ``fill``, one per channel or for all."""
        made = np.empty((*array.shape[:-3], *self.shape), array.dtype)
        made[...] = np.asarray(fill, array.dtype).reshape(-1, *(1,) * 3) if np.ndim(fill) else fill
        inner, outer = self._slices(array.shape[-3:])
        made[(..., *inner)] = array[(..., *outer)]
        return made

    def put(self, part: NDArray, array: NDArray) -> None:
        """Write the box's values into ``array``; what lies beyond it is left out."""
        inner, outer = self._slices(array.shape[-3:])
        array[(..., *outer)] = part[(..., *inner)]

    def _slices(self, size: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        inner, outer = [], []
        for start, length, edge in zip(self.start, self.shape, size, strict=True):
            low, high = max(start, 0), min(start + length, edge)
            outer.append(slice(low, high))
            inner.append(slice(low - start, high - start))
        return tuple(inner), tuple(outer)


def brain_region(brain: NDArray[np.bool_], multiples: Shape, least: Shape) -> Region:
    """Return the smallest box around the brain whose edges are multiples and not below the least.

    Parameters
    ----------
    brain : bool array (slice, row, column)
        Not empty.
    multiples, least : (slice, row, column)
        Voxels.
    """
    starts, shape = [], []
    for axis in range(3):
        filled = np.flatnonzero(brain.any(axis=tuple(other for other in range(3) if other != axis)))
        low, high = int(filled[0]), int(filled[-1]) + 1
        edge = math.ceil(max(high - low, least[axis]) / multiples[axis]) * multiples[axis]
        starts.append((low + high) // 2 - edge // 2)
        shape.append(edge)
    return Region(tuple(starts), tuple(shape))


def image_region(size: Shape, least: Shape) -> Region:
    """Return the whole grid, widened on both sides where it is smaller than the least."""
    shape = tuple(max(edge, smallest) for edge, smallest in zip(size, least, strict=True))
    start = tuple(-((wide - edge) // 2) for wide, edge in zip(shape, size, strict=True))
    return Region(start, shape)


def window_starts(shape: Shape, window: Shape, overlap: float) -> list[Shape]:
    """Return the first voxel of each window, the last axis fastest.

    Parameters
    ----------
    shape, window : (slice, row, column)
        Of the region, which is no smaller than the window.
    overlap : float
        Part of a window that the next covers too; along an axis of one voxel there is none.
    """
    axes = []
    for length, edge in zip(shape, window, strict=True):
        interval = length if edge == length else max(1, int(edge * (1 - overlap)))
        count = next(n + 1 for n in itertools.count() if n * interval + edge >= length)
        axes.append([min(number * interval, length - edge) for number in range(count)])
    return list(itertools.product(*axes))


def window_weight(window: Shape) -> NDArray[np.float32]:
    """Return the weight of each voxel of a window."""
    along = [
        np.exp(-0.5 * ((np.arange(edge) - (edge - 1) / 2) / (_WIDTH * edge)) ** 2).astype(np.float32)
        for edge in window
    ]
    weight = along[0][:, None, None] * along[1][:, None] * along[2]
    return np.maximum(weight, max(float(weight.min()), _LEAST_WEIGHT)).astype(np.float32)


def with_brain(starts: list[Shape], window: Shape, brain: NDArray[np.bool_]) -> list[Shape]:
    """Keep the windows that hold brain."""

    def box(start: Shape) -> tuple[slice, ...]:
        return tuple(slice(at, at + edge) for at, edge in zip(start, window, strict=True))

    return [start for start in starts if brain[box(start)].any()]
