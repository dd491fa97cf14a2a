"""Noise standard deviation: pooled over the residuals of many voxels, or from the background of magnitude images.

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


def background_noise_sd(background: ArrayLike) -> float:
    """Return sigma of one receive channel from signal-free voxels of magnitude images.

    Without signal the magnitude of one channel is Rayleigh distributed, with median ``sigma sqrt(2 ln 2)``
    (Gudbjartsson and Patz, Magn Reson Med 34:910, 1995, doi 10.1002/mrm.1910340618). Voxels of value 0, which
    scanners and skull stripping write outside the object, are left out. Not valid for sum-of-squares combination
    of several channels or after filtering.

    Raises
    ------
    ValueError
        When no positive finite value is left.
    """
    values = np.asarray(background, float)
    values = values[np.isfinite(values) & (values > 0)]
    if values.size == 0:
        raise ValueError(
            "The background holds no positive value, so that the noise cannot be estimated from it."
        )
    return float(np.median(values) / np.sqrt(2 * np.log(2)))
