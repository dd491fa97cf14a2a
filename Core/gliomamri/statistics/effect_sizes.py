"""How much two samples differ: Cliff's delta and the Wasserstein distance, from samples or from histograms.

The versions for samples are exact; those for histograms take many rows of counts at once, which is what a bootstrap
needs. Called by :mod:`gliomamri.regions.comparison`; tested by Testing/unit/statistics/test_effect_sizes.py against
all pairs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def cliffs_delta(x: ArrayLike, y: ArrayLike) -> float:
    """Return P(X > Y) - P(X < Y) of two samples, ties counting for neither; in O(n log n).

    Parameters
    ----------
    x, y : array_like of finite floats
        Samples of any shape and size.

    Returns
    -------
    float
        In [-1, 1]; 1 when every value of ``x`` exceeds every value of ``y``.

    Raises
    ------
    ValueError
        If a sample is empty.

    Notes
    -----
    Cliff, Psychol Bull 114:494 (1993), equation 1: the sum over all pairs of sign(x - y), over their number. Sorting
    ``y`` once lets every x find the number of smaller and of larger ones by bisection.

    Examples
    --------
    >>> cliffs_delta([2.0, 3.0], [1.0, 2.0])
    0.75
    """
    x, y = _sample(x), np.sort(_sample(y))
    smaller = np.searchsorted(y, x, side="left").sum(dtype=np.int64)
    not_larger = np.searchsorted(y, x, side="right").sum(dtype=np.int64)
    pairs = x.size * y.size
    return float((smaller - (pairs - not_larger)) / pairs)


def wasserstein_distance(x: ArrayLike, y: ArrayLike) -> float:
    """Return the Wasserstein-1 distance of two samples, in their unit; in O(n log n).

    It is the area between the two cumulative distributions: the mean distance that values of ``x`` have to be moved
    to be distributed like ``y``.

    Parameters
    ----------
    x, y : array_like of finite floats
        Samples of any shape and size.

    Raises
    ------
    ValueError
        If a sample is empty.

    Notes
    -----
    Vallender, Theory Probab Appl 18:784 (1974): W1 = integral of abs(F - G).

    Examples
    --------
    >>> wasserstein_distance([0.0, 1.0], [2.0, 3.0])
    2.0
    """
    x, y = np.sort(_sample(x)), np.sort(_sample(y))
    steps = np.sort(np.concatenate([x, y]))
    below = steps[:-1]
    difference = np.searchsorted(x, below, side="right") / x.size
    difference -= np.searchsorted(y, below, side="right") / y.size
    return float(np.dot(np.abs(difference), np.diff(steps)))


def cliffs_delta_of_counts(x: NDArray, y: NDArray) -> NDArray[np.float64]:
    """Return Cliff's delta of histograms; values of one bin count as ties.

    Parameters
    ----------
    x, y : ndarray of float, shape (..., bins)
        Counts (or weights) in common bins of rising value; leading axes broadcast.

    Returns
    -------
    ndarray of float64, shape (...)
        0 where a histogram is empty.
    """
    y_below = np.cumsum(y, axis=-1, dtype=np.float64)
    total_y = y_below[..., -1]
    # smaller minus larger than bin k: below(k) - (total - below(k) - y(k)), below without the bin itself
    balance = 2 * y_below - y - total_y[..., None]
    pairs = x.sum(axis=-1, dtype=np.float64) * total_y
    summed = np.einsum("...k,...k->...", x, balance)
    return np.divide(summed, pairs, out=np.zeros_like(pairs), where=pairs > 0)


def wasserstein_distance_of_counts(x: NDArray, y: NDArray, centers: NDArray) -> NDArray[np.float64]:
    """Return the Wasserstein-1 distance of histograms whose values lie at the bins' ``centers``.

    Parameters
    ----------
    x, y : ndarray of float, shape (..., bins)
        Counts (or weights) in common bins; leading axes broadcast.
    centers : ndarray of float, shape (bins,)
        Rising values.

    Returns
    -------
    ndarray of float64, shape (...)
        In the unit of ``centers``.
    """
    difference = _cumulative_share(x) - _cumulative_share(y)
    return np.abs(difference[..., :-1]) @ np.diff(centers)


def _cumulative_share(counts: NDArray) -> NDArray[np.float64]:
    below = np.cumsum(counts, axis=-1, dtype=np.float64)
    return below / np.maximum(below[..., -1:], np.finfo(float).tiny)


def _sample(values: ArrayLike) -> NDArray[np.float64]:
    flat = np.asarray(values, dtype=np.float64).ravel()
    if flat.size == 0:
        raise ValueError("an effect size needs at least one value in each sample")
    return flat
