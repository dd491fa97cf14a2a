"""T1 and M0 from spoiled gradient echoes at several flip angles (VFA, DESPOT1), by nonlinear least squares.

Equation (1) of gradient_echo.py at one echo time, with ``E = exp(-TR / T1)`` and the true angle ``B1 a``:

    S_k = M0 phi_k,   phi_k = sin(B1 a_k) (1 - E) / (1 - E cos(B1 a_k)),   M0 = PD exp(-TE R2*).            (1)

M0 is linear and eliminated, so that one unknown is left, log T1: the best of a grid, then Gauss-Newton steps on the
reduced sum of squares, damped after Marquardt. The straight-line form of (1) is not used: it weighs noise wrongly
(Chang et al., Magn Reson Med 60:496, 2008, doi 10.1002/mrm.21669). An error of B1 goes into T1 about twice, so a B1
map matters; its own uncertainty is not part of the standard errors.

Called by the relaxometry task; tested by Testing/unit/relaxometry/test_variable_flip_angle.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.checks import (
    Progress,
    batches,
    checked_bounds,
    checked_noise_sd,
    checked_signals,
)
from gliomamri.relaxometry.inversion_recovery import DEFAULT_T1_BOUNDS
from gliomamri.relaxometry.noise import pooled_noise_sd
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.uncertainty import unit_standard_errors

BATCH = 4096
MAX_ITERATIONS, STEP_TOLERANCE = 60, 1e-9
_GRID_RATIO, _MOST_DAMPING, _ROUNDING = 1.2, 1e10, 1e-14


@dataclass(frozen=True)
class VariableFlipAngleFit:
    """Maps of the fit, each (n,); 0 where not ``valid``, except T1 and M0 at a bound.

    Attributes
    ----------
    T1, T1_standard_error
        In ms.
    M0, M0_standard_error
        Signal units, weighted by ``exp(-TE R2*)``.
    residual
        Root mean square of the residuals, in signal units.
    valid
        True where T1 is a measurement strictly between its bounds.
    hit_bound
        True where T1 ended at a bound: T1 holds the bound, the standard errors are 0, ``valid`` is False.
    noise_sd
        Noise standard deviation behind the standard errors, one number in signal units.
    """

    T1: FloatArray
    M0: FloatArray
    T1_standard_error: FloatArray
    M0_standard_error: FloatArray
    residual: FloatArray
    valid: np.ndarray
    hit_bound: np.ndarray
    noise_sd: float


def fit_variable_flip_angle(
    signals: ArrayLike,
    flip_angles: ArrayLike,
    repetition_time: float | ArrayLike,
    *,
    B1: ArrayLike = 1.0,
    noise_sd: float | None = None,
    bounds: tuple[float, float] = DEFAULT_T1_BOUNDS,
    progress: Progress | None = None,
) -> VariableFlipAngleFit:
    """Fit T1 and M0 in every voxel.

    Parameters
    ----------
    signals
        (n_voxels, n_images). Voxels with NaN, inf or zeros only are returned as not valid.
    flip_angles
        Nominal angles in degrees, (n_images,).
    repetition_time
        In ms, one number or one per image.
    B1
        Transmit field as a fraction of the nominal one; one number or (n_voxels,).
    noise_sd
        Noise standard deviation in signal units; None pools it from the residuals.
    bounds
        Of T1 in ms.
    progress
        Called with the finished fraction after each batch.

    Raises
    ------
    ValueError
        For inputs that cannot be fitted, with one sentence.
    """
    noise_sd = checked_noise_sd(noise_sd)
    angles = _checked_angles(flip_angles, 2 + (noise_sd is None))
    times = _checked_repetition_times(repetition_time, angles.size)
    signals, usable = checked_signals(signals, angles.size)
    field = _checked_field(B1, len(signals), float(angles.max()))
    limits = tuple(np.log(checked_bounds(bounds, "T1")))
    maps = {name: np.zeros(len(signals)) for name in ("T1", "M0", "T1_error", "M0_error", "sse")}
    maps |= {name: np.zeros(len(signals), bool) for name in ("valid", "hit_bound")}
    voxels = np.flatnonzero(usable)
    voxels = voxels[np.argsort(field[voxels], kind="stable")]
    for batch in batches(voxels, BATCH, progress):
        chosen = np.ascontiguousarray(signals[batch].T, dtype=float)
        curve = _Curve(np.radians(angles)[:, None], times[:, None], field[batch])
        for name, values in _fit_batch(chosen, curve, limits).items():
            maps[name][batch] = values
    if noise_sd is None:
        noise_sd = pooled_noise_sd(maps["sse"], angles.size - 2, maps["valid"])
    return VariableFlipAngleFit(
        T1=maps["T1"],
        M0=maps["M0"],
        T1_standard_error=maps["T1_error"] * noise_sd,
        M0_standard_error=maps["M0_error"] * noise_sd,
        residual=np.sqrt(maps["sse"] / angles.size),
        valid=maps["valid"],
        hit_bound=maps["hit_bound"],
        noise_sd=noise_sd,
    )


class _Curve:
    """phi of equation (1) and its derivative by log T1, (m, n), for voxels of given B1 (n,)."""

    def __init__(self, angles: FloatArray, times: FloatArray, B1: FloatArray) -> None:
        self.times, self.angles, self.B1 = times, angles, B1
        self.cosine, self.sine = np.cos(angles * B1), np.sin(angles * B1)

    def __call__(self, log_T1: FloatArray) -> tuple[FloatArray, FloatArray]:
        ratio = self.times * np.exp(-log_T1)
        E = np.exp(-ratio)
        rest = 1 - E * self.cosine
        phi = -np.expm1(-ratio) * self.sine / rest
        return phi, -ratio * E * self.sine * (1 - self.cosine) / rest**2

    def taken(self, index: np.ndarray) -> _Curve:
        """Return the curve of the voxels at ``index``."""
        return _Curve(self.angles, self.times, self.B1[index])


def _fit_batch(signals: FloatArray, curve: _Curve, limits: tuple[float, float]) -> dict[str, np.ndarray]:
    """Fit signals (m, n); standard errors are for unit noise."""
    log_T1 = _minimize(signals, curve, _grid_start(signals, curve, limits), limits)
    phi, slope = curve(log_T1)
    M0 = np.maximum(_dot(signals, phi), 0) / _dot(phi, phi)
    residual = signals - M0 * phi
    downhill = _dot(residual, slope)
    held = ((log_T1 <= limits[0]) & (downhill <= 0)) | ((log_T1 >= limits[1]) & (downhill >= 0))
    T1, nothing = np.exp(log_T1), np.zeros_like(log_T1)
    gradients = [np.stack([nothing, T1]), np.stack([nothing + 1, nothing])]
    errors, regular = unit_standard_errors([phi, M0 * slope], gradients)
    positive = M0 > 0
    valid = positive & regular & ~held
    found = valid | (positive & held)
    return {
        "T1": np.where(found, T1, 0),
        "M0": np.where(found, M0, 0),
        "T1_error": np.where(valid, errors[0], 0),
        "M0_error": np.where(valid, errors[1], 0),
        "sse": np.where(found, (residual**2).sum(axis=0), 0),
        "valid": valid,
        "hit_bound": positive & held,
    }


def _grid_start(signals: FloatArray, curve: _Curve, limits: tuple[float, float]) -> FloatArray:
    """Return the best log T1 of a grid; the batch's mean B1 serves all its voxels."""
    grid = np.linspace(*limits, int(np.ceil((limits[1] - limits[0]) / np.log(_GRID_RATIO))) + 1)
    phi = _Curve(curve.angles, curve.times, np.array([curve.B1.mean()]))(grid)[0]
    return grid[np.argmax((phi / np.sqrt(_dot(phi, phi))).T @ signals, axis=0)]


