"""T1 and M0 from inversion recovery images.

Two models of signals.py: "free_efficiency" (three unknowns, robust against imperfect inversion and slice profile)
and "full_inversion" (ideal inversion, finite TR, two unknowns). Signed images are fitted as they are; magnitude
images after polarity restoration (polarity.py).

Called by the relaxometry task; tested by Testing/unit/relaxometry/test_inversion_recovery.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.checks import (
    Progress,
    batches,
    checked_bounds,
    checked_choice,
    checked_mask,
    checked_noise_sd,
    checked_signals,
    checked_times,
)
from gliomamri.relaxometry.curves import exponential_curve, inversion_curve
from gliomamri.relaxometry.noise import pooled_noise_sd
from gliomamri.relaxometry.polarity import PolarityFit, fit_magnitude
from gliomamri.relaxometry.separable import SeparableFit, SeparableModel, fit_separable
from gliomamri.relaxometry.signals import FloatArray, magnetization_and_kappa
from gliomamri.relaxometry.uncertainty import unit_standard_errors

MODELS = ("free_efficiency", "full_inversion")
POLARITIES = ("signed", "magnitude")
DEFAULT_T1_BOUNDS = (50.0, 6000.0)
DEFAULT_KAPPA_RANGE = (-1.0, -0.5)
BATCH = 8192
CHI2_95 = 3.841


@dataclass(frozen=True)
class InversionRecoveryFit:
    """Maps of an inversion recovery fit, each (n,); 0 where not ``valid``, except T1 and M0 at a bound.

    Attributes
    ----------
    T1, T1_standard_error
        In ms.
    M0, M0_standard_error
        Equilibrium magnetization, in signal units.
    kappa
        Cosine of the inversion angle: -1 ideal, and fixed there in the "full_inversion" model.
    residual
        Root mean square of the residuals, in signal units.
    valid
        True where T1 is a measurement: finite input, physical solution, T1 strictly between its bounds.
    hit_bound
        True where T1 ended at a bound: T1 holds the bound, the standard errors are 0, ``valid`` is False.
    negative_images
        Number of images taken as negative (polarity restoration), or found negative (signed data).
    ambiguous_polarity
        True where, in polarity restoration, another sign pattern is not rejected at the 5 % level (its likelihood
        ratio stays below the 95th percentile of chi-square with one degree of freedom) and gives a T1 more than
        one standard error away.
    noise_sd
        Noise standard deviation behind the standard errors, one number in signal units.
    """

    T1: FloatArray
    M0: FloatArray
    kappa: FloatArray
    T1_standard_error: FloatArray
    M0_standard_error: FloatArray
    residual: FloatArray
    valid: np.ndarray
    hit_bound: np.ndarray
    negative_images: np.ndarray
    ambiguous_polarity: np.ndarray
    noise_sd: float


@dataclass(frozen=True)
class _Protocol:
    """What is the same for every voxel: times in ms, the model, and whether polarity must be restored."""

    inversion_times: FloatArray
    repetition_times: FloatArray | None
    separable: SeparableModel
    magnitude: bool
    kappa_range: tuple[float, float]

    @property
    def unknowns(self) -> int:
        return 3 if self.separable.has_offset else 2

    @property
    def repetition_time(self) -> float | None:
        return None if self.repetition_times is None else float(self.repetition_times[0])


def fit_inversion_recovery(
    signals: ArrayLike,
    inversion_times: ArrayLike,
    *,
    repetition_time: float | ArrayLike | None = None,
    model: str = "free_efficiency",
    polarity: str = "signed",
    noise_sd: float | None = None,
    noise_mask: ArrayLike | None = None,
    bounds: tuple[float, float] = DEFAULT_T1_BOUNDS,
    kappa_range: tuple[float, float] = DEFAULT_KAPPA_RANGE,
    progress: Progress | None = None,
) -> InversionRecoveryFit:
    """Fit T1 and M0 in every voxel by least squares.

    Parameters
    ----------
    signals
        (n_voxels, n_images). Signed signals are negative before the null point. Voxels with NaN, inf or zeros
        only are returned as not valid.
    inversion_times
        TI in ms, (n_images,), in any order.
    repetition_time
        TR in ms. Needed by "full_inversion" (one number, or one per image); in "free_efficiency" it must be one
        common number, and None means TR >> T1.
    model
        "free_efficiency": ``a + b exp(-TI/T1)``, from which M0 and kappa follow.
        "full_inversion": ``M0 [1 - 2 exp(-TI/T1) + exp(-TR/T1)]``.
    polarity
        "signed", or "magnitude" for restoration of the lost sign.
    noise_sd
        Noise standard deviation in signal units; None pools it from the residuals.
    noise_mask
        Boolean (n_voxels,): voxels whose residuals are pooled, for instance the brain; None takes all valid ones.
    bounds
        Of T1 in ms.
    kappa_range
        Cosines of the inversion angle that the pulse can have produced, used only to choose the polarity of
        magnitude images in the free-efficiency model. The default means 120 degrees or more.
    progress
        Called with the finished fraction after each batch.

    Returns
    -------
    InversionRecoveryFit

    Raises
    ------
    ValueError
        For inputs that cannot be fitted, with one sentence.

    Notes
    -----
    Magnitude restoration treats noise as Gaussian. Where a sample lies within 2 noise standard deviations of its
    null, its sign is uncertain and its magnitude biased (Rician floor): in such voxels the standard error of T1
    covers the truth in about 52 % instead of 68 % (simulated, 6 TIs, SNR 20 to 100; signed images: 68 %).
    """
    protocol = _protocol(inversion_times, repetition_time, model, polarity, noise_sd, bounds, kappa_range)
    signals, usable = checked_signals(signals, protocol.inversion_times.size)
    noise_sd = checked_noise_sd(noise_sd)
    noise_mask = checked_mask(noise_mask, signals.shape[0])
    if protocol.magnitude and np.any(signals[usable] < 0):
        raise ValueError("Magnitude signals cannot be negative; choose signed polarity for these images.")
    maps = {name: np.zeros(signals.shape[0], dtype) for name, dtype in _MAPS.items()}
    for voxels in batches(np.flatnonzero(usable), BATCH, progress):
        for name, values in _fit_batch(
            np.ascontiguousarray(signals[voxels].T, dtype=float), protocol
        ).items():
            maps[name][voxels] = values
    return _finished(maps, protocol, noise_sd, noise_mask)


_MAPS = {
    "T1": float,
    "M0": float,
    "kappa": float,
    "T1_standard_error": float,
    "M0_standard_error": float,
    "sse": float,
    "valid": bool,
    "hit_bound": bool,
    "negative_images": np.int16,
    "rival_gap": float,
    "rival_T1": float,
}


def _finished(
    maps: dict[str, np.ndarray], protocol: _Protocol, noise_sd: float | None, noise_mask: np.ndarray
) -> InversionRecoveryFit:
    """Bring the standard errors of unit noise to the noise of the data, which may have to be pooled first."""
    images = protocol.inversion_times.size
    if noise_sd is None:
        noise_sd = pooled_noise_sd(maps["sse"], images - protocol.unknowns, maps["valid"] & noise_mask)
    T1_standard_error = maps["T1_standard_error"] * noise_sd
    indistinct = maps["rival_gap"] < CHI2_95 * noise_sd**2
    distant = np.abs(maps["rival_T1"] - maps["T1"]) > T1_standard_error
    return InversionRecoveryFit(
        T1=maps["T1"],
        M0=maps["M0"],
        kappa=maps["kappa"],
        T1_standard_error=T1_standard_error,
        M0_standard_error=maps["M0_standard_error"] * noise_sd,
        residual=np.sqrt(maps["sse"] / images),
        valid=maps["valid"],
        hit_bound=maps["hit_bound"],
        negative_images=maps["negative_images"],
        ambiguous_polarity=maps["valid"] & indistinct & distant,
        noise_sd=noise_sd,
    )


def _protocol(
    inversion_times: ArrayLike,
    repetition_time: float | ArrayLike | None,
    model: str,
    polarity: str,
    noise_sd: float | None,
    bounds: tuple[float, float],
    kappa_range: tuple[float, float],
) -> _Protocol:
    """Check what concerns all voxels and choose the separable model."""
    free = checked_choice(model, MODELS, "The inversion recovery model") == "free_efficiency"
    magnitude = checked_choice(polarity, POLARITIES, "The polarity") == "magnitude"
    bounds = checked_bounds(bounds, "T1")
    if not -1 <= kappa_range[0] < kappa_range[1] <= 1:
        raise ValueError(
            f"The range of kappa must be two cosines from -1 to 1, low before high; got {kappa_range}."
        )
    unknowns = 3 if free else 2
    spare = 1 if magnitude or noise_sd is None else 0
    times = checked_times(inversion_times, "inversion times", unknowns + spare)
    repetition_times = _repetition_times(repetition_time, times, free)
    if free:
        separable = SeparableModel(exponential_curve(times), has_offset=True, sign=-1, bounds=bounds)
    else:
        separable = SeparableModel(
            inversion_curve(times, repetition_times), has_offset=False, sign=1, bounds=bounds
        )
    return _Protocol(times, repetition_times, separable, magnitude, kappa_range)


def _repetition_times(
    repetition_time: float | ArrayLike | None, inversion_times: FloatArray, free: bool
) -> FloatArray | None:
    """Return TR per image (m,), or None for the long-TR limit."""
    if repetition_time is None:
        if free:
            return None
        raise ValueError("The full inversion model needs the repetition time in ms.")
    times = np.asarray(repetition_time, float)
    if times.ndim > 1 or (times.ndim == 1 and times.size != inversion_times.size):
        raise ValueError(
            f"The repetition time must be one number or one per image ({inversion_times.size}); "
            f"got shape {times.shape}."
        )
    times = np.broadcast_to(times, inversion_times.shape)
    if not np.all(np.isfinite(times)) or np.any(times <= 0):
        raise ValueError(f"The repetition time must be a positive number in ms; got {repetition_time}.")
    if np.any(times <= inversion_times):
        raise ValueError(
            f"The repetition time ({times.min():g} ms) must be longer than every inversion time "
            f"(longest {inversion_times.max():g} ms)."
        )
    if free and np.ptp(times) > 1e-3 * times[0]:
        raise ValueError(
            "The free-efficiency model needs one common repetition time; these images have different "
            "ones, so use the full inversion model."
        )
    return times


def _fit_batch(signals: FloatArray, protocol: _Protocol) -> dict[str, np.ndarray]:
    """Fit signals (m, n); standard errors are for unit noise."""
    rival: dict[str, np.ndarray] = {"rival_gap": np.full(signals.shape[1], np.inf)}
    if protocol.magnitude:
        restored = _restored(signals, protocol)
        fit, signals = restored.fit, restored.signals
        rival = {"rival_gap": restored.rival_gap, "rival_T1": np.exp(restored.rival_log_time)}
    else:
        fit = fit_separable(signals, protocol.separable)
    M0, kappa = _physical(fit, protocol)
    errors, regular = _unit_errors(fit, protocol)
    physical = (fit.amplitude != 0) & (M0 > 0) & np.isfinite(M0)
    valid = physical & regular & ~fit.hit_bound
    found = physical & (valid | fit.hit_bound)
    return {
        "T1": np.where(found, np.exp(fit.log_time), 0),
        "M0": np.where(found, M0, 0),
        "kappa": np.where(found, kappa, 0),
        "T1_standard_error": np.where(valid, errors[0], 0),
        "M0_standard_error": np.where(valid, errors[1], 0),
        "sse": np.where(found, fit.sse, 0),
        "negative_images": np.where(found, (signals < 0).sum(axis=0), 0),
        "valid": valid,
        "hit_bound": found & fit.hit_bound,
    } | rival


def _restored(magnitudes: FloatArray, protocol: _Protocol) -> PolarityFit:
    """Fit magnitudes (m, n) with the polarity that agrees best with a kappa of the allowed range."""

    def constrained_sse(signals: FloatArray, fit: SeparableFit) -> FloatArray:
        M0, kappa = _physical(fit, protocol)
        sse = np.where((fit.amplitude != 0) & (M0 > 0), fit.sse, np.inf)
        if protocol.separable.has_offset:
            for limit, outside in zip(
                protocol.kappa_range,
                (kappa < protocol.kappa_range[0], kappa > protocol.kappa_range[1]),
                strict=True,
            ):
                curve = inversion_curve(protocol.inversion_times, protocol.repetition_times, limit)
                fixed = SeparableModel(curve, has_offset=False, sign=1, bounds=protocol.separable.bounds)
                sse[outside] = np.maximum(sse[outside], fit_separable(signals[:, outside], fixed).sse)
        return sse

    return fit_magnitude(magnitudes, protocol.inversion_times, protocol.separable, constrained_sse)


def _physical(fit: SeparableFit, protocol: _Protocol) -> tuple[FloatArray, FloatArray]:
    """Return (M0, kappa), each (n,)."""
    if not protocol.separable.has_offset:
        return fit.amplitude, np.full_like(fit.amplitude, -1.0)
    return magnetization_and_kappa(fit.offset, fit.amplitude, np.exp(fit.log_time), protocol.repetition_time)


def _unit_errors(fit: SeparableFit, protocol: _Protocol) -> tuple[list[FloatArray], np.ndarray]:
    """Return the standard errors of T1 and M0 for unit noise, and where they exist."""
    phi, first, _ = protocol.separable.curve(fit.log_time)
    T1, nothing = np.exp(fit.log_time), np.zeros_like(fit.log_time)
    columns = [phi, fit.amplitude * first]
    if not protocol.separable.has_offset:
        return unit_standard_errors(columns, [np.stack([nothing, T1]), np.stack([nothing + 1, nothing])])
    columns.append(np.ones_like(phi))
    recovered, slope = np.ones_like(T1), nothing
    if protocol.repetition_time is not None:
        ratio = protocol.repetition_time / T1
        recovered = -np.expm1(-ratio)
        slope = (fit.offset + fit.amplitude) * ratio * np.exp(-ratio) / recovered**2
    M0_gradient = np.stack([1 / recovered - 1, slope, 1 / recovered])
    return unit_standard_errors(columns, [np.stack([nothing, T1, nothing]), M0_gradient])
