r"""Batched least squares for models with one relaxation time and linear amplitudes (variable projection).

For every voxel this minimizes, over the relaxation time T, the amplitude c and, where asked for, an offset o,

.. math:: \sum_i (y_i - o - c\,\phi_i(T))^2,  \qquad  \mathrm{sign}\cdot c \ge 0,\; T_{min} \le T \le T_{max}.

The linear unknowns are eliminated (Golub and Pereyra, SIAM J Numer Anal 10:413, 1973, doi 10.1137/0710036): with
y and phi centered where there is an offset, A = y.phi and B = phi.phi, the best T maximizes ``A / sqrt(B)``.
A log-spaced grid finds the right interval by one matrix product; inside it, Newton's method with a bisection
safeguard finds the root of ``2 A' B - A B'`` to machine accuracy.

Called by inversion_recovery.py and multi_echo.py; tested by Testing/unit/relaxometry/test_separable.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.relaxometry.curves import Curve
from gliomamri.relaxometry.signals import FloatArray

GRID_RATIO = 1.12
STEP_TOLERANCE = 1e-9
MAX_ITERATIONS = 60


@dataclass(frozen=True)
class SeparableModel:
    """One curve, whether an offset is added, the sign of its amplitude, and the bounds of T in ms."""

    curve: Curve
    has_offset: bool
    sign: int
    bounds: tuple[float, float]

    def grid(self) -> FloatArray:
        """Return the log-spaced grid of log T, shape (g,)."""
        low, high = np.log(self.bounds[0]), np.log(self.bounds[1])
        return np.linspace(low, high, max(5, int(np.ceil((high - low) / np.log(GRID_RATIO))) + 1))


@dataclass(frozen=True)
class SeparableFit:
    """Solution of a batch, each (n,): log T, amplitude, offset, sum of squared residuals, and hit_bound."""

    log_time: FloatArray
    amplitude: FloatArray
    offset: FloatArray
    sse: FloatArray
    hit_bound: np.ndarray


def fit_separable(signals: FloatArray, model: SeparableModel) -> SeparableFit:
    """Fit ``model`` to finite ``signals`` (m, n), image by voxel."""
    centered = _centered(signals, model)
    return solve_from(signals, model, *grid_start(centered, model))


def grid_start(centered: FloatArray, model: SeparableModel) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the best grid point of log T and the ends of the grid interval that holds the optimum, each (n,)."""
    grid = model.grid()
    best = np.argmax(_grid_scores(centered, model, grid), axis=0)
    return grid[best], grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, grid.size - 1)]


def grid_sse(signals: FloatArray, model: SeparableModel) -> FloatArray:
    """Return the smallest sum of squared residuals over T (n,), from the grid refined by a parabola.

    It is the cheap screening of polarity.py: exact enough to discard what is clearly worse.
    """
    centered = _centered(signals, model)
    scores = _grid_scores(centered, model, model.grid())
    best = np.clip(np.argmax(scores, axis=0), 1, scores.shape[0] - 2)
    voxel = np.arange(scores.shape[1])
    left, middle, right = scores[best - 1, voxel], scores[best, voxel], scores[best + 1, voxel]
    bend = left - 2 * middle + right
    lift = np.divide((right - left) ** 2, -8 * bend, out=np.zeros_like(bend), where=bend < 0)
    peak = np.where(np.abs(right - left) <= -2 * bend, middle + lift, np.maximum(left, right))
    return np.maximum((centered**2).sum(axis=0) - np.maximum(peak, 0) ** 2, 0)


