"""The healthy tissues a phantom is made of.

Values of each (T1, T2, ...) are in :mod:`gliomamri.phantom.tissue_values`; this list only gives them numbers.
"""

from __future__ import annotations

from enum import IntEnum


class Tissue(IntEnum):
    """Tissue classes; their number is the voxel value of :attr:`gliomamri.phantom.anatomy.Anatomy.tissue`."""

    AIR = 0
    WHITE_MATTER = 1
    CORTEX = 2
    STRIATUM = 3  # caudate, putamen, accumbens
    PALLIDUM = 4
    THALAMUS = 5
    HIPPOCAMPUS = 6  # with the amygdala
    BRAINSTEM = 7
    CEREBELLAR_WHITE_MATTER = 8
    CEREBELLAR_CORTEX = 9
    CSF = 10  # around the brain
    VENTRICLE = 11
    CHOROID_PLEXUS = 12
    DURA = 13
    FALX = 14  # with the tentorium
    VEIN = 15  # sinuses and large veins
    ARTERY = 16
    PITUITARY = 17
    CORTICAL_BONE = 18
    MARROW = 19
    FAT = 20
    MUSCLE = 21  # and other soft tissue
    SKIN = 22
    EYE = 23
    OPTIC_NERVE = 24
    MUCOSA = 25


FLUIDS = (Tissue.CSF, Tissue.VENTRICLE)
"""Their part of a voxel is a compartment of its own: signals add, rates do not mix."""

GRAY_MATTER = (
    Tissue.CORTEX,
    Tissue.STRIATUM,
    Tissue.PALLIDUM,
    Tissue.THALAMUS,
    Tissue.HIPPOCAMPUS,
    Tissue.CEREBELLAR_CORTEX,
)
WHITE_MATTER = (Tissue.WHITE_MATTER, Tissue.BRAINSTEM, Tissue.CEREBELLAR_WHITE_MATTER)
BRAIN = (*GRAY_MATTER, *WHITE_MATTER)
"""Brain tissue proper."""
