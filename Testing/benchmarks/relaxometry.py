"""Voxelwise fits beside scipy's least_squares, voxel by voxel, with the same bounds and start.

100 000 voxels at SNR 100 (white-matter signal of the strongest image / sigma) are fitted by ours; a sample of them
by ``scipy.optimize.least_squares(method="trf", x_scale=...)``, the documented choice for bounded problems, with its
default finite-difference Jacobian and tolerances. Both start from the best point of our log-spaced grid, with the
linear unknowns solved there, and run in this one process with the same numpy threads; the baseline's time includes
neither the grid nor the solving. For magnitude inversion recovery the baseline is given the true signs.
The Rician fit is set against plain least squares, which is what the baseline offers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from gliomamri.relaxometry.curves import exponential_curve
from gliomamri.relaxometry.inversion_recovery import DEFAULT_T1_BOUNDS, fit_inversion_recovery
from gliomamri.relaxometry.multi_echo import DEFAULT_T2_BOUNDS, fit_multi_echo
from gliomamri.relaxometry.separable import SeparableModel, grid_start
from gliomamri.relaxometry.signals import inversion_recovery, spin_echo_decay

VOXELS, SAMPLE, REPEATS = 100_000, 150, 3
SNR, WHITE_MATTER_M0 = 100.0, 1000.0
AT_LEAST, ERROR_TOLERANCE = 100.0, 1e-3
INVERSION_TIMES, REPETITION_TIME = np.array([50.0, 100.0, 200.0, 500.0, 2000.0, 4000.0]), 15000.0
ECHO_TIMES = np.array([10.0, 25.0, 50.0, 90.0, 150.0, 250.0])


@dataclass(frozen=True)
class Case:
    """One comparison: signals (n, m) and truth (n,) in ms, our fit, and the baseline's signals and model."""

    name: str
    signals: np.ndarray
    truth: np.ndarray
    fit: Callable[[np.ndarray], np.ndarray]
    baseline_signals: np.ndarray
    times: np.ndarray
    has_offset: bool
    bounds: tuple[float, float]


def rows() -> list[dict[str, Any]]:
    """Return the rows of `make bench`, each measured side by side in this run."""
    return [_row(case) for case in (*_inversion_cases(), *_echo_cases())]


def _inversion_cases() -> list[Case]:
    rng = np.random.default_rng(11)
    T1, M0 = rng.uniform(600, 2500, VOXELS), WHITE_MATTER_M0 * rng.uniform(0.9, 1.3, VOXELS)
    kappa = rng.uniform(-1.0, -0.8, VOXELS)
    clean = inversion_recovery(INVERSION_TIMES, REPETITION_TIME, M0[:, None], T1[:, None], kappa[:, None])
    sigma = WHITE_MATTER_M0 / SNR
    signed, magnitude = clean + sigma * rng.standard_normal(clean.shape), _magnitude(rng, clean, sigma)

    def fitted(polarity: str) -> Callable[[np.ndarray], np.ndarray]:
        return lambda signals: (
            fit_inversion_recovery(
                signals, INVERSION_TIMES, repetition_time=REPETITION_TIME, polarity=polarity
            ).T1
        )

    common = (INVERSION_TIMES, True, DEFAULT_T1_BOUNDS)
    return [
        Case("T1, inversion recovery, signed, 6 TI", signed, T1, fitted("signed"), signed, *common),
        Case(
            "T1, inversion recovery, magnitude, 6 TI",
            magnitude,
            T1,
            fitted("magnitude"),
            magnitude * np.sign(clean),
            *common,
        ),
    ]


