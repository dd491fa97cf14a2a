"""From a plan to a grown lesion.

Tested by Testing/unit/phantom/lesions/test_tumors.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gliomamri.phantom.lesions.cavity import grow_cavity
from gliomamri.phantom.lesions.high_grade import grow_high_grade
from gliomamri.phantom.lesions.lesion import Lesion, LesionPlan, Terrain
from gliomamri.phantom.lesions.low_grade import grow_low_grade
from gliomamri.phantom.lesions.meningioma import grow_meningioma
from gliomamri.phantom.lesions.metastases import grow_metastasis
from gliomamri.phantom.lesions.priors import LesionPriors
from gliomamri.phantom.lesions.white_matter_lesions import grow_hyperintensities, grow_multiple_sclerosis

_Grower = Callable[[np.random.Generator, LesionPlan, Terrain, LesionPriors], Lesion]

GROWERS: dict[str, _Grower] = {
    "high-grade glioma": grow_high_grade,
    "low-grade glioma": grow_low_grade,
    "metastasis": grow_metastasis,
    "meningioma": grow_meningioma,
    "multiple sclerosis": grow_multiple_sclerosis,
    "white matter hyperintensity": grow_hyperintensities,
    "resection cavity": grow_cavity,
}
"""One per kind of :class:`~gliomamri.phantom.lesions.lesion.LesionPlan`."""


def grow(generator: np.random.Generator, plan: LesionPlan, terrain: Terrain, priors: LesionPriors) -> Lesion:
    """Grow a planned lesion on the (already displaced) brain.

    Raises
    ------
    ValueError
        If the plan's kind is unknown.
    UserError
        If the core does not fit at its place.
    """
    if plan.kind not in GROWERS:
        raise ValueError(f"unknown kind of lesion {plan.kind!r}; known: {', '.join(GROWERS)}")
    return GROWERS[plan.kind](generator, plan, terrain, priors)
