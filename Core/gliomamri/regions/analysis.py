"""The whole analysis by region: from quantitative maps, an annotation and tissue fractions to one result.

    gather -> symmetry plane and regions -> change and its z-score -> tables, charts, violins -> points

Called by the task that runs quantitative MRI, and by cohorts; tested by Testing/unit/regions/test_analysis.py and
test_acceptance.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.regions.analysis_changes import CorrelationOf, FoundChanges, find_changes
from gliomamri.regions.analysis_descriptions import describe
from gliomamri.regions.analysis_inputs import Inputs, gather
from gliomamri.regions.analysis_regions import FoundRegions, find_regions
from gliomamri.regions.candidates import biopsy_candidates
from gliomamri.regions.settings import Settings
from gliomamri.regions.shells import surface_distance
from gliomamri.result import Points, Result, joined
from gliomamri.study import Segments
from gliomamri.tasks import Progress, no_progress

_LEAST_Z = 1.645
"""Mean z in a point's sphere that healthy voxels exceed in 5 % [our choice]."""
_FLUID = 0.5
"""Fraction of CSF from which a voxel counts as ventricle or sulcus for biopsy points [our choice]."""
_NO_POINT = (
    "No point for biopsy is proposed: in the shells around the annotation, away from edges, the brain's surface and "
    "ventricles, {0} exceeds that of healthy tissue nowhere. The map {0}_z shows it everywhere."
)


def analyze_regions(
    maps: Mapping[str, sitk.Image],
    segments: Sequence[Segments] = (),
    brain_mask: sitk.Image | None = None,
    tissue: Mapping[str, sitk.Image] | None = None,
    registration_error: float = 0.0,
    settings: Settings | None = None,
    seed: int = 0,
    progress: Progress = no_progress,
    noise_correlation: Mapping[str, CorrelationOf] | None = None,
) -> Result:
    """Describe quantitative maps by region.

    Parameters
    ----------
    maps : mapping of str to SimpleITK.Image
        By role: T1map, T2map (ms), PDmap (%), the same with ``ce`` after contrast agent, and R1error, R2error,
        ceR1error, ceR2error (standard errors, 1/s). At least one map; all on one grid.
    segments : sequence of Segments
        Annotation and other regions, on any grid.
    brain_mask : SimpleITK.Image, optional
        Where absent, the brain is where the first map is above 0.
    tissue : mapping of str to SimpleITK.Image, optional
        Fractions ``WM``, ``GM``, ``CSF`` in [0, 1].
    registration_error : float
        Root mean square distance in mm between equal places before and after contrast agent, as registration measured
        it; a value above 0 in the settings takes its place.
    settings : Settings
    seed : int
        Of everything random: points of the symmetry plane, bootstrap.
    progress : callable
    noise_correlation : mapping of str to callable, optional
        By role of the standard errors, where resampling made neighbors' noise alike; see
        :func:`gliomamri.regions.analysis_changes.find_changes`.

    Returns
    -------
    Result
        Maps dR1, dR2 (1/s) with z-scores, edges and validity; label maps of regions and of significant change; per
        quantity a table by region, densities, histogram and violins; points for biopsy; numbers and warnings.

    Raises
    ------
    UserError
        If there is no map, grids differ, settings are wrong, or nothing is measured in the brain.
    """
    settings = settings or Settings()
    problems = settings.problems()
    if problems:
        raise UserError(" ".join(problems))
    progress(0.0, "Reading maps")
    inputs = gather(maps, segments, brain_mask, tissue, settings)
    progress(0.05, "Finding regions")
    found = find_regions(inputs, settings, seed)
    progress(0.25, "Mapping the change after contrast agent")
    changes = find_changes(
        inputs, found, settings.registration_error or registration_error, settings, noise_correlation
    )
    described = describe(
        inputs, found, changes.quantities, changes.scores, settings, seed,
        lambda done: progress(0.35 + 0.55 * done, "Describing regions"),
    )  # fmt: skip
    progress(0.95, "Finding points")
    proposed = _points(inputs, found, changes, settings)
    return joined((changes.result, found.result, described, proposed))


def _points(inputs: Inputs, found: FoundRegions, changes: FoundChanges, settings: Settings) -> Result:
    """Propose points for biopsy from the z-score of dR1, or of dR2 without it."""
    name = next((name for name in ("dR1", "dR2") if name in changes.changes), "")
    if not name or not found.annotation.any() or settings.candidates == 0:
        return Result()
    change = changes.changes[name]
    shells = np.zeros(inputs.brain.shape, bool)
    for region in found.regions:
        if region.kind == "shell":
            shells |= region.mask
    outside = ~inputs.brain
    if "CSF" in inputs.tissue:
        outside |= inputs.tissue["CSF"] > _FLUID
    # The annotation's surface is known to half a voxel; in thick slices that is most of the margin.
    margin = settings.candidate_margin + max(inputs.spacing) / 2
    allowed = shells & ~change.edge & change.usable & (found.distance >= margin)
    if settings.candidate_depth > 0:
        allowed &= (
            surface_distance(outside, inputs.spacing, settings.candidate_depth) > settings.candidate_depth
        )
    quantities = (*inputs.quantities.values(), *changes.quantities.values())
    told = {quantity.name: (quantity.values, quantity.usable) for quantity in quantities}
    units = {quantity.name: quantity.unit for quantity in quantities}
    points = biopsy_candidates(
        change.z,
        allowed,
        change.usable,
        inputs.grid,
        {**told, "distance": (found.distance, np.isfinite(found.distance))},
        {**units, "distance": "mm"},
        number=settings.candidates,
        apart=settings.candidate_distance,
        least=_LEAST_Z,
    )
    if not points.labels:
        return Result(notes=(_NO_POINT.format(name),))
    return Result(points=(_renamed(points, f"{name} z"),))


def _renamed(points: Points, score: str) -> Points:
    values = {score if name == "score" else name: found for name, found in points.values.items()}
    about = f"{points.description} The distance is that from the annotation's surface."
    return replace(points, values=values, description=about)
