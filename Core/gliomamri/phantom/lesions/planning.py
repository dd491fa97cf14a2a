"""Which lesions a patient has: kind, place, size, mass effect. Nothing grows here.

Tested by Testing/unit/phantom/lesions/test_planning.py.
"""

from __future__ import annotations

import numpy as np

from gliomamri.errors import UserError
from gliomamri.phantom.lesions.lesion import LesionPlan, Terrain
from gliomamri.phantom.lesions.placement import (
    place_beside,
    place_glioma,
    place_meningioma,
    place_metastasis,
)
from gliomamri.phantom.lesions.priors import STANDARD, LesionPriors, LogNormal
from gliomamri.phantom.tissues import BRAIN

PATIENT_KINDS = (
    "glioma",
    "high-grade glioma",
    "low-grade glioma",
    "meningioma",
    "metastases",
    "multiple sclerosis",
    "white matter hyperintensities",
    "resection cavity",
    "healthy",
)
"""What a patient can have; a glioma's grade is drawn."""

_WITHOUT_VOLUME = ("multiple sclerosis", "white matter hyperintensities", "healthy")
_SMALLEST_CORE = 0.008
"""ml, a ball of 2.5 mm."""
_LARGEST_SHARE = 0.2
"""Of the brain's volume, by a core."""
_TYPICAL_CORE = 30.0


def plan_lesions(
    generator: np.random.Generator,
    kind: str,
    terrain: Terrain,
    priors: LesionPriors = STANDARD,
    core_volume: float | None = None,
) -> tuple[LesionPlan, ...]:
    """Decide which lesions a patient has.

    Parameters
    ----------
    kind : str
        One of :data:`PATIENT_KINDS`.
    terrain : Terrain
        The healthy brain.
    core_volume : float, optional
        ml, wanted volume of the (first) lesion's core instead of a drawn one.

    Returns
    -------
    tuple of LesionPlan
        In the order they are to be planted, later ones taking over: white-matter hyperintensities beside a tumor
        come first. Empty for a healthy patient.

    Raises
    ------
    UserError
        If the kind is unknown or the wanted volume is not possible.
    """
    if kind not in PATIENT_KINDS:
        raise UserError(f"There is no kind of patient {kind!r}; choose one of: {', '.join(PATIENT_KINDS)}.")
    if core_volume is not None:
        _check_volume(core_volume, kind, terrain)
    if kind == "glioma":
        kind = "low-grade glioma" if generator.random() < priors.low_grade else "high-grade glioma"
    if kind == "healthy":
        return ()
    if kind in ("multiple sclerosis", "white matter hyperintensities"):
        return (_scattered("multiple sclerosis" if kind == "multiple sclerosis" else _VASCULAR),)
    tumors = _PLANNERS[kind](generator, terrain, priors, core_volume)
    beside = (_scattered(_VASCULAR),) if generator.random() < priors.distractor else ()
    return (*beside, *tumors)


_VASCULAR = "white matter hyperintensity"


def _scattered(kind: str) -> LesionPlan:
    return LesionPlan(kind, (0.0, 0.0, 0.0), 2.5)


def _check_volume(volume: float, kind: str, terrain: Terrain) -> None:
    if kind in _WITHOUT_VOLUME:
        raise UserError(f"A core volume cannot be chosen for {kind}: it has no tumor core; leave it empty.")
    if not np.isfinite(volume) or volume < _SMALLEST_CORE:
        raise UserError(f"The core volume must be at least {_SMALLEST_CORE} ml; it is {volume:g} ml.")
    step = float(terrain.grid.z[1] - terrain.grid.z[0])
    brain = float(np.isin(terrain.tissue, BRAIN).sum()) * step**3 / 1000
    if volume > _LARGEST_SHARE * brain:
        raise UserError(
            f"A lesion with a core of {volume:g} ml does not fit in this brain of {brain:.0f} ml; "
            f"choose at most {_LARGEST_SHARE * brain:.0f} ml."
        )


