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

import numpy as np
from numpy.typing import ArrayLike

from gliomamri.relaxometry.checks import (
    Progress,
    batches,
    checked_bounds,
    checked_choice,
    checked_noise_sd,
    checked_signals,
)
from gliomamri.relaxometry.inversion_recovery import DEFAULT_T1_BOUNDS, POLARITIES
from gliomamri.relaxometry.magic_checks import checked_field, checked_protocol
from gliomamri.relaxometry.magic_model import MagicProtocol
from gliomamri.relaxometry.magic_polarity import PolarizedFit, fit_signals
from gliomamri.relaxometry.magic_results import MagicFit, finished_fit
from gliomamri.relaxometry.magic_uncertainty import unit_errors
from gliomamri.relaxometry.magic_voxels import MagicProblem
from gliomamri.relaxometry.signals import FloatArray
from gliomamri.relaxometry.transmit_field import FIELD_RANGE, TransmitField, estimate_transmit_field
from gliomamri.threads import one_blas_thread

DEFAULT_T2_BOUNDS = (5.0, 2000.0)
BATCH, FREE_B1_BATCH = 4096, 1024
B1_CHOICES = ("smooth", "per_voxel")


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
    choice = checked_choice(B1, B1_CHOICES, "B1") if isinstance(B1, str) else "given"
    magnitude = checked_choice(polarity, POLARITIES, "The polarity") == "magnitude"
    noise_sd = checked_noise_sd(noise_sd)
    protocol = checked_protocol(
        inversion_times, echo_times, repetition_time, saturation_angle, flip_angle,
        unknowns=2 if choice == "given" else 3, spare=magnitude or noise_sd is None,
    )  # fmt: skip
    signals, usable = _checked_signals(signals, protocol.delay_of.size, magnitude)
    problem = _problem(protocol, T1_bounds, T2_bounds, fits_field=choice == "per_voxel")
    with one_blas_thread():
        if choice == "smooth":
            where, spacing = checked_field(mask, spacing, len(signals), usable)
            field = estimate_transmit_field(
                signals, where, spacing, problem, magnitude=magnitude, noise_sd=noise_sd
            )
        else:
            field = _given_field(B1 if choice == "given" else 1.0, len(signals))
        maps = _fit_all(signals, usable, problem, field.B1, magnitude, progress)
    return finished_fit(maps, problem, field.sd, noise_sd, B1_settled=field.settled)


def _checked_signals(signals: ArrayLike, images: int, magnitude: bool) -> tuple[np.ndarray, np.ndarray]:
    signals, usable = checked_signals(signals, images)
    if magnitude and np.any(signals[usable] < 0):
        raise ValueError("Magnitude signals cannot be negative; choose signed polarity for these images.")
    return signals, usable


def _problem(
    protocol: MagicProtocol,
    T1_bounds: tuple[float, float],
    T2_bounds: tuple[float, float],
    *,
    fits_field: bool,
) -> MagicProblem:
    bounds = {"B1": FIELD_RANGE}
    for name, limits, symbol in (("log_R1", T1_bounds, "T1"), ("log_R2", T2_bounds, "T2")):
        low, high = checked_bounds(limits, symbol)
        bounds[name] = (float(np.log(1e3 / high)), float(np.log(1e3 / low)))
    decay, field = ("log_R2",) * (protocol.echoes.size > 1), ("B1",) * fits_field
    return MagicProblem(protocol, ("log_R1", *decay, *field), bounds)


def _given_field(B1: ArrayLike, voxels: int) -> TransmitField:
    """Return a field that is known (or, in voxels that find their own, where they start)."""
    field = np.asarray(B1, float)
    if field.ndim and field.shape != (voxels,):
        raise ValueError(f"The B1 map must have one value per voxel, shape ({voxels},); got {field.shape}.")
    if not np.all(np.isfinite(field)) or np.any(field <= 0) or np.any(field >= 2):
        raise ValueError("Every value of the B1 map must be a positive ratio near 1.")
    return TransmitField(np.broadcast_to(field, (voxels,)), np.zeros(voxels), settled=True)


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
