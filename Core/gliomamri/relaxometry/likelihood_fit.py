r"""Batched maximum likelihood with bounds, for Gaussian and Rician noise (Levenberg-damped Fisher scoring).

For every voxel the model is ``nu = A g(s)``: an amplitude A >= 0 and shape parameters s. With the score u of each
sample (M - nu for Gaussian noise; rician.py otherwise) and its information weight W, one step solves

.. math:: (J^T W J + \lambda\,\mathrm{diag})\, \delta = J^T u,

a parameter that presses against its bound being held. A step that lowers the likelihood is undone and lambda
raised. Equal bounds hold a parameter at a known value. Where sigma is known, a voxel is finished when its step
promises less than 1e-8 of log-likelihood, which is 1e-4 of a standard error.
(Osborne, Int Stat Rev 60:99, 1992.)

Called by multi_echo.py; tested by Testing/unit/relaxometry/test_multi_echo.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gliomamri.relaxometry import rician
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.small_systems import cholesky, normal_matrix, solve

Shape = Callable[[FloatArray], tuple[FloatArray, Sequence[FloatArray]]]

STEP_TOLERANCE = 1e-7
GAIN_TOLERANCE = 1e-8
MAX_ITERATIONS = 60
FIRST_DAMPING, LAST_DAMPING = 1e-4, 1e9


@dataclass
class _State:
    """Unknowns (p, n), their cost (n,), gradient (p, n) and information (p, p, n) at unit noise."""

    unknowns: FloatArray
    cost: FloatArray
    gradient: FloatArray
    matrix: FloatArray

    def take(self, index: np.ndarray) -> _State:
        return _State(
            self.unknowns[:, index], self.cost[index], self.gradient[:, index], self.matrix[..., index]
        )

    def replace(self, where: np.ndarray, other: _State) -> None:
        self.unknowns[:, where], self.cost[where] = other.unknowns[:, where], other.cost[where]
        self.gradient[:, where], self.matrix[..., where] = other.gradient[:, where], other.matrix[..., where]


def maximize_likelihood(
    signals: FloatArray,
    start: FloatArray,
    shape: Shape,
    lower: FloatArray,
    upper: FloatArray,
    noise_sd: float | None,
) -> FloatArray:
    """Return the unknowns (p, n) of largest likelihood.

    Parameters
    ----------
    signals
        (m, n), image by voxel.
    start
        (p, n): amplitude, then shape parameters, within the bounds.
    shape
        Returns g (m, n) and its derivatives by each shape parameter, from the shape parameters (p - 1, n).
    lower, upper
        Bounds, (p, n).
    noise_sd
        Sigma of the Rician distribution in signal units; None for Gaussian noise, where it plays no role.
    """
    result = np.array(start)
    state = _evaluate(signals, result, shape, noise_sd)
    damping = np.full(result.shape[1], FIRST_DAMPING)
    open_voxels = np.arange(result.shape[1])
    for _ in range(MAX_ITERATIONS):
        trial = np.clip(state.unknowns + _step(state, damping, lower, upper), lower, upper)
        gain = _promised_gain(state, trial - state.unknowns)
        proposed = _evaluate(signals, trial, shape, noise_sd)
        better = proposed.cost <= state.cost
        size = np.abs(trial - state.unknowns)
        size[0] /= np.maximum(np.abs(state.unknowns[0]), np.finfo(float).tiny)
        settled = (size.max(axis=0) < STEP_TOLERANCE) | (damping > LAST_DAMPING)
        if noise_sd is not None:
            settled |= better & (gain < GAIN_TOLERANCE * noise_sd**2)
        damping = _next_damping(
            damping, (state.cost - proposed.cost) * (1 if noise_sd is None else noise_sd**2), gain
        )
        state.replace(better, proposed)
        result[:, open_voxels] = state.unknowns
        going = ~settled
        if not going.any():
            break
        open_voxels, damping, signals = open_voxels[going], damping[going], signals[:, going]
        state, lower, upper = state.take(going), lower[:, going], upper[:, going]
    return result


def _promised_gain(state: _State, step: FloatArray) -> FloatArray:
    """Return by how much the quadratic model lowers the cost (times sigma^2) along ``step``, (n,)."""
    bend = np.einsum("in,ijn,jn->n", step, state.matrix, step)
    return (state.gradient * step).sum(axis=0) - bend / 2


def _next_damping(damping: FloatArray, gained: FloatArray, promised: FloatArray) -> FloatArray:
    """Lower the damping where the step kept its promise, raise it smoothly where it overshot.

    Nielsen's rule; a plain factor up and down makes strongly curved voxels oscillate (Madsen, Nielsen and Tingleff,
    Methods for Non-Linear Least Squares Problems, 2004, section 3.2).
    """
    ratio = np.divide(gained, promised, out=np.zeros_like(gained), where=promised > 0)
    factor = np.clip(1 - (2 * np.clip(ratio, -1, 2) - 1) ** 3, 0.1, 4.0)
    return damping * np.where(gained >= 0, factor, 8.0)


def cost(signals: FloatArray, prediction: FloatArray, noise_sd: float | None) -> FloatArray:
    """Return the negative log-likelihood of each voxel (n,), up to a constant and, for Gaussian noise, a factor."""
    if noise_sd is None:
        return 0.5 * ((signals - prediction) ** 2).sum(axis=0)
    return rician.cost_and_score(signals, prediction, noise_sd)[0].sum(axis=0)


def jacobian(unknowns: FloatArray, shape: Shape) -> tuple[FloatArray, list[FloatArray]]:
    """Return the prediction (m, n) and its derivatives by each unknown."""
    unit, derivatives = shape(unknowns[1:])
    return unknowns[0] * unit, [unit, *(unknowns[0] * derivative for derivative in derivatives)]


def _evaluate(signals: FloatArray, unknowns: FloatArray, shape: Shape, noise_sd: float | None) -> _State:
    prediction, columns = jacobian(unknowns, shape)
    if noise_sd is None:
        score, weights = signals - prediction, None
        total = 0.5 * (score**2).sum(axis=0)
    else:
        costs, score = rician.cost_and_score(signals, prediction, noise_sd)
        weights, total = rician.information(prediction, noise_sd), costs.sum(axis=0)
    gradient = np.stack([(column * score).sum(axis=0) for column in columns])
    return _State(np.array(unknowns), total, gradient, normal_matrix(columns, weights))


def _step(state: _State, damping: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Solve the damped normal equations, holding the unknowns that press against a bound."""
    held = ((state.unknowns <= lower) & (state.gradient <= 0)) | (
        (state.unknowns >= upper) & (state.gradient >= 0)
    )
    matrix = np.where(held[:, None] | held[None, :], 0.0, state.matrix)
    scale = np.sqrt(np.einsum("iin->in", matrix))
    scale = np.where(scale > 0, scale, 1.0)
    matrix = matrix / (scale[:, None] * scale[None, :])
    for i in range(matrix.shape[0]):
        matrix[i, i] = 1.0 + damping
    gradient = np.where(held, 0.0, state.gradient) / scale
    return solve(cholesky(matrix)[0], gradient) / scale
