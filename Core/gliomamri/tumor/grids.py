"""The grid that a model wants a patient's images on, from the grid of the reference image.

The axes are those of the reference image, put in the model's order and direction: a stack is acquired along the brain,
so its own axes are nearer to anatomy than the scanner's [our choice]. An oblique stack so is not turned.

Called by :mod:`gliomamri.tumor.inputs`; tested by Testing/unit/tumor/test_grids.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.modelstore.parts import Grid

MOST_VOXELS = 60_000_000
"""Largest grid that is worked on [our choice]: 240 MB per channel."""

_SLICES_ALONG = {"axial": 2, "coronal": 1, "sagittal": 0}
"""Axis of the body, of (right-left, front-back, feet-head), that slices of a plane follow each other along."""
_SAME = 1e-3


@dataclass(frozen=True)
class NetworkGrid:
    """Where the network's voxels lie.

    Attributes
    ----------
    image : SimpleITK.Image
        UInt8, empty; its array axes are (slice, row, column) of what the network sees, (z, y, x) of a volume.
    step : int
        Slices from one neighbor of a 2.5-D input to the next.
    """

    image: sitk.Image
    step: int = 1


def slice_axis(image: sitk.Image) -> int:
    """Return the axis (x, y, z) = (0, 1, 2) that the slices of an image follow each other along.

    The one with the largest distance between voxels; of an isotropic volume the one nearest to feet-head.
    """
    spacing = np.array(image.GetSpacing())
    candidates = np.flatnonzero(spacing > spacing.max() * (1 - 0.01))
    upward = np.abs(np.reshape(image.GetDirection(), (3, 3))[2])
    return int(candidates[np.argmax(upward[candidates])])


def plane_of(image: sitk.Image) -> str:
    """Return the plane, ``axial``, ``coronal`` or ``sagittal``, that an image's slices are nearest to."""
    along = np.abs(np.reshape(image.GetDirection(), (3, 3))[:, slice_axis(image)])
    return next(plane for plane, axis in _SLICES_ALONG.items() if axis == int(np.argmax(along)))


def network_grid(reference: sitk.Image, wanted: Grid) -> NetworkGrid:
    """Lay the model's grid over the field of view of the reference.

    Parameters
    ----------
    reference : SimpleITK.Image
        3-D.
    wanted : Grid
        Of the model's metadata. Of 2.5-D models, ``voxel_size[2]`` is the distance between the slices of one input;
        answers are asked for as densely as the pixels lie in the slice [our choice], at that distance divided by a
        whole number.

    Raises
    ------
    UserError
        If the grid would have more than :data:`MOST_VOXELS`.
    """
    empty = sitk.Image(reference.GetSize(), sitk.sitkUInt8)
    empty.CopyInformation(reference)
    oriented = sitk.DICOMOrient(empty, _letters(reference, wanted))
    edges = [
        float(own if size is None else size)
        for own, size in zip(oriented.GetSpacing(), wanted.voxel_size, strict=True)
    ]
    step = 1
    if wanted.slices > 1 and wanted.voxel_size[2] is not None:
        step = max(1, math.floor(edges[2] / max(edges[:2]) + _SAME))
        edges[2] /= step
    return NetworkGrid(_with_edges(oriented, edges), step)


def _letters(reference: sitk.Image, wanted: Grid) -> str:
    """Return where the grid's axes x, y, z point to: letters of the model's orientation, slices last."""
    if wanted.plane == "volume":
        return wanted.orientation
    plane = plane_of(reference) if wanted.plane == "acquired" else wanted.plane
    by_axis = {
        next(i for i, ends in enumerate(("LR", "AP", "IS")) if a in ends): a for a in wanted.orientation
    }
    last = _SLICES_ALONG[plane]
    return "".join(by_axis[axis] for axis in (*(a for a in range(3) if a != last), last))


def _with_edges(image: sitk.Image, edges: list[float]) -> sitk.Image:
    """Return a grid over the same box with voxels of ``edges`` mm, about the same middle."""
    if np.allclose(edges, image.GetSpacing(), rtol=_SAME, atol=0):
        return image
    box = np.multiply(image.GetSize(), image.GetSpacing())
    size = [max(1, math.ceil(length / edge - _SAME)) for length, edge in zip(box, edges, strict=True)]
    if math.prod(size) > MOST_VOXELS:
        raise UserError(
            f"The model's voxels of {edges[0]:.2g} x {edges[1]:.2g} x {edges[2]:.2g} mm make too large an image of "
            f"this field of view ({size[0]} x {size[1]} x {size[2]}); crop the images to the head."
        )
    grid = sitk.Image(size, sitk.sitkUInt8)
    grid.SetSpacing(edges)
    grid.SetDirection(image.GetDirection())
    middle = image.TransformContinuousIndexToPhysicalPoint(((np.array(image.GetSize()) - 1) / 2).tolist())
    axes = np.reshape(image.GetDirection(), (3, 3))
    grid.SetOrigin((np.array(middle) - axes @ ((np.array(size) - 1) / 2 * edges)).tolist())
    return grid
