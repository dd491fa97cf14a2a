"""Task ``relaxometry``: T1 from inversion-recovery images, T2 from multi-echo spin-echo images.

In: series ``IRT1`` and/or ``MESE``, optionally a brain mask and a segmentation. Out: T1, R1, T2, R2, M0 with
standard errors, residuals and validity masks, and the distributions of R1 and R2 in every segment. The
equations are in :mod:`gliomamri.relaxometry.signals`, the fits beside it.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.foreground import foreground_mask
from gliomamri.imaging.geometry import describe_difference, same_grid
from gliomamri.regions.distributions import histogram, rates, summary_table
from gliomamri.regions.segments import segment_masks
from gliomamri.relaxometry.inversion_recovery import DEFAULT_T1_BOUNDS, fit_inversion_recovery
from gliomamri.relaxometry.maps import FittedVoxels, map_of, time_and_rate_maps, validity_map
from gliomamri.relaxometry.multi_echo import DEFAULT_T2_BOUNDS, fit_multi_echo
from gliomamri.relaxometry.settings import Settings
from gliomamri.result import Chart, Map, Number, Result, Table
from gliomamri.series import Series
from gliomamri.study import Study
from gliomamri.tasks import Progress


def run(study: Study, settings: Settings, progress: Progress) -> Result:
    """Fit what the study carries.

    Parameters
    ----------
    study : Study
        ``IRT1`` and/or ``MESE`` series; ``brain_mask`` limits the fit; each of ``segments`` gets its distribution.
    settings : Settings
        See the fields.
    progress : callable
        Receives fraction and message.

    Raises
    ------
    UserError
        If images of a series lie on different grids, times are missing or wrong, or the mask is empty.
    """
    jobs = [(role, fit) for role, fit in (("IRT1", _fit_t1), ("MESE", _fit_t2)) if role in study.series]
    parts = []
    for index, (role, fit) in enumerate(jobs):
        share = 1.0 / len(jobs)

        def report(fraction: float, message: str, start: float = index * share, share: float = share) -> None:
            progress(start + share * fraction, message)

        parts.append(fit(study, study.series[role], settings, report))
    return Result(
        maps=tuple(m for part in parts for m in part.maps),
        tables=tuple(t for part in parts for t in part.tables),
        charts=tuple(c for part in parts for c in part.charts),
        numbers={name: number for part in parts for name, number in part.numbers.items()},
        warnings=tuple(w for part in parts for w in part.warnings),
    )


def _fit_t1(study: Study, series: Series, settings: Settings, progress: Progress) -> Result:
    times = _times(series, "inversion_time", settings.inversion_times, "inversion times")
    repetition_time, warnings = _repetition_time(series, settings.ir_repetition_time)
    mask, grid = _mask(study, series, settings)
    signals = _signals(series, mask)
    signed = _is_signed(series, signals, settings.ir_polarity)
    progress(0.05, f"Fitting T1 in {mask.sum():,} voxels")
    fit = _user_errors(
        fit_inversion_recovery,
        signals,
        times,
        repetition_time=repetition_time,
        model=settings.ir_model,
        polarity="signed" if signed else "magnitude",
        noise_sd=settings.noise_sd or None,
        bounds=(DEFAULT_T1_BOUNDS[0], settings.longest_T1),
        progress=lambda fraction: progress(0.05 + 0.85 * fraction, "Fitting T1"),
    )
    place = FittedVoxels("IRT1", "T1", fit.T1, fit.valid, mask, grid)
    hint = " or that the sign of the signal is set right" if signed else ""
    warnings += _fit_warnings(place, fit.hit_bound, "inversion times", hint)
    if not signed:
        undecided = fit.ambiguous_polarity[fit.valid].mean()
        warnings.append(
            "The inversion-recovery images are magnitude images; their sign was restored by the fit"
            + (f", which could not be sure of it in {undecided:.1%} of the voxels." if undecided else ".")
        )
    maps = [
        *time_and_rate_maps(place, fit.T1_standard_error, "lipari", (0.0, 3000.0), (0.0, 2.5)),
        map_of(
            place, "IR_M0", fit.M0, "M0", "image units", "Equilibrium signal of the inversion-recovery fit."
        ),
        map_of(
            place,
            "IR_efficiency",
            _efficiency(fit.kappa),
            "inversion efficiency",
            "",
            _EFFICIENCY,
            (0.0, 1.2),
        ),
        map_of(
            place,
            "IR_residual",
            fit.residual,
            "residual",
            "image units",
            "Root mean square residual of the T1 fit.",
        ),
        validity_map(place),
    ]
    return _finish(study, place, maps, settings.longest_T1, fit.noise_sd, warnings, progress)


_EFFICIENCY = "Inversion efficiency (1 - cos of the inversion angle) / 2; 1 is perfect."


def _efficiency(kappa: np.ndarray) -> np.ndarray:
    """Turn the cosine of the inversion angle (-1 ideal) into the efficiency that MR scientists quote."""
    return 0.5 * (1.0 - kappa)


def _fit_t2(study: Study, series: Series, settings: Settings, progress: Progress) -> Result:
    times = _times(series, "echo_time", settings.echo_times, "echo times")
    mask, grid = _mask(study, series, settings)
    signals = _signals(series, mask)
    progress(0.05, f"Fitting T2 in {mask.sum():,} voxels")
    fit = _user_errors(
        fit_multi_echo,
        signals,
        times,
        noise_model=settings.noise_model,
        noise_sd=settings.noise_sd or None,
        skip_first_echo=settings.skip_first_echo,
        stimulated_echo=settings.stimulated_echo,
        bounds=(DEFAULT_T2_BOUNDS[0], settings.longest_T2),
        progress=lambda fraction: progress(0.05 + 0.85 * fraction, "Fitting T2"),
    )
    place = FittedVoxels("MESE", "T2", fit.T2, fit.valid, mask, grid)
    maps = [
        *time_and_rate_maps(place, fit.T2_standard_error, "navia", (0.0, 200.0), (0.0, 25.0)),
        map_of(place, "SE_M0", fit.M0, "M0", "image units", "Signal of the spin-echo fit at echo time 0."),
        map_of(
            place,
            "SE_residual",
            fit.residual,
            "residual",
            "image units",
            "Root mean square residual of the T2 fit.",
        ),
        validity_map(place),
    ]
    if settings.stimulated_echo:
        about = "Refocusing angle over its nominal value (B1), from the stimulated echoes."
        maps.insert(-1, map_of(place, "SE_B1", fit.B1, "B1", "", about, (0.5, 1.5)))
    warnings = _fit_warnings(place, fit.hit_bound, "echo times")
    return _finish(study, place, maps, settings.longest_T2, fit.noise_sd, warnings, progress)


def _user_errors(fit, *arguments, **keywords):  # noqa: ANN001, ANN002, ANN003, ANN202  (passes through)
    """Call a fit; what it says of unusable numbers is for the user."""
    try:
        return fit(*arguments, **keywords)
    except ValueError as error:
        text = str(error)
        raise UserError(text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")) from error


def _times(series: Series, name: str, typed: tuple[float, ...], words: str) -> np.ndarray:
    if typed:
        series = series.with_parameter(name, typed)
    if name not in series.parameters:
        example = "inversion_times=50,100,500" if name == "inversion_time" else "echo_times=10,25,50"
        raise UserError(
            f"The images do not say their {words}; type them, one per image in ms (command line: --set {example})."
        )
    return np.asarray(series.parameters[name], dtype=float)


def _repetition_time(series: Series, typed: float) -> tuple[float | None, list[str]]:
    if typed > 0:
        return typed, []
    known = series.parameters.get("repetition_time")
    if not known:
        return None, [
            "The repetition time is unknown and was taken as infinitely long; type it if it is below 5 T1."
        ]
    if max(known) - min(known) > 1e-3 * max(known):
        raise UserError(
            f"The inversion-recovery images have different repetition times ({min(known):g} to {max(known):g} ms); "
            "they must come from one protocol."
        )
    return known[0], []


def _mask(study: Study, series: Series, settings: Settings) -> tuple[np.ndarray, sitk.Image]:
    grid = series.images[0]
    for image in series.images[1:]:
        if not same_grid(grid, image):
            raise UserError(
                "The images of a series do not lie on one grid: " + describe_difference(grid, image)
            )
    if settings.fit_background:
        return np.ones(grid.GetSize()[::-1], bool), grid
    given = study.images.get("brain_mask")
    if given is None:
        return foreground_mask(series.images), grid
    if not same_grid(given, grid):
        given = sitk.Resample(given, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    mask = sitk.GetArrayFromImage(given) > 0
    if not mask.any():
        raise UserError("The brain mask holds no voxel of these images; choose another mask or none.")
    return mask, grid


def _signals(series: Series, mask: np.ndarray) -> np.ndarray:
    """Signals of the masked voxels, (n_voxels, n_images)."""
    return np.stack(
        [sitk.GetArrayViewFromImage(image)[mask].astype(np.float64) for image in series.images], axis=1
    )


def _is_signed(series: Series, signals: np.ndarray, polarity: str) -> bool:
    if polarity != "auto":
        return polarity == "signed"
    return bool(series.signed) if series.signed is not None else bool((signals < 0).any())


def _fit_warnings(place: FittedVoxels, at_bound: np.ndarray, words: str, hint: str = "") -> list[str]:
    warnings = []
    if not place.valid.any():
        raise UserError(
            f"No voxel could be fitted; check that the {words} belong to these images in this order{hint}."
        )
    share = 1 - place.valid.mean()
    if share > 0.1:
        at = at_bound.mean()
        warnings.append(
            f"{place.symbol} could not be determined in {share:.0%} of the voxels ({at:.0%} reached a bound); "
            f"check the {words} if these are not only bone, air and flow."
        )
    return warnings


def _finish(
    study: Study,
    place: FittedVoxels,
    maps: list[Map],
    longest: float,
    noise_sd: float,
    warnings: list[str],
    progress: Progress,
) -> Result:
    """Add the distributions of the rate in every region."""
    progress(0.92, f"Measuring {place.symbol} by region")
    rate = f"R{place.symbol[1]}"
    values, usable = rates(place.spread(place.times), place.spread(np.ones_like(place.times)) > 0, longest)
    everything, masks = {"all fitted": place.mask}, {}
    if study.segments:
        masks, resampled = segment_masks(study.segments, place.grid)
        empty = [name for name, mask in masks.items() if not (mask & usable).any()]
        if empty:
            warnings.append(f"No fitted {place.symbol} lies in: {', '.join(empty)}.")
        if resampled:
            warnings.append(
                f"The segmentation was resampled (nearest neighbor) to the grid of the {place.symbol} map."
            )
    table, chart = histogram(rate, "1/s", values, usable, masks or everything)
    tables: tuple[Table, ...] = (summary_table(rate, "1/s", values, usable, everything | masks), table)
    charts: tuple[Chart, ...] = (chart,)
    fitted = place.times[place.valid]
    numbers = {
        f"{place.symbol}_median": Number(
            float(np.median(fitted)), "ms", f"Median {place.symbol} of all fitted voxels"
        ),
        f"{place.symbol}_voxels": Number(float(fitted.size), "", f"Voxels with a valid {place.symbol}"),
        f"{place.symbol}_noise_sd": Number(
            noise_sd, "image units", f"Noise behind the standard errors of {place.symbol}"
        ),
    }
    return Result(tuple(maps), (), tables, charts, numbers, tuple(warnings))