def _plan_high_grade(
    generator: np.random.Generator, terrain: Terrain, priors: LesionPriors, volume: float | None
) -> tuple[LesionPlan, ...]:
    volume = volume or priors.high_grade_core.draw(generator)
    push = generator.uniform(*priors.high_grade_push)
    edema = _edema(generator, priors.high_grade_edema, volume)
    center = place_glioma(generator, terrain, _radius(volume), priors)
    plans = [LesionPlan("high-grade glioma", center, _radius(volume), push, edema)]
    if generator.random() < priors.second_focus:
        smaller = max(0.15, volume * np.exp(generator.uniform(-3.5, -0.7)))
        place = place_beside(generator, terrain, center, _radius(smaller), priors)
        edema = _edema(generator, priors.high_grade_edema, smaller)
        plans.append(LesionPlan("high-grade glioma", place, _radius(smaller), push, edema))
    return tuple(plans)


def _plan_low_grade(
    generator: np.random.Generator, terrain: Terrain, priors: LesionPriors, volume: float | None
) -> tuple[LesionPlan, ...]:
    volume = volume or priors.low_grade_core.draw(generator)
    push = generator.uniform(*priors.low_grade_push)
    edema = _edema(generator, priors.low_grade_edema, volume)
    center = place_glioma(generator, terrain, _radius(volume), priors)
    return (LesionPlan("low-grade glioma", center, _radius(volume), push, edema),)


def _plan_meningioma(
    generator: np.random.Generator, terrain: Terrain, priors: LesionPriors, volume: float | None
) -> tuple[LesionPlan, ...]:
    volume = volume or priors.meningioma_core.draw(generator)
    push = generator.uniform(*priors.meningioma_push)
    edema = _edema(generator, priors.meningioma_edema, volume) * (generator.random() < 0.5)
    on_falx = generator.random() < priors.falx_meningioma
    center = place_meningioma(generator, terrain, _radius(volume), on_falx)
    return (LesionPlan("meningioma", center, _radius(volume), push, edema),)


def _plan_metastases(
    generator: np.random.Generator, terrain: Terrain, priors: LesionPriors, volume: float | None
) -> tuple[LesionPlan, ...]:
    count = max(1, round(priors.metastasis_count.draw(generator)))
    plans: list[LesionPlan] = []
    for number in range(count):
        radius = priors.metastasis_diameter.draw(generator) / 2
        if number == 0 and volume is not None:
            radius = _radius(volume)
        # Small ones rarely swell.
        reach = priors.metastasis_edema_reach.draw(generator, min(1.0, radius / 5))
        edema = 4 / 3 * np.pi * ((radius + reach) ** 3 - radius**3) / 1000
        push = generator.uniform(*priors.metastasis_push)
        for _ in range(20):
            center = place_metastasis(generator, terrain, radius)
            if _apart(center, radius, plans):
                plans.append(LesionPlan("metastasis", center, radius, push, float(edema)))
                break
    return tuple(plans)


def _apart(center: tuple[float, float, float], radius: float, plans: list[LesionPlan]) -> bool:
    return all(np.linalg.norm(np.subtract(center, plan.center)) > radius + plan.radius + 4 for plan in plans)


def _plan_cavity(
    generator: np.random.Generator, terrain: Terrain, priors: LesionPriors, volume: float | None
) -> tuple[LesionPlan, ...]:
    volume = volume or priors.cavity_core.draw(generator)
    gliosis = _edema(generator, priors.cavity_gliosis, volume)
    center = place_glioma(generator, terrain, _radius(volume), priors)
    return (LesionPlan("resection cavity", center, _radius(volume), 0.0, gliosis),)


_PLANNERS = {
    "high-grade glioma": _plan_high_grade,
    "low-grade glioma": _plan_low_grade,
    "meningioma": _plan_meningioma,
    "metastases": _plan_metastases,
    "resection cavity": _plan_cavity,
}


def _edema(generator: np.random.Generator, prior: LogNormal, core_volume: float) -> float:
    """Draw a volume of edema in ml; larger tumors have more."""
    return prior.draw(generator, (core_volume / _TYPICAL_CORE) ** 0.5)


def _radius(volume: float) -> float:
    """Radius in mm of a ball of ``volume`` ml."""
    return float((volume * 750 / np.pi) ** (1 / 3))
