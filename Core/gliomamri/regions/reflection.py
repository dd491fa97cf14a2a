"""A plane in space, and arrays reflected at it on any grid.

Called by :mod:`gliomamri.regions.mirror` and :mod:`gliomamri.regions.catalog`; tested by
Testing/unit/regions/test_mirror.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage


@dataclass(frozen=True)
class Plane:
    """A plane.

    Attributes
    ----------
    point : (x, y, z)
        One of its points, mm, LPS.
    normal : (x, y, z)
        Unit vector, LPS; for a mid-sagittal plane it points to the patient's left.
    quality : float
        How much alike the two sides are, in [0, 1]; 1 for a perfect mirror image.
    """

    point: tuple[float, float, float]
    normal: tuple[float, float, float]
    quality: float = 1.0

    def side(self, points: NDArray) -> NDArray[np.float64]:
        """Signed distance of points (..., 3) from the plane, mm; positive on the side the normal points to."""
        return (np.asarray(points) - self.point) @ np.asarray(self.normal)


def index_to_point(grid: sitk.Image) -> NDArray[np.float64]:
    """Return the matrix (4, 4) from array indices (z, y, x, 1) to points (x, y, z, 1) in mm, LPS."""
    matrix = np.eye(4)
    steps = np.reshape(grid.GetDirection(), (3, 3)) * np.asarray(grid.GetSpacing())
    matrix[:3, :3] = steps[:, ::-1]
    matrix[:3, 3] = grid.GetOrigin()
    return matrix


def reflection_matrix(plane: Plane) -> NDArray[np.float64]:
    """Return the matrix (4, 4) that sends a point in mm to its mirror image: p - 2 ((p - o) n) n."""
    normal = np.asarray(plane.normal)
    matrix = np.eye(4)
    matrix[:3, :3] -= 2 * np.outer(normal, normal)
    matrix[:3, 3] = 2 * np.dot(plane.point, normal) * normal
    return matrix


def reflected(values: NDArray, plane: Plane, grid: sitk.Image, order: int = 0) -> NDArray:
    """Reflect an array at a plane in space.

    Parameters
    ----------
    values : ndarray, shape (z, y, x) of ``grid``
        A mask (order 0) or a map (order 1).
    plane : Plane
    grid : SimpleITK.Image
        Geometry of the voxels; oblique and anisotropic grids are reflected in mm, not in voxels.
    order : {0, 1}
        Nearest neighbor, or linear.

    Returns
    -------
    ndarray, shape (z, y, x)
        At each voxel the value at its mirror image; 0 where that lies outside of the grid.
    """
    to_point = index_to_point(grid)
    matrix = np.linalg.solve(to_point, reflection_matrix(plane) @ to_point)
    kind = np.uint8 if values.dtype == bool else np.float32
    found = ndimage.affine_transform(
        values.astype(kind, copy=False), matrix[:3, :3], matrix[:3, 3], order=order, mode="constant", cval=0
    )
    return found.astype(bool) if values.dtype == bool else found
