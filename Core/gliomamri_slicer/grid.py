"""Where an image's voxels lie: one description for nodes, segmentations and SimpleITK images.

In VTK and MRML a grid is given in RAS, in SimpleITK in LPS: x and y change sign. Nothing else is computed, so
numbers pass both ways bit by bit, also for oblique and left-handed grids.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import slicer
import slicer.util
import vtk

from gliomamri.errors import UserError

if TYPE_CHECKING:
    import SimpleITK as sitk

_FLIP = np.array([-1.0, -1.0, 1.0])
_SHEAR_LIMIT = 1e-4


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular grid of voxels.

    Attributes
    ----------
    size : (i, j, k)
        Number of voxels along each axis.
    spacing : (i, j, k)
        Distance of neighbors in mm.
    origin : (R, A, S)
        Center of voxel (0, 0, 0) in mm.
    directions : ndarray, shape (3, 3)
        Column n is the unit vector of axis n in RAS.
    """

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    directions: np.ndarray

    @property
    def ijkToRAS(self) -> np.ndarray:
        """Matrix from voxel indices to mm, shape (4, 4)."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.directions * np.array(self.spacing)
        matrix[:3, 3] = self.origin
        return matrix

    def distance(self, other: Grid) -> float:
        """Largest distance between the same voxels of two grids, in mm; infinite if sizes differ.

        It lies at a corner, since positions are affine in the index. An axis of one voxel counts as two, or a
        single slice would match one that is tilted or thicker.
        """
        if self.size != other.size:
            return float("inf")
        corners = np.array([(*corner, 1.0) for corner in product(*((0, max(n - 1, 1)) for n in self.size))])
        offsets = corners @ (self.ijkToRAS - other.ijkToRAS).T
        return float(np.linalg.norm(offsets[:, :3], axis=1).max())

    def moved(self, matrix: np.ndarray) -> Grid:
        """Grid after the affine ``matrix``, shape (4, 4); itself where that is the identity."""
        if np.array_equal(matrix, np.eye(4)):
            return self
        moved = matrix @ self.ijkToRAS
        spacing = np.linalg.norm(moved[:3, :3], axis=0)
        return Grid(self.size, tuple(spacing.tolist()), tuple(moved[:3, 3].tolist()), moved[:3, :3] / spacing)

    @property
    def isSheared(self) -> bool:
        """True when the axes are not at right angles."""
        return bool(np.abs(self.directions.T @ self.directions - np.eye(3)).max() > _SHEAR_LIMIT)


def localGrid(volumeNode: slicer.vtkMRMLVolumeNode) -> Grid:
    """Grid of a volume node as the node stores it, without its parent transform."""
    directions = np.zeros((3, 3))
    volumeNode.GetIJKToRASDirections(directions)
    size = volumeNode.GetImageData().GetDimensions()
    return Grid(tuple(size), tuple(volumeNode.GetSpacing()), tuple(volumeNode.GetOrigin()), directions)


def worldGrid(volumeNode: slicer.vtkMRMLVolumeNode) -> Grid:
    """Grid of a volume node in the world: a linear parent transform is applied, nothing is resampled.

    Raises
    ------
    UserError
        If the transform bends or shears the grid, so that the image would have to be resampled.
    """
    matrix = transformMatrix(volumeNode)
    name = volumeNode.GetName()
    if matrix is None:
        raise UserError(
            f"'{name}' lies under a transform that bends space; resample it (Resample Image module), then try again."
        )
    grid = localGrid(volumeNode).moved(matrix)
    if grid.isSheared:
        raise UserError(f"The axes of '{name}' are not at right angles; resample it (Resample Image module).")
    return grid


def transformMatrix(node: slicer.vtkMRMLTransformableNode) -> np.ndarray | None:
    """Matrix from the node's own space to the world, shape (4, 4); None if the transform is not linear."""
    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    if not transform.IsTransformToWorldLinear():
        return None
    matrix = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def imageGrid(image: sitk.Image) -> Grid:
    """Grid of a 3-D SimpleITK image."""
    directions = np.array(image.GetDirection()).reshape(3, 3) * _FLIP[:, np.newaxis]
    origin = np.array(image.GetOrigin()) * _FLIP
    return Grid(tuple(image.GetSize()), tuple(image.GetSpacing()), tuple(origin.tolist()), directions)


def setImageGrid(image: sitk.Image, grid: Grid) -> None:
    """Give a SimpleITK image origin, spacing and direction of a grid."""
    image.SetOrigin((np.array(grid.origin) * _FLIP).tolist())
    image.SetSpacing(grid.spacing)
    image.SetDirection((grid.directions * _FLIP[:, np.newaxis]).ravel().tolist())


def setNodeGrid(target: slicer.vtkMRMLVolumeNode | slicer.vtkOrientedImageData, grid: Grid) -> None:
    """Give a volume node (or oriented image data) origin, spacing and directions of a grid."""
    target.SetOrigin(grid.origin)
    target.SetSpacing(grid.spacing)
    if isinstance(target, slicer.vtkOrientedImageData):
        target.SetDirections(grid.directions.tolist())
    else:
        target.SetIJKToRASDirections(grid.directions.tolist())


def gridBesideReference(
    image: sitk.Image, reference: slicer.vtkMRMLVolumeNode | None
) -> tuple[Grid, slicer.vtkMRMLTransformNode | None]:
    """Choose the geometry a result gets in the scene.

    A result that lies where its input lies, within the core's tolerance, takes the input's stored geometry exactly
    and its parent transform, so both stay together when the transform is edited. Any other lies where its image
    says, under no transform.
    """
    from gliomamri.imaging.geometry import TOLERANCE_MM

    grid = imageGrid(image)
    if reference is None or reference.GetImageData() is None:
        return grid, None
    matrix = transformMatrix(reference)
    if matrix is None or localGrid(reference).moved(matrix).distance(grid) > TOLERANCE_MM:
        return grid, None
    return localGrid(reference), reference.GetParentTransformNode()
