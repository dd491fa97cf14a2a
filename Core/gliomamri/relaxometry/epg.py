"""Extended phase graph of a CPMG spin-echo train.

The excitation tips the magnetization to the axis of the refocusing pulses; each pulse of angle alpha sits half an
echo spacing after the previous echo. Under this (CPMG) condition all phase states can be kept real: with the
longitudinal states written as ``i z_k``, a pulse mixes

    F+' = cos^2(alpha/2) F+ + sin^2(alpha/2) F- + sin(alpha) z
    F-' = sin^2(alpha/2) F+ + cos^2(alpha/2) F- - sin(alpha) z
    z'  = -sin(alpha)/2 (F+ - F-) + cos(alpha) z

and each half spacing decays the states by exp(-ESP/(2 T2)) and exp(-ESP/(2 T1)) and moves F by one order.
Longitudinal recovery is left out: crushers dephase what it would add. (Hennig, J Magn Reson 78:397, 1988; Weigel,
J Magn Reson Imaging 41:266, 2015, doi 10.1002/jmri.24619.) The slice profile is taken as rectangular.

Called by echo_surface.py; tested by Testing/unit/relaxometry/test_epg.py against an isochromat simulation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.signals import FloatArray


def cpmg_echoes(
    T2: ArrayLike, T1: ArrayLike, echo_spacing: float, echoes: int, refocusing_angle: ArrayLike
) -> FloatArray:
    """Return the echo amplitudes of a train, for unit transverse magnetization after the excitation.

    Parameters
    ----------
    T2, T1
        In ms; broadcast against each other and the angle to some shape (...).
    echo_spacing
        Time between echoes, and from the excitation to the first echo, in ms.
    echoes
        Length of the train, N.
    refocusing_angle
        The angle that the tissue sees, in degrees.

    Returns
    -------
    ndarray
        (N, ...); the n-th echo forms at ``n * echo_spacing``.
    """
    T2, T1, angle = np.broadcast_arrays(
        np.asarray(T2, float), np.asarray(T1, float), np.deg2rad(np.asarray(refocusing_angle, float))
    )
    decay, saturation = np.exp(-echo_spacing / (2 * T2)), np.exp(-echo_spacing / (2 * T1))
    cos2, sin2, sin, cos = np.cos(angle / 2) ** 2, np.sin(angle / 2) ** 2, np.sin(angle), np.cos(angle)
    shape = (echoes + 2, *T2.shape)
    plus, minus, z = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    plus[0] = minus[0] = 1.0
    train = np.empty((echoes, *T2.shape))
    for n in range(echoes):
        plus, minus, z = _half_spacing(plus, minus, z, decay, saturation)
        difference = plus - minus
        plus, minus, z = (
            cos2 * plus + sin2 * minus + sin * z,
            sin2 * plus + cos2 * minus - sin * z,
            cos * z - sin / 2 * difference,
        )
        plus, minus, z = _half_spacing(plus, minus, z, decay, saturation)
        train[n] = plus[0]
    return train


def _half_spacing(
    plus: FloatArray, minus: FloatArray, z: FloatArray, decay: FloatArray, saturation: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Relax the states and let the gradient move F+ one order up and F- one order down.

    The highest order is dropped; it could not come back within the train.
    """
    moved_plus, moved_minus = np.empty_like(plus), np.zeros_like(minus)
    moved_plus[1:] = decay * plus[:-1]
    moved_minus[:-1] = decay * minus[1:]
    moved_plus[0] = moved_minus[0]
    return moved_plus, moved_minus, saturation * z
