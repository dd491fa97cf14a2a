"""T2 and M0 from multi-echo spin-echo magnitude images.

Models: mono-exponential decay, or the stimulated-echo train of imperfect refocusing (epg.py). Noise: "rician"
(maximum likelihood of rician.py, so that echoes at the noise floor do not lengthen T2) or "gaussian" (plain least
squares). The fit itself is in decay_fit.py.

Called by the relaxometry task; tested by Testing/unit/relaxometry/test_multi_echo.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
from gliomamri.relaxometry.decay_fit import DecayProblem, estimated_noise_sd, fit_decay
from gliomamri.relaxometry.echo_models import CPMGTrain, MonoExponential
from gliomamri.relaxometry.echo_surface import pulse_angle, pulse_weight
from gliomamri.relaxometry.noise import pooled_noise_sd
from gliomamri.relaxometry.signals import FloatArray

NOISE_MODELS = ("rician", "gaussian")
DEFAULT_T2_BOUNDS = (5.0, 3000.0)
DEFAULT_B1_BOUNDS = (0.5, 1.2)
DEFAULT_ASSUMED_T1 = 1000.0
SPACING_TOLERANCE = 0.01
BATCH = 8192
SURFACE_BATCH = 2048


@dataclass(frozen=True)
class MultiEchoFit:
    """Maps of a multi-echo fit, each (n,); 0 where not ``valid``, except T2 and M0 at a bound.

    Attributes
    ----------
    T2, T2_standard_error
        In ms.
    M0, M0_standard_error
        Signal extrapolated to TE = 0, in signal units. With stimulated echoes this is the transverse magnetization
        after the excitation, whose own B1 dependence is not corrected.
    B1
        Ratio of the refocusing angle to its nominal value with stimulated echoes (fitted or given), else 1. Echoes
        are the same at 180 degrees minus and plus an angle, so that a fitted B1 is reported on the lower side:
        1.1 at a nominal 180 degrees reads 0.9. T2 is not affected.
    residual
        Root mean square of signal minus expected signal (Rician mean where that model is used), in signal units.
    valid
        True where T2 is a measurement: finite input, positive amplitude, T2 strictly between its bounds.
    hit_bound
        True where T2 ended at a bound: T2 holds the bound, the standard errors are 0, ``valid`` is False.
    noise_sd
        Noise standard deviation behind the fit and the standard errors, one number in signal units.
    """

    T2: FloatArray
    M0: FloatArray
    B1: FloatArray
    T2_standard_error: FloatArray
    M0_standard_error: FloatArray
    residual: FloatArray
    valid: np.ndarray
    hit_bound: np.ndarray
    noise_sd: float


def fit_multi_echo(
    signals: ArrayLike,
    echo_times: ArrayLike,
    *,
    noise_model: str = "rician",
    noise_sd: float | None = None,
    noise_mask: ArrayLike | None = None,
    skip_first_echo: bool = False,
    stimulated_echo: bool = False,
    refocusing_angle: float = 180.0,
    B1: ArrayLike | None = None,
    assumed_T1: float = DEFAULT_ASSUMED_T1,
    bounds: tuple[float, float] = DEFAULT_T2_BOUNDS,
    B1_bounds: tuple[float, float] = DEFAULT_B1_BOUNDS,
    progress: Progress | None = None,
) -> MultiEchoFit:
    """Fit T2 and M0 in every voxel.

    Parameters
    ----------
    signals
        Magnitudes, (n_voxels, n_images). Voxels with NaN, inf or zeros only are returned as not valid.
    echo_times
        TE in ms, (n_images,), in any order.
    noise_model
        "rician" or "gaussian".
    noise_sd
        Sigma of one channel in signal units; None estimates it from the residuals of many voxels.
    noise_mask
        Boolean (n_voxels,): the voxels for that estimate, for instance the brain; None takes all.
    skip_first_echo
        Leave out the image of the shortest TE, which has no stimulated echo in it and breaks the decay.
    stimulated_echo
        Model the CPMG train: TE must be 1, 2, 3 ... times one spacing.
    refocusing_angle
        Nominal, in degrees, at most 180.
    B1
        Known ratio of actual to nominal angle per voxel, (n_voxels,) or one number; None fits it.
    assumed_T1
        T1 of the longitudinal pathways in ms; T2 depends on it weakly.
    bounds
        Of T2 in ms.
    B1_bounds
        Of the fitted B1.
    progress
        Called with the finished fraction after each batch.

    Returns
    -------
    MultiEchoFit

    Raises
    ------
    ValueError
        For inputs that cannot be fitted, with one sentence.
    """
    rician = checked_choice(noise_model, NOISE_MODELS, "The noise model") == "rician"
    noise_sd = checked_noise_sd(noise_sd)
    bounds = checked_bounds(bounds, "T2")
    unknowns = 3 if stimulated_echo and B1 is None else 2
    times = checked_times(echo_times, "echo times", unknowns + (noise_sd is None) + skip_first_echo)
    signals, usable = _checked_signals(signals, times.size, rician)
    noise_mask = checked_mask(noise_mask, signals.shape[0])
    kept = times > times.min() if skip_first_echo else np.ones(times.size, dtype=bool)
    model: MonoExponential | CPMGTrain = MonoExponential(times[kept], bounds)
    weight = None
    if stimulated_echo:
        weight = _known_weight(B1, refocusing_angle, signals.shape[0])
        model = _train(times, kept, refocusing_angle, weight, assumed_T1, bounds, B1_bounds)
    problem = DecayProblem(model, unknowns, rician, noise_sd)
    if rician and noise_sd is None:
        problem = _with_noise(problem, signals, kept, usable & noise_mask, weight)
    maps = _fit_all(signals, kept, np.flatnonzero(usable), problem, weight, progress)
    return _finished(
        maps, problem, int(kept.sum()), noise_mask, refocusing_angle if stimulated_echo else None
    )


def _checked_signals(signals: ArrayLike, images: int, rician: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the signals (n_voxels, n_images) and which voxels can be used; Rician signals must be magnitudes."""
    checked, usable = checked_signals(signals, images)
    if rician and np.any(checked[usable] < 0):
        raise ValueError(
            "Magnitude signals cannot be negative; choose the Gaussian noise model for these images."
        )
    return checked, usable


