"""Noise standard deviation, pooled over the residuals of many voxels.

Tested by Testing/unit/relaxometry/test_noise.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2


def pooled_noise_sd(sse: ArrayLike, degrees_of_freedom: int, use: ArrayLike | None = None) -> float:
    """Return sigma from the voxels' sums of squared residuals.

    For Gaussian noise ``sse / sigma^2`` follows chi-square with the residual degrees of freedom, so sigma^2 is the
    median of ``sse`` over the median of that distribution. Against ``sqrt(sum sse / sum dof)``, which it equals
    for a model that holds everywhere, a minority of voxels which the model does not describe (flow, partial volume)
    barely moves it.

    Parameters
    ----------
    sse
        Sum of squared residuals per voxel, (n,).
    degrees_of_freedom
        Images minus fitted unknowns.
    use
        Boolean (n,): the voxels to pool; all when None.

    Returns
    -------
    float
        Sigma in signal units, 0 when no voxel can be used.
    """
    sse = np.asarray(sse, float)
    if use is not None:
        sse = sse[np.asarray(use, bool)]
    if degrees_of_freedom < 1 or sse.size == 0:
        return 0.0
    return float(np.sqrt(np.median(sse) / chi2.ppf(0.5, degrees_of_freedom)))
