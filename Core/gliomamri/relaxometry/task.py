"""Task ``relaxometry``: T1 from inversion-recovery images, T2 from multi-echo spin-echo images.

In: series ``IRT1`` and/or ``MESE``, optionally a brain mask and a segmentation. Out: T1, R1, T2, R2, M0 with
standard errors, residuals and validity masks, and times and rates in every segment. The equations are in
:mod:`gliomamri.relaxometry.signals`, the fits beside it.

Run by the job path and the command line; tested by Testing/unit/relaxometry/test_task.py and test_real_slice.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from gliomamri.errors import UserError
from gliomamri.relaxometry.by_region import results_by_region
from gliomamri.relaxometry.doubts import doubts_of_fit, doubts_of_inversion
from gliomamri.relaxometry.inversion_recovery import (
    DEFAULT_T1_BOUNDS,
    InversionRecoveryFit,
    fit_inversion_recovery,
)
from gliomamri.relaxometry.maps import FittedVoxels, map_of, time_and_rate_maps, validity_map
from gliomamri.relaxometry.multi_echo import DEFAULT_T2_BOUNDS, MultiEchoFit, fit_multi_echo
from gliomamri.relaxometry.settings import Settings
from gliomamri.relaxometry.task_inputs import fitted_mask, is_signed, repetition_time_of, signals_of, times_of
from gliomamri.result import Map, Number, Result
from gliomamri.series import Series
from gliomamri.study import Study
from gliomamri.tasks import Context, Progress

Fit = TypeVar("Fit", InversionRecoveryFit, MultiEchoFit)

_FIT_SHARE = 0.9
"""Share of a series' progress that is the fit itself."""


def run(study: Study, settings: Settings, context: Context) -> Result:
    """Fit what the study carries.

    Parameters
    ----------
    study : Study
        ``IRT1`` and/or ``MESE`` series; ``brain_mask`` limits the fit; each of ``segments`` gets its distribution.
    settings : Settings
        See the fields.
    context : Context
        Told the progress; nothing is random.

    Raises
    ------
    UserError
        If images of a series lie on different grids, times are missing or wrong, or nothing can be measured.
    """
    fits = [(role, fit) for role, fit in (("IRT1", _fit_t1), ("MESE", _fit_t2)) if role in study.series]
    parts = []
    for index, (role, fit) in enumerate(fits):

        def progress(fraction: float, message: str, start: int = index) -> None:
            context.progress((start + fraction) / len(fits), message)

        parts.append(fit(study, study.series[role], settings, progress))
    return _joined(parts)


def _fit_t1(study: Study, series: Series, settings: Settings, progress: Progress) -> Result:
    times = times_of(series, "inversion_time", settings.inversion_times)
    repetition_time, warnings = repetition_time_of(series, settings.ir_repetition_time)
    mask, notes = fitted_mask(study, series, settings)
    signed = is_signed(series, settings.ir_polarity)
    fit = _told_to_the_user(
        lambda: fit_inversion_recovery(
            signals_of(series, mask, signed=signed),
            times,
            repetition_time=repetition_time,
            model=settings.ir_model,
            polarity="signed" if signed else "magnitude",
            noise_sd=settings.noise_sd or None,
            bounds=(DEFAULT_T1_BOUNDS[0], settings.longest_T1),
            progress=lambda fraction: progress(_FIT_SHARE * fraction, f"Fitting T1 in {mask.sum():,} voxels"),
        )
    )
    fitted = FittedVoxels("IRT1", "T1", fit.T1, fit.T1_standard_error, fit.valid, mask, series.images[0])
    efficiency = 0.5 * (
        1.0 - fit.kappa
    )  # as MR scientists quote it; kappa is the cosine of the inversion angle
    hint = " or that the sign of the signal is set right" if signed else ""
    warnings += notes + doubts_of_fit(fitted, fit.M0, fit.noise_sd, fit.hit_bound, hint)
    warnings += doubts_of_inversion(efficiency[fitted.measured])
    if not signed:
        warnings.append(_restored_sign(fit.ambiguous_polarity[fitted.measured].mean()))
    about = "Inversion efficiency (1 - cos of the inversion angle) / 2; 1 is perfect."
    maps = [
        *_common_maps(fitted, fit, "IR", "Equilibrium signal of the inversion-recovery fit."),
        map_of(fitted, "IR_efficiency", efficiency, "inversion efficiency", "", about, (0.0, 1.2)),
    ]
    progress(0.95, "Measuring T1 by region")
    return _finished(study, fitted, maps, fit.noise_sd, warnings, settings.longest_T1)