def _train(
    times: FloatArray,
    kept: np.ndarray,
    refocusing_angle: float,
    weight: FloatArray | None,
    assumed_T1: float,
    bounds: tuple[float, float],
    B1_bounds: tuple[float, float],
) -> CPMGTrain:
    """Check that the echoes are one CPMG train and return its model."""
    spacing = times.min()
    numbers = np.rint(times / spacing).astype(int)
    regular = np.abs(times - numbers * spacing) <= SPACING_TOLERANCE * spacing
    if not regular.all() or np.any(np.sort(numbers) != np.arange(1, times.size + 1)):
        listed = ", ".join(f"{time:g}" for time in np.sort(times))
        raise ValueError(
            f"The stimulated-echo model needs one train of equally spaced echoes, at 1, 2, 3 ... times "
            f"the first echo time; got {listed} ms."
        )
    if not (np.isfinite(assumed_T1) and assumed_T1 > 0):
        raise ValueError(f"The assumed T1 must be a positive number in ms; got {assumed_T1}.")
    if not 0 < B1_bounds[0] < B1_bounds[1]:
        raise ValueError(f"The bounds of B1 must be two positive numbers, low before high; got {B1_bounds}.")
    if weight is None:
        angles = refocusing_angle * B1_bounds[0], min(180.0, refocusing_angle * B1_bounds[1])
    else:
        low = float(pulse_angle(weight.max()))
        angles = max(1.0, low - 1.0), 180.0
    if not angles[0] < angles[1]:
        raise ValueError(f"The bounds of B1 {B1_bounds} leave no refocusing angle below 180 degrees.")
    return CPMGTrain(numbers[kept], spacing, assumed_T1, bounds, angles)


