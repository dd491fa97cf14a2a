"""Moving the border of brain and fluid: sulci and ventricles of this patient, wider or narrower than the anatomy's.

Label maps come from subjects of one age or another; a patient's share of CSF is drawn, and the pial surface moves
outward (a younger brain) or inward (atrophy) until the share is met. When it moves outward, the deepest cortex turns
into white matter, so that cortex does not thicken by as much.

Tested by Testing/unit/phantom/test_borders.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.anatomy import Anatomy
from gliomamri.phantom.lesions.priors import LogNormal
from gliomamri.phantom.tissues import BRAIN, Tissue

THICKEST_CORTEX = 32
"""Tenths of a mm: cortex deeper than this, less what grew on top of it, counts as white matter."""
_FARTHEST_IN, _FARTHEST_OUT, _FARTHEST_VENTRICLE = 10, 11, 20
_EVERY = 2
_SULCI, _VENTRICLES = LogNormal(0.08, 0.35, 0.03, 0.20), LogNormal(13.0, 0.55, 4.0, 70.0)
_IS_CORTEX = np.zeros(256, bool)
_IS_CORTEX[[Tissue.CORTEX, Tissue.CEREBELLAR_CORTEX]] = True


@dataclass(frozen=True)
class FluidPriors:
    """How much fluid patients have.

    Attributes
    ----------
    sulci : LogNormal
        CSF around the brain as a fraction of brain, CSF and ventricles together.
    ventricles : LogNormal
        ml.
    """

    sulci: LogNormal = _SULCI
    ventricles: LogNormal = _VENTRICLES


@dataclass(frozen=True)
class BorderShift:
    """How far borders move, in mm.

    Attributes
    ----------
    pial : float
        Outward movement of the pial surface; negative is atrophy.
    ventricle : float
        Inward movement of the ventricles' walls, not negative.
    """

    pial: float = 0.0
    ventricle: float = 0.0


def draw_border_shift(generator: np.random.Generator, anatomy: Anatomy, priors: FluidPriors) -> BorderShift:
    """Draw how much fluid the patient has, and return the movement of borders that comes closest to it."""
    sulci, ventricles = priors.sulci.draw(generator), priors.ventricles.draw(generator)
    tissue = anatomy.tissue[::_EVERY, ::_EVERY, ::_EVERY]
    depth = anatomy.pial_depth[::_EVERY, ::_EVERY, ::_EVERY]
    milliliters = (anatomy.step * _EVERY) ** 3 / 1000
    around, cortex, inside = (
        milliliters * np.bincount(depth[mask], minlength=256)
        for mask in (tissue == Tissue.CSF, _IS_CORTEX[tissue], tissue == Tissue.VENTRICLE)
    )
    counts = np.bincount(tissue.ravel(), minlength=256)
    head = milliliters * counts[list(BRAIN)].sum() + around.sum() + inside.sum()
    surplus = around.sum() - sulci * head
    if surplus > 0:
        pial = min(_tenths_holding(around, surplus), _FARTHEST_OUT)
    else:
        pial = -min(_tenths_holding(cortex, -surplus), _FARTHEST_IN)
    wall = min(_tenths_holding(inside, inside.sum() - ventricles), _FARTHEST_VENTRICLE)
    return BorderShift(pial / 10, wall / 10)


def _tenths_holding(volumes: NDArray[np.float64], wanted: float) -> int:
    """Return the depth in tenths of a mm above which ``volumes`` (ml per tenth) add up to ``wanted``."""
    return int(np.searchsorted(np.cumsum(volumes[1:]), wanted)) if wanted > 0 else 0


def move_borders(
    tissue: NDArray[np.uint8], depth: NDArray[np.uint8], pial: NDArray[np.int16], ventricle: int
) -> None:
    """Move the borders of ``tissue`` in place; arrays of one shape.

    Parameters
    ----------
    depth
        :attr:`~gliomamri.phantom.anatomy.Anatomy.pial_depth` of each voxel.
    pial, ventricle
        Movement in tenths of a mm, as in :class:`BorderShift`.
    """
    if pial.min() < 0:
        tissue[_IS_CORTEX[tissue] & (depth <= -pial)] = Tissue.CSF
    if pial.max() > 0:
        covered = (tissue == Tissue.CSF) & (depth > 0) & (depth <= pial)
        deep = (tissue == Tissue.CORTEX) & (depth > THICKEST_CORTEX - np.maximum(pial, 0))
        tissue[deep] = Tissue.WHITE_MATTER
        tissue[covered] = Tissue.CORTEX
    if ventricle > 0:
        tissue[(tissue == Tissue.VENTRICLE) & (depth > 0) & (depth <= ventricle)] = Tissue.WHITE_MATTER
