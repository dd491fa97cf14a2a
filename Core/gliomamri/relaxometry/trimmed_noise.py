"""Noise standard deviation where a sizable minority of voxels holds what the model does not describe.

In MAGIC at millimeters a fifth of the voxels mix tissue with fluid. That shifts even the median of the residuals, so
that :func:`~gliomamri.relaxometry.noise.pooled_noise_sd` comes out 10 % high. Here voxels above the 99.9 % quantile
of chi-square at the current sigma are set aside, and sigma is the median of the rest over the median of chi-square
cut off there, until it stands still. Where the model holds everywhere both agree.

Called by magic_fit.py and transmit_field.py; tested by Testing/unit/relaxometry/test_trimmed_noise.py.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from gliomamri.relaxometry.noise import pooled_noise_sd
from gliomamri.relaxometry.signals import FloatArray

KEPT = 0.999
"""Quantile of chi-square above which a voxel is set aside [our choice]."""

_MAX_ITERATIONS, _STANDSTILL = 50, 1e-4


def trimmed_noise_sd(sse: FloatArray, degrees_of_freedom: int, use: np.ndarray) -> float:
    """Return sigma in signal units from sums of squared residuals (n,) of the voxels in ``use``, bool (n,).

    0 when no voxel can be used or there are no degrees of freedom.
    """
    sigma = pooled_noise_sd(sse, degrees_of_freedom, use)
    if sigma == 0:
        return 0.0
    values = np.sort(sse[use])
    limit, middle = chi2.ppf([KEPT, 0.5 * KEPT], degrees_of_freedom)
    for _ in range(_MAX_ITERATIONS):
        kept = int(np.searchsorted(values, limit * sigma**2, side="right"))
        before, sigma = sigma, float(np.sqrt(np.median(values[:kept]) / middle))
        if abs(sigma - before) <= _STANDSTILL * before:
            break
    return sigma
