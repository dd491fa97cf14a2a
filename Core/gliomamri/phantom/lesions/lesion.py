"""What a lesion is made of, and the ground it grows on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.grid import FloatArray, Grid


class Part(StrEnum):
    """Parts a lesion can have; each has its own range of T1, T2, ... ."""

    NECROSIS = "necrosis"
    CYST = "cyst"
    NON_ENHANCING = "non-enhancing core"
    ENHANCING = "enhancing core"
    HEMORRHAGE = "hemorrhage"
    EDEMA = "edema"
    INFILTRATION = "infiltration"  # tumor cells beyond what an expert outlines
    MENINGIOMA = "meningioma"
    WHITE_MATTER_LESION = "white matter lesion"  # multiple-sclerosis-like or vascular; not a tumor
    ACTIVE_WHITE_MATTER_LESION = "enhancing white matter lesion"
    CAVITY = "resection cavity"


@dataclass(frozen=True)
class Terrain:
    """The healthy (or already displaced) brain a lesion grows in, on a coarse isotropic grid.

    Attributes
    ----------
    grid : Grid
        Its points; isotropic, about 2 mm.
    tissue : uint8 array (z, y, x)
        :class:`~gliomamri.phantom.tissues.Tissue` per point.
    hull_distance, ventricle_distance : float32 arrays (z, y, x)
        mm; see :class:`~gliomamri.phantom.anatomy.Anatomy`.
    """

    grid: Grid
    tissue: NDArray[np.uint8]
    hull_distance: FloatArray
    ventricle_distance: FloatArray


@dataclass(frozen=True)
class LesionPlan:
    """What is decided before anything grows.

    Attributes
    ----------
    kind : str
        ``high-grade glioma``, ``low-grade glioma``, ``metastasis``, ``meningioma``, ``multiple sclerosis``,
        ``white matter hyperintensity`` or ``resection cavity``.
    center : (z, y, x)
        mm in the head frame.
    radius : float
        mm, of a ball with the volume of the lesion's core.
    push : float
        Mass effect: the fraction of the core's volume by which the brain around is pushed away, 0 to 1.
    edema : float
        ml of edema (or gliosis) wanted around the core. The brain around may hold less.
    """

    kind: str
    center: tuple[float, float, float]
    radius: float
    push: float = 0.0
    edema: float = 0.0

    @property
    def core_volume(self) -> float:
        """Volume of the core in ml."""
        return 4 / 3 * np.pi * self.radius**3 / 1000


class Lesion(Protocol):
    """A grown lesion, evaluated on any grid."""

    plan: LesionPlan

    def weights(self, grid: Grid) -> Mapping[Part, FloatArray]:
        """Return each part's share of every voxel (0..1, shape of ``grid``); together at most 1.

        An empty mapping says that the lesion does not touch the grid. The same point has the same value on every
        grid.
        """
        ...
