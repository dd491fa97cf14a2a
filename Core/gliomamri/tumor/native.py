"""Answers brought from the model's grid back to the grid of the patient's reference image.

Linear interpolation; where the reference's voxels are larger, the mean over them. Only the box around the brain is
worked on, the rest stays 0.

Called by the tasks ``segment`` and ``detect``; tested by Testing/unit/tumor/test_native.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.imaging.boxes import bounding_box
from gliomamri.imaging.geometry import same_grid
from gliomamri.imaging.resampling import interpolation_of, resample


@dataclass(frozen=True)
class NativeBox:
    """The box around the brain on the grid of the reference image.

    Attributes
    ----------
    grid : SimpleITK.Image
        Its geometry.
    slices : tuple of slice
        Of the reference's array (z, y, x).
    brain : bool array (z, y, x)
        Within the box.
    full : SimpleITK.Image
        The brain mask on the whole grid.
    """

    grid: sitk.Image
    slices: tuple[slice, ...]
    brain: NDArray[np.bool_]
    full: sitk.Image

    @property
    def voxel_volume(self) -> float:
        """In mm3."""
        return float(np.prod(self.grid.GetSpacing()))

    @property
    def spacing(self) -> tuple[float, float, float]:
        """(z, y, x) in mm."""
        return tuple(self.grid.GetSpacing()[::-1])

    def bring(self, values: NDArray[np.floating], grid: sitk.Image) -> NDArray[np.float32]:
        """Return an array of the model's grid, (slice, row, column), in the box: float32 (z, y, x)."""
        image = sitk.GetImageFromArray(np.ascontiguousarray(values, np.float32))
        image.CopyInformation(grid)
        if same_grid(image, self.grid):
            return sitk.GetArrayFromImage(image)
        if max(interpolation_of(image, self.grid, np.eye(4))[1]) > 1:
            return sitk.GetArrayFromImage(resample(image, self.grid, np.eye(4), "image"))
        return sitk.GetArrayFromImage(sitk.Resample(image, self.grid, sitk.Transform(), sitk.sitkLinear))

    def image(self, values: NDArray) -> sitk.Image:
        """Return an array of the box as an image on the whole grid, 0 around it."""
        made = np.zeros(self.full.GetSize()[::-1], values.dtype)
        made[self.slices] = values
        image = sitk.GetImageFromArray(made)
        image.CopyInformation(self.full)
        return image


def native_box(brain_mask: sitk.Image) -> NativeBox:
    """Return the box around a brain mask that is not empty."""
    brain = sitk.GetArrayFromImage(brain_mask) > 0
    slices = bounding_box(brain)
    cut = brain_mask[slices[2], slices[1], slices[0]]
    return NativeBox(cut, slices, brain[slices], brain_mask)
