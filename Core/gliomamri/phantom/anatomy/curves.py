"""Tubes and balls along curves: arteries, nuclei, plexus, in mm of whatever frame the caller uses.

Tested by Testing/unit/phantom/anatomy/test_curves.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gliomamri.phantom.grid import FloatArray, Grid

Curve = Sequence[tuple[float, float, float, float]]
"""Points x, y, z and the tube's radius there, all in mm; the radius runs linearly in between."""


def tube_depth(curve: Curve, grid: Grid) -> tuple[tuple[slice, slice, slice], FloatArray]:
    """Return how deep points lie inside a tube.

    Parameters
    ----------
    curve
        Points (x, y, z, radius) in mm, in the frame of ``grid``; one point makes a ball.

    Returns
    -------
    box, depth
        The part of ``grid`` around the tube and there the radius minus the distance to the curve (mm, positive
        inside), float32 (z, y, x). The box may be empty.
    """
    points = np.asarray(curve, np.float32)
    widest = points[:, 3].max()
    box = []
    for axis, column in zip(grid.axes, (2, 1, 0), strict=True):
        low, high = points[:, column].min() - widest, points[:, column].max() + widest
        box.append(slice(int(np.searchsorted(axis, low)), int(np.searchsorted(axis, high, side="right"))))
    z, y, x = (axis[part] for axis, part in zip(grid.axes, box, strict=True))
    depth = np.full((len(z), len(y), len(x)), -np.inf, np.float32)
    for start, end in zip(points, points[1:] if len(points) > 1 else points, strict=False):
        np.maximum(depth, _capsule(start, end, z, y, x), out=depth)
    return tuple(box), depth


def _capsule(start: FloatArray, end: FloatArray, z: FloatArray, y: FloatArray, x: FloatArray) -> FloatArray:
    along = end[:3] - start[:3]
    length = float(along @ along)
    dx, dy, dz = x[None, None, :] - start[0], y[None, :, None] - start[1], z[:, None, None] - start[2]
    if length:
        share = np.clip((dx * along[0] + dy * along[1] + dz * along[2]) / np.float32(length), 0, 1)
    else:
        share = np.float32(0)
    squared = (dx - share * along[0]) ** 2 + (dy - share * along[1]) ** 2 + (dz - share * along[2]) ** 2
    return start[3] + share * (end[3] - start[3]) - np.sqrt(squared)


def mirrored(curve: Curve) -> list[tuple[float, float, float, float]]:
    """Return the curve on the other side of the plane x = 0."""
    return [(-x, y, z, radius) for x, y, z, radius in curve]
