"""Second step of the analysis: what changed after contrast agent, and how surely.

Called by :mod:`gliomamri.regions.analysis`; tested by Testing/unit/regions/test_analysis.py and
test_analysis_changes.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from gliomamri.errors import UserError
from gliomamri.regions.analysis_inputs import RATES, Inputs, measured
from gliomamri.regions.analysis_maps import change_maps, changed_label, difference_map
from gliomamri.regions.analysis_regions import FoundRegions
from gliomamri.regions.change import OTHER, Change, Measured, measure_change
from gliomamri.regions.comparison import Quantity
from gliomamri.regions.map_noise import Correlation
from gliomamri.regions.normal_appearing import FARTHEST_LESION
from gliomamri.regions.settings import Settings
from gliomamri.result import LabelMap, Map, Number, Result

CorrelationOf = Callable[[tuple[slice, ...]], Correlation]
"""Gives the correlation of noise between neighbors in a box (slices z, y, x) of the maps' grid."""


@dataclass(frozen=True)
class FoundChanges:
    """Changes with z-scores, the quantities dR1, dR2, dPD as far as known, their z-scores, and what to give back."""

    changes: Mapping[str, Change]
    quantities: Mapping[str, Quantity]
    scores: tuple[Quantity, ...]
    result: Result


def find_changes(
    inputs: Inputs,
    found: FoundRegions,
    registration_error: float,
    settings: Settings,
    noise_correlation: Mapping[str, CorrelationOf] | None = None,
) -> FoundChanges:
    """Map the change of each quantity that is known before and after contrast agent.

    Parameters
    ----------
    inputs : Inputs
    found : FoundRegions
    registration_error : float
        mm; see :func:`gliomamri.regions.change.measure_change`.
    settings : Settings
    noise_correlation : mapping of str to callable, optional
        By role of the standard errors (R1error, ceR1error, ...), where resampling made neighbors' noise alike.
    """
    changes: dict[str, Change] = {}
    quantities: dict[str, Quantity] = {}
    maps: list[Map] = []
    labels: list[LabelMap] = []
    numbers: dict[str, Number] = {}
    warnings: list[str] = []
    for name in (*RATES, "PD"):
        pair = measured(inputs, name)
        if pair is None:
            continue
        own, before = f"d{name}", inputs.quantities[name]
        difference = np.where(pair.usable, pair.post - pair.pre, 0).astype(np.float32)
        title = f"change of {before.title}"
        quantities[own] = Quantity(own, before.unit, title, difference, pair.usable)
        if name in RATES:
            pair = _with_correlation(pair, name, inputs, noise_correlation or {})
        change = (
            _change(inputs, found, pair, registration_error, settings, warnings) if name in RATES else None
        )
        if change is None:
            maps.append(difference_map(inputs, own, difference, before.unit))
            continue
        changes[own] = change
        maps += change_maps(inputs, own, change)
        labels.append(changed_label(inputs, own, change))
        numbers |= _numbers(own, change, inputs, found)
    notes = []
    if not any(name.startswith("ce") for name in inputs.quantities):
        notes.append("There is no map after contrast agent, so there is no change to map.")
    elif not quantities:
        warnings.append("No map after contrast agent fits one before it, so there is no change to map.")
    if changes and registration_error == 0:
        warnings.append(
            "The registration error is taken for 0; edges may seem changed where images do not fit exactly."
        )
    result = Result(
        maps=tuple(maps),
        labels=tuple(labels),
        numbers=numbers,
        warnings=tuple(warnings),
        notes=tuple(notes),
    )
    scores = tuple(
        Quantity(f"{own}_z", "", f"z-score of the change of {own.removeprefix('d')}", change.z, change.usable)
        for own, change in changes.items()
    )
    return FoundChanges(changes, quantities, scores, result)


def _with_correlation(
    pair: Measured, name: str, inputs: Inputs, noise_correlation: Mapping[str, CorrelationOf]
) -> Measured:
    before, after = (
        noise_correlation[role](inputs.box) if role in noise_correlation else None
        for role in (f"{name}error", f"ce{name}error")
    )
    return replace(pair, pre_correlation=before, post_correlation=after)


def _change(
    inputs: Inputs,
    found: FoundRegions,
    pair: Measured,
    registration_error: float,
    settings: Settings,
    warnings: list[str],
) -> Change | None:
    """Give the change with its z-score; None where there is too little healthy brain to compare with."""
    healthy = inputs.brain & (found.distance > FARTHEST_LESION)
    rate = settings.false_discovery_rate
    try:
        return measure_change(pair, healthy, inputs.tissue, inputs.spacing, registration_error, rate)
    except UserError as error:
        warnings.append(error.sentence)
        return None


def _numbers(own: str, change: Change, inputs: Inputs, found: FoundRegions) -> dict[str, Number]:
    numbers = {}
    for tissue, part in change.healthy.items():
        if tissue == OTHER:
            continue
        numbers[f"{own}_healthy_{tissue}"] = Number(part.mean, "1/s", f"Median {own} of healthy {tissue}")
        words = f"Standard deviation of {own} of healthy {tissue}, beyond noise and registration error"
        numbers[f"{own}_spread_{tissue}"] = Number(part.sd, "1/s", words)
    voxel = float(np.prod(inputs.spacing)) / 1000
    outside = float(np.count_nonzero(change.significant & ~found.annotation)) * voxel
    words = (
        f"Volume outside the annotation whose {own} exceeds that of healthy tissue, with vessels and edges"
    )
    numbers[f"{own}_changed_volume"] = Number(outside, "ml", words)
    return numbers