def solve_from(
    signals: FloatArray, model: SeparableModel, start: FloatArray, low: FloatArray, high: FloatArray
) -> SeparableFit:
    """Refine log T from ``start`` within [low, high], each (n,), and solve for the linear unknowns."""
    centered = _centered(signals, model)
    log_time = start.copy()
    bound = np.log(model.bounds)
    at_low = (start <= bound[0]) & (_slope(centered, start, model)[0] <= 0)
    at_high = (start >= bound[1]) & (_slope(centered, start, model)[0] >= 0)
    active = np.flatnonzero(~(at_low | at_high))
    if active.size:
        log_time[active] = _newton(centered[:, active], start[active], low[active], high[active], model)
    phi = model.curve(log_time)[0]
    amplitude, offset = _linear_unknowns(signals, phi, model)
    sse = ((signals - offset - amplitude * phi) ** 2).sum(axis=0)
    return SeparableFit(log_time, amplitude, offset, sse, at_low | at_high)


def _newton(
    centered: FloatArray, log_time: FloatArray, low: FloatArray, high: FloatArray, model: SeparableModel
) -> FloatArray:
    """Find the zero of the profile's slope in [low, high] by safeguarded Newton steps on the open voxels."""
    result, open_voxels = log_time.copy(), np.arange(log_time.size)
    for _ in range(MAX_ITERATIONS):
        slope, curvature = _slope(centered, log_time, model)
        low, high = np.where(slope > 0, log_time, low), np.where(slope > 0, high, log_time)
        step = np.divide(-slope, curvature, out=np.full_like(slope, np.inf), where=curvature < 0)
        proposal = log_time + step
        inside = (proposal >= low) & (proposal <= high)
        proposal = np.where(inside, proposal, (low + high) / 2)
        result[open_voxels] = proposal
        moving = np.abs(proposal - log_time) > STEP_TOLERANCE
        if not moving.any():
            break
        log_time, low, high = proposal[moving], low[moving], high[moving]
        open_voxels, centered = open_voxels[moving], centered[:, moving]
    return result


def _slope(
    centered: FloatArray, log_time: FloatArray, model: SeparableModel
) -> tuple[FloatArray, FloatArray]:
    """Return ``h = 2 A' B - A B'``, which has the sign of d(A^2/B)/dx where A > 0, and dh/dx."""
    phi, first, second = model.curve(log_time)
    if model.has_offset:
        phi, first, second = (c - c.mean(axis=0) for c in (phi, first, second))
    A, A1, A2 = (model.sign * (centered * c).sum(axis=0) for c in (phi, first, second))
    B, B1 = (phi * phi).sum(axis=0), 2 * (phi * first).sum(axis=0)
    B2 = 2 * (first * first + phi * second).sum(axis=0)
    return 2 * A1 * B - A * B1, 2 * A2 * B + A1 * B1 - A * B2


def _grid_scores(centered: FloatArray, model: SeparableModel, grid: FloatArray) -> FloatArray:
    """Return ``sign A / sqrt(B)`` for every grid point and voxel, shape (g, n)."""
    phi = model.curve(grid)[0]
    if model.has_offset:
        phi = phi - phi.mean(axis=0)
    norm = np.sqrt((phi**2).sum(axis=0))
    unit = np.divide(phi, norm, out=np.zeros_like(phi), where=norm > 0)
    return (model.sign * unit).T @ centered


def _linear_unknowns(
    signals: FloatArray, phi: FloatArray, model: SeparableModel
) -> tuple[FloatArray, FloatArray]:
    """Return the least-squares amplitude, kept at 0 or on the model's side of it, and offset, each (n,)."""
    mean_signal = signals.mean(axis=0) if model.has_offset else np.zeros(signals.shape[1])
    mean_phi = phi.mean(axis=0) if model.has_offset else np.zeros(signals.shape[1])
    centered_phi = phi - mean_phi
    energy = (centered_phi**2).sum(axis=0)
    product = (centered_phi * (signals - mean_signal)).sum(axis=0)
    amplitude = np.divide(product, energy, out=np.zeros_like(product), where=energy > 0)
    amplitude = model.sign * np.maximum(model.sign * amplitude, 0)
    return amplitude, mean_signal - amplitude * mean_phi


def _centered(signals: FloatArray, model: SeparableModel) -> FloatArray:
    return signals - signals.mean(axis=0) if model.has_offset else signals
