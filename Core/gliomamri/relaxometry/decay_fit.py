"""Fit of a batch of decays, and the noise that all voxels share.

Called by multi_echo.py; tested by Testing/unit/relaxometry/test_multi_echo.py and test_coverage.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gliomamri.relaxometry import rician
from gliomamri.relaxometry.echo_models import EchoModel, MonoExponential
from gliomamri.relaxometry.likelihood_fit import cost, jacobian, maximize_likelihood
from gliomamri.relaxometry.noise import pooled_noise_sd
from gliomamri.relaxometry.separable import fit_separable
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.uncertainty import unit_standard_errors

NOISE_SAMPLE = 4000
NOISE_ROUNDS = 12
NOISE_TOLERANCE = 1e-3
NEGLIGIBLE_NOISE = 1e-9
AMPLITUDE_LIMIT = 1e6


@dataclass(frozen=True)
class DecayProblem:
    """The model, its number of unknowns, whether noise is Rician, and sigma where it is given or estimated."""

    model: EchoModel
    unknowns: int
    rician: bool
    noise_sd: float | None


def fit_decay(
    signals: FloatArray, problem: DecayProblem, known_weight: FloatArray | None
) -> dict[str, np.ndarray]:
    """Fit signals (m, n) and return maps (n,); standard errors are for unit noise.

    ``known_weight`` (n,) holds the refocusing parameter w of echo_surface.py where it is given.
    """
    unknowns = _optimum(signals, problem, known_weight)
    prediction, columns = jacobian(unknowns, problem.model.shape)
    columns = columns[: problem.unknowns]
    T2, nothing = np.exp(unknowns[1]), np.zeros(signals.shape[1])
    gradients = [np.stack([nothing, T2, nothing]), np.stack([nothing + 1, nothing, nothing])]
    weights = rician.information(prediction, problem.noise_sd) if problem.rician else None
    errors, regular = unit_standard_errors(columns, [g[: problem.unknowns] for g in gradients], weights)
    expected = rician.mean(prediction, problem.noise_sd) if problem.rician else prediction
    low, high = problem.model.log_range
    hit_bound = (unknowns[1] <= low) | (unknowns[1] >= high)
    positive = unknowns[0] > 0
    valid = positive & regular & ~hit_bound
    found = valid | (positive & hit_bound)
    maps = {"T2": T2, "M0": unknowns[0], "sse": ((signals - expected) ** 2).sum(axis=0)}
    if unknowns.shape[0] > 2:
        maps["weight"] = unknowns[2]
    return {name: np.where(found, values, 0) for name, values in maps.items()} | {
        "T2_standard_error": np.where(valid, errors[0], 0),
        "M0_standard_error": np.where(valid, errors[1], 0),
        "valid": valid,
        "hit_bound": found & hit_bound,
    }


def estimated_noise_sd(signals: np.ndarray, problem: DecayProblem, known_weight: FloatArray | None) -> float:
    """Return sigma of Rician noise from the residuals of up to 4000 voxels, evenly taken from ``signals`` (n, m).

    Residuals from the Rician mean, divided by the Rician standard deviation in units of sigma, have unit variance
    in units of sigma at every signal level; the robust pooling of noise.py turns them into sigma, and fit and sigma
    are repeated until they agree. Signals without noise give 0. The chi-square law behind the pooling is exact for
    Gaussian residuals and an approximation where echoes lie at the noise floor.

    Where the model does not hold (several T2 in a voxel), the misfit counts as noise, as in any pooling of
    residuals; a sigma measured in the background can be given instead.
    """
    step = max(1, int(np.ceil(signals.shape[0] / NOISE_SAMPLE)))
    sample = np.ascontiguousarray(signals[::step].T, dtype=float)
    known = None if known_weight is None else known_weight[::step]
    freedom = sample.shape[0] - problem.unknowns
    if sample.shape[1] == 0:
        return 0.0
    maps = fit_decay(sample, replace(problem, rician=False, noise_sd=None), known)
    noise_sd = pooled_noise_sd(maps["sse"], freedom, maps["valid"])
    for _ in range(NOISE_ROUNDS):
        if noise_sd <= NEGLIGIBLE_NOISE * sample.max():
            return 0.0
        current = replace(problem, rician=True, noise_sd=noise_sd)
        unknowns = _optimum(sample, current, known)
        prediction = jacobian(unknowns, problem.model.shape)[0]
        deviation = (sample - rician.mean(prediction, noise_sd)) ** 2
        scaled = deviation / rician.variance(prediction, noise_sd) * noise_sd**2
        low, high = problem.model.log_range
        interior = (unknowns[0] > 0) & (unknowns[1] > low) & (unknowns[1] < high)
        previous, noise_sd = noise_sd, pooled_noise_sd(scaled.sum(axis=0), freedom, interior)
        if abs(noise_sd - previous) <= NOISE_TOLERANCE * previous:
            break
    return noise_sd


def _optimum(signals: FloatArray, problem: DecayProblem, known_weight: FloatArray | None) -> FloatArray:
    """Return the unknowns (p, n): amplitude, log T2, and for a train w."""
    model = problem.model
    if not problem.rician and isinstance(model, MonoExponential):
        fit = fit_separable(signals, model.separable)
        return np.stack([fit.amplitude, fit.log_time])
    start = _start(signals, problem, known_weight)
    lower, upper = np.zeros_like(start), np.empty_like(start)
    upper[0] = AMPLITUDE_LIMIT * np.abs(signals).max(axis=0)
    lower[1], upper[1] = model.log_range
    if not isinstance(model, MonoExponential):
        lower[2], upper[2] = model.weight_range if known_weight is None else (known_weight, known_weight)
    return maximize_likelihood(
        signals, np.clip(start, lower, upper), model.shape, lower, upper, problem.noise_sd
    )


def _start(signals: FloatArray, problem: DecayProblem, known_weight: FloatArray | None) -> FloatArray:
    """Return the better of two starts: from the signals, and from the signals freed of the noise floor.

    The second moment of a Rician magnitude is ``nu^2 + 2 sigma^2``, so that ``sqrt(max(M^2 - 2 sigma^2, 0))``
    estimates the noise-free signal.
    """
    variants = [signals]
    if problem.rician:
        variants.append(np.sqrt(np.maximum(signals**2 - 2 * problem.noise_sd**2, 0)))
    starts, costs = [], []
    for variant in variants:
        shape = problem.model.start(variant, known_weight)
        unit = problem.model.shape(shape)[0]
        amplitude = np.maximum((unit * variant).sum(axis=0), 0) / (unit**2).sum(axis=0)
        starts.append(np.concatenate([amplitude[None], shape]))
        costs.append(cost(signals, amplitude * unit, problem.noise_sd if problem.rician else None))
    return np.where(costs[-1] < costs[0], starts[-1], starts[0])
