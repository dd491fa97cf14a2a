"""Signals of spoiled gradient echo sequences in their steady state (times in ms, rates in 1/s, angles in degrees).

Spoiled gradient echo (SPGR, FLASH, BRAVO), with ``E = exp(-TR R1)``:

    S = PD sin(a) (1 - E) / (1 - E cos(a)) exp(-TE R2*)                                              (1)

Magnetization-prepared gradient echo (MPRAGE): an inversion, a train of N pulses of angle a every ``ES``, then rest
until TR. Within the train ``m(k + 1) = 1 - e + e cos(a) m(k)`` with ``e = exp(-ES R1)``, so that the magnetization
before pulse k is ``m(k) = M + q^k (m(0) - M)`` with ``q = e cos(a)`` and ``M = (1 - e) / (1 - q)``. TI is the time
from the inversion to the pulse in the middle of the train, which reads the center of k-space:

    S = PD sin(a) m(N / 2) exp(-TE R2*)                                                              (2)

Both spoil transverse magnetization perfectly before each pulse. Magnetization transfer and the slab's profile are
neglected.

References: Ernst and Anderson, Rev Sci Instrum 37:93 (1966), for (1); Deichmann et al., NeuroImage 12:112 (2000),
doi 10.1006/nimg.2000.0601, for the train of (2).

Tested by Testing/unit/relaxometry/test_gradient_echo.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.voxelwise import Values, cosine_and_sine, decay, into, one_minus, whole_power


def spoiled_gradient_echo(
    PD: ArrayLike,
    R1: ArrayLike,
    R2_star: ArrayLike,
    repetition_time: float,
    echo_time: float,
    flip_angle: float,
    B1: ArrayLike = 1.0,
) -> Values:
    """Return the signal of equation (1), in the units of ``PD``; arrays broadcast.

    Parameters
    ----------
    PD
        Proton density, in signal units.
    R1, R2_star
        Relaxation rates in 1/s; R2* = R2 + R2'.
    repetition_time, echo_time
        In ms.
    flip_angle
        In degrees.
    B1
        Transmit field as a fraction of the nominal one.
    """
    cosine, sine = cosine_and_sine(flip_angle, B1)
    left = decay(R1, repetition_time)
    signal = np.subtract(1, left)
    signal = into(np.divide, signal, one_minus(into(np.multiply, left, cosine)))
    signal = into(np.multiply, signal, sine)
    signal = into(np.multiply, signal, decay(R2_star, echo_time))
    return into(np.multiply, signal, PD)


def magnetization_prepared_gradient_echo(
    PD: ArrayLike,
    R1: ArrayLike,
    R2_star: ArrayLike,
    repetition_time: float,
    echo_time: float,
    inversion_time: float,
    flip_angle: float,
    *,
    pulses: int = 176,
    pulse_spacing: float = 7.0,
    kappa: ArrayLike = -1.0,
    B1: ArrayLike = 1.0,
) -> Values:
    """Return the signed signal of equation (2), in the units of ``PD``; arrays broadcast.

    Parameters
    ----------
    PD, R1, R2_star, echo_time, flip_angle, B1
        As for :func:`spoiled_gradient_echo`.
    repetition_time
        ms from one inversion to the next.
    inversion_time
        ms from the inversion to the pulse number ``pulses // 2`` of the train.
    pulses, pulse_spacing
        Length of the train, and ms between its pulses.
    kappa
        Cosine of the inversion angle, -1 for an ideal inversion, which may differ between voxels; B1 does not
        change it (adiabatic pulse).
    """
    cosine, sine = cosine_and_sine(flip_angle, B1)
    middle = pulses // 2
    first = inversion_time - middle * pulse_spacing
    rest = repetition_time - first - pulses * pulse_spacing
    step = decay(R1, pulse_spacing)
    settled = np.subtract(1, step)
    settled = into(np.divide, settled, one_minus(into(np.multiply, step, cosine)))
    train = into(np.multiply, decay(R1, pulses * pulse_spacing), whole_power(cosine, pulses))
    # Mz before the inversion is (offset + gain m(0)); m(0) = 1 - p (1 - kappa (offset + gain m(0))).
    remaining = decay(R1, rest)
    gain = train * remaining
    offset = into(np.multiply, remaining, settled * one_minus(train) - 1) + 1
    prepared = decay(R1, first)
    start = one_minus(into(np.multiply, one_minus(into(np.multiply, offset, kappa)), prepared))
    start = into(np.divide, start, one_minus(into(np.multiply, gain, prepared * kappa)))
    signal = into(np.subtract, start, settled)
    signal = into(
        np.multiply, signal, into(np.multiply, decay(R1, middle * pulse_spacing), whole_power(cosine, middle))
    )
    signal = into(np.add, signal, settled)
    signal = into(np.multiply, signal, sine)
    signal = into(np.multiply, signal, decay(R2_star, echo_time))
    return into(np.multiply, signal, PD)
