"""First step of the analysis: annotation, symmetry plane, and all regions.

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_analysis.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import image_on
from gliomamri.regions.analysis_inputs import RATES, Inputs
from gliomamri.regions.analysis_maps import region_labels
from gliomamri.regions.catalog import Ground, Region, build_regions
from gliomamri.regions.mirror import TRUSTED, fit_midsagittal_plane
from gliomamri.regions.normal_appearing import FARTHEST_LESION
from gliomamri.regions.reflection import Plane
from gliomamri.regions.settings import Settings
from gliomamri.regions.shells import surface_distance, without_holes
from gliomamri.result import Number, Result

_CORE_WORDS = ("annotation", "lesion", "tumor", "tumour", "core", "necro", "enhanc")
_EDEMA_WORDS = ("edema", "oedema", "whole")


@dataclass(frozen=True)
class FoundRegions:
    """Regions, the annotation they are built around, the distance from its outside (mm), and what to give back."""

    regions: list[Region]
    annotation: NDArray[np.bool_]
    distance: NDArray[np.float32]
    result: Result


def find_regions(inputs: Inputs, settings: Settings, seed: int) -> FoundRegions:
    """Take the annotation out of the segments, fit the symmetry plane and build all regions.

    Raises
    ------
    UserError
        If the settings name an annotation that is not among the segments.
    """
    warnings = list(inputs.warnings)
    segments = dict(inputs.segments)
    annotation = _annotation(segments, inputs.brain, settings.annotation_name, warnings)
    reach = max(FARTHEST_LESION, *settings.shell_edges, 0.0) + 1.0
    distance = surface_distance(without_holes(annotation, inputs.spacing), inputs.spacing, reach)
    plane = None
    if settings.mirror and (annotation.any() or segments):
        plane = _plane(inputs, annotation, seed, warnings)
    if not inputs.tissue:
        warnings.append(
            "No tissue fractions are known, so normal-appearing white matter is missing and all healthy brain is one "
            "class; a T1 map before contrast agent, best with T2 and proton density, gives them."
        )
    rates = {name: (q.values, q.usable) for name, q in inputs.quantities.items() if name in RATES}
    ground = Ground(inputs.grid, inputs.brain, annotation, distance, segments, inputs.tissue, rates, plane)
    regions, notes = build_regions(ground, settings)
    numbers = {}
    if plane is not None:
        numbers["mirror_quality"] = Number(plane.quality, "", "Likeness of both sides of the brain (0 to 1)")
    labels = region_labels(inputs, regions)
    result = Result(labels=labels, numbers=numbers, warnings=(*warnings, *notes))
    return FoundRegions(regions, annotation, distance, result)


def _annotation(
    segments: dict[str, NDArray], brain: NDArray, wanted: str, warnings: list[str]
) -> NDArray[np.bool_]:
    """Take the annotation out of ``segments``; an empty mask where there is none."""
    if wanted and wanted not in segments:
        known = ", ".join(segments) or "none"
        raise UserError(f"There is no segment '{wanted}' for the annotation; known are {known}.")
    if not segments:
        warnings.append(
            "There is no annotation, so the brain is described by tissue only; select or draw the lesion for numbers "
            "inside, around and opposite of it."
        )
        return np.zeros(brain.shape, bool)
    members = [wanted] if wanted else _core(segments, warnings)
    name = " and ".join(members)
    mask = np.any([segments[one] for one in members], axis=0)
    # Parts of the annotation keep their own numbers; a segment that is the whole of it would have them twice.
    for one in members:
        if np.array_equal(segments[one], mask):
            del segments[one]
    inside = mask & brain
    if not inside.any():
        where = "lies outside of the brain" if mask.any() else "holds no voxel near the brain"
        warnings.append(
            f"The annotation '{name}' {where}, so the lesion is not described; check that it was drawn on an image of "
            "this patient."
        )
    elif inside.sum() < 0.5 * mask.sum():
        warnings.append(
            f"Most of the annotation '{name}' lies outside of the brain and is left out; look at the brain mask and "
            "the registration."
        )
    return inside


def _core(segments: dict[str, NDArray], warnings: list[str]) -> list[str]:
    """Name the segments that make up the tumor core, which the annotation is; without such names the first one."""
    core = [
        name
        for name in segments
        if any(word in name.lower() for word in _CORE_WORDS)
        and not any(word in name.lower() for word in _EDEMA_WORDS)
    ]
    if len(segments) > 1:
        told = " and ".join(f"'{name}'" for name in core or list(segments)[:1])
        warnings.append(
            f"Taken as the annotation: {told}; name one segment under Regions to take that instead."
        )
    return core or list(segments)[:1]


def _plane(inputs: Inputs, annotation: NDArray, seed: int, warnings: list[str]) -> Plane | None:
    source = next(iter(inputs.quantities.values()))
    try:
        plane = fit_midsagittal_plane(image_on(source.values, inputs.grid), inputs.brain, annotation, seed)
    except UserError as error:
        warnings.append(error.sentence)
        return None
    if plane.quality < TRUSTED:
        warnings.append(
            "The two sides of the brain are so unlike each other that the symmetry plane may be wrong; look at the "
            "mirror regions before you use them."
        )
    return plane
