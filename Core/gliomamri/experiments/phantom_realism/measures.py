"""All measures of a case, by group.

Tested by Testing/unit/experiments/test_measures.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gliomamri.experiments.phantom_realism.appearance import (
    alignment_measures,
    histogram_measures,
    texture_measures,
)
from gliomamri.experiments.phantom_realism.brain_measures import brain_measures
from gliomamri.experiments.phantom_realism.case import Case
from gliomamri.experiments.phantom_realism.contrast import contrast_measures, uptake_measures
from gliomamri.experiments.phantom_realism.shape import shape_measures
from gliomamri.experiments.phantom_realism.sharpness import noise_measures, sharpness_measures
from gliomamri.experiments.phantom_realism.tissue_classes import TissueClasses, find_tissue_classes


@dataclass(frozen=True)
class Measure:
    """One number of one case: ``value`` in ``unit``, belonging to a ``group`` of measures."""

    value: float
    unit: str
    group: str


def measure_case(case: Case, tissue: TissueClasses | None = None) -> dict[str, Measure]:
    """Take every measure that the case allows, by name; what cannot be taken is not there.

    Parameters
    ----------
    case : Case
    tissue : TissueClasses, optional
        The healthy tissue, found anew without it.
    """
    tissue = find_tissue_classes(case) if tissue is None else tissue
    contrast = contrast_measures(case, tissue)
    groups = {
        "contrast": {name: found for name, found in contrast.items() if found[1] == "ratio"},
        "z-score": {name: found for name, found in contrast.items() if found[1] == "sd"},
        "uptake": uptake_measures(case, tissue),
        "tumor shape": shape_measures(case),
        "noise": noise_measures(case, tissue),
        "sharpness": sharpness_measures(case, tissue),
        "histogram": histogram_measures(case, tissue),
        "bias and texture": texture_measures(case, tissue),
        "alignment": alignment_measures(case),
        "brain": brain_measures(case, tissue),
    }
    return {
        name: Measure(float(value), unit, group)
        for group, found in groups.items()
        for name, (value, unit) in found.items()
        if np.isfinite(value)
    }
