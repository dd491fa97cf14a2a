"""One healthy head as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Anatomy:
    """One healthy head.

    All arrays are (z, y, x) with z to the top, y to the back and x to the patient's left (LPS). The point
    ``p`` (mm in the head frame, origin in the middle of the brain) has index ``p / step + (shape - 1) / 2`` in
    ``tissue`` and ``pial_depth``, and ``p / coarse_step + (coarse shape - 1) / 2`` in the distances.

    Attributes
    ----------
    name : str
        Where it comes from, such as ``ICBM 2009a`` or the label map's file name.
    step : float
        mm, voxel edge of ``tissue``.
    tissue : uint8 array
        A :class:`~gliomamri.phantom.tissues.Tissue` per voxel; beyond the array is air.
    pial_depth : uint8 array
        Distance from the border of brain and fluid in tenths of a mm (at least 1; exact up to 5.5 mm, not less beyond):
        in cortex the depth below the pial surface, in CSF and ventricles the distance from the brain; 0 elsewhere. A
        subject's sulci and ventricles are made wider or narrower by moving that border.
    coarse_step : float
        mm, voxel edge of the distances.
    hull_distance : float32 array
        mm to the smooth hull of the brain: negative inside, positive outside.
    ventricle_distance : float32 array
        mm to the lateral ventricles, 0 inside.
    has_head : bool
        True where skull and scalp are there too.
    turn : (3, 3) array
        Rotation on (z, y, x) from an upright head to this one; see :mod:`gliomamri.phantom.anatomy.pose`.
    shift : (3,) array
        mm (z, y, x): the point ``p`` of the upright head is ``turn p + shift`` in this one.
    """

    name: str
    step: float
    tissue: NDArray[np.uint8]
    pial_depth: NDArray[np.uint8]
    coarse_step: float
    hull_distance: NDArray[np.float32]
    ventricle_distance: NDArray[np.float32]
    has_head: bool
    turn: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    shift: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
