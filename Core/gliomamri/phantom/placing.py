"""Where the head lies in the scanner: from arrays in the head frame to images with a geometry.

On the common grid the head frame is the scanner's. Acquired series lie tilted (the technologist angulates), and the
patient moves between them.

Tested by Testing/unit/phantom/test_placing.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from gliomamri.phantom.artifacts.motion import RigidMotion
from gliomamri.phantom.grid import Grid

_TILT_SD = (6.0, 3.0, 3.0)
_SHIFT_SD = (4.0, 8.0, 12.0)


@dataclass(frozen=True)
class Placement:
    """Scanner coordinates of the head frame.

    Attributes
    ----------
    matrix : 4 x 4 array
        LPS (x, y, z) in mm, head frame to scanner.
    """

    matrix: NDArray[np.float64]

    def image(self, array: NDArray, grid: Grid, motion: RigidMotion | None = None) -> sitk.Image:
        """Return ``array`` (z, y, x) on ``grid`` as an image; ``motion`` is what the head did before."""
        return self._placed(sitk.GetImageFromArray(np.ascontiguousarray(array)), grid, motion)

    def vector_image(self, array: NDArray, grid: Grid) -> sitk.Image:
        """Return vectors (z, y, x, 3) in mm of the head frame, with components (x, y, z), in scanner coordinates."""
        turned = np.asarray(array, np.float32) @ self.matrix[:3, :3].T.astype(np.float32)
        image = sitk.GetImageFromArray(turned, isVector=True)
        return self._placed(image, grid, None)

    def moved(self, motion: RigidMotion) -> NDArray[np.float64]:
        """Return the 4 x 4 matrix from scanner coordinates before ``motion`` to those after it."""
        return self.matrix @ motion.matrix @ np.linalg.inv(self.matrix)

    def _placed(self, image: sitk.Image, grid: Grid, motion: RigidMotion | None) -> sitk.Image:
        whole = self.matrix if motion is None else self.matrix @ motion.matrix
        first = np.array([float(axis[0]) for axis in grid.axes[::-1]])
        image.SetSpacing([float(edge) for edge in grid.spacing[::-1]])
        image.SetDirection(whole[:3, :3].ravel().tolist())
        image.SetOrigin((whole[:3, :3] @ first + whole[:3, 3]).tolist())
        return image


def draw_placement(generator: np.random.Generator, tilted: bool) -> Placement:
    """Draw how the head lies in the scanner; not ``tilted`` gives the head frame itself."""
    angles, shift = generator.normal(0, _TILT_SD), generator.normal(0, _SHIFT_SD)
    matrix = np.eye(4)
    if tilted:
        matrix[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
        matrix[:3, 3] = shift
    return Placement(matrix)
