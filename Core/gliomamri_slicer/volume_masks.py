"""A mask that is a volume: a label map, whose labels count together, or a volume of 0 and one other value.

Brain masks come so from HD-BET, SynthStrip or FSL. Called by :mod:`gliomamri_slicer.inputs` and the panels' input
sections; tested by Testing/scene/test_volume_masks.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer
import slicer.util

from gliomamri.errors import UserError
from gliomamri_slicer.geometry import refuseUnlessScalar
from gliomamri_slicer.grid import setImageGrid, worldGrid

if TYPE_CHECKING:
    import SimpleITK as sitk

_judged: dict[int, str] = {}
"""Verdict on the voxels that were looked at last, by their time of modification: panels ask at every change."""


def volumeMask(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> sitk.Image:
    """Give the mask (uint8, 1 inside) that a volume holds, on its own grid in the world.

    Raises
    ------
    UserError
        If the volume is no mask, or lies under a transform that bends or shears it.
    """
    import SimpleITK as sitk

    sentence = maskProblem(volumeNode)
    if sentence:
        raise UserError(sentence)
    image = sitk.GetImageFromArray((slicer.util.arrayFromVolume(volumeNode) != 0).astype(np.uint8))
    setImageGrid(image, worldGrid(volumeNode))
    return image


def maskProblem(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> str:
    """Say in a sentence why a volume is no mask; empty when it is one."""
    try:
        refuseUnlessScalar(volumeNode)
    except UserError as error:
        return error.sentence
    time = volumeNode.GetImageData().GetMTime()
    if time not in _judged:
        isLabelMap = volumeNode.IsA("vtkMRMLLabelMapVolumeNode")
        _judged.clear()
        _judged[time] = _judge(slicer.util.arrayFromVolume(volumeNode), isLabelMap=isLabelMap)
    sentence = _judged[time]
    return sentence and f"'{volumeNode.GetName()}' {sentence}"


def _judge(values: np.ndarray, *, isLabelMap: bool) -> str:
    """The same without the volume's name."""
    inside = values != 0
    if not inside.any():
        return "marks no voxel, so it cannot be the brain mask; choose another one."
    if isLabelMap or (values[inside] == values.max()).all():
        return ""
    return (
        "is an image, not a mask: a mask is 0 outside of the brain and has one value inside. Choose a segmentation "
        "or label map, or let the brain be found automatically."
    )