def _echo_cases() -> list[Case]:
    rng = np.random.default_rng(12)
    T2, M0 = rng.uniform(50, 200, VOXELS), WHITE_MATTER_M0 * rng.uniform(0.9, 1.3, VOXELS)
    clean = spin_echo_decay(ECHO_TIMES, M0[:, None], T2[:, None])
    signals = _magnitude(rng, clean, clean[:, 0].mean() / SNR)

    def fitted(noise_model: str) -> Callable[[np.ndarray], np.ndarray]:
        return lambda signals: fit_multi_echo(signals, ECHO_TIMES, noise_model=noise_model).T2

    return [
        Case(
            f"T2, multi-echo, {model}, 6 TE",
            signals,
            T2,
            fitted(model),
            signals,
            ECHO_TIMES,
            False,
            DEFAULT_T2_BOUNDS,
        )
        for model in ("gaussian", "rician")
    ]


def _magnitude(rng: np.random.Generator, signals: np.ndarray, sigma: float) -> np.ndarray:
    noise = rng.standard_normal(signals.shape) + 1j * rng.standard_normal(signals.shape)
    return np.abs(signals + sigma * noise)


def _row(case: Case) -> dict[str, Any]:
    """Time both on the same data and compare their errors on the sample."""
    case.fit(case.signals[:1000])
    ours_seconds = np.inf
    for _ in range(REPEATS):
        started = time.perf_counter()
        ours = case.fit(case.signals)
        ours_seconds = min(ours_seconds, time.perf_counter() - started)
    sample = np.linspace(0, VOXELS - 1, SAMPLE).astype(int)
    other, other_seconds = _least_squares(case, sample)
    ratio = (VOXELS / ours_seconds) / (SAMPLE / other_seconds)
    ours_error = float(np.median(np.abs(ours[sample] / case.truth[sample] - 1)))
    other_error = float(np.median(np.abs(other / case.truth[sample] - 1)))
    apart = float(np.median(np.abs(ours[sample] / other - 1)))
    return {
        "name": f"{case.name}, voxel/s (other: scipy least_squares trf, {SAMPLE} voxels)",
        "ours": round(VOXELS / ours_seconds),
        "other": round(SAMPLE / other_seconds),
        "ratio": round(ratio, 1),
        "at_least": AT_LEAST,
        "agreement": f"median |error| {ours_error:.3%} ours, {other_error:.3%} other; "
        f"median difference {apart:.1e}",
        "ok": bool(ratio >= AT_LEAST and ours_error <= other_error * (1 + ERROR_TOLERANCE)),
    }


def _least_squares(case: Case, sample: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the baseline's relaxation times in ms and the seconds it took, starts excluded."""
    signals = case.baseline_signals[sample]
    starts = _starts(signals, case)
    free = [np.inf] * (2 if case.has_offset else 1)
    lower = [-np.inf, -np.inf, case.bounds[0]] if case.has_offset else [0.0, case.bounds[0]]
    bounds = (lower, [*free, case.bounds[1]])

    def residual(unknowns: np.ndarray, signal: np.ndarray) -> np.ndarray:
        decay = np.exp(-case.times / unknowns[-1])
        return (unknowns[0] + unknowns[1] * decay if case.has_offset else unknowns[0] * decay) - signal

    found = np.empty(sample.size)
    started = time.perf_counter()
    for voxel, (signal, start) in enumerate(zip(signals, starts, strict=True)):
        solution = least_squares(
            residual, start, bounds=bounds, method="trf", x_scale=np.abs(start), args=(signal,)
        )
        found[voxel] = solution.x[-1]
    return found, time.perf_counter() - started


def _starts(signals: np.ndarray, case: Case) -> np.ndarray:
    """Return the start of each voxel: our grid's best relaxation time, with the linear unknowns solved there."""
    model = SeparableModel(
        exponential_curve(case.times), case.has_offset, -1 if case.has_offset else 1, case.bounds
    )
    centered = signals - signals.mean(axis=1, keepdims=True) if case.has_offset else signals
    starts = []
    for signal, log_time in zip(signals, grid_start(centered.T, model)[0], strict=True):
        decay = np.exp(-case.times * np.exp(-log_time))
        design = np.stack([np.ones_like(decay), decay], axis=1) if case.has_offset else decay[:, None]
        starts.append([*np.linalg.lstsq(design, signal, rcond=None)[0], np.exp(log_time)])
    return np.array(starts)
