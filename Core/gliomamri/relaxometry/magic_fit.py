"""R1, R2, M0 and B1 from multi-delay multi-echo images (MAGIC, QRAPMASTER).

Equation (1) of magic.py in two stages: the smooth transmit field from voxels all over the head (transmit_field.py),
then R1, R2 and M0 of every voxel at that field (magic_voxels.py) with their errors (magic_uncertainty.py). B1 may
instead be given, be 1, or be free in every voxel.

Magnitude restoration treats noise as Gaussian: a sample within about 2 noise standard deviations of its null is biased
(Rician floor), and standard errors are too small there.

Reference: Warntjes et al., Magn Reson Med 60:320 (2008), doi 10.1002/mrm.21635.

Called by the relaxometry task; tested by Testing/unit/relaxometry/test_magic_fit.py and test_magic_coverage.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from gliomamri.relaxometry.checks import (
    Progress,
    batches,
    checked_bounds,
    checked_choice,
    checked_noise_sd,
    checked_signals,
)
from gliomamri.relaxometry.inversion_recovery import CHI2_95, DEFAULT_T1_BOUNDS, POLARITIES
from gliomamri.relaxometry.magic_checks import checked_field, checked_protocol
from gliomamri.relaxometry.magic_model import MagicProtocol
from gliomamri.relaxometry.magic_polarity import PolarizedFit, fit_signals
from gliomamri.relaxometry.magic_uncertainty import unit_errors
from gliomamri.relaxometry.magic_voxels import MagicProblem
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.transmit_field import FIELD_RANGE, estimate_transmit_field
from gliomamri.relaxometry.trimmed_noise import KEPT, trimmed_noise_sd
from gliomamri.threads import one_blas_thread

DEFAULT_T2_BOUNDS = (5.0, 2000.0)
BATCH, FREE_B1_BATCH = 4096, 1024
B1_CHOICES = ("smooth", "per_voxel")


@dataclass(frozen=True)
class MagicFit:
    """Maps of a MAGIC fit, each (n,), and what belongs to all voxels; 0 where nothing was found.

    Attributes
    ----------
    T1, T2 : ndarray
        In ms.
    T1_standard_error, T2_standard_error : ndarray
        In ms.
    M0, M0_standard_error : ndarray
        Proton density times receive profile, in signal units. Without R2 it is that at the echo time.
    B1, B1_standard_error : ndarray
        Transmit field as a fraction of the nominal one; the error is 0 where B1 was given.
    residual : ndarray
        Root mean square of the residuals, in signal units.
    T1_valid, T2_valid : ndarray of bool
        True where the time is a measurement strictly between its bounds. M0 is one where both are.
    hit_bound : ndarray of bool
        True where an unknown ended at a bound.
    negative_delays : ndarray of int
        Delays taken as negative in polarity restoration.
    ambiguous_polarity : ndarray of bool
        True where another sign pattern is not rejected at the 5 % level and gives a T1 more than one standard error
        away.
    one_compartment : ndarray of bool
        True where the residual is no larger than noise makes it (99.9 % quantile of chi-square): two tissues in a voxel
        mostly are. All True where no image is left to tell.
    noise_sd : float
        Noise standard deviation behind the standard errors, in signal units.
    has_T2 : bool
        False for series of one echo time: T2 is then 0 and never valid.
    """

    T1: FloatArray
    T2: FloatArray
    M0: FloatArray
    B1: FloatArray
    T1_standard_error: FloatArray
    T2_standard_error: FloatArray
    M0_standard_error: FloatArray
    B1_standard_error: FloatArray
    residual: FloatArray
    T1_valid: np.ndarray
    T2_valid: np.ndarray
    hit_bound: np.ndarray
    negative_delays: np.ndarray
    ambiguous_polarity: np.ndarray
    one_compartment: np.ndarray
    noise_sd: float
    has_T2: bool


def fit_magic(
    signals: ArrayLike,
    inversion_times: ArrayLike,
    echo_times: ArrayLike,
    repetition_time: float,
    *,
    B1: str | ArrayLike = "smooth",
    mask: ArrayLike | None = None,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    saturation_angle: float = 120.0,
    flip_angle: float = 90.0,
    polarity: str = "signed",
    noise_sd: float | None = None,
    T1_bounds: tuple[float, float] = DEFAULT_T1_BOUNDS,
    T2_bounds: tuple[float, float] = DEFAULT_T2_BOUNDS,
    progress: Progress | None = None,
) -> MagicFit:
    """Fit R1, R2 and M0 in every voxel, and B1 where it is not given.

    Parameters
    ----------
    signals
        (n_voxels, n_images). Voxels with NaN, inf or zeros only are returned as not valid.
    inversion_times, echo_times
        Of every image in ms, (n_images,) each, in any order; a full grid of delays and echoes is not needed.
    repetition_time
        In ms.
    B1
        "smooth" estimates a smooth field and needs ``mask``; "per_voxel" leaves it free in every voxel; one number or
        one per voxel is taken as given.
    mask
        bool (z, y, x): where the voxels lie, in the order of ``signals``.
    spacing
        Of the mask's grid along z, y, x, in mm.
    saturation_angle, flip_angle
        Nominal angles in degrees.
    polarity
        "signed", or "magnitude" for restoration of the lost sign.
    noise_sd
        Noise standard deviation in signal units; None pools it from the residuals.
    T1_bounds, T2_bounds
        In ms.
    progress
        Called with the finished fraction.

    Raises
    ------
    ValueError
        For inputs that cannot be fitted, with one sentence.
    """
    free = isinstance(B1, str) and checked_choice(B1, B1_CHOICES, "B1") == "per_voxel"
    smooth = isinstance(B1, str) and B1 == "smooth"
    magnitude = checked_choice(polarity, POLARITIES, "The polarity") == "magnitude"
    noise_sd = checked_noise_sd(noise_sd)
    protocol = checked_protocol(
        inversion_times, echo_times, repetition_time, saturation_angle, flip_angle,
        unknowns=3 if free or smooth else 2, spare=magnitude or noise_sd is None,
    )  # fmt: skip
    signals, usable = checked_signals(signals, protocol.delay_of.size)
    if magnitude and np.any(signals[usable] < 0):
        raise ValueError("Magnitude signals cannot be negative; choose signed polarity for these images.")
    problem = _problem(protocol, T1_bounds, T2_bounds)
    field, field_sd = np.ones(len(signals)), np.zeros(len(signals))
    with one_blas_thread():
        if smooth:
            where, spacing = checked_field(mask, spacing, len(signals), usable)
            found = estimate_transmit_field(
                signals, where, spacing, problem, magnitude=magnitude, noise_sd=noise_sd
            )
            field, field_sd = found.B1, found.sd
        elif free:
            problem = replace(problem, unknowns=(*problem.unknowns, "B1"))
        elif not isinstance(B1, str):
            field = _given_field(B1, len(signals))
        maps = _fit_all(signals, usable, problem, field, magnitude, progress)
    return _finished(maps, problem, field_sd, noise_sd, free)


def _problem(
    protocol: MagicProtocol, T1_bounds: tuple[float, float], T2_bounds: tuple[float, float]
) -> MagicProblem:
    bounds = {"B1": FIELD_RANGE}
    for name, limits, symbol in (("log_R1", T1_bounds, "T1"), ("log_R2", T2_bounds, "T2")):
        low, high = checked_bounds(limits, symbol)
        bounds[name] = (float(np.log(1e3 / high)), float(np.log(1e3 / low)))
    unknowns = ("log_R1", "log_R2") if protocol.echoes.size > 1 else ("log_R1",)
    return MagicProblem(protocol, unknowns, bounds)


def _given_field(B1: ArrayLike, voxels: int) -> FloatArray:
    field = np.asarray(B1, float)
    if field.ndim and field.shape != (voxels,):
        raise ValueError(f"The B1 map must have one value per voxel, shape ({voxels},); got {field.shape}.")
    if not np.all(np.isfinite(field)) or np.any(field <= 0) or np.any(field >= 2):
        raise ValueError("Every value of the B1 map must be a positive ratio near 1.")
    return np.broadcast_to(field, (voxels,))


_MAPS = (
    "log_R1", "log_R2", "M0", "B1", "sse", "unit_R1", "unit_R2", "unit_M0", "unit_B1",
    "field_R1", "field_R2", "field_M0", "rival_gap", "rival_log_R1",
)  # fmt: skip
_FLAGS = ("found", "R1_bound", "R2_bound", "B1_bound")


def _fit_all(
    signals: np.ndarray,
    usable: np.ndarray,
    problem: MagicProblem,
    field: FloatArray,
    magnitude: bool,
    progress: Progress | None,
) -> dict[str, np.ndarray]:
    """Fit batch after batch into whole maps; a batch has voxels of nearly equal B1, whose grid of starts is shared."""
    maps = {
        name: np.zeros(len(signals), np.float32 if name.startswith(("unit", "field")) else float)
        for name in _MAPS
    }
    maps |= {name: np.zeros(len(signals), bool) for name in _FLAGS}
    maps["negative"] = np.zeros(len(signals), np.int16)
    voxels = np.flatnonzero(usable)
    voxels = voxels[np.argsort(field[voxels], kind="stable")]
    for batch in batches(voxels, FREE_B1_BATCH if problem.fits_field else BATCH, progress):
        chosen = np.ascontiguousarray(signals[batch].T, dtype=float)
        fit = fit_signals(problem, chosen, field[batch], magnitude=magnitude)
        for name, values in _values(problem, fit, field[batch]).items():
            maps[name][batch] = values
    return maps


def _values(problem: MagicProblem, fit: PolarizedFit, B1: FloatArray) -> dict[str, np.ndarray]:
    """Name the results of a batch; standard errors for unit noise, and slopes by the field (of logarithms)."""
    voxels, protocol = fit.voxels, problem.protocol
    named = dict(zip(problem.unknowns, voxels.unknowns, strict=True))
    held = dict(zip(problem.unknowns, voxels.at_bound, strict=True))
    nobody = np.zeros(B1.size, bool)
    scale, by_R1, by_B1 = protocol.scale(named["log_R1"], named.get("B1", B1))
    errors, slopes, regular = unit_errors(problem, fit, B1, by_R1, by_B1)
    positive = (voxels.amplitude > 0) & np.isfinite(scale) & (scale > 0)
    return {
        "log_R1": named["log_R1"],
        "log_R2": named.get("log_R2", np.zeros(B1.size)),
        "B1": named.get("B1", B1),
        "M0": np.divide(voxels.amplitude, scale, out=np.zeros(B1.size), where=positive),
        "sse": voxels.sse,
        **{f"unit_{name}": values for name, values in errors.items()},
        **{f"field_{name}": values for name, values in slopes.items()},
        "found": positive & regular,
        "R1_bound": held["log_R1"],
        "R2_bound": held.get("log_R2", nobody),
        "B1_bound": held.get("B1", nobody),
        "negative": fit.negative,
        "rival_gap": fit.rival_gap,
        "rival_log_R1": fit.rival_log_R1,
    }


def _finished(
    maps: dict[str, np.ndarray],
    problem: MagicProblem,
    field_sd: FloatArray,
    noise_sd: float | None,
    free: bool,
) -> MagicFit:
    """Bring the standard errors to the noise of the data and to the units of the maps."""
    images = problem.protocol.delay_of.size
    found, has_T2 = maps["found"], problem.fits_decay
    T1_valid = found & ~maps["R1_bound"] & ~maps["B1_bound"]
    T2_valid = found & ~maps["R2_bound"] & has_T2
    spare = images - len(problem.unknowns) - 1
    if noise_sd is None:
        sound = T1_valid & (T2_valid | (not has_T2))
        noise_sd = trimmed_noise_sd(maps["sse"], spare, sound)

    def relative(name: str) -> FloatArray:
        return np.hypot(maps[f"unit_{name}"] * noise_sd, maps[f"field_{name}"] * field_sd)

    T1 = np.where(found, 1e3 * np.exp(-maps["log_R1"]), 0.0)
    T2 = np.where(found & has_T2, 1e3 * np.exp(-maps["log_R2"]), 0.0)
    R1_error = relative("R1")
    indistinct = maps["rival_gap"] < CHI2_95 * noise_sd**2
    distant = np.abs(maps["rival_log_R1"] - maps["log_R1"]) > R1_error
    return MagicFit(
        T1=T1,
        T2=T2,
        M0=np.where(found, maps["M0"], 0.0),
        B1=np.where(found, maps["B1"], 0.0),
        T1_standard_error=np.where(T1_valid, T1 * R1_error, 0.0),
        T2_standard_error=np.where(T2_valid, T2 * relative("R2"), 0.0),
        M0_standard_error=np.where(T1_valid, maps["M0"] * relative("M0"), 0.0),
        B1_standard_error=np.where(found, maps["unit_B1"] * noise_sd if free else field_sd, 0.0),
        residual=np.where(found, np.sqrt(maps["sse"] / images), 0.0),
        T1_valid=T1_valid,
        T2_valid=T2_valid,
        hit_bound=found & (maps["R1_bound"] | maps["R2_bound"] | maps["B1_bound"]),
        negative_delays=np.where(found, maps["negative"], 0),
        ambiguous_polarity=T1_valid & indistinct & distant,
        one_compartment=maps["sse"] <= (chi2.ppf(KEPT, spare) * noise_sd**2 if spare > 0 else np.inf),
        noise_sd=noise_sd,
        has_T2=has_T2,
    )
