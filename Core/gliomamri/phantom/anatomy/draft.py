"""A head on its way: crisp tissue, and the parts from which membranes and vessels find their places.

Tested by Testing/unit/phantom/anatomy/test_membranes.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gliomamri.imaging.boxes import bounding_box
from gliomamri.phantom.anatomy.curves import Curve
from gliomamri.phantom.anatomy.distances import COARSE_STEP, hull_distance, near_box
from gliomamri.phantom.anatomy.sampling import centered_grid, interpolate
from gliomamri.phantom.grid import FloatArray

GAP = 0.6
"""mm of fluid between the brain's hull and the dura where no skull is known."""

DURA_THICKNESS = 1.5
"""mm."""

_NEAR = 24
"""mm around the brain in which distances are measured."""


@dataclass
class Draft:
    """What a source (ICBM maps, a label map) knows of a head.

    Attributes
    ----------
    name : str
        Where it comes from.
    tissue : uint8 array (z, y, x)
        Tissue classes at ``step`` mm; changed in place by what is added.
    step : float
        mm.
    brain, left, right, hindbrain, lateral : bool arrays (z, y, x)
        Brain tissue with ventricles, the two cerebral hemispheres, cerebellum, and lateral ventricles at
        ``source_step`` mm; same middle as ``tissue``.
    source_step : float
        mm.
    from_mni : array (3, 4)
        Affine from MNI coordinates (x to the right, y to the front, z to the top, mm) to the head frame
        (x to the left, y to the back, z to the top, mm).
    has_head : bool
        True where skull and scalp are in ``tissue``.
    bone : bool array or None
        The skull at the source's step; None where it is not known.
    """

    name: str
    tissue: NDArray[np.uint8]
    step: float
    brain: NDArray[np.bool_]
    left: NDArray[np.bool_]
    right: NDArray[np.bool_]
    hindbrain: NDArray[np.bool_]
    lateral: NDArray[np.bool_]
    source_step: float
    from_mni: NDArray[np.float64]
    has_head: bool
    bone: NDArray[np.bool_] | None = None

    @cached_property
    def hull(self) -> FloatArray:
        """Distance in mm to the hull of the brain, at 2 mm (:data:`~.distances.COARSE_STEP`)."""
        return hull_distance(self.brain, self.source_step)

    @cached_property
    def across(self) -> FloatArray:
        """How far a point lies to the left of the surface midway between the hemispheres, mm, at the source's step."""
        return self._midway(self.right, self.left)

    @cached_property
    def above(self) -> FloatArray:
        """How far a point lies above the surface midway between cerebellum and cerebrum, mm, at the source's step."""
        return self._midway(self.hindbrain, self.left | self.right)

    @cached_property
    def outside(self) -> FloatArray:
        """How far a point lies outside the dura's inner face, mm, at the source's step: negative in the brain."""
        if self.bone is not None:
            return np.float32(DURA_THICKNESS) - self._distance(self.bone)
        return interpolate(
            self.hull, COARSE_STEP, centered_grid(self.brain.shape, self.source_step)
        ) - np.float32(GAP)

    def _midway(self, one: NDArray[np.bool_], other: NDArray[np.bool_]) -> FloatArray:
        return (self._distance(one) - self._distance(other)) / np.float32(2)

    def _distance(self, mask: NDArray[np.bool_]) -> FloatArray:
        """Signed distance near the brain; farther away the border's value goes on."""
        return near_box(mask, self.source_step, bounding_box(self.brain, round(_NEAR / self.source_step)))

    def placed(self, curve: Curve) -> list[tuple[float, float, float, float]]:
        """Return a curve given in MNI coordinates in the head frame; radii stay."""
        points = np.asarray(curve, float)
        moved = points[:, :3] @ self.from_mni[:, :3].T + self.from_mni[:, 3]
        return [
            (*map(float, point), float(radius)) for point, radius in zip(moved, points[:, 3], strict=True)
        ]

    def coordinates(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """Return the head frame's x, y, z of an MNI point."""
        return self.placed([(*point, 0.0)])[0][:3]
