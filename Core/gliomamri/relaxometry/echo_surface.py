"""The echo train as a smooth surface over T2 and the refocusing angle, for fast evaluation with derivatives.

The echoes of epg.py are analytic in ``x = log T2`` and polynomial in ``w = cos^2(alpha/2)``, alpha being the
refocusing angle: they are even around 180 degrees, so that alpha itself has a vanishing derivative there while w
has not. A tensor Chebyshev series reproduces them to 1e-7 of the initial magnetization with few terms, and a
batch of voxels becomes one matrix product (Trefethen, Approximation Theory and Approximation Practice, 2013).

Called by echo_models.py; tested by Testing/unit/relaxometry/test_epg.py.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike

from gliomamri.relaxometry.epg import cpmg_echoes
from gliomamri.relaxometry.signals import FloatArray

TOLERANCE = 1e-7
MAX_TERMS = 160


def pulse_weight(refocusing_angle: ArrayLike) -> FloatArray:
    """Return ``w = cos^2(alpha/2)`` of an angle in degrees: 0 at 180 degrees."""
    return np.cos(np.deg2rad(np.asarray(refocusing_angle, float)) / 2) ** 2


def pulse_angle(weight: ArrayLike) -> FloatArray:
    """Return the angle in degrees, 0 to 180, of ``w``."""
    return np.rad2deg(2 * np.arccos(np.sqrt(np.clip(weight, 0, 1))))


class EchoSurface:
    """Echo amplitudes and their derivatives over (log T2, w).

    Parameters
    ----------
    echo_spacing, T1
        In ms.
    echoes
        Length of the train, N.
    log_range, weight_range
        (low, high) of log T2 and of w.
    """

    def __init__(
        self,
        echo_spacing: float,
        echoes: int,
        T1: float,
        log_range: tuple[float, float],
        weight_range: tuple[float, float],
    ) -> None:
        self._ranges = (log_range, weight_range)
        self._train = lambda x, w: cpmg_echoes(np.exp(x), T1, echo_spacing, echoes, pulse_angle(w))
        terms = [12, 6]
        while True:
            coefficients = self._series(*terms)
            tails = self._tails(coefficients)
            if max(tails) < TOLERANCE or max(terms) > MAX_TERMS:
                break
            terms = [
                count if tail < TOLERANCE else int(count * 1.4)
                for count, tail in zip(terms, tails, strict=True)
            ]
        self._terms = terms
        self._coefficients = self._with_derivatives(coefficients)
        self.echoes = echoes

    def __call__(self, log_T2: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the echoes (N, n) and their derivatives by log T2 and by w, for arguments of shape (n,)."""
        first = chebyshev.chebvander(self._unit(log_T2, 0), self._terms[0] - 1)
        second = chebyshev.chebvander(self._unit(weight, 1), self._terms[1] - 1)
        basis = (first[:, :, None] * second[:, None, :]).reshape(log_T2.size, -1)
        values = (self._coefficients @ basis.T).reshape(3, self.echoes, -1)
        return values[0], values[1], values[2]

    def _unit(self, values: FloatArray, axis: int) -> FloatArray:
        low, high = self._ranges[axis]
        return (2 * np.asarray(values, float) - low - high) / (high - low)

    def _series(self, *terms: int) -> FloatArray:
        """Return the Chebyshev coefficients (N, *terms) that interpolate the train at the Chebyshev nodes."""
        nodes = [chebyshev.chebpts1(count) for count in terms]
        grids = [low + (u + 1) / 2 * (high - low) for u, (low, high) in zip(nodes, self._ranges, strict=True)]
        values = self._train(grids[0][:, None], grids[1][None, :])
        for axis, (u, count) in enumerate(zip(nodes, terms, strict=True), start=1):
            transform = chebyshev.chebvander(u, count - 1).T * (2 / count)
            transform[0] /= 2
            values = np.moveaxis(np.tensordot(transform, values, axes=(1, axis)), 0, axis)
        return values

    @staticmethod
    def _tails(coefficients: FloatArray) -> tuple[float, float]:
        """Return the size of the last two coefficients along each axis, which bounds what was left out."""
        return (
            float(np.abs(coefficients[:, -2:, :]).sum(axis=(1, 2)).max()),
            float(np.abs(coefficients[:, :, -2:]).sum(axis=(1, 2)).max()),
        )

    def _with_derivatives(self, coefficients: FloatArray) -> FloatArray:
        """Stack the series of the train and of its two derivatives, (3 N, terms)."""
        stack = [coefficients]
        for axis, (low, high) in enumerate(self._ranges, start=1):
            derivative = chebyshev.chebder(coefficients, scl=2 / (high - low), axis=axis)
            padding = [(0, 0)] * 3
            padding[axis] = (0, 1)
            stack.append(np.pad(derivative, padding))
        return np.concatenate(stack).reshape(3 * coefficients.shape[0], -1)