def _known_weight(B1: ArrayLike | None, refocusing_angle: float, voxels: int) -> FloatArray | None:
    """Return w of echo_surface.py per voxel (n,) from a given B1 map, or None where B1 is to be fitted."""
    if not 0 < refocusing_angle <= 180:
        raise ValueError(
            f"The refocusing angle must be above 0 and at most 180 degrees; got {refocusing_angle}."
        )
    if B1 is None:
        return None
    B1 = np.asarray(B1, float)
    if B1.ndim and B1.shape != (voxels,):
        raise ValueError(f"The B1 map must have one value per voxel, shape ({voxels},); got {B1.shape}.")
    B1 = np.broadcast_to(B1, (voxels,))
    if not np.all(np.isfinite(B1)) or np.any(B1 <= 0) or np.any(B1 * refocusing_angle >= 360):
        raise ValueError("Every value of the B1 map must be a positive ratio near 1.")
    return pulse_weight(B1 * refocusing_angle)


def _with_noise(
    problem: DecayProblem, signals: np.ndarray, kept: np.ndarray, use: np.ndarray, weight: FloatArray | None
) -> DecayProblem:
    """Return the problem with its noise estimated; noise-free signals turn it into plain least squares."""
    voxels = np.flatnonzero(use)
    noise_sd = estimated_noise_sd(
        signals[np.ix_(voxels, np.flatnonzero(kept))], problem, None if weight is None else weight[voxels]
    )
    return replace(problem, rician=noise_sd > 0, noise_sd=noise_sd or None)


_MAPS = {
    "T2": float,
    "M0": float,
    "weight": float,
    "T2_standard_error": float,
    "M0_standard_error": float,
    "sse": float,
    "valid": bool,
    "hit_bound": bool,
}


def _fit_all(
    signals: np.ndarray,
    kept: np.ndarray,
    voxels: np.ndarray,
    problem: DecayProblem,
    weight: FloatArray | None,
    progress: Progress | None,
) -> dict[str, np.ndarray]:
    """Fit batch after batch into whole maps."""
    maps = {name: np.zeros(signals.shape[0], dtype) for name, dtype in _MAPS.items()}
    size = BATCH if isinstance(problem.model, MonoExponential) else SURFACE_BATCH
    for batch in batches(voxels, size, progress):
        chosen = np.ascontiguousarray(signals[batch][:, kept].T, dtype=float)
        for name, values in fit_decay(chosen, problem, None if weight is None else weight[batch]).items():
            maps[name][batch] = values
    return maps


def _finished(
    maps: dict[str, np.ndarray],
    problem: DecayProblem,
    images: int,
    noise_mask: np.ndarray,
    refocusing_angle: float | None,
) -> MultiEchoFit:
    """Bring the standard errors to the noise of the data and name the maps."""
    noise_sd = problem.noise_sd
    if noise_sd is None:
        noise_sd = pooled_noise_sd(maps["sse"], images - problem.unknowns, maps["valid"] & noise_mask)
    found = maps["valid"] | maps["hit_bound"]
    ratio = 1.0 if refocusing_angle is None else pulse_angle(maps["weight"]) / refocusing_angle
    return MultiEchoFit(
        T2=maps["T2"],
        M0=maps["M0"],
        B1=np.where(found, ratio, 0.0),
        T2_standard_error=maps["T2_standard_error"] * noise_sd,
        M0_standard_error=maps["M0_standard_error"] * noise_sd,
        residual=np.sqrt(maps["sse"] / images),
        valid=maps["valid"],
        hit_bound=maps["hit_bound"],
        noise_sd=noise_sd,
    )
