"""Where a phantom is sampled: points on three axes of the head.

The head frame is in mm with its origin in the middle of the brain: x grows to the patient's left, y to the back,
z to the top (LPS, as SimpleITK's physical points). Arrays are (z, y, x).

Tested by Testing/unit/phantom/test_fields.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Grid:
    """Points of a rectilinear grid in the head frame.

    Attributes
    ----------
    z, y, x : 1-D arrays
        Coordinates in mm of the points along each axis, growing; a single slice has one z.
    voxel : (z, y, x) or None
        Edges in mm of the voxel around each point; None stands for the distance between points (1 mm where there
        is one point only).
    """

    z: FloatArray
    y: FloatArray
    x: FloatArray
    voxel: tuple[float, float, float] | None = None

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Edges (z, y, x) in mm of a voxel."""
        if self.voxel is not None:
            return self.voxel
        # Over the whole axis, so that float32 coordinates leave no error that grows along it.
        z, y, x = (
            float(axis[-1] - axis[0]) / (len(axis) - 1) if len(axis) > 1 else 1.0 for axis in self.axes
        )
        return z, y, x

    @classmethod
    def centered(
        cls,
        shape: tuple[int, int, int],
        spacing: tuple[float, float, float],
        center: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> Grid:
        """Return the grid of ``shape`` points (z, y, x) with ``spacing`` mm around ``center`` mm."""
        axes = (
            (middle + (np.arange(count) - (count - 1) / 2) * step).astype(np.float32)
            for count, step, middle in zip(shape, spacing, center, strict=True)
        )
        return cls(*axes, voxel=spacing)

    @property
    def axes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Coordinates along z, y, x."""
        return self.z, self.y, self.x

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of points along z, y, x."""
        return len(self.z), len(self.y), len(self.x)

    def slab(self, start: int, stop: int) -> Grid:
        """Return the slices ``start`` to ``stop`` (exclusive) along z."""
        return Grid(self.z[start:stop], self.y, self.x, self.spacing)
