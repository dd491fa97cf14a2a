"""MAGIC images in the relaxometry task: T1, T2, PD and B1 before and after contrast agent.

Called by task.py; tested by Testing/unit/relaxometry/test_magic_task.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gliomamri.errors import UserError
from gliomamri.relaxometry.doubts import doubts_of_fit
from gliomamri.relaxometry.inversion_recovery import DEFAULT_T1_BOUNDS
from gliomamri.relaxometry.magic_fit import DEFAULT_T2_BOUNDS, fit_magic
from gliomamri.relaxometry.magic_results import MagicFit
from gliomamri.relaxometry.maps import (
    FittedVoxels,
    error_map,
    map_of,
    time_and_rate_maps,
    validity_map,
)
from gliomamri.relaxometry.proton_density import FEWEST_FLUID, ProtonDensity, proton_density
from gliomamri.relaxometry.rates import rates_of
from gliomamri.relaxometry.settings import Settings
from gliomamri.relaxometry.task_inputs import (
    compact_signals_of,
    fitted_mask,
    given_field,
    is_signed,
    needed_repetition_time,
    times_of,
)
from gliomamri.relaxometry.task_results import FIT_SHARE, finished, restored_sign, told_to_the_user
from gliomamri.result import Map, Number, Result, joined
from gliomamri.series import Series
from gliomamri.study import Study
from gliomamri.tasks import Progress
from gliomamri.threads import one_blas_thread

_PD_WINDOW, _B1_WINDOW = (50.0, 100.0), (0.7, 1.3)
_AT_BOUND = 0.999
"""Share of the longest T2 from which a voxel counts as having ended there."""
_NOT_SETTLED = (
    "The transmit field (B1) was still changing when the search for it ended, so that T1 and proton density may be "
    "off; check the inversion times and whether the MAGIC images are signed, or select a measured B1 map."
)
_SCALE = {
    "both": "receive profile removed, scaled by cerebrospinal fluid (100 %) and white matter (70 %) together.",
    "water": "receive profile removed, cerebrospinal fluid is 100 %.",
    "tissue": "receive profile removed, white matter was set to 70 %.",
    "none": "uncalibrated: in image units, with the receive profile in it.",
}


@dataclass(frozen=True)
class _Images:
    """What one series gives to the fit."""

    role: str
    series: Series
    mask: np.ndarray
    signed: bool

    @property
    def prefix(self) -> str:
        return self.role.removesuffix("MAGIC")

    @property
    def spacing(self) -> tuple[float, float, float]:
        return tuple(reversed(self.series.images[0].GetSpacing()))

    def fitted(self, symbol: str, values: np.ndarray, errors: np.ndarray, valid: np.ndarray) -> FittedVoxels:
        return FittedVoxels(
            *(self.role, symbol, values, errors, valid, self.mask, self.series.images[0]), prefix=self.prefix
        )


def fit_magic_series(
    study: Study, series: Series, settings: Settings, progress: Progress, *, role: str
) -> Result:
    """Fit the series ``MAGIC`` or ``ceMAGIC``.

    Raises
    ------
    UserError
        With what is wrong with the images, the times or the B1 map.
    """
    mask, warnings = fitted_mask(study, series, settings)
    images = _Images(role, series, mask, is_signed(series, settings.magic_polarity))
    fit, told = _fit(study, images, settings, progress)
    progress(FIT_SHARE, "Calibrating proton density")
    T1 = images.fitted("T1", fit.T1, fit.T1_standard_error, fit.T1_valid)
    hint = " or that the sign of the signal is set right" if images.signed else ""
    warnings += told + doubts_of_fit(T1, fit.M0, fit.noise_sd, fit.hit_bound, hint)
    if not images.signed:
        warnings.append(restored_sign(fit.ambiguous_polarity[T1.measured].mean(), "MAGIC"))
    residual = "Root mean square residual of the MAGIC fit."
    by_products = [
        *_field_maps(images, fit),
        map_of(T1, "MAGIC_residual", fit.residual, "residual", "image units", residual),
    ]
    maps = [*time_and_rate_maps(T1), validity_map(T1)]
    if not fit.has_T2:
        warnings.append(
            "The MAGIC images have one echo time only, so that T2 and proton density cannot be measured."
        )
        about = "Equilibrium signal at the echo time."
        maps += [*by_products, map_of(T1, "M0", fit.M0, "M0", "image units", about)]
        return finished(study, T1, maps, fit.noise_sd, warnings, settings.longest_T1)
    T2 = images.fitted("T2", fit.T2, fit.T2_standard_error, fit.T2_valid)
    warnings += doubts_of_fit(T2, fit.M0, 0.0, fit.hit_bound)
    density_maps, numbers, told = _density(images, fit, settings)
    progress(0.95, "Measuring T1 and T2 by region")
    first = finished(study, T1, maps, fit.noise_sd, warnings + told, settings.longest_T1)
    second = finished(
        study, T2, [*time_and_rate_maps(T2), validity_map(T2)], fit.noise_sd, [], settings.longest_T2
    )
    return joined([first, second, Result(maps=(*density_maps, *by_products), numbers=numbers)])


def _fit(study: Study, images: _Images, settings: Settings, progress: Progress) -> tuple[MagicFit, list[str]]:
    """Fit the signals; the second value is what to warn of."""
    series, role, mask = images.series, images.role, images.mask
    inversion_times = times_of(series, "inversion_time", settings.magic_inversion_times, role)
    echo_times = times_of(series, "echo_time", settings.magic_echo_times, role)
    repetition_time = needed_repetition_time(
        series, settings.magic_repetition_time, role, "magic_repetition_time"
    )
    signals = compact_signals_of(series, mask, signed=images.signed)
    B1, warnings = _field_for(study, images, settings)
    if isinstance(B1, np.ndarray):
        signals[B1 == 0] = 0
        B1 = np.where(B1 > 0, B1, 1.0)
    fit = told_to_the_user(
        lambda: fit_magic(
            *(signals, inversion_times, echo_times, repetition_time),
            B1=B1,
            mask=mask,
            spacing=images.spacing,
            saturation_angle=settings.saturation_angle,
            flip_angle=settings.magic_flip_angle,
            polarity="signed" if images.signed else "magnitude",
            noise_sd=settings.noise_sd or None,
            T1_bounds=(DEFAULT_T1_BOUNDS[0], settings.longest_T1),
            T2_bounds=(DEFAULT_T2_BOUNDS[0], settings.longest_T2),
            progress=lambda done: progress(FIT_SHARE * done, f"Fitting MAGIC in {mask.sum():,} voxels"),
        )
    )
    return fit, warnings if fit.B1_settled else [*warnings, _NOT_SETTLED]


def _field_for(
    study: Study, images: _Images, settings: Settings
) -> tuple[str | float | np.ndarray, list[str]]:
    """Return what ``fit_magic`` takes as B1, a map with 0 where it holds no value, and what to warn of."""
    choice = settings.magic_B1
    given = given_field(study, images.series.images[0], images.mask) if choice in ("auto", "given") else None
    if given is not None:
        return given
    if choice == "given":
        raise UserError("There is no B1 map; select one, or let B1 be found in the images.")
    if choice == "one":
        return 1.0, []
    return ("per_voxel" if choice == "per_voxel" else "smooth"), []


def _field_maps(images: _Images, fit: MagicFit) -> list[Map]:
    """Make the maps of B1 and its standard error."""
    found = images.fitted("B1", fit.B1, fit.B1_standard_error, fit.B1 > 0)
    about = "Transmit field: flip angle over its nominal value (B1)."
    B1 = map_of(found, "B1map", fit.B1, "B1", "", about, _B1_WINDOW, role=found.role_for("B1map"))
    return [B1, error_map(found, "B1", fit.B1_standard_error, "")]


def _density(
    images: _Images, fit: MagicFit, settings: Settings
) -> tuple[list[Map], dict[str, Number], list[str]]:
    """Make the maps of M0 and PD with their errors, the median PD, and what to warn of."""
    # M0 is read at echo time 0: sound where T2 is, and in fluid, whose T2 ends at its upper bound; not at the lower.
    long_T2 = _AT_BOUND * settings.longest_T2 <= fit.T2
    usable = fit.T1_valid & (fit.M0 > 0) & (fit.T2_valid | long_T2 | ~np.bool_(fit.has_T2))
    R1, R2 = (rates_of(T, where=usable).values for T in (fit.T1, fit.T2))
    with one_blas_thread():
        density = proton_density(
            fit.M0,
            R1,
            R2,
            usable & fit.one_compartment,
            images.mask,
            images.spacing,
            method=settings.pd_calibration,
        )
    of_fit = np.divide(fit.M0_standard_error, fit.M0, out=np.zeros_like(fit.M0), where=usable)
    relative = np.sqrt(of_fit**2 + density.profile_error**2 + density.scale_error**2)
    PD = images.fitted("PD", density.PD, density.PD * relative, usable)
    M0 = replace(PD, times=fit.M0, standard_errors=fit.M0_standard_error)
    calibrated = density.method != "none"
    unit, words = ("%", "percent of water") if calibrated else ("image units", "image units")
    window = _PD_WINDOW if calibrated else None
    about = f"Proton density in {words}; {_SCALE[density.method]}"
    role = PD.role_for("PDmap") if calibrated else ""
    maps = [
        map_of(PD, "PDmap", density.PD, "PD", unit, about, window, main=True, role=role),
        error_map(PD, "PD", PD.standard_errors, unit),
        map_of(M0, "M0", fit.M0, "M0", "image units", "Proton density times receive profile."),
    ]
    median = float(np.median(density.PD[PD.measured])) if PD.measured.any() else 0.0
    numbers = {PD.named("PD_median"): Number(median, unit, f"Median {PD.named('PD')} of the measured voxels")}
    if calibrated:
        shared = f"Standard error of the scale of {PD.named('PD')}, which all voxels share"
        numbers[PD.named("PD_scale_error")] = Number(100 * density.scale_error, "%", shared)
    return maps, numbers, _doubts_of_density(density, settings.pd_calibration)


def _doubts_of_density(density: ProtonDensity, wanted: str) -> list[str]:
    """Say on which scale PD is where that is not as hoped for, and what can be done about it."""
    if density.method == "none" and wanted != "none":
        no_fluid = wanted == "water" and density.fluid_voxels < FEWEST_FLUID
        missing = "cerebrospinal fluid" if no_fluid else "white and gray matter"
        found = (
            f"Too little {missing} was found to calibrate proton density, so that its map is in image units; compare "
            "its values within this map only."
        )
        return [found]
    if wanted != "auto":
        return []
    if density.method == "tissue":
        missing = "Too little cerebrospinal fluid was found to set the scale of proton density"
        return [f"{missing}, so that white matter was set to 70 %."]
    if density.method == "water":
        missing = (
            "White matter was not recognized in the T1 map, so that cerebrospinal fluid alone sets the scale"
        )
        return [f"{missing} of proton density; look at the T1 map before you use it."]
    if density.disagreement:
        way = "lower" if density.disagreement > 0 else "higher"
        found = (
            f"By cerebrospinal fluid proton density would be {abs(density.disagreement):.0%} {way} than by white "
            "matter; look at the B1 map, or choose one of the two under 'Scale of proton density'."
        )
        return [found]
    return []
