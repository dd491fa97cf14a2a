"""Signals of spin echo sequences in their steady state (times in ms, rates in 1/s, angles in degrees).

A sequence is [inversion, wait TI,] excitation a, then N refocusing pulses b at ES/2, 3ES/2, ..., then rest until TR.
With N = 1 and ES = TE it is a spin echo (SE, T1-FLAIR), with N > 1 a turbo spin echo (TSE, FLAIR). Crushers and
spoilers are perfect. The longitudinal magnetization (equilibrium 1) runs through

    excitation          m <- cos(a) m
    to the first pulse  m <- 1 - h + h m,                        h = exp(-ES R1 / 2)
    pulses 2 to N       m <- M + q^(N-1) (m - M),                q = cos(b) h^2,  M = (1 - h^2) / (1 - q)
    last pulse, rest    m <- 1 - r + r cos(b) m,                 r = exp(-(TR - TI - (N - 1/2) ES) R1)
    inversion, wait TI  m <- 1 - p + p kappa m,                  p = exp(-TI R1)

which are all linear, so that the steady state before the excitation, m, is a closed form. The signal is

    S = PD sin(a) B m exp(-TE R2),   B = sin(b/2)^2 for one echo, |sin(b/2)| for a train.            (1)

For a = 90, b = 180 and one echo (1) is the well-known

    spin echo            S = PD [1 - 2 exp(-(TR - TE/2) R1) + exp(-TR R1)] exp(-TE R2)
    inversion-prepared   S = PD [1 - 2 exp(-TI R1) + 2 exp(-(TR - TE/2) R1) - exp(-TR R1)] exp(-TE R2)

The common shorter forms ``1 - exp(-TR R1)`` and ``1 - 2 exp(-TI R1) + exp(-TR R1)`` are their limits for TE << TR.

What a train is simplified to: its echoes decay with R2 at one effective TE; stimulated echoes, magnetization
transfer (by which multi-slice TSE darkens white matter) and J-coupling (by which TSE brightens fat) are neglected;
``|sin(b/2)|`` is the pseudo steady state of a train of equal pulses (Alsop, Magn Reson Med 37:176, 1997). A 3-D train
of varying small angles enters with its equivalent TE.

References: Bernstein, King, Zhou, Handbook of MRI Pulse Sequences (2004), chapters 14 and 16.

Tested by Testing/unit/relaxometry/test_spin_echo.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.voxelwise import Values, cosine_and_sine, decay, into, one_minus, whole_power

_NO_MEMORY = 1e-12
"""Below this cosine of the excitation, the steady state does not remember the time before it."""


@dataclass(frozen=True)
class Readout:
    """Pulses of a spin echo readout.

    Attributes
    ----------
    echo_time : float
        ms, the (effective) echo time.
    echoes : int
        Refocusing pulses per excitation.
    echo_spacing : float or None
        ms between echoes; None for one echo at ``echo_time``.
    flip_angle, refocusing_angle : float
        Degrees.
    """

    echo_time: float
    echoes: int = 1
    echo_spacing: float | None = None
    flip_angle: float = 90.0
    refocusing_angle: float = 180.0

    @property
    def spacing(self) -> float:
        """Time in ms between echoes."""
        return self.echo_time if self.echo_spacing is None else self.echo_spacing

    @property
    def last_pulse(self) -> float:
        """Time in ms from the excitation to the last refocusing pulse."""
        return (self.echoes - 0.5) * self.spacing


def spin_echo(
    PD: ArrayLike,
    R1: ArrayLike,
    R2: ArrayLike,
    repetition_time: float,
    readout: Readout,
    B1: ArrayLike = 1.0,
) -> Values:
    """Return the signal of equation (1) without inversion, in the units of ``PD``; arrays broadcast.

    Parameters
    ----------
    PD
        Proton density, in signal units.
    R1, R2
        Relaxation rates in 1/s.
    repetition_time
        In ms.
    readout
        One echo or a train of them.
    B1
        Transmit field as a fraction of the nominal one.
    """
    offset, gain = _after_readout(R1, readout, repetition_time - readout.last_pulse, B1)
    if gain is not None:
        offset = into(np.divide, offset, one_minus(gain))
    return _echo(offset, PD, R2, readout, B1)


def inversion_prepared_spin_echo(
    PD: ArrayLike,
    R1: ArrayLike,
    R2: ArrayLike,
    repetition_time: float,
    inversion_time: float,
    readout: Readout,
    *,
    kappa: ArrayLike = -1.0,
    B1: ArrayLike = 1.0,
) -> Values:
    """Return the signed signal of equation (1) with inversion, in the units of ``PD``; arrays broadcast.

    T1-FLAIR, FLAIR and any inversion recovery read out by spin echoes. The scanner's magnitude is its absolute value.

    Parameters
    ----------
    PD, R1, R2, readout, B1
        As for :func:`spin_echo`.
    repetition_time
        ms from one inversion to the next.
    inversion_time
        ms from the inversion to the excitation.
    kappa
        Cosine of the inversion angle, -1 for an ideal inversion, which may differ between voxels; B1 does not
        change it (adiabatic pulse).
    """
    rest = repetition_time - inversion_time - readout.last_pulse
    offset, gain = _after_readout(R1, readout, rest, B1)
    prepared = decay(R1, inversion_time)
    magnetization = one_minus(into(np.multiply, offset, kappa))
    magnetization = into(np.multiply, magnetization, prepared)
    magnetization = one_minus(magnetization)
    if gain is not None:
        gain = into(np.multiply, gain, into(np.multiply, prepared, kappa))
        magnetization = into(np.divide, magnetization, one_minus(gain))
    return _echo(magnetization, PD, R2, readout, B1)


def _after_readout(
    R1: ArrayLike, readout: Readout, rest: float, B1: ArrayLike
) -> tuple[Values, Values | None]:
    """Return (c, g): m becomes c + g m from before the excitation to the end of ``rest`` ms; g None where it is 0."""
    excited, _ = cosine_and_sine(readout.flip_angle, B1)
    refocused, _ = cosine_and_sine(readout.refocusing_angle, B1)
    forgets = np.ndim(excited) == 0 and abs(excited) < _NO_MEMORY
    half = decay(R1, readout.spacing / 2)
    gain = None if forgets else np.multiply(half, excited)
    offset = one_minus(half)
    if readout.echoes > 1:
        further = readout.echoes - 1
        step = decay(R1, readout.spacing)
        settled = np.subtract(1, step)
        settled = into(np.divide, settled, one_minus(into(np.multiply, step, refocused)))
        kept = into(np.multiply, decay(R1, further * readout.spacing), whole_power(refocused, further))
        offset = into(np.multiply, into(np.subtract, offset, settled), kept)
        offset = into(np.add, offset, settled)
        gain = None if gain is None else into(np.multiply, gain, kept)
    left = decay(R1, rest)
    offset = into(np.subtract, into(np.multiply, offset, refocused), 1)
    offset = into(np.add, into(np.multiply, offset, left), 1)
    if gain is not None:
        gain = into(np.multiply, into(np.multiply, gain, refocused), left)
    return offset, gain


def _echo(magnetization: Values, PD: ArrayLike, R2: ArrayLike, readout: Readout, B1: ArrayLike) -> Values:
    """Excite, refocus and let decay; ``magnetization`` is lost."""
    _, excited = cosine_and_sine(readout.flip_angle, B1)
    _, half = cosine_and_sine(readout.refocusing_angle / 2, B1)
    amplitude = excited * (half * half if readout.echoes == 1 else abs(half))
    signal = into(np.multiply, magnetization, amplitude)
    signal = into(np.multiply, signal, decay(R2, readout.echo_time))
    return into(np.multiply, signal, PD)
