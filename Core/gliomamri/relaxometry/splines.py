"""Tensor products of cubic B-splines over the box of a mask, their bending energy, and lattices of voxels.

Positions are in mm along the axes of the grid, so that an oblique or anisotropic grid needs nothing special.

Called by smooth_field.py and those who fit fields; tested by Testing/unit/relaxometry/test_smooth_field.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline

from gliomamri.relaxometry.signals import FloatArray

KNOT_SPACING = 30.0
"""mm between the knots of the splines [our choice]; smoother fields are the penalty's work."""

_MOST_INTERVALS = 12


@dataclass(frozen=True)
class AxisSplines:
    """Cubic B-splines along one axis, or the constant 1 on an axis of a single voxel.

    Attributes
    ----------
    knots : ndarray
        mm, with three more at either end; empty for the constant.
    """

    knots: FloatArray

    @classmethod
    def over(cls, low: float, high: float, knot_spacing: float = KNOT_SPACING) -> AxisSplines:
        """Splines between two positions in mm, with knots about ``knot_spacing`` mm apart."""
        if high <= low:
            return cls(np.empty(0))
        intervals = int(np.clip(round((high - low) / knot_spacing), 1, _MOST_INTERVALS))
        step = (high - low) / intervals
        return cls(low + step * np.arange(-3, intervals + 4))

    @property
    def is_constant(self) -> bool:
        """Whether the axis has no extent."""
        return self.knots.size == 0

    @property
    def count(self) -> int:
        """Number of splines."""
        return 1 if self.is_constant else self.knots.size - 4

    def at(self, positions: FloatArray, derivative: int = 0) -> FloatArray:
        """Return the splines or their derivative at ``positions`` in mm, (n, count); clamped to the axis."""
        if self.is_constant:
            return np.full((positions.size, 1), 0.0 if derivative else 1.0)
        inside = np.clip(positions, self.knots[3], self.knots[-4])
        splines = BSpline(self.knots, np.eye(self.count), 3)
        return splines(inside, nu=derivative)

    def gram(self, derivative: int) -> FloatArray:
        """Return the integrals of products of the splines' derivatives, (count, count)."""
        if self.is_constant:
            return np.full((1, 1), 0.0 if derivative else 1.0)
        nodes, weights = np.polynomial.legendre.leggauss(4)  # exact up to degree 7; products have 6
        edges = self.knots[3:-3]
        half = np.diff(edges) / 2
        positions = (edges[:-1] + half)[:, None] + half[:, None] * nodes
        values = self.at(positions.ravel(), derivative)
        return values.T @ (values * (half[:, None] * weights).ravel()[:, None])


@dataclass(frozen=True)
class SplineSpace:
    """Tensor products of splines over the box of a mask, axes (z, y, x)."""

    axes: tuple[AxisSplines, AxisSplines, AxisSplines]
    spacing: tuple[float, float, float]
    shape: tuple[int, int, int]

    @classmethod
    def over(
        cls, mask: np.ndarray, spacing: tuple[float, float, float], knot_spacing: float = KNOT_SPACING
    ) -> SplineSpace:
        """Splines over the box of ``mask`` (z, y, x); ``spacing`` (z, y, x) and ``knot_spacing`` in mm."""
        axes = []
        for axis, step in enumerate(spacing):
            others = tuple(a for a in range(3) if a != axis)
            used = np.flatnonzero(mask.any(axis=others))
            axes.append(AxisSplines.over(step * used[0], step * used[-1], knot_spacing))
        return cls(tuple(axes), tuple(spacing), mask.shape)

    @property
    def count(self) -> int:
        """Number of coefficients."""
        return int(np.prod([axis.count for axis in self.axes]))

    @property
    def flat_dimensions(self) -> int:
        """Number of fields that bend nowhere: the constant, and one slope per axis of some extent."""
        return 1 + sum(not axis.is_constant for axis in self.axes)

    def bases(self, lattice: tuple[np.ndarray, ...]) -> list[FloatArray]:
        """Return the splines of every axis at voxel indices ``lattice``, one array per axis."""
        return [
            axis.at(step * index) for axis, step, index in zip(self.axes, self.spacing, lattice, strict=True)
        ]

    def bending_energy(self) -> FloatArray:
        """Return P of equation (1), (count, count)."""
        grams = [[axis.gram(derivative) for derivative in range(3)] for axis in self.axes]
        total = np.zeros((self.count, self.count))
        for orders, times in (
            ((2, 0, 0), 1), ((0, 2, 0), 1), ((0, 0, 2), 1), ((1, 1, 0), 2), ((1, 0, 1), 2), ((0, 1, 1), 2),
        ):  # fmt: skip
            z, y, x = (gram[order] for gram, order in zip(grams, orders, strict=True))
            total += times * np.kron(z, np.kron(y, x))
        return total


def lattice_of(mask: np.ndarray, spacing: tuple[float, ...], voxels: int) -> tuple[np.ndarray, ...]:
    """Return voxel indices per axis of a nearly isotropic lattice with about ``voxels`` points inside ``mask``."""
    boxes = [np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    lengths = [(used[0], used[-1] + 1) for used in boxes]
    strides = [1, 1, 1]
    wanted = int(mask.sum())
    edge = min(spacing)
    while wanted > voxels and edge < 1e4:
        edge *= 1.05
        strides = [max(1, round(edge / step)) for step in spacing]
        wanted = mask.sum() / np.prod(strides)
    return tuple(
        np.arange(low + (stride - 1) // 2 if high - low > stride else low, high, stride)
        for (low, high), stride in zip(lengths, strides, strict=True)
    )
