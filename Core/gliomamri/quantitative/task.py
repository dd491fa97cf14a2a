"""Task ``quantitative``: from whatever quantitative MRI there is of a patient to rates by region.

    raw series --fit--> maps --registration--> one grid --> tissue fractions --> regions, change, statistics, points

Every step is skipped where its result is given: maps that come finished are not fitted, images that agree are not
moved. Each step is a task or function of its own; this file only hands the results on.

Run by the job path and the command line; tested by Testing/unit/quantitative/test_task.py.
"""

from __future__ import annotations

from dataclasses import replace

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import same_grid
from gliomamri.imaging.prepare import Prepared, prepare_study
from gliomamri.imaging.prepared_result import to_result as prepared_result
from gliomamri.quantitative.alignment import registration_error
from gliomamri.quantitative.grid import bounded
from gliomamri.quantitative.maps import FITTED, given_maps, maps_of, on_one_water_scale, rate_maps
from gliomamri.quantitative.noise_gain import noise_on_grid, with_propagated_errors
from gliomamri.quantitative.settings import Settings
from gliomamri.regions.analysis import analyze_regions
from gliomamri.relaxometry.task import run as fit_maps
from gliomamri.relaxometry.tissue_fractions import tissue_fractions
from gliomamri.relaxometry.tissue_results import tissue_result
from gliomamri.result import Map, Result, joined
from gliomamri.roles import ROLES
from gliomamri.study import Study
from gliomamri.tasks import Context, Progress

_FIT, _PREPARE, _TISSUE = 0.4, 0.75, 0.8
"""Share of the progress bar at which each step ends."""


def run(study: Study, settings: Settings, context: Context) -> Result:
    """Analyze a patient.

    Parameters
    ----------
    study : Study
        Raw series and maps before contrast agent, after it, or both; weighted images, of which one can be the reference
        of the registration; brain mask; segments, the first of which is the annotation unless set otherwise.
    settings : Settings
    context : Context
        Told the progress; its seed draws what is random in the statistics.

    Raises
    ------
    UserError
        With the sentence of the step that cannot go on.
    """
    fitted = _fitted(study, settings, _part(context.progress, 0.0, _FIT), context.seed)
    mapped, fitted = given_maps(_with_maps(study, fitted)), _kept_of_fit(fitted)
    settings, about_grid = bounded(mapped.study, settings)
    prepared = prepare_study(mapped.study, settings, _part(context.progress, _FIT, _PREPARE))
    noise = noise_on_grid(prepared, mapped.study.images, on_template=settings.template == "grid")
    images = with_propagated_errors(prepared.study.images, noise)
    scaled = on_one_water_scale(replace(prepared.study, images=images))
    prepared = replace(prepared, study=scaled.study)
    context.progress(_PREPARE, "Splitting voxels into tissues")
    maps = maps_of(prepared.study)
    if not maps:
        raise UserError(
            "There is neither a relaxation map nor a series to fit one from; select maps or raw images."
        )
    mask = prepared.study.images.get("brain_mask")
    tissue, fractions = _tissue(prepared, settings)
    error, numbers = registration_error(maps)
    regions = analyze_regions(
        maps,
        prepared.study.segments,
        mask,
        fractions,
        error,
        settings,
        context.seed,
        _part(context.progress, _TISSUE, 1.0),
        {role: one.correlation for role, one in noise.items()},
    )
    shown = prepared_result(prepared)
    shown = replace(shown, maps=_shown_maps(shown))
    parts = [
        fitted,
        Result(notes=(*mapped.notes, *about_grid, *scaled.notes)),
        shown,
        tissue,
        Result(numbers=numbers),
        regions,
    ]
    return joined(parts)


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction, message: progress(start + (end - start) * fraction, message)


def _fitted(study: Study, settings: Settings, progress: Progress, seed: int) -> Result:
    """Fit the raw series of the study, if there are any; regions come later, on the common grid."""
    series = {role: one for role, one in study.series.items() if role in FITTED}
    if not series:
        return Result()
    images = {role: study.images[role] for role in ("B1map",) if role in study.images}
    mask = study.images.get("brain_mask")
    # A mask that lies on another image was drawn where the head lay then; registration brings it later.
    if mask is not None and all(same_grid(mask, one.images[0]) for one in series.values()):
        images["brain_mask"] = mask
    return fit_maps(Study(images, series), settings, Context(progress, seed))


def _with_maps(study: Study, fitted: Result) -> Study:
    """Put fitted maps in the place of the series they come from.

    Raises
    ------
    UserError
        If a map is given that is fitted, too.
    """
    images = {one.role: one.image for one in fitted.maps if one.role}
    twice = sorted(set(images) & set(study.images) - {"B1map"})
    if twice:
        titles = " and ".join(f"the {ROLES[role].title}" for role in twice)
        raise UserError(f"Raw images are given for {titles}, which is given too; select one of both.")
    series = {role: one for role, one in study.series.items() if role not in FITTED}
    return replace(study, images={**study.images, **images}, series=series)


def _tissue(prepared: Prepared, settings: Settings) -> tuple[Result, dict | None]:
    """Split the brain into tissues by the maps before contrast agent; nothing where there is no T1 among them."""
    images = prepared.study.images
    if "T1map" not in images:
        return Result(), None
    try:
        found = tissue_fractions(
            images["T1map"],
            images.get("T2map"),
            images.get("PDmap"),
            images.get("brain_mask"),
            values=settings.tissue_values,
        )
    except UserError as error:
        return Result(warnings=(error.sentence,)), None
    return tissue_result(found), {name: found.images[name] for name in ("WM", "GM", "CSF")}


def _shown_maps(prepared: Result) -> tuple[Map, ...]:
    """Maps of the prepared study: rates beside times, weighted images as by-products, errors as they are."""
    found = []
    for one in prepared.maps:
        found.append(replace(one, main=False))
        found += rate_maps(one)
    return tuple(found)


def _kept_of_fit(fitted: Result) -> Result:
    """Numbers and warnings of the fit; its maps come on the common grid, so that their memory can go."""
    return Result(numbers=fitted.numbers, warnings=fitted.warnings)
