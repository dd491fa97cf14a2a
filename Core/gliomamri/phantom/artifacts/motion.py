"""Rigid misplacement between series: the patient moved, and registration leaves a rest.

Tested by Testing/unit/phantom/artifacts/test_motion.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from gliomamri.phantom.artifacts.severity import MotionPriors, happens
from gliomamri.phantom.grid import FloatArray, Grid


@dataclass(frozen=True)
class RigidMotion:
    """Where the head's points lie in one series: ``p_series = R p_head + t`` about the head frame's origin.

    Attributes
    ----------
    translation : (x, y, z)
        mm, LPS.
    rotation : (x, y, z)
        Rotation vector in degrees: its direction is the axis, its length the angle.
    """

    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The 4x4 matrix in LPS (x, y, z), as SimpleITK and BIDS transforms use it: head to series."""
        result = np.eye(4)
        result[:3, :3] = Rotation.from_rotvec(np.deg2rad(self.rotation)).as_matrix()
        result[:3, 3] = self.translation
        return result

    def inverse(self) -> Self:
        """Return the motion that takes it back."""
        turned_back = Rotation.from_rotvec(-np.deg2rad(self.rotation)).apply(self.translation)
        back = tuple(float(-value) for value in turned_back)
        return type(self)(back, tuple(-value for value in self.rotation))

    @property
    def is_translation(self) -> bool:
        """Whether there is no rotation, so that axes stay separable."""
        return self.rotation == (0.0, 0.0, 0.0)

    def shifted(self, grid: Grid) -> Grid:
        """Return where the points of ``grid`` lie in the series, leaving the rotation out."""
        x, y, z = (np.float32(value) for value in self.translation)
        return Grid(grid.z + z, grid.y + y, grid.x + x)

    def resample(
        self, series: FloatArray, series_grid: Grid, grid: Grid, *, cubic: bool = False
    ) -> FloatArray:
        """Return the series on a ``grid`` of the head; its border's values continue.

        Parameters
        ----------
        series
            Array (z, y, x) on ``series_grid``.
        series_grid, grid
            Evenly spaced along each axis.
        cubic
            Interpolate by cubic splines instead of linearly.
        """
        image = sitk.GetImageFromArray(np.ascontiguousarray(series, dtype=np.float32))
        image.SetOrigin([float(axis[0]) for axis in series_grid.axes[::-1]])
        image.SetSpacing(series_grid.spacing[::-1])
        transform = sitk.AffineTransform(3)
        transform.SetMatrix(self.matrix[:3, :3].ravel().tolist())
        transform.SetTranslation(self.translation)
        resampler = sitk.ResampleImageFilter()
        resampler.SetSize(grid.shape[::-1])
        resampler.SetOutputOrigin([float(axis[0]) for axis in grid.axes[::-1]])
        resampler.SetOutputSpacing(grid.spacing[::-1])
        resampler.SetTransform(transform)
        resampler.SetInterpolator(sitk.sitkBSpline3 if cubic else sitk.sitkLinear)
        resampler.UseNearestNeighborExtrapolatorOn()
        return sitk.GetArrayFromImage(resampler.Execute(image))


def draw_motion(generator: np.random.Generator, priors: MotionPriors) -> RigidMotion | None:
    """Draw one series' misplacement; None where it lies on the first."""
    if not happens(generator, priors.probability):
        return None
    translation = generator.normal(0, generator.uniform(*priors.translation_sd), 3)
    rotation = generator.normal(0, generator.uniform(*priors.rotation_sd), 3)
    return RigidMotion(tuple(map(float, translation)), tuple(map(float, rotation)))
