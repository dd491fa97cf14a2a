"""Rigid transforms as 4 x 4 matrices in mm, LPS, and what they move.

A matrix ``M`` maps points of the fixed image to points of the moving one, as ITK's transforms do.

Used throughout registration; tested by Testing/unit/imaging/test_rigid.py.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Matrix = NDArray[np.float64]


def matrix_of(transform: sitk.Transform) -> Matrix:
    """Return the 4 x 4 matrix of a linear transform in 3-D, any of its kinds and nestings."""
    corner = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    matrix[:3, 3] = corner
    # Points 1 m apart keep all digits of the matrix; 1 mm would lose three.
    for axis in range(3):
        point = [0.0, 0.0, 0.0]
        point[axis] = 1000.0
        matrix[:3, axis] = (np.array(transform.TransformPoint(point)) - corner) / 1000.0
    return matrix


def transform_of(matrix: Matrix) -> sitk.AffineTransform:
    """Return a 4 x 4 matrix as a SimpleITK transform."""
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(np.asarray(matrix)[:3, :3].ravel().tolist())
    transform.SetTranslation(np.asarray(matrix)[:3, 3].tolist())
    return transform


def affine_of(matrix: Matrix, center: NDArray[np.float64]) -> sitk.AffineTransform:
    """Return a 4 x 4 matrix as a SimpleITK transform whose linear part acts about ``center`` (mm)."""
    transform = sitk.AffineTransform(3)
    transform.SetCenter(np.asarray(center, dtype=float).tolist())
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    transform.SetTranslation((apply(matrix, center[None])[0] - center).tolist())
    return transform


def versor_of(matrix: Matrix, center: NDArray[np.float64]) -> sitk.VersorRigid3DTransform:
    """Return a rigid 4 x 4 matrix as a SimpleITK transform that turns about ``center`` (mm), without gimbal lock."""
    transform = sitk.VersorRigid3DTransform()
    transform.SetCenter(np.asarray(center, dtype=float).tolist())
    transform.SetMatrix(matrix[:3, :3].ravel().tolist(), 1e-6)
    transform.SetTranslation((apply(matrix, center[None])[0] - center).tolist())
    return transform


def rigid_matrix(rotation: Rotation, center: NDArray[np.float64], shift: NDArray[np.float64]) -> Matrix:
    """Return the matrix that turns about ``center`` (mm) and then shifts by ``shift`` (mm)."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation.as_matrix()
    matrix[:3, 3] = center + shift - matrix[:3, :3] @ center
    return matrix


def inverse(matrix: Matrix) -> Matrix:
    """Return the inverse of an affine 4 x 4 matrix; its last row is exact."""
    result = np.eye(4)
    result[:3, :3] = np.linalg.inv(matrix[:3, :3])
    result[:3, 3] = -result[:3, :3] @ matrix[:3, 3]
    return result


def rotation_angle(matrix: Matrix) -> float:
    """Return the angle in degrees of the rotation of a rigid matrix."""
    return float(np.degrees(Rotation.from_matrix(matrix[:3, :3]).magnitude()))


def apply(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map points, shape (n, 3), in mm."""
    x, y, z = np.asarray(points, dtype=float).T
    # Column by column: a matrix product of this shape wakes all threads of the BLAS and waits for them.
    return np.stack([row[0] * x + row[1] * y + row[2] * z + row[3] for row in matrix[:3]]).T


def index_to_physical(image: sitk.Image) -> Matrix:
    """Return the matrix from voxel index (x, y, z) to mm, LPS."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * np.asarray(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return matrix


def placed(values: NDArray, to_physical: Matrix) -> sitk.Image:
    """Return an array (z, y, x) as an image, given its matrix from voxel index (x, y, z) to mm."""
    edges = np.linalg.norm(to_physical[:3, :3], axis=0)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(edges.tolist())
    image.SetDirection((to_physical[:3, :3] / edges).ravel().tolist())
    image.SetOrigin(to_physical[:3, 3].tolist())
    return image


def points_inside(mask: sitk.Image, most: int = 5000) -> NDArray[np.float64]:
    """Return the positions, shape (n, 3) in mm, of at most ``most`` voxels of a mask, evenly picked."""
    index = np.argwhere(sitk.GetArrayViewFromImage(mask) > 0)[:, ::-1]
    picked = (
        index[np.unique(np.linspace(0, len(index) - 1, min(most, len(index))).astype(int))]
        if len(index)
        else index
    )
    return apply(index_to_physical(mask), picked)


def displacements(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far in mm, shape (n,), a matrix moves each point."""
    return np.linalg.norm(apply(matrix, points) - points, axis=1)
