"""From volume node to SimpleITK image and back, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer
import slicer.util

from gliomamri.errors import UserError
from gliomamri_slicer.grid import gridBesideReference, setImageGrid, setNodeGrid, worldGrid

if TYPE_CHECKING:
    import SimpleITK as sitk

_EXACT_IN_DOUBLE = 2**53


def imageFromNode(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> sitk.Image:
    """Copy a scalar volume into a 3-D image, where it lies in the world.

    A linear parent transform is applied to origin and direction (as hardening would do); the node keeps its own.

    Raises
    ------
    UserError
        If the node holds no voxels, several values per voxel, or lies under a transform that bends or shears it.
    """
    import SimpleITK as sitk

    refuseUnlessScalar(volumeNode)
    image = sitk.GetImageFromArray(slicer.util.arrayFromVolume(volumeNode))
    setImageGrid(image, worldGrid(volumeNode))
    return image


def refuseUnlessScalar(volumeNode: slicer.vtkMRMLVolumeNode) -> None:
    """Raise a UserError unless the node holds a 3-D image with one value per voxel."""
    name = volumeNode.GetName()
    data = volumeNode.GetImageData()
    if data is None or data.GetPointData().GetScalars() is None or 0 in data.GetDimensions():
        raise UserError(f"The volume '{name}' is empty; load it again or select another one.")
    count = data.GetNumberOfScalarComponents()
    if count > 1:
        raise UserError(
            f"'{name}' has {count} values per voxel (a color image or a series over time); select a volume with one."
        )


def updateNodeFromImage(
    volumeNode: slicer.vtkMRMLScalarVolumeNode,
    image: sitk.Image,
    reference: slicer.vtkMRMLVolumeNode | None = None,
) -> None:
    """Replace voxels and geometry of a volume node by those of an image.

    With ``reference``, an image on that volume's grid takes over its stored geometry and its parent transform,
    see :func:`~gliomamri_slicer.grid.gridBesideReference`; otherwise the node ends under no transform.

    Raises
    ------
    UserError
        If the image is not 3-D, has several values per voxel, or holds values that are no finite number.
    """
    name = volumeNode.GetName()
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise UserError(
            f"'{name}' cannot be shown as a volume: it is not three-dimensional with one value per voxel."
        )
    array = castForScene(_arrayOf(image), name)
    grid, transform = gridBesideReference(image, reference)
    slicer.util.updateVolumeFromArray(volumeNode, array)
    setNodeGrid(volumeNode, grid)
    volumeNode.SetAndObserveTransformNodeID(transform.GetID() if transform is not None else None)


def castForScene(array: np.ndarray, name: str = "image") -> np.ndarray:
    """Give the array in a type that volumes and their files can hold, with every value unchanged.

    bool becomes uint8, float16 float32, 64-bit integers int32 or, where that is too small, float64.

    Raises
    ------
    UserError
        If a value is not finite, is complex, or an integer is too large.
    """
    if array.dtype.kind == "f":
        bad = int(array.size - np.count_nonzero(np.isfinite(array)))
        if bad:
            raise UserError(f"'{name}' was not added: {bad} of its values are not numbers (NaN or infinite).")
        wanted = {2: np.float32}.get(
            array.dtype.itemsize, np.float64 if array.dtype.itemsize > 8 else array.dtype
        )
        return array.astype(wanted, copy=False)
    if array.dtype.kind == "b":
        return array.astype(np.uint8)
    if array.dtype.kind not in "iu":
        raise UserError(f"'{name}' was not added: values of type {array.dtype} cannot be shown in a volume.")
    if array.dtype.itemsize < 8:
        return array
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    limits = np.iinfo(np.int32)
    if limits.min <= low and high <= limits.max:
        return array.astype(np.int32)
    if max(-low, high) > _EXACT_IN_DOUBLE:
        raise UserError(f"'{name}' was not added: its whole numbers are too large ({low} to {high}).")
    return array.astype(np.float64)


def sameGridSentence(first: slicer.vtkMRMLVolumeNode, second: slicer.vtkMRMLVolumeNode) -> str:
    """Say how the grids of two volumes differ; empty when all corners lie within 1e-4 mm in the world.

    The details come from Slicer's own comparison, which alone would call volumes different that lie under two
    transforms of the same effect.

    Raises
    ------
    UserError
        If one of them is empty or lies under a transform that bends or shears it.
    """
    from gliomamri.imaging.geometry import TOLERANCE_MM

    for node in (first, second):
        if node.GetImageData() is None:
            raise UserError(f"The volume '{node.GetName()}' is empty; load it again or select another one.")
    distance = worldGrid(first).distance(worldGrid(second))
    if distance <= TOLERANCE_MM:
        return ""
    found = slicer.modules.volumes.logic().CompareVolumeGeometry(first, second)
    reasons = [line.strip() for line in found.splitlines() if line.strip()]
    if np.isfinite(distance):
        reasons.insert(0, f"voxels up to {distance:.3g} mm apart")
    return (
        f"'{first.GetName()}' and '{second.GetName()}' do not lie on the same grid ({'; '.join(reasons)}). "
        "Resample one to the other's grid (Resample Image module)."
    )


def _arrayOf(image: sitk.Image) -> np.ndarray:
    import SimpleITK as sitk

    return sitk.GetArrayFromImage(image)
