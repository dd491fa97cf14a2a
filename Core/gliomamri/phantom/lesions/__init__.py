"""Lesions: where they are, how they push, what each voxel holds of each of their parts."""

from gliomamri.phantom.lesions.growing import grow
from gliomamri.phantom.lesions.lesion import Lesion, LesionPlan, Part, Terrain
from gliomamri.phantom.lesions.mass_effect import push_field
from gliomamri.phantom.lesions.planning import PATIENT_KINDS, plan_lesions
from gliomamri.phantom.lesions.priors import SHIFTED, STANDARD, LesionPriors

__all__ = [
    "PATIENT_KINDS",
    "SHIFTED",
    "STANDARD",
    "Lesion",
    "LesionPlan",
    "LesionPriors",
    "Part",
    "Terrain",
    "grow",
    "plan_lesions",
    "push_field",
]
