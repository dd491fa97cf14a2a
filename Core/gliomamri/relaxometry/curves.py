"""Curves of one relaxation time, with their first two derivatives with respect to its logarithm.

Every curve is called with ``x = log T`` of shape (n,) and returns three arrays of shape (m, n), image by voxel:
``phi``, ``d phi/dx`` and ``d2 phi/dx2``. Working in ``log T`` makes one step size fit the whole range of T.
Image-major arrays keep the long axis contiguous, which is what makes the fits fast.

Tested through the fits (Testing/unit/relaxometry).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gliomamri.relaxometry.signals import FloatArray

Curve = Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]]


def exponential_curve(times: FloatArray) -> Curve:
    """Return the curve ``exp(-t/T)`` at ``times`` (m,), in ms."""
    times = np.asarray(times, float)[:, None]

    def curve(log_time: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        ratio = times * np.exp(-log_time)
        phi = np.exp(-ratio)
        first = ratio * phi
        return phi, first, (ratio - 1) * first

    return curve


def inversion_curve(
    inversion_times: FloatArray, repetition_times: FloatArray | None, kappa: float = -1.0
) -> Curve:
    """Return ``1 - (1 - kappa) exp(-TI/T1) - kappa exp(-TR/T1)``, equation (1) of signals.py, at a fixed kappa.

    Times are (m,), in ms; without TR the last term is 0 (long-TR limit).
    """
    inversion = exponential_curve(inversion_times)
    repetition = None if repetition_times is None else exponential_curve(repetition_times)

    def curve(log_time: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        phi, first, second = (-(1 - kappa) * early for early in inversion(log_time))
        if repetition is not None:
            phi, first, second = (
                early - kappa * late
                for early, late in zip((phi, first, second), repetition(log_time), strict=True)
            )
        return 1 + phi, first, second

    return curve
