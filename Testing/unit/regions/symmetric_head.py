"""A head that is its own mirror image at a plane known exactly, on any grid, with a tumor that pushes it aside."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from scipy.spatial.transform import Rotation

from gliomamri.regions.reflection import index_to_point

TEXTURE = 2.5
"""mm between points of the texture."""


def grid_of(size, spacing, tilt=(0.0, 0.0, 0.0), origin=None):
    """Make an image (x, y, z) whose axes are turned by ``tilt`` degrees, centered at 0 unless ``origin`` says else."""
    image = sitk.Image([int(n) for n in size], sitk.sitkFloat32)
    image.SetSpacing(spacing)
    turn = Rotation.from_euler("xyz", tilt, degrees=True).as_matrix()
    image.SetDirection(turn.ravel().tolist())
    middle = turn @ ((np.array(size) - 1) / 2 * np.array(spacing))
    image.SetOrigin((-middle if origin is None else np.array(origin)).tolist())
    return image


def points_of(grid):
    """Positions (z, y, x, 3) of the voxels, mm LPS."""
    index = np.moveaxis(np.indices(grid.GetSize()[::-1]), 0, -1)
    matrix = index_to_point(grid)
    return index @ matrix[:3, :3].T + matrix[:3, 3]


def head(grid, turn_degrees=(0.0, 0.0, 0.0), shift=(0.0, 0.0, 0.0), tumor=None, seed=0):
    """R1 of a brain, its mask, and the point and normal of its mid-sagittal plane.

    Parameters
    ----------
    turn_degrees, shift
        How the head lies: rotation about x, y, z, and mm.
    tumor
        None, or (center in the head's own frame, radius) of a dark ball that pushes brain away.
    """
    turn = Rotation.from_euler("xyz", turn_degrees, degrees=True).as_matrix()
    own = (points_of(grid) - shift) @ turn  # the head's own frame
    brain_here = own
    inside_tumor = np.zeros(own.shape[:-1], bool)
    if tumor is not None:
        center, radius = np.array(tumor[0]), tumor[1]
        away = own - center
        r = np.linalg.norm(away, axis=-1, keepdims=True)
        inside_tumor = r[..., 0] < radius
        # what was at r - push is now at r: a third of the tumor's volume pushed outward
        pulled = np.cbrt(np.maximum(r**3 - radius**3 / 3, 0.0))
        brain_here = center + away * np.divide(pulled, r, out=np.ones_like(r), where=r > 0)
    x, y, z = np.moveaxis(brain_here, -1, 0)
    shape = (x / 65) ** 2 + ((y + 0.1 * z) / 82) ** 2 + (z / 58) ** 2
    values = 0.95 + 0.25 * _texture(np.abs(x), y, z, seed)
    values[shape > 0.78] = 0.7
    ventricle = ((np.abs(x) - 11) / 7) ** 2 + (y / 30) ** 2 + ((z - 5) / 9) ** 2 < 1
    values[ventricle] = 0.25
    values[inside_tumor] = 0.5
    mask = (shape < 1) | inside_tumor
    return np.where(mask, values, 0).astype(np.float32), mask, (np.array(shift), turn[:, 0])


def _texture(x, y, z, seed):
    noise = np.random.default_rng(seed).standard_normal((80, 100, 40))
    smooth = ndimage.gaussian_filter(noise, 2.5)
    at = np.stack([z, y, x]) / TEXTURE + np.array([40, 50, 3])[:, None, None, None]
    return ndimage.map_coordinates(smooth / smooth.std(), at, order=1, mode="reflect")


def image_of(values, grid):
    """Put an array on a grid."""
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(grid)
    return image
