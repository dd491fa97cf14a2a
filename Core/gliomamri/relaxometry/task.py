"""Task ``relaxometry``: T1, T2 and proton density from raw images.

In: series ``MAGIC`` (before) and ``ceMAGIC`` (after contrast agent), or ``IRT1`` or ``VFA`` for T1 and ``MESE`` for
T2; optionally a brain mask, a B1 map and a segmentation. Out: T1, R1, T2, R2, M0, PD, B1 with standard errors,
residuals and validity masks, and times and rates in every segment. The equations are in
:mod:`gliomamri.relaxometry.signals`, :mod:`~gliomamri.relaxometry.magic` and
:mod:`~gliomamri.relaxometry.gradient_echo`, the fits beside them; MAGIC and VFA in magic_task.py and vfa_task.py.

Run by the job path and the command line; tested by Testing/unit/relaxometry/test_task.py and test_real_slice.py.
"""

from __future__ import annotations

import functools

from gliomamri.errors import UserError
from gliomamri.relaxometry.doubts import doubts_of_fit, doubts_of_inversion
from gliomamri.relaxometry.inversion_recovery import (
    DEFAULT_T1_BOUNDS,
    InversionRecoveryFit,
    fit_inversion_recovery,
)
from gliomamri.relaxometry.magic_task import fit_magic_series
from gliomamri.relaxometry.maps import FittedVoxels, map_of, time_and_rate_maps, validity_map
from gliomamri.relaxometry.multi_echo import DEFAULT_T2_BOUNDS, MultiEchoFit, fit_multi_echo
from gliomamri.relaxometry.settings import Settings
from gliomamri.relaxometry.task_inputs import fitted_mask, is_signed, repetition_time_of, signals_of, times_of
from gliomamri.relaxometry.task_results import FIT_SHARE, finished, restored_sign, told_to_the_user
from gliomamri.relaxometry.vfa_task import fit_vfa
from gliomamri.result import Map, Result, joined
from gliomamri.roles import ROLES
from gliomamri.series import Series
from gliomamri.study import Study
from gliomamri.tasks import Context, Progress


def run(study: Study, settings: Settings, context: Context) -> Result:
    """Fit what the study carries.

    Parameters
    ----------
    study : Study
        The series; ``brain_mask`` limits the fit; each of ``segments`` gets its distribution.
    settings : Settings
        See the fields.
    context : Context
        Told the progress; nothing is random.

    Raises
    ------
    UserError
        If two series would give one map, images of a series lie on different grids, times are missing or wrong, or
        nothing can be measured.
    """
    _check_one_source(study)
    fits = [(role, fit) for role, fit in _FITS.items() if role in study.series]
    parts = []
    for index, (role, fit) in enumerate(fits):

        def progress(fraction: float, message: str, start: int = index) -> None:
            context.progress((start + fraction) / len(fits), message)

        parts.append(fit(study, study.series[role], settings, progress))
    return joined(parts)


def _check_one_source(study: Study) -> None:
    """Refuse series that would give the same map."""
    for symbol, roles in (("T1", ("MAGIC", "IRT1", "VFA")), ("T2", ("MAGIC", "MESE"))):
        given = [ROLES[role].title for role in roles if role in study.series]
        if len(given) > 1:
            raise UserError(
                f"The {' and the '.join(given)} would each give a {symbol} map; select one of them."
            )


def _fit_t1(study: Study, series: Series, settings: Settings, progress: Progress) -> Result:
    times = times_of(series, "inversion_time", settings.inversion_times)
    repetition_time, warnings = repetition_time_of(series, settings.ir_repetition_time)
    mask, notes = fitted_mask(study, series, settings)
    signed = is_signed(series, settings.ir_polarity)
    fit = told_to_the_user(
        lambda: fit_inversion_recovery(
            signals_of(series, mask, signed=signed),
            times,
            repetition_time=repetition_time,
            model=settings.ir_model,
            polarity="signed" if signed else "magnitude",
            noise_sd=settings.noise_sd or None,
            bounds=(DEFAULT_T1_BOUNDS[0], settings.longest_T1),
            progress=lambda fraction: progress(FIT_SHARE * fraction, f"Fitting T1 in {mask.sum():,} voxels"),
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
        warnings.append(restored_sign(fit.ambiguous_polarity[fitted.measured].mean()))
    about = "Inversion efficiency (1 - cos of the inversion angle) / 2; 1 is perfect."
    maps = [
        *_common_maps(fitted, fit, "IR", "Equilibrium signal of the inversion-recovery fit."),
        map_of(fitted, "IR_efficiency", efficiency, "inversion efficiency", "", about, (0.0, 1.2)),
    ]
    progress(0.95, "Measuring T1 by region")
    return finished(study, fitted, maps, fit.noise_sd, warnings, settings.longest_T1)


def _fit_t2(study: Study, series: Series, settings: Settings, progress: Progress) -> Result:
    times = times_of(series, "echo_time", settings.echo_times)
    mask, warnings = fitted_mask(study, series, settings)
    fit = told_to_the_user(
        lambda: fit_multi_echo(
            signals_of(series, mask, signed=settings.noise_model == "gaussian"),
            times,
            noise_model=settings.noise_model,
            noise_sd=settings.noise_sd or None,
            skip_first_echo=settings.skip_first_echo,
            stimulated_echo=settings.stimulated_echo,
            bounds=(DEFAULT_T2_BOUNDS[0], settings.longest_T2),
            progress=lambda fraction: progress(FIT_SHARE * fraction, f"Fitting T2 in {mask.sum():,} voxels"),
        )
    )
    fitted = FittedVoxels("MESE", "T2", fit.T2, fit.T2_standard_error, fit.valid, mask, series.images[0])
    warnings += doubts_of_fit(fitted, fit.M0, fit.noise_sd, fit.hit_bound)
    maps = _common_maps(fitted, fit, "SE", "Signal of the spin-echo fit at echo time 0.")
    if settings.stimulated_echo:
        about = "Refocusing angle over its nominal value (B1), from the stimulated echoes."
        maps.append(map_of(fitted, "SE_B1", fit.B1, "B1", "", about, (0.5, 1.5)))
    progress(0.95, "Measuring T2 by region")
    return finished(study, fitted, maps, fit.noise_sd, warnings, settings.longest_T2)


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


_FITS = {
    "IRT1": _fit_t1,
    "VFA": fit_vfa,
    "MESE": _fit_t2,
    "MAGIC": functools.partial(fit_magic_series, role="MAGIC"),
    "ceMAGIC": functools.partial(fit_magic_series, role="ceMAGIC"),
}
"""Per role what fits its series: (study, series, settings, progress) to a result."""
