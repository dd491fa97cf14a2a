"""Shifts of blocks from how well each shift explains them: the peak of a likelihood, its width and its rivals.

    l(s) = n r^2(s) / (2 (1 - r^2_max))      log likelihood of shift s of one block, up to a constant
    shift = -H^-1 dl/ds,  covariance = H^-1,  H = -d^2 l / ds^2

of the quadratic through the 27 values around the largest one; n counts the block's independent points. For a least
squares fit l is the log likelihood to first order in r^2 - r^2_max; unlike n/2 ln(1 - r^2) it has no cusp at a perfect
match, which would draw the peak to the lattice.

Used by :mod:`gliomamri.imaging.alignment_quality`, tested with it by Testing/unit/imaging/test_alignment_quality.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NEIGHBORS = np.arange(-1, 2)


def peaks(likelihood: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the best shift of each block.

    Parameters
    ----------
    likelihood : ndarray, shape (n, k, k, k)
        Log likelihood by shift along z, y, x; k odd, no shift in the middle.

    Returns
    -------
    shifts : ndarray, shape (n, 3)
        Along x, y, z in steps.
    errors : ndarray, shape (n,)
        Standard error in steps along the worst direction; infinite for a peak at the edge of what was tried, or none.
    """
    largest = likelihood.shape[1] - 1
    index = _places(likelihood)
    inner = np.clip(index, 1, largest - 1)
    z, y, x = (inner[:, axis, None, None, None] for axis in range(3))
    around = _NEIGHBORS
    near = likelihood[
        np.arange(len(index))[:, None, None, None],
        z + around[:, None, None],
        y + around[:, None],
        x + around,
    ]
    fitted = near.reshape(len(near), -1) @ _QUADRATIC.T
    slope, bend = fitted[:, 1:4], -_symmetric(fitted[:, 4:])
    flattest = np.linalg.eigvalsh(bend)[:, 0]
    peaked = (flattest > 0) & np.all(inner == index, axis=1)
    bend[~peaked] = np.eye(3)
    offset = np.linalg.solve(bend, slope[..., None])[..., 0]
    peaked &= np.abs(offset).max(axis=1, initial=0.0) <= 1.0
    shifts = (inner - largest // 2 + np.where(peaked[:, None], offset, 0.0))[:, ::-1]
    return shifts, np.where(peaked, 1 / np.sqrt(np.where(peaked, flattest, 1.0)), np.inf)


def lead(likelihood: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much, shape (n,), a peak's log likelihood beats the best shift two steps or more away."""
    index = _places(likelihood)
    flat = likelihood.reshape(len(likelihood), -1)
    steps = np.indices(likelihood.shape[1:]).reshape(3, -1)
    away = np.abs(steps[None] - index[:, :, None]).max(axis=1) >= 2
    return flat.max(axis=1, initial=0.0) - np.where(away, flat, -np.inf).max(axis=1, initial=-np.inf)


def _places(likelihood: NDArray[np.float64]) -> NDArray[np.intp]:
    """Index (z, y, x) of the largest value of each block."""
    place = np.argmax(likelihood.reshape(len(likelihood), -1), axis=1)
    return np.stack(np.unravel_index(place, likelihood.shape[1:]), axis=1)


def _symmetric(entries: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return second derivatives (n, 3, 3) from the coefficients of zz, yy, xx, zy, zx, yx."""
    zz, yy, xx, zy, zx, yx = entries.T
    return np.moveaxis(np.array([[2 * zz, zy, zx], [zy, 2 * yy, yx], [zx, yx, 2 * xx]]), -1, 0)


def _quadratic_fit() -> NDArray[np.float64]:
    """Matrix (10, 27) from values on the 27 neighbors to the coefficients of 1, z, y, x, zz, yy, xx, zy, zx, yx."""
    z, y, x = (axis.ravel() for axis in np.meshgrid(*[_NEIGHBORS.astype(float)] * 3, indexing="ij"))
    columns = [np.ones(27), z, y, x, z * z, y * y, x * x, z * y, z * x, y * x]
    return np.linalg.pinv(np.stack(columns, axis=1))


_QUADRATIC = _quadratic_fit()
