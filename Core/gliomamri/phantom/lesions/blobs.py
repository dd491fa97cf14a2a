"""Many small ellipsoids as one shape: satellites, metastases, multiple-sclerosis lesions, punctate spots.

Tested by Testing/unit/phantom/lesions/test_blobs.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.lesions.levels import Box, Point, sub_grid

FAR_OUTSIDE = np.float32(-50)
"""mm, level where no ellipsoid is near."""


@dataclass(frozen=True)
class Blobs:
    """Ellipsoids in the head frame.

    Attributes
    ----------
    centers : array (n, 3)
        mm (z, y, x).
    radii : array (n,)
        mm, of the ball with the same volume.
    shapes : array (n, 3, 3)
        Symmetric matrices ``S``, determinant 1: the level at ``p`` is ``r - |S (p - c)|``.
    """

    centers: NDArray[np.float64]
    radii: NDArray[np.float64]
    shapes: NDArray[np.float64]

    @classmethod
    def none(cls) -> Blobs:
        """Return an empty set."""
        return cls(np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3, 3)))

    def __len__(self) -> int:
        return len(self.radii)

    def box(self, margin: float) -> Box:
        """Return the box around all of them, wider by ``margin`` mm."""
        reach = (self.radii[:, None] + margin) * self._half_widths()
        return Box(tuple((self.centers - reach).min(0)), tuple((self.centers + reach).max(0)))

    def level(self, grid: Grid, margin: float) -> FloatArray:
        """Return the level in mm, the largest over the ellipsoids; exact within ``margin`` mm outside each."""
        level = np.full(grid.shape, FAR_OUTSIDE, np.float32)
        reaches = (self.radii[:, None] + margin) * self._half_widths()
        for center, radius, shape, reach in zip(self.centers, self.radii, self.shapes, reaches, strict=True):
            ranges = Box(tuple(center - reach), tuple(center + reach)).cut(grid)
            if ranges is None:
                continue
            near = sub_grid(grid, ranges)
            own = np.float32(radius) - _length(near, center, shape)
            np.maximum(level[ranges], own, out=level[ranges])
        return level

    def _half_widths(self) -> NDArray[np.float64]:
        """Half edges (n, 3) of each unit ellipsoid's box."""
        return np.linalg.norm(np.linalg.inv(self.shapes), axis=2) if len(self) else np.zeros((0, 3))


def elongated(direction: NDArray[np.float64], ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return shapes (n, 3, 3) of ellipsoids ``ratio`` times as long along ``direction`` (n, 3) as across."""
    direction = direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
    along = direction[:, :, None] * direction[:, None, :]
    long, across = ratio ** (-2 / 3), ratio ** (1 / 3)
    return across[:, None, None] * (np.eye(3) - along) + long[:, None, None] * along


def random_shapes(generator: np.random.Generator, count: int, spread: float) -> NDArray[np.float64]:
    """Draw shapes of ellipsoids, elongated at random; ``spread`` is the sd of the logarithm of the ratio."""
    direction = generator.standard_normal((count, 3))
    return elongated(direction, np.exp(np.abs(spread * generator.standard_normal(count))))


def _length(grid: Grid, center: Point, shape: NDArray[np.float64]) -> FloatArray:
    """|S (p - c)| on a small grid."""
    z, y, x = (
        (axis - np.float32(c)).reshape(form)
        for axis, c, form in zip(grid.axes, center, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), strict=True)
    )
    q = (shape @ shape).astype(np.float32)
    square = q[0, 0] * z * z + q[1, 1] * y * y + q[2, 2] * x * x
    square = square + 2 * (q[0, 1] * z * y + q[0, 2] * z * x + q[1, 2] * y * x)
    return np.sqrt(np.maximum(square, 0))