def _fit_t2(study: Study, series: Series, settings: Settings, progress: Progress) -> Result:
    times = times_of(series, "echo_time", settings.echo_times)
    mask, warnings = fitted_mask(study, series, settings)
    fit = _told_to_the_user(
        lambda: fit_multi_echo(
            signals_of(series, mask, signed=settings.noise_model == "gaussian"),
            times,
            noise_model=settings.noise_model,
            noise_sd=settings.noise_sd or None,
            skip_first_echo=settings.skip_first_echo,
            stimulated_echo=settings.stimulated_echo,
            bounds=(DEFAULT_T2_BOUNDS[0], settings.longest_T2),
            progress=lambda fraction: progress(_FIT_SHARE * fraction, f"Fitting T2 in {mask.sum():,} voxels"),
        )
    )
    fitted = FittedVoxels("MESE", "T2", fit.T2, fit.T2_standard_error, fit.valid, mask, series.images[0])
    warnings += doubts_of_fit(fitted, fit.M0, fit.noise_sd, fit.hit_bound)
    maps = _common_maps(fitted, fit, "SE", "Signal of the spin-echo fit at echo time 0.")
    if settings.stimulated_echo:
        about = "Refocusing angle over its nominal value (B1), from the stimulated echoes."
        maps.append(map_of(fitted, "SE_B1", fit.B1, "B1", "", about, (0.5, 1.5)))
    progress(0.95, "Measuring T2 by region")
    return _finished(study, fitted, maps, fit.noise_sd, warnings, settings.longest_T2)


def _told_to_the_user(fit: Callable[[], Fit]) -> Fit:
    """Call a fit; what it says of numbers that cannot be fitted is for the user."""
    try:
        return fit()
    except ValueError as error:
        raise UserError(str(error)) from error


def _restored_sign(undecided: float) -> str:
    doubt = f", which could not be sure of it in {undecided:.1%} of the voxels." if undecided else "."
    return "The inversion-recovery images are magnitude images; their sign was restored by the fit" + doubt


def _common_maps(
    fitted: FittedVoxels, fit: InversionRecoveryFit | MultiEchoFit, prefix: str, about: str
) -> list[Map]:
    """Maps that both fits have."""
    residual = f"Root mean square residual of the {fitted.symbol} fit."
    return [
        *time_and_rate_maps(fitted),
        map_of(fitted, f"{prefix}_M0", fit.M0, "M0", "image units", about),
        map_of(fitted, f"{prefix}_residual", fit.residual, "residual", "image units", residual),
        validity_map(fitted),
    ]


def _finished(
    study: Study, fitted: FittedVoxels, maps: list[Map], noise_sd: float, warnings: list[str], longest: float
) -> Result:
    """Add what is measured by region, and the numbers of the whole fit."""
    by_region = results_by_region(study, fitted, longest)
    symbol, measured = fitted.symbol, fitted.measured
    numbers = {
        f"{symbol}_voxels": Number(float(measured.sum()), "", f"Voxels with a measured {symbol}"),
        f"{symbol}_share": Number(
            100 * float(measured.mean()), "%", f"Share of the fitted voxels with a {symbol}"
        ),
        f"{symbol}_median": Number(
            float(np.median(fitted.times[measured])), "ms", f"Median {symbol} of these"
        ),
        f"{symbol}_noise_sd": Number(
            noise_sd, "image units", f"Noise behind the standard errors of {symbol}"
        ),
    }
    return replace(by_region, maps=tuple(maps), numbers=numbers, warnings=(*warnings, *by_region.warnings))


def _joined(parts: list[Result]) -> Result:
    """Put the results of both fits into one; a warning that both give comes once."""
    return Result(
        maps=tuple(one for part in parts for one in part.maps),
        tables=tuple(one for part in parts for one in part.tables),
        charts=tuple(one for part in parts for one in part.charts),
        numbers={name: number for part in parts for name, number in part.numbers.items()},
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
    )
