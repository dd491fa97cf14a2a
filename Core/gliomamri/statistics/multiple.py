"""Many tests at once: p values adjusted to control the false discovery rate.

Called by :mod:`gliomamri.regions.change` and :mod:`gliomamri.quantitative.pooling`; tested by
Testing/unit/statistics/test_multiple.py against the definition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def benjamini_hochberg(p: NDArray) -> NDArray[np.float64]:
    """Return adjusted p values that control the false discovery rate of independent or positively dependent tests.

    Parameters
    ----------
    p : ndarray of float
        In [0, 1]; any shape. Neighboring voxels depend positively, which the procedure allows (Benjamini and
        Yekutieli, Ann Statist 29:1165, 2001, theorem 1.2); so no stricter one for any dependence is needed.

    Returns
    -------
    ndarray of float64, the shape of ``p``
        Rejecting where it is at most q keeps the expected share of false rejections at or below q.

    Raises
    ------
    ValueError
        If a value lies outside [0, 1].

    Notes
    -----
    Benjamini and Hochberg, J R Stat Soc B 57:289 (1995): adjusted p of rank k of n is the smallest n p(j) / j with
    j >= k.
    """
    flat = np.asarray(p, dtype=np.float64).ravel()
    if flat.size == 0:
        return np.zeros(np.shape(p))
    if not ((flat >= 0) & (flat <= 1)).all():
        raise ValueError("p values must lie in [0, 1]")
    order = np.argsort(flat)
    scaled = flat[order] * (flat.size / np.arange(1, flat.size + 1))
    smallest_beyond = np.minimum.accumulate(scaled[::-1])[::-1]
    adjusted = np.empty_like(flat)
    adjusted[order] = np.minimum(smallest_beyond, 1.0)
    return adjusted.reshape(np.shape(p))
