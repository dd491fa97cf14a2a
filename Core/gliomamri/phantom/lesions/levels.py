"""Soft shapes: from level sets in mm to shares of a voxel, evaluated only where the lesion is.

Tested by Testing/unit/phantom/lesions/test_levels.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.lesion import Part

Point = tuple[float, float, float]


def soft_step(level: FloatArray, softness: float) -> FloatArray:
    """Return 0 outside, 1 inside and a smooth ramp between.

    The ramp is the polynomial t^2 (3 - 2 t) with the slope of the logistic function of ``level / softness`` at 0,
    but it reaches 0 and 1 exactly, 3 ``softness`` from the border: a lesion ends where its box ends.

    Parameters
    ----------
    level : array
        mm, positive inside.
    softness : float
        mm.
    """
    t = level * np.float32(1 / (6 * softness))
    t += np.float32(0.5)
    np.clip(t, 0, 1, out=t)
    ramp = t * np.float32(-2)
    ramp += 3
    ramp *= t
    ramp *= t
    return ramp


@dataclass(frozen=True)
class Box:
    """A box in the head frame: ``low`` and ``high`` corner (z, y, x) in mm."""

    low: Point
    high: Point

    @classmethod
    def around(cls, inside: FloatArray, grid: Grid, margin: float) -> Self:
        """Return the box of the True points of ``inside`` on ``grid``, wider by ``margin`` mm."""
        low, high = [], []
        for number, axis in enumerate(grid.axes):
            others = tuple(other for other in range(3) if other != number)
            hits = np.flatnonzero(inside.any(axis=others))
            first, last = (hits[0], hits[-1]) if len(hits) else (0, len(axis) - 1)
            low.append(float(axis[first]) - margin)
            high.append(float(axis[last]) + margin)
        return cls(tuple(low), tuple(high))

    @classmethod
    def of_ball(cls, center: Point, radius: float) -> Self:
        """Return the box of a ball, mm."""
        return cls(tuple(c - radius for c in center), tuple(c + radius for c in center))

    def union(self, other: Box) -> Self:
        """Return the smallest box with both."""
        return type(self)(
            tuple(min(pair) for pair in zip(self.low, other.low, strict=True)),
            tuple(max(pair) for pair in zip(self.high, other.high, strict=True)),
        )

    def cut(self, grid: Grid) -> tuple[slice, slice, slice] | None:
        """Return the index ranges of the points of ``grid`` inside the box; None where there are none."""
        ranges = []
        for low, high, axis in zip(self.low, self.high, grid.axes, strict=True):
            start, stop = np.searchsorted(axis, (low, high), side="left")
            if start == stop:
                return None
            ranges.append(slice(int(start), int(stop)))
        return ranges[0], ranges[1], ranges[2]


def sub_grid(grid: Grid, ranges: tuple[slice, slice, slice]) -> Grid:
    """Return the points of ``grid`` in the index ranges."""
    return Grid(*(axis[part] for axis, part in zip(grid.axes, ranges, strict=True)), voxel=grid.spacing)


def weights_in_box(
    grid: Grid, box: Box, evaluate: Callable[[Grid], Mapping[Part, FloatArray]]
) -> dict[Part, FloatArray]:
    """Evaluate a lesion on the points of ``grid`` in its box and put the shares back.

    Returns
    -------
    dict
        Empty if the box does not touch the grid or all shares are 0 on it; parts that are 0 everywhere are left
        out.
    """
    ranges = box.cut(grid)
    if ranges is None:
        return {}
    weights = {}
    for part, values in evaluate(sub_grid(grid, ranges)).items():
        if not values.any():
            continue
        weights[part] = np.zeros(grid.shape, np.float32)
        weights[part][ranges] = values
    return weights


def smooth_spline(values: FloatArray, grid: Grid) -> LatticeField:
    """Return the spline with ``values`` as coefficients: slightly smoothed, without the overshoot of interpolation.

    Parameters
    ----------
    values : array (z, y, x)
        At the points of an isotropic ``grid``.
    """
    step = float(grid.z[1] - grid.z[0])
    return LatticeField(
        np.pad(np.asarray(values, np.float32), 2, mode="edge"),
        tuple(float(axis[0]) - 2 * step for axis in grid.axes),
        step,
    )