def _minimize(
    signals: FloatArray, curve: _Curve, start: FloatArray, limits: tuple[float, float]
) -> FloatArray:
    """Refine log T1 by damped Gauss-Newton steps on the open voxels."""
    result, point, voxels = start.copy(), start.copy(), np.arange(start.size)
    damping = np.full(start.size, 1e-3)
    slack = _ROUNDING * (signals**2).sum(axis=0)
    explained, slope, curvature = _reduced(signals, curve, point)
    for _ in range(MAX_ITERATIONS):
        step = np.divide(slope, curvature * (1 + damping), out=np.zeros_like(slope), where=curvature > 0)
        there = np.clip(point + np.clip(step, -1, 1), *limits)
        size = np.abs(there - point)
        new = _reduced(signals, curve, there)
        better = new[0] >= explained - slack
        point = np.where(better, there, point)
        explained, slope, curvature = (
            np.where(better, a, b) for a, b in zip(new, (explained, slope, curvature), strict=True)
        )
        damping = np.where(better, np.maximum(damping / 10, 1e-9), damping * 10)
        result[voxels] = point
        kept = np.flatnonzero((size > STEP_TOLERANCE) & (damping < _MOST_DAMPING))
        if kept.size == 0:
            break
        if kept.size < 0.8 * voxels.size:
            voxels, point, damping, slack = voxels[kept], point[kept], damping[kept], slack[kept]
            explained, slope, curvature = explained[kept], slope[kept], curvature[kept]
            signals, curve = np.ascontiguousarray(signals[:, kept]), curve.taken(kept)
    return result


