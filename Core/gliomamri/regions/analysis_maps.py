"""Maps and label maps of the analysis by region.

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_analysis.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gliomamri.regions.analysis_inputs import Inputs
from gliomamri.regions.catalog import ANNOTATION, Region
from gliomamri.regions.change import Change
from gliomamri.result import LabelMap, Map
from gliomamri.study import Segments

_WINDOWS = {"dR1": 0.6, "dR2": 4.0}
_CHANGED, _CHANGED_AT_EDGE = 1, 2
_CHANGED_COLORS = {_CHANGED: (0.835, 0.369, 0.0), _CHANGED_AT_EDGE: (0.902, 0.624, 0.0)}


def change_maps(inputs: Inputs, name: str, change: Change) -> tuple[Map, ...]:
    """Make the maps of a change: difference, both z-scores, edges, validity; ``name`` is dR1 or dR2."""
    rate, limit = name.removeprefix("d"), _WINDOWS[name]

    def made(suffix: str, values: NDArray, quantity: str, unit: str, about: str, top: float) -> Map:
        is_mask = values.dtype == bool
        return Map(
            f"{name}{suffix}",
            inputs.image(values),
            quantity,
            unit,
            about,
            "gray" if is_mask else "change",
            (0.0, 1.0) if is_mask else (-top, top),
            inputs.reference,
            main=suffix in ("", "_z"),
        )

    return (
        made("", change.difference, name, "1/s", f"{rate} after minus {rate} before contrast agent.", limit),
        made(
            "_z", change.z, f"z of {name}", "",
            "Standard deviations (noise, registration error, variation of healthy tissue) by which the change exceeds "
            "that of healthy tissue of the same class.", 6.0,
        ),
        made(
            "_z_against_zero", change.z_zero, f"z of {name} against 0", "",
            "Standard deviations (noise and registration error) by which the change differs from 0.", 6.0,
        ),
        made(
            "_edge", change.edge, "edge mask", "",
            "1 where the registration error makes more than half of the variance, or a neighbor is unknown.", 1.0,
        ),
        made("_valid", change.usable, "validity", "", f"1 where {name} was measured; other maps are 0 elsewhere.", 1.0),
    )  # fmt: skip


def difference_map(inputs: Inputs, name: str, difference: NDArray, unit: str) -> Map:
    """Make the map of a difference that has no z-score."""
    shown = np.abs(difference[difference != 0])
    limit = float(np.percentile(shown, 98)) if shown.size else 1.0
    about = f"{name.removeprefix('d')} after minus before contrast agent."
    window = (-limit, limit)
    return Map(
        name,
        inputs.image(difference),
        name,
        unit,
        about,
        "change",
        window,
        inputs.reference,
        main=name == "dR1",
    )


def changed_label(inputs: Inputs, name: str, change: Change) -> LabelMap:
    """Make the label map of voxels that changed more than healthy tissue."""
    labels = np.where(change.edge, _CHANGED_AT_EDGE, _CHANGED).astype(np.uint8) * change.significant
    names = {
        _CHANGED: f"{name} above healthy tissue",
        _CHANGED_AT_EDGE: f"{name} above healthy tissue, at an edge",
    }
    about = "Voxels whose change exceeds that of healthy tissue, at the false discovery rate of the settings."
    return LabelMap(
        f"{name}_significant",
        Segments(inputs.image(labels), names, _CHANGED_COLORS),
        about,
        inputs.reference,
    )


def region_labels(inputs: Inputs, regions: Sequence[Region]) -> tuple[LabelMap, ...]:
    """Make label maps of the built-in regions: one of the lesion's side, one of mirrors, one of normal tissue."""
    groups = (
        ("lesion_regions", (ANNOTATION, "shell"), "Annotation and the shells around it."),
        ("mirror_regions", ("mirror",), "The other side's counterparts of annotation, shells and segments."),
        ("normal_regions", ("normal",), "Normal-appearing tissue."),
    )
    found = []
    for name, kinds, about in groups:
        members = [region for region in regions if region.kind in kinds]
        if not members:
            continue
        labels = np.zeros(inputs.brain.shape, np.uint8)
        for value, region in reversed(
            list(enumerate(members, start=1))
        ):  # where two overlap the first one shows
            labels[region.mask] = value
        names = {value: region.name for value, region in enumerate(members, start=1)}
        colors = {value: region.color for value, region in enumerate(members, start=1)}
        found.append(LabelMap(name, Segments(inputs.image(labels), names, colors), about, inputs.reference))
    return tuple(found)
