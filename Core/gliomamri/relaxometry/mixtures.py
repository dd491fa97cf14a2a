"""Which mixture of three pure materials explains a measurement best, and how well: the direct solution and a table.

A voxel's water exchanges fast or is averaged by the fit, so that features which are means over the water mix
linearly: ``z = sum_i w_i z_i`` with ``z = (R1, R2, 1/PD)``, water shares ``w_i >= 0`` and ``sum_i w_i = 1``. The best
mixture minimizes

    d^2 = sum_k ((z_k - sum_i w_i z_ik) / s_k)^2                                                     (1)

over the triangle of the three materials: one of its corners, a point of an edge or of the inside. Every face is
solved in closed form and the best one that is allowed is taken. Shares of the volume follow from shares of the
water, ``f_i ~ w_i / PD_i``.

(1) is solved once on a grid of (R1, R2, 1/PD); voxels are looked up by (multi-)linear interpolation. Rates of a
mixture of CSF and tissue, that hardly exchange, are only approximately their mean.

Called by :mod:`~gliomamri.relaxometry.tissue_fractions`; tested by
Testing/unit/relaxometry/test_tissue_fractions.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating]
LookupFunction = Callable[[FloatArray], FloatArray]
"""What a table is made of: features (n, k) to values (n, channels)."""

EDGES = ((0, 1), (1, 2), (0, 2))
"""Pairs of materials; where several explain a measurement equally well, the first one does."""

_TIE = 1e-9
_VOXELS_AT_ONCE = 1 << 15
"""Voxels looked up together: their arrays stay in the cache."""


def best_mixture(features: ArrayLike, corners: ArrayLike, spread: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Minimize equation (1).

    Parameters
    ----------
    features : array, shape (n, k)
        Measurements.
    corners : array, shape (3, k)
        The pure materials.
    spread : array, shape (k,)
        ``s_k``, in the units of the features.

    Returns
    -------
    shares : array, shape (n, 3)
        Shares of the water, from 0 to 1, that sum to 1.
    distance : array, shape (n,)
        ``d``: the misfit in units of the spread.
    """
    z = np.asarray(features, float) / np.asarray(spread, float)
    pure = np.asarray(corners, float) / np.asarray(spread, float)
    shares = np.zeros((len(z), 3))
    best = np.full(len(z), np.inf)
    for corner in range(3):
        _keep_better(z, pure, np.tile(np.eye(3)[corner], (len(z), 1)), shares, best)
    for first, second in EDGES:
        along = pure[second] - pure[first]
        part = np.clip((z - pure[first]) @ along / (along @ along), 0, 1)
        trial = np.zeros((len(z), 3))
        trial[:, first], trial[:, second] = 1 - part, part
        _keep_better(z, pure, trial, shares, best)
    if z.shape[1] > 1:
        sides = np.stack([pure[1] - pure[0], pure[2] - pure[0]])
        parts = (z - pure[0]) @ np.linalg.pinv(sides)
        trial = np.column_stack([1 - parts.sum(1), parts])
        inside = (trial >= 0).all(1)
        trial[~inside] = shares[~inside]
        _keep_better(z, pure, trial, shares, best)
    return shares, np.sqrt(best)


def _keep_better(
    z: FloatArray, pure: FloatArray, trial: FloatArray, shares: FloatArray, best: FloatArray
) -> None:
    """Take over the trial shares where they fit better than the best so far; ``shares`` and ``best`` change."""
    misfit = ((z - trial @ pure) ** 2).sum(1)
    better = misfit < best - _TIE
    shares[better], best[better] = trial[better], misfit[better]


def volume_shares(water_shares: FloatArray, specific_volumes: ArrayLike) -> FloatArray:
    """Turn shares of the water (n, 3) into shares of the volume, by the 1/PD of each material (3,)."""
    volumes = water_shares * np.asarray(specific_volumes, float)
    return volumes / volumes.sum(1, keepdims=True)


@dataclass(frozen=True)
class Axis:
    """Equidistant nodes of a table along one feature."""

    low: float
    high: float
    nodes: int

    @property
    def values(self) -> FloatArray:
        """The nodes, shape (nodes,)."""
        return np.linspace(self.low, self.high, self.nodes)


@dataclass(frozen=True, eq=False)
class LookupTable:
    """Values on a grid of features.

    Attributes
    ----------
    axes : tuple of Axis
        One per feature.
    values : array of float32, shape (nodes of axis 1, ..., channels)
    """

    axes: tuple[Axis, ...]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, axes: tuple[Axis, ...], function: LookupFunction) -> LookupTable:
        """Evaluate a function of features (n, k) with values (n, channels) at every node."""
        nodes = np.stack(np.meshgrid(*(axis.values for axis in axes), indexing="ij"), axis=-1)
        found = function(nodes.reshape(-1, len(axes)))
        return cls(axes, found.reshape(*nodes.shape[:-1], -1).astype(np.float32))

    def __call__(self, *features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Interpolate linearly between the nodes.

        Parameters
        ----------
        *features : arrays, shape (n,)
            One per axis; what lies outside the table is moved to its border.

        Returns
        -------
        array of float32, shape (channels, n)
        """
        count = len(features[0])
        out = np.empty((self.values.shape[-1], count), np.float32)
        flat = self.values.reshape(-1, self.values.shape[-1])
        for start in range(0, count, _VOXELS_AT_ONCE):
            part = slice(start, start + _VOXELS_AT_ONCE)
            out[:, part] = self._interpolate(flat, [feature[part] for feature in features]).T
        return out

    def _interpolate(self, flat: NDArray[np.float32], features: list[FloatArray]) -> NDArray[np.float32]:
        """Look up the features of one batch; gives (n, channels)."""
        below, weights, strides = np.zeros(len(features[0]), np.intp), [], []
        stride = 1
        for axis, feature in zip(reversed(self.axes), reversed(features), strict=True):
            position = (feature - np.float32(axis.low)) * np.float32(
                (axis.nodes - 1) / (axis.high - axis.low)
            )
            np.clip(position, 0, np.float32(axis.nodes - 1), out=position)
            node = np.minimum(position.astype(np.int32), axis.nodes - 2)
            weights.append(position - node)
            below += node * stride
            strides.append(stride)
            stride *= axis.nodes
        total = np.zeros((len(below), flat.shape[1]), np.float32)
        row = np.empty_like(total)
        for upper in itertools.product((0, 1), repeat=len(features)):
            offset = sum(step for step, high in zip(strides, upper, strict=True) if high)
            weight = np.ones(len(below), np.float32)
            for share, high in zip(weights, upper, strict=True):
                weight *= share if high else 1 - share
            np.take(flat, below + offset, axis=0, out=row, mode="clip")  # "clip" skips the check of bounds
            np.multiply(row, weight[:, None], out=row)
            total += row
        return total