def _reduced(
    signals: FloatArray, curve: _Curve, log_T1: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what M0 phi explains of y.y, and half the downhill slope of the rest by log T1 and its curvature."""
    phi, first = curve(log_T1)
    norm, data, mixed = _dot(phi, phi), np.maximum(_dot(signals, phi), 0), _dot(phi, first)
    M0 = data / norm
    slope = M0 * (_dot(signals, first) - M0 * mixed)
    return data * M0, slope, M0**2 * (_dot(first, first) - mixed**2 / norm)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.einsum("mn,mn->n", a, b)


def _checked_angles(flip_angles: ArrayLike, fewest: int) -> FloatArray:
    angles = np.asarray(flip_angles, float)
    if angles.ndim != 1 or not np.all(np.isfinite(angles)) or np.any(angles <= 0) or np.any(angles >= 180):
        raise ValueError(
            f"Flip angles must be numbers between 0 and 180 degrees, one per image; got {flip_angles}."
        )
    distinct = np.unique(angles).size
    if distinct < 2:
        raise ValueError(f"This fit needs at least 2 different flip angles; got {distinct}.")
    if angles.size < fewest:
        raise ValueError(
            f"This fit needs at least {fewest} images to estimate the noise too; got {angles.size}. "
            "Select more images, or give the noise."
        )
    return angles


def _checked_repetition_times(repetition_time: float | ArrayLike, images: int) -> FloatArray:
    times = np.asarray(repetition_time, float)
    if times.ndim > 1 or (times.ndim == 1 and times.size != images):
        raise ValueError(
            f"The repetition time must be one number or one per image ({images}); got shape {times.shape}."
        )
    if not np.all(np.isfinite(times)) or np.any(times <= 0):
        raise ValueError(f"The repetition time must be a positive number in ms; got {repetition_time}.")
    return np.broadcast_to(times, (images,)).astype(float)


def _checked_field(B1: ArrayLike, voxels: int, largest_angle: float) -> FloatArray:
    field = np.asarray(B1, float)
    if field.ndim and field.shape != (voxels,):
        raise ValueError(f"The B1 map must have one value per voxel, shape ({voxels},); got {field.shape}.")
    if not np.all(np.isfinite(field)) or np.any(field <= 0) or np.any(field * largest_angle >= 180):
        raise ValueError("Every value of the B1 map must be a positive ratio near 1.")
    return np.broadcast_to(field, (voxels,))
