"""Equation (1) of :mod:`~gliomamri.relaxometry.magic` as the fit needs it: shape times amplitude, with derivatives.

In one voxel the signal of delay j and echo i is ``alpha f_i u_j`` with ``c = cos(B1 th)``, ``E = exp(-TR R1)`` and

    u_j = 1 - c E - (1 - c) exp(-TI_j R1),    f_i = exp(-TE_i R2),                                        (2)
    alpha = M0 q,    q = sin(B1 a) / (1 - c cos(B1 a) E).                                                 (3)

Because signals are products of an echo factor and a delay factor, every sum over images that least squares needs is a
sum over delays of sums over echoes: images are put into a table (echo, delay), where repeated ones are added up and
missing ones have weight 0. Any set of images fits in, not only a full grid of delays and echoes.

The unknowns are ``log R1``, ``log R2`` and B1, so that one step size suits their whole range; alpha is linear and
eliminated. Rates in 1/s, times in ms; arrays have the voxels last.

Called by magic_voxels.py and magic_fit.py; tested by Testing/unit/relaxometry/test_magic_model.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.signals import FloatArray

UNKNOWNS = ("log_R1", "log_R2", "B1")


@dataclass(frozen=True)
class MagicProtocol:
    """What is the same for every voxel.

    Attributes
    ----------
    delays, echoes : ndarray (J,), (I,)
        Different inversion and echo times in ms, rising.
    delay_of, echo_of : ndarray of int (m,)
        For every image the index of its delay and echo.
    repetition_time : float
        ms.
    saturation_angle, flip_angle : float
        Nominal angles in radians.
    """

    delays: FloatArray
    echoes: FloatArray
    delay_of: np.ndarray
    echo_of: np.ndarray
    repetition_time: float
    saturation_angle: float
    flip_angle: float

    @classmethod
    def of(
        cls,
        inversion_times: ArrayLike,
        echo_times: ArrayLike,
        repetition_time: float,
        saturation_angle: float = 120.0,
        flip_angle: float = 90.0,
    ) -> MagicProtocol:
        """Build from the inversion and echo time of every image in ms, (m,) each, TR in ms, angles in degrees."""
        delays, delay_of = np.unique(np.asarray(inversion_times, float), return_inverse=True)
        echoes, echo_of = np.unique(np.asarray(echo_times, float), return_inverse=True)
        angles = np.radians(float(saturation_angle)), np.radians(float(flip_angle))
        return cls(delays, echoes, delay_of, echo_of, float(repetition_time), *angles)

    @property
    def weights(self) -> FloatArray:
        """Number of images of every echo and delay, (I, J)."""
        weights = np.zeros((self.echoes.size, self.delays.size))
        np.add.at(weights, (self.echo_of, self.delay_of), 1.0)
        return weights

    def table(self, signals: np.ndarray) -> FloatArray:
        """Add signals (m, n) up into a table (I, J, n)."""
        table = np.zeros((self.echoes.size, self.delays.size, signals.shape[1]))
        for echo, delay, signal in zip(self.echo_of, self.delay_of, signals, strict=True):
            table[echo, delay] += signal
        return table

    def images(self, table: np.ndarray) -> np.ndarray:
        """Return for every image its entry of a table (I, J, n), shape (m, n)."""
        return table[self.echo_of, self.delay_of]

    def delay_factor(self, log_R1: FloatArray, B1: FloatArray, *, with_B1: bool) -> tuple[FloatArray, ...]:
        """Return u of equation (2), (J, n), its derivative by log R1, and by B1 where asked for."""
        R1 = np.exp(log_R1)
        times = 1e-3 * self.delays[:, None]
        recovery = np.exp(-times * R1)
        repeated = np.exp(-1e-3 * self.repetition_time * R1)
        c = np.cos(self.saturation_angle * B1)
        u = (1 - c * repeated) - (1 - c) * recovery
        first = recovery * times
        first *= 1 - c
        first += c * (1e-3 * self.repetition_time) * repeated
        first *= R1
        if not with_B1:
            return u, first
        slope = -self.saturation_angle * np.sin(self.saturation_angle * B1)
        return u, first, slope * (recovery - repeated)

    def echo_factor(self, log_R2: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return f of equation (2), (I, n), and its derivative by log R2."""
        exponent = -1e-3 * self.echoes[:, None] * np.exp(log_R2)
        f = np.exp(exponent)
        return f, exponent * f

    def scale(self, log_R1: FloatArray, B1: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return q of equation (3), (n,), and the derivatives of log q by log R1 and by B1."""
        th, a = self.saturation_angle, self.flip_angle
        recovery = 1e-3 * self.repetition_time * np.exp(log_R1)
        E = np.exp(-recovery)
        c, k, s = np.cos(th * B1), np.cos(a * B1), np.sin(a * B1)
        rest = 1 - c * k * E
        by_R1 = -c * k * E * recovery / rest
        by_B1 = a * k / s - (th * np.sin(th * B1) * k + a * s * c) * E / rest
        return s / rest, by_R1, by_B1
