"""How far neighboring voxels depend on each other, and the block size that follows.

Called by :mod:`gliomamri.statistics.blocks`; tested by Testing/unit/statistics/test_intervals.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LONGEST_LAG = 30.0
"""mm; dependence beyond is taken for a trend, not for correlation [our choice]."""

_MOST_BLOCKS = 250
"""More blocks make no better interval, only a slower one [our choice]."""


def mean_lags(values: NDArray, mask: NDArray, spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return the mean lag of the autocorrelation along each axis, in mm.

    Parameters
    ----------
    values : ndarray, shape (z, y, x)
        A map, finite inside ``mask``.
    mask : ndarray of bool, shape (z, y, x)
        Voxels that count.
    spacing : (z, y, x)
        mm.

    Returns
    -------
    ndarray of float64, shape (3,)
        ``sum |h| r(h) / sum r(h)`` over lags h = ..., -1, 0, 1, ... voxels along the axis, up to the first lag whose
        correlation is not above its own standard error under independence (1 / sqrt(pairs)), or 30 mm.

    Notes
    -----
    By that share of the block's length along an axis, the variance of a mean from blocks is too low, because
    correlation across the blocks' borders is cut (Kuensch, Ann Statist 17:1217, 1989; Lahiri, Resampling Methods for
    Dependent Data, 2003, chapter 5).
    """
    centered = np.where(mask, values - np.median(values[mask]), 0.0).astype(np.float32)
    # single outliers would hide the correlation of all others
    scale = 1.4826 * np.median(np.abs(centered[mask]))
    if scale > 0:
        centered = np.clip(centered, -4 * scale, 4 * scale)
    variance = float(np.square(centered[mask]).mean())
    if variance <= 0:
        return np.zeros(3)
    return np.array([_mean_lag(centered, mask, axis, spacing[axis], variance) for axis in range(3)])


def _mean_lag(centered: NDArray, mask: NDArray, axis: int, step: float, variance: float) -> float:
    summed, weighted = 1.0, 0.0
    a, inside = np.moveaxis(centered, axis, 0), np.moveaxis(mask, axis, 0)
    for lag in range(1, min(a.shape[0], int(_LONGEST_LAG / step) + 1)):
        pairs = int(np.count_nonzero(inside[lag:] & inside[:-lag]))
        if pairs < 10:
            break
        correlation = float(np.einsum("zyx,zyx->", a[lag:], a[:-lag], dtype=np.float64)) / (pairs * variance)
        if correlation <= pairs**-0.5:
            break
        summed += 2 * correlation
        weighted += 2 * lag * step * correlation
    return weighted / summed


def block_length(lags: NDArray, volume: float, smallest: float) -> float:
    """Return the edge of cubic blocks in mm that suits a region.

    Parameters
    ----------
    lags : ndarray of float, shape (3,)
        Of :func:`mean_lags`, mm.
    volume : float
        Of the region, mm3.
    smallest : float
        Shortest edge that makes sense (a voxel's), mm.

    Notes
    -----
    Long blocks keep the correlation, many blocks make a steady variance. With bias ``b / L`` (b the sum of the mean
    lags) and relative variance ``2 L^3 / V`` of a variance from V / L^3 blocks, the mean squared error is smallest at
    ``L = (b^2 V / 3)^(1/5)``: the rule of Hall, Horowitz and Jing (Biometrika 82:561, 1995) and of Nordman and Lahiri
    (Ann Statist 32:1981, 2004) in three dimensions, with its constants from the data. Never more than about 250 blocks.
    """
    fewest = (volume / _MOST_BLOCKS) ** (1 / 3)
    return max(float((np.sum(lags) ** 2 * volume / 3) ** 0.2), smallest, fewest)
