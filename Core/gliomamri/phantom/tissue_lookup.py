"""Which tissue is at a point, and how much of each property a voxel holds.

A voxel is looked up at four points inside it (corners of a tetrahedron, a quarter voxel from its middle), each in
the anatomy's finer label array; their mean is the voxel's partial volume.

Tested by Testing/unit/phantom/test_head.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.anatomy import Anatomy
from gliomamri.phantom.borders import move_borders
from gliomamri.phantom.deformation import Deformation
from gliomamri.phantom.grid import FloatArray, Grid
from gliomamri.phantom.tissues import Tissue

_TETRAHEDRON = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)], np.float32) / 4


@dataclass(frozen=True)
class LabelVolume:
    """Tissue labels with one voxel of air around them, ready for lookups.

    Attributes
    ----------
    tissue, pial_depth : 1-D uint8 arrays
        Flattened (z, y, x); see :class:`~gliomamri.phantom.anatomy.Anatomy`.
    shape : (z, y, x)
    step : float
        mm.
    """

    tissue: NDArray[np.uint8]
    pial_depth: NDArray[np.uint8]
    shape: tuple[int, int, int]
    step: float

    @classmethod
    def of(cls, anatomy: Anatomy) -> LabelVolume:
        """Return the labels of a head."""
        tissue = np.pad(anatomy.tissue, 1, constant_values=Tissue.AIR)
        depth = np.pad(anatomy.pial_depth, 1)
        return cls(tissue.ravel(), depth.ravel(), tissue.shape, anatomy.step)

    def index(self, position: FloatArray) -> NDArray[np.int32]:
        """Return the flat index of the voxel at ``position``, mm (3, ...); points outside fall on the air around."""
        flat = None
        for axis, count in zip(position, self.shape, strict=True):
            # Half a voxel is added once, so that cutting the fraction rounds.
            index = axis * np.float32(1 / self.step)
            index += np.float32(count / 2)
            np.clip(index, 0, count - 1, out=index)
            whole = index.astype(np.int32)
            flat = whole if flat is None else flat * np.int32(count) + whole
        return flat


@dataclass(frozen=True)
class Movement:
    """Where the borders of brain and fluid have moved on a grid; see :mod:`gliomamri.phantom.borders`.

    Attributes
    ----------
    pial : array (z, y, x)
        mm outward.
    ventricle : float
        mm inward.
    """

    pial: FloatArray
    ventricle: float = 0.0


@dataclass(frozen=True)
class Sampler:
    """Looks up the tissue at and around the middles of a grid's voxels.

    Attributes
    ----------
    labels : LabelVolume
    middle : array (3, z, y, x)
        mm, where the middle of each voxel lies in the anatomy.
    corners : array (4, 3)
        mm, from there to four points inside the voxel.
    pial : int16 array (z, y, x) or None
        Tenths of a mm that the pial surface has moved outward.
    ventricle : int
        Tenths of a mm that the ventricles' walls have moved inward.
    """

    labels: LabelVolume
    middle: FloatArray
    corners: FloatArray
    pial: NDArray[np.int16] | None
    ventricle: int

    @classmethod
    def of(
        cls, labels: LabelVolume, deformation: Deformation, grid: Grid, movement: Movement | None = None
    ) -> Sampler:
        """Return the sampler of ``grid``; without ``movement`` the anatomy's borders stay."""
        corners = ((_TETRAHEDRON * grid.spacing) @ deformation.matrix.T).astype(np.float32)
        middle = deformation.at(grid)
        if movement is None:
            return cls(labels, middle, corners, None, 0)
        pial = np.rint(np.clip(movement.pial, -25, 25) * 10).astype(np.int16)
        return cls(labels, middle, corners, pial, round(movement.ventricle * 10))

    def around(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the tissue of every voxel at each of four points inside it, arrays of the grid's shape."""
        for corner in self.corners:
            yield self._tissue_at(self.middle + corner[:, None, None, None])

    def central(self) -> NDArray[np.uint8]:
        """Return the tissue at the middle of every voxel, array of the grid's shape."""
        return self._tissue_at(self.middle)

    def _tissue_at(self, position: FloatArray) -> NDArray[np.uint8]:
        index = self.labels.index(position)
        tissue = self.labels.tissue[index]
        if self.pial is not None:
            move_borders(tissue, self.labels.pial_depth[index], self.pial, self.ventricle)
        return tissue


def central_tissue(
    labels: LabelVolume, deformation: Deformation, grid: Grid, movement: Movement | None = None
) -> NDArray[np.uint8]:
    """Return the tissue at the middle of every voxel, array of the grid's shape."""
    return Sampler.of(labels, deformation, grid, movement).central()
