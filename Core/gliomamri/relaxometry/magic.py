"""The eight signed images of MAGIC (QRAPMASTER): four delays after a saturation, two echo times.

Every TR a slice is saturated by a pulse of angle th, and read out TI later by an excitation of angle a. With
``E = exp(-TR R1)``, perfect spoiling and TE << T1 the steady state of the two pulses is

    S(TI, TE) = PD sin(B1 a) exp(-TE R2) [1 - (1 - c) exp(-TI R1) - c E] / [1 - c cos(B1 a) E],  c = cos(B1 th).  (1)

At the shortest delay tissue with T1 above about 600 ms is still negative: these are signed images. What the
recovery during the echo train changes (TE << T1) is neglected, as it is by the map fit of the vendor.

Reference: Warntjes et al., Magn Reson Med 60:320 (2008), doi 10.1002/mrm.21635; the times are those of GE's MAGIC at
3 T as used for gliomas.

Tested by Testing/unit/relaxometry/test_magic.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gliomamri.relaxometry.voxelwise import cosine_and_sine, decay, into

INVERSION_TIMES = (170.0, 670.0, 1840.0, 3840.0)
"""Delays between saturation and excitation in ms."""

ECHO_TIMES = (22.0, 95.0)
"""Echo times in ms."""


def magic_images(
    PD: ArrayLike,
    R1: ArrayLike,
    R2: ArrayLike,
    *,
    inversion_times: tuple[float, ...] = INVERSION_TIMES,
    echo_times: tuple[float, ...] = ECHO_TIMES,
    repetition_time: float = 4000.0,
    saturation_angle: float = 120.0,
    flip_angle: float = 90.0,
    B1: ArrayLike = 1.0,
) -> NDArray[np.floating]:
    """Return the signed images of equation (1) in the units of ``PD``; arrays broadcast.

    Parameters
    ----------
    PD
        Proton density, in signal units.
    R1, R2
        Relaxation rates in 1/s.
    inversion_times, echo_times, repetition_time
        In ms.
    saturation_angle, flip_angle
        In degrees.
    B1
        Transmit field as a fraction of the nominal one.

    Returns
    -------
    array, shape (len(echo_times) * len(inversion_times), ...)
        All delays of the first echo, then all of the second.
    """
    saturated, _ = cosine_and_sine(saturation_angle, B1)
    excited, sine = cosine_and_sine(flip_angle, B1)
    repeated = into(np.multiply, decay(R1, repetition_time), saturated)
    scale = np.multiply(PD, sine) / (1 - excited * repeated)
    start = 1 - repeated
    echoes = [into(np.multiply, decay(R2, echo_time), scale) for echo_time in echo_times]
    delays = len(inversion_times)
    shape, kind = np.broadcast_shapes(np.shape(start), np.shape(echoes[0])), np.result_type(start, echoes[0])
    images = np.empty((len(echo_times) * delays, *shape), kind)
    for number, inversion_time in enumerate(inversion_times):
        recovery = into(np.multiply, decay(R1, inversion_time), np.subtract(saturated, 1))
        recovery = into(np.add, recovery, start)
        for order, echo in enumerate(echoes):
            np.multiply(recovery, echo, out=images[order * delays + number, ...])
    return images
