"""Lesions: where they are, how they push, what each voxel holds of each of their parts."""

from gliomamri.phantom.lesions.lesion import Lesion, LesionPlan, Part, Terrain

__all__ = ["Lesion", "LesionPlan", "Part", "Terrain"]
