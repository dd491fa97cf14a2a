r"""The Rician distribution of magnitude signals.

A magnitude M of the noise-free signal nu with noise sigma in each of the two channels has the density
:math:`p(M) = \frac{M}{\sigma^2} \exp(-\frac{M^2 + \nu^2}{2\sigma^2}) I_0(\frac{M\nu}{\sigma^2})`
(Gudbjartsson and Patz, Magn Reson Med 34:910, 1995, doi 10.1002/mrm.1910340618). For weak signals the mean of M
does not go to 0 but to the floor ``sigma sqrt(pi/2)``, which plain least squares mistakes for a long T2.

Called by likelihood_fit.py and multi_echo.py; tested by Testing/unit/relaxometry/test_rician.py.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.polynomial.polynomial import polyval
from scipy.special import i0e, i1e

from gliomamri.relaxometry.signals import FloatArray

TABLE_END, TABLE_STEP = 12.0, 0.01
FAR = 50.0
I0_SERIES = (1.0, 1 / 8, 9 / 128, 75 / 1024, 3675 / 32768, 59535 / 262144)
I1_SERIES = (1.0, -3 / 8, -15 / 128, -105 / 1024, -4725 / 32768, -72765 / 262144)


def mean(signal: FloatArray, noise_sd: float) -> FloatArray:
    """Return the expected magnitude of the noise-free ``signal`` >= 0."""
    quarter = (np.asarray(signal, float) / noise_sd) ** 2 / 4
    return noise_sd * np.sqrt(np.pi / 2) * ((1 + 2 * quarter) * i0e(quarter) + 2 * quarter * i1e(quarter))


def variance(signal: FloatArray, noise_sd: float) -> FloatArray:
    """Return the variance of the magnitude of the noise-free ``signal`` >= 0: 0.43 sigma^2 at 0, up to sigma^2."""
    snr = np.asarray(signal, float) / noise_sd
    exact = 2 + snr**2 - mean(snr, 1.0) ** 2
    far = snr > 100
    return noise_sd**2 * np.where(far, 1 - 0.5 / np.where(far, snr, 1) ** 2, exact)


def cost_and_score(
    magnitude: FloatArray, signal: FloatArray, noise_sd: float
) -> tuple[FloatArray, FloatArray]:
    """Return, per sample, the negative log-likelihood (up to what does not depend on the signal) and its score.

    The score is ``sigma^2 d log p / d nu = M I1(z)/I0(z) - nu`` with ``z = M nu / sigma^2``; for large z it tends to
    the residual M - nu of least squares. Both are written with scaled Bessel functions, so that no z overflows.
    """
    log_scaled, ratio = _log_i0e_and_ratio(magnitude * signal / noise_sd**2)
    cost = 0.5 * ((magnitude - signal) / noise_sd) ** 2 - log_scaled
    return cost, magnitude * ratio - signal


def _log_i0e_and_ratio(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log(I0(z) exp(-z)) and I1(z)/I0(z) for z >= 0.

    From z = 50 on, the asymptotic series (Abramowitz and Stegun 9.7.1) are exact to 1e-10 and several times faster.
    """
    inverse = 1 / np.maximum(z, FAR)
    scaled, first = polyval(inverse, I0_SERIES), polyval(inverse, I1_SERIES)
    log_scaled, ratio = np.log(scaled * np.sqrt(inverse / (2 * np.pi))), first / scaled
    near = z < FAR
    if near.any():
        scaled = i0e(z[near])
        log_scaled[near], ratio[near] = np.log(scaled), i1e(z[near]) / scaled
    return log_scaled, ratio


def information(signal: FloatArray, noise_sd: float) -> FloatArray:
    """Return sigma^2 times the Fisher information on the noise-free signal: about (nu/sigma)^2 at 0, 1 far up."""
    snr = np.abs(signal) / noise_sd
    grid, table = _information_table()
    far = snr > TABLE_END
    return np.where(far, 1 - 0.5 / np.where(far, snr, 1) ** 2, np.interp(snr, grid, table))


@cache
def _information_table() -> tuple[FloatArray, FloatArray]:
    """Integrate the squared score over the density on a grid of nu/sigma (sigma = 1)."""
    grid = np.arange(0, TABLE_END + TABLE_STEP, TABLE_STEP)
    offset = np.linspace(-9, 9, 1201)
    magnitude = grid[:, None] + offset[None, :]
    inside = magnitude > 0
    magnitude = np.where(inside, magnitude, 1.0)
    cost, score = cost_and_score(magnitude, np.broadcast_to(grid[:, None], magnitude.shape), 1.0)
    density = np.where(inside, magnitude * np.exp(-cost), 0)
    return grid, (density * score**2).sum(axis=1) / density.sum(axis=1)
