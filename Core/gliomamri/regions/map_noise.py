"""Noise of a map from its roughness, and its squared gradient freed of noise.

Called by :mod:`gliomamri.regions.change`; tested by Testing/unit/regions/test_change.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Correlation = tuple[NDArray, NDArray, NDArray]
"""Of a voxel's noise with that of the next one along z, y, x; arrays (z, y, x)."""


def estimated_noise(values: NDArray, quiet: NDArray) -> float:
    """Estimate the standard deviation of white noise in a map.

    Parameters
    ----------
    values : ndarray of float, shape (z, y, x)
    quiet : ndarray of bool, shape (z, y, x)
        Voxels of even tissue; only those whose eight neighbors in the slice belong to it too are used.

    Returns
    -------
    float
        In the unit of the map; 0 where no voxel has all its neighbors.

    Notes
    -----
    The mask [[1, -2, 1], [-2, 4, -2], [1, -2, 1]] takes away whatever is linear in x or y; white noise of standard
    deviation s leaves it with 6 s (Immerkaer, Comput Vis Image Underst 64:300, 1996). Its median absolute value times
    1.4826 / 6 is robust against the edges that remain. Noise that interpolation made smooth is underestimated; what is
    missed then counts as variation of healthy tissue.
    """
    if min(values.shape[1:]) < 3:
        return 0.0
    along_y = values[:, :-2] - 2 * values[:, 1:-1] + values[:, 2:]
    rough = along_y[:, :, :-2] - 2 * along_y[:, :, 1:-1] + along_y[:, :, 2:]
    all_y = quiet[:, :-2] & quiet[:, 1:-1] & quiet[:, 2:]
    full = all_y[:, :, :-2] & all_y[:, :, 1:-1] & all_y[:, :, 2:]
    if not full.any():
        return 0.0
    return float(1.4826 / 6 * np.median(np.abs(rough[full])))


def squared_gradient(
    values: NDArray,
    usable: NDArray,
    spacing: tuple[float, float, float],
    error: NDArray,
    correlation: Correlation | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the squared gradient of a map without the part that noise makes.

    Parameters
    ----------
    values : ndarray of float, shape (z, y, x)
    usable : ndarray of bool, shape (z, y, x)
        Voxels that are known; differences to others are left out.
    spacing : (z, y, x)
        mm.
    error : ndarray of float, shape (z, y, x)
        Standard errors of the values.
    correlation : three ndarrays of float, shape (z, y, x), optional
        Correlation of each voxel's noise with that of the next one along z, y, x; interpolation makes it. None for
        noise that is independent.

    Returns
    -------
    squared : ndarray of float32, shape (z, y, x)
        Sum over the axes of the mean square of the two one-sided differences, in (unit/mm)^2, not negative. One-sided,
        because a thin structure has a central difference of 0 and still moves.
    unknown : ndarray of bool
        Usable voxels at least one of whose six neighbors on the grid is not usable.

    Notes
    -----
    The difference of neighbors i and j has the noise ``e_i^2 + e_j^2 - 2 rho e_i e_j``, which is taken off its square.
    """
    total = np.zeros(values.shape, np.float32)
    unknown = np.zeros(values.shape, bool)
    for axis, step in enumerate(spacing):
        v, u, e = (np.moveaxis(array, axis, 0) for array in (values, usable, error))
        both = u[1:] & u[:-1]
        squared = np.square((v[1:] - v[:-1]) / step, dtype=np.float32)
        noise = np.square(e[1:]) + np.square(e[:-1])
        if correlation is not None:
            noise -= 2 * np.moveaxis(correlation[axis], axis, 0)[:-1] * e[1:] * e[:-1]
        squared -= noise / step**2
        squared[~both] = 0
        summed, counted = np.zeros(v.shape, np.float32), np.zeros(v.shape, np.uint8)
        summed[1:] += squared
        summed[:-1] += squared
        counted[1:] += both
        counted[:-1] += both
        total += np.moveaxis(summed / np.maximum(counted, 1), 0, axis)
        full = np.full(v.shape, 2, np.uint8)
        full[[0, -1]] = 1  # the grid's end is no edge of the brain
        np.moveaxis(unknown, axis, 0)[...] |= counted < np.minimum(full, min(v.shape[0] - 1, 2))
    return np.maximum(total, 0), unknown & usable
