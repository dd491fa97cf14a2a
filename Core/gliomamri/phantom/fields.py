"""Smooth fields of the head, known on a coarse lattice and evaluated on any grid.

A field is a cubic B-spline, ``f(p) = sum_k c_k B((p - p_k) / h)`` in each axis. On a rectilinear grid the sum
separates into three small matrix products, so a field costs next to nothing and has the same value whether one
slice or the whole head is asked for: the fast path for training and the full volume are the same phantom.

Tested by Testing/unit/phantom/test_fields.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import ndimage

from gliomamri.phantom.grid import FloatArray, Grid

HEAD_HALF_SIZE = (130.0, 130.0, 110.0)
"""Half edges (z, y, x) in mm of the box around the brain's middle in which random fields live."""


@dataclass(frozen=True)
class LatticeField:
    """A cubic B-spline on a lattice; beyond the lattice it keeps the border's value.

    Attributes
    ----------
    coefficients : array (z, y, x)
        B-spline coefficients, with one extra node on each side of the domain.
    origin : (z, y, x)
        mm, position of the first coefficient.
    step : float
        mm between coefficients.
    """

    coefficients: FloatArray
    origin: tuple[float, float, float]
    step: float

    @classmethod
    def through(cls, values: FloatArray, grid: Grid) -> Self:
        """Return the spline that takes ``values`` (z, y, x) at the points of an isotropic ``grid``."""
        step = float(grid.z[1] - grid.z[0])
        padded = np.pad(np.asarray(values, np.float32), 3, mode="edge")
        coefficients = ndimage.spline_filter(padded, order=3, output=np.float32, mode="mirror")
        return cls(coefficients, tuple(float(axis[0]) - 3 * step for axis in grid.axes), step)

    def at(self, grid: Grid) -> FloatArray:
        """Return the field's values on ``grid``, float32 of its shape."""
        weights, near = [], []
        for axis, start, count in zip(grid.axes, self.origin, self.coefficients.shape, strict=True):
            position = np.clip((axis - start) / self.step, 1, count - 2)
            # A slice needs four layers of coefficients only.
            first, last = int(position.min()) - 1, min(int(position.max()) + 3, count)
            weights.append(_spline_weights(position - first, last - first))
            near.append(slice(first, last))
        z, y, x = weights
        partly = np.tensordot(z, self.coefficients[tuple(near)], axes=(1, 0))
        return np.matmul(np.matmul(y, partly), x.T)

    def at_points(self, points: Sequence[FloatArray]) -> FloatArray:
        """Return the field's values at scattered ``points`` (z, y, x), three arrays of one shape in mm."""
        index = [
            np.clip((axis - start) / self.step, 1, count - 2)
            for axis, start, count in zip(points, self.origin, self.coefficients.shape, strict=True)
        ]
        return ndimage.map_coordinates(self.coefficients, index, order=3, prefilter=False)

    def plus(self, other: LatticeField) -> Self:
        """Return the sum with a field on the same lattice."""
        return type(self)(self.coefficients + other.coefficients, self.origin, self.step)

    def times(self, factor: float) -> Self:
        """Return the field times ``factor``."""
        return type(self)(self.coefficients * np.float32(factor), self.origin, self.step)


def determinant(rows: Sequence[Sequence[FloatArray]]) -> FloatArray:
    """Return the determinant of a 3 x 3 matrix of arrays, such as the gradient of a map (Jacobian)."""
    (a, b, c), (d, e, f), (g, h, i) = rows
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def random_field(
    generator: np.random.Generator,
    width: float,
    half_size: tuple[float, float, float] = HEAD_HALF_SIZE,
    center: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> LatticeField:
    """Draw a Gaussian random field of mean 0 and standard deviation 1.

    Parameters
    ----------
    generator
        Source of randomness.
    width
        mm, full width at half maximum of the autocorrelation. Independent normal coefficients of a cubic B-spline
        with step h have an autocorrelation of nearly Gaussian shape and width 1.92 h.
    half_size, center
        mm (z, y, x), the box in which the field varies; outside it the border's value continues.
    """
    step = width / 1.92
    counts = [int(np.ceil(2 * half / step)) + 4 for half in half_size]
    coefficients = generator.standard_normal(counts, dtype=np.float32) / np.float32(_NOISE_SD)
    origin = tuple(middle - (count - 1) / 2 * step for middle, count in zip(center, counts, strict=True))
    return LatticeField(coefficients, origin, step)


_NOISE_SD = (151 / 315) ** 1.5
"""Standard deviation over positions of the field with unit coefficients: sqrt((B*B)(0)) per axis, cubed."""


def _spline_weights(position: FloatArray, count: int) -> FloatArray:
    """Weights (points, coefficients) of the cubic B-spline at ``position``, in steps from the first coefficient."""
    distance = np.abs(position.astype(np.float64)[:, None] - np.arange(count)[None, :])
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)
