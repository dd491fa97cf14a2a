"""Signal of a spin echo behind two inversions (times in ms, rates in 1/s): two tissues are nulled at once.

Inversion, wait TI1, inversion, wait TI2, 90-degree excitation, echo at TE, rest until TR, with ideal pulses and
perfect spoiling. In the steady state the longitudinal magnetization of equilibrium 1 at the excitation is

    m = 1 - 2 exp(-TI2 R1) + 2 exp(-(TI1 + TI2) R1) - 2 exp(-(TR - TE/2) R1) + exp(-TR R1)
    S = PD m exp(-TE R2)                                                                            (1)

For TE << TR the last two terms of m are the well-known ``- exp(-TR R1)``.

Reference: Redpath and Smith, Br J Radiol 67:1258 (1994), doi 10.1259/0007-1285-67-804-1258.

Called by :mod:`~gliomamri.relaxometry.weighted_images`; tested by Testing/unit/relaxometry/test_synthetic.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.voxelwise import Values, decay, into


def double_inversion_spin_echo(
    PD: ArrayLike,
    R1: ArrayLike,
    R2: ArrayLike,
    repetition_time: float,
    first_inversion_time: float,
    second_inversion_time: float,
    echo_time: float,
) -> Values:
    """Return the signed signal of equation (1), in the units of ``PD``; arrays broadcast.

    Parameters
    ----------
    PD
        Proton density, in signal units.
    R1, R2
        Relaxation rates in 1/s.
    repetition_time
        ms from one first inversion to the next.
    first_inversion_time, second_inversion_time
        TI1 and TI2 in ms: between the inversions, and from the second to the excitation.
    echo_time
        In ms.
    """
    # m = 1 - 2 (p2 - p2 p1 + r) + e, from the inside out
    both = into(np.subtract, decay(R1, first_inversion_time), 1)
    both = into(np.multiply, both, decay(R1, second_inversion_time))
    both = into(np.subtract, both, decay(R1, repetition_time - echo_time / 2))
    both = into(np.multiply, both, 2)
    both = into(np.add, both, decay(R1, repetition_time))
    magnetization = into(np.add, both, 1)
    return into(np.multiply, into(np.multiply, magnetization, decay(R2, echo_time)), PD)
