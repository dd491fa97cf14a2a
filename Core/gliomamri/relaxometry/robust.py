"""Weights of residuals that keep a few wild values from bending a fit (M-estimation).

Reference: Huber and Ronchetti, Robust Statistics, 2nd ed., Wiley 2009; the tuning constants are those of 95 %
efficiency for Gaussian noise.

Called by receive_profile.py and water_scale.py; tested by Testing/unit/relaxometry/test_water_scale.py.
"""

from __future__ import annotations

import numpy as np

from gliomamri.relaxometry.signals import FloatArray

MAD = 1.4826
"""Standard deviation of Gaussian noise over the median of its size."""

_HUBER, _TUKEY = 1.345, 4.685


def huber_weights(standardized: FloatArray) -> FloatArray:
    """Return weights that limit the influence of a large residual (residuals over their scatter)."""
    return np.minimum(1.0, _HUBER / np.maximum(np.abs(standardized), 1e-12))


def tukey_weights(standardized: FloatArray) -> FloatArray:
    """Return weights that leave out what lies far away (residuals over their scatter)."""
    return np.clip(1 - (standardized / _TUKEY) ** 2, 0, None) ** 2
