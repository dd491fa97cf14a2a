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


def sub_voxel_tissues(
    labels: LabelVolume, deformation: Deformation, grid: Grid, atrophy: FloatArray | None
) -> Iterator[NDArray[np.uint8]]:
    """Yield the tissue of every voxel at each of four points inside it, arrays of the grid's shape.

    ``atrophy`` (mm, shape of the grid) turns the cortex down to that depth into CSF.
    """
    middle = deformation.at(grid)
    tenths = None if atrophy is None else np.clip(atrophy * 10, 0, 254).astype(np.uint8)
    for corner in _TETRAHEDRON:
        offset = (deformation.matrix @ (corner * grid.spacing)).astype(np.float32)
        yield _tissue_at(labels, middle + offset[:, None, None, None], tenths)


def central_tissue(
    labels: LabelVolume, deformation: Deformation, grid: Grid, atrophy: FloatArray | None = None
) -> NDArray[np.uint8]:
    """Return the tissue at the middle of every voxel, array of the grid's shape."""
    tenths = None if atrophy is None else np.clip(atrophy * 10, 0, 254).astype(np.uint8)
    return _tissue_at(labels, deformation.at(grid), tenths)


def _tissue_at(
    labels: LabelVolume, position: FloatArray, tenths: NDArray[np.uint8] | None
) -> NDArray[np.uint8]:
    index = labels.index(position)
    tissue = labels.tissue[index]
    if tenths is not None:
        depth = labels.pial_depth[index]
        tissue[(depth > 0) & (depth <= tenths)] = Tissue.CSF
    return tissue
