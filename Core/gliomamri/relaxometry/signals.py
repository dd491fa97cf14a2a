"""Signal equations of inversion recovery and spin echo (times in ms, signals in the scanner's units).

Inversion recovery read out by a spin echo, repeated every TR with TE << T1
---------------------------------------------------------------------------
The 90-degree readout pulse at TI leaves no longitudinal magnetization, so that just before the next inversion
``Mz = M0 (1 - exp(-(TR - TI)/T1))``. The inversion multiplies it by ``kappa = cos(inversion angle)``
(-1 for an ideal pulse), and recovery during TI gives

    S(TI) = M0 [1 - (1 - kappa) exp(-TI/T1) - kappa exp(-TR/T1)].                                      (1)

At one common TR this has the form ``a + b exp(-TI/T1)`` with ``a = M0 (1 - kappa E)``,
``b = -M0 (1 - kappa)`` and ``E = exp(-TR/T1)``. Because ``a + b = M0 kappa (1 - E)``, the three fitted numbers
give back the physical ones in closed form:

    Q = (a + b) / (1 - E),   M0 = Q - b,   kappa = Q / M0.                                             (2)

Without a known TR, ``E = 0`` is taken (long-TR limit).
For the free form see Barral et al., Magn Reson Med 64:1057 (2010), doi 10.1002/mrm.22497.

Tested by Testing/unit/relaxometry/test_signals.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def inversion_recovery(
    inversion_time: ArrayLike,
    repetition_time: ArrayLike,
    M0: ArrayLike,
    T1: ArrayLike,
    kappa: ArrayLike = -1.0,
) -> FloatArray:
    """Return the signed steady-state signal of equation (1); all arguments broadcast.

    Parameters
    ----------
    inversion_time, repetition_time, T1
        In ms.
    M0
        Equilibrium magnetization in signal units.
    kappa
        Cosine of the inversion angle, -1 for an ideal inversion.
    """
    T1, kappa = np.asarray(T1, float), np.asarray(kappa, float)
    recovery = np.exp(-np.asarray(inversion_time) / T1)
    repetition = np.exp(-np.asarray(repetition_time) / T1)
    return np.asarray(M0) * (1 - (1 - kappa) * recovery - kappa * repetition)


def magnetization_and_kappa(
    offset: ArrayLike, amplitude: ArrayLike, T1: ArrayLike, repetition_time: float | None
) -> tuple[FloatArray, FloatArray]:
    """Return (M0, kappa) of equation (2) from ``a``, ``b`` and T1 (ms); kappa is 0 where M0 is 0.

    ``repetition_time`` is one TR in ms, or None for the long-TR limit.
    """
    offset, amplitude = np.asarray(offset, float), np.asarray(amplitude, float)
    recovered = 1.0 if repetition_time is None else -np.expm1(-repetition_time / np.asarray(T1, float))
    inverted = (offset + amplitude) / recovered
    M0 = inverted - amplitude
    return M0, np.divide(inverted, M0, out=np.zeros_like(M0), where=M0 != 0)


def spin_echo_decay(echo_time: ArrayLike, M0: ArrayLike, T2: ArrayLike) -> FloatArray:
    """Return ``M0 exp(-TE/T2)``; TE and T2 in ms, all arguments broadcast."""
    return np.asarray(M0) * np.exp(-np.asarray(echo_time) / np.asarray(T2))
