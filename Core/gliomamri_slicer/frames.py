"""Frames: the images of one acquisition, whichever way Slicer holds them.

Slicer knows three ways: separate volumes, a volume sequence, and a multi-volume (several values per voxel).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import slicer
from vtk.util.numpy_support import vtk_to_numpy

from gliomamri.errors import UserError
from gliomamri.series import PARAMETERS
from gliomamri_slicer.found_parameters import FoundParameter, Parameters, Source, inOurUnit, parameterName
from gliomamri_slicer.geometry import imageFromNode
from gliomamri_slicer.grid import setImageGrid, worldGrid
from gliomamri_slicer.header_memory import headerFacts

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of a series.

    Attributes
    ----------
    name : str
        Shown in the parameter table.
    volumeNode : vtkMRMLVolumeNode
        Node that holds the voxels.
    owner : vtkMRMLNode
        Node of the main scene the frame belongs to: the volume itself, or the sequence.
    component : int or None
        Which value per voxel, of a multi-volume.
    parameters : mapping of str to FoundParameter
        What is known of its acquisition.
    signed : bool or None
        Whether the signal keeps its sign, where a DICOM header says so.
    """

    name: str
    volumeNode: slicer.vtkMRMLVolumeNode
    owner: slicer.vtkMRMLNode
    component: int | None
    parameters: Parameters
    signed: bool | None = None

    def image(self) -> sitk.Image:
        """Copy the frame into a 3-D image; see :func:`~gliomamri_slicer.geometry.imageFromNode`."""
        if self.component is None:
            return imageFromNode(self.volumeNode)
        import SimpleITK as sitk

        data = self.volumeNode.GetImageData()
        voxels = vtk_to_numpy(data.GetPointData().GetScalars())[:, self.component]
        image = sitk.GetImageFromArray(np.ascontiguousarray(voxels).reshape(data.GetDimensions()[::-1]))
        setImageGrid(image, worldGrid(self.volumeNode))
        return image


def listFrames(nodes: Sequence[slicer.vtkMRMLNode]) -> list[Frame]:
    """List the images that the nodes hold, in order, with what is known of each.

    Parameters
    ----------
    nodes : sequence of vtkMRMLNode
        Scalar volumes, multi-volumes, volume sequences, in any mixture.

    Raises
    ------
    UserError
        If a node is none of these, or is empty.
    """
    frames: list[Frame] = []
    for node in nodes:
        if node.IsA("vtkMRMLSequenceNode"):
            frames += _framesOfSequence(node)
        elif node.IsA("vtkMRMLVolumeNode") and node.GetAttribute("MultiVolume.FrameLabels"):
            frames += _framesOfMultiVolume(node)
        elif node.IsA("vtkMRMLScalarVolumeNode"):
            frames.append(Frame(node.GetName(), node, node, None, *headerFacts(node)))
        else:
            raise UserError(f"'{node.GetName()}' is neither a volume nor a sequence of volumes.")
    return frames


def _framesOfSequence(node: slicer.vtkMRMLSequenceNode) -> list[Frame]:
    if node.GetNumberOfDataNodes() == 0:
        raise UserError(f"The sequence '{node.GetName()}' is empty; select another one.")
    name = parameterName(node.GetIndexName() or "")
    frames = []
    for index in range(node.GetNumberOfDataNodes()):
        volume = node.GetNthDataNode(index)
        if not volume.IsA("vtkMRMLScalarVolumeNode"):
            raise UserError(f"The sequence '{node.GetName()}' holds no volumes; select another one.")
        label = node.GetNthIndexValue(index)
        parameters, _ = headerFacts(volume)
        value = _value(name, label, node.GetIndexUnit() or "")
        if value is not None and not _isTyped(parameters, name):
            parameters[name] = FoundParameter(value, Source.SEQUENCE)
        frames.append(Frame(f"{node.GetName()} {label}", volume, node, None, parameters))
    return frames


def _framesOfMultiVolume(node: slicer.vtkMRMLVolumeNode) -> list[Frame]:
    labels = [label.strip() for label in node.GetAttribute("MultiVolume.FrameLabels").split(",")]
    data = node.GetImageData()
    count = data.GetNumberOfScalarComponents() if data is not None else 0
    if count != len(labels):
        raise UserError(f"'{node.GetName()}' names {len(labels)} frames but holds {count}; load it again.")
    name = parameterName(node.GetAttribute("MultiVolume.FrameIdentifyingDICOMTagName") or "")
    unit = node.GetAttribute("MultiVolume.FrameIdentifyingDICOMTagUnits") or ""
    common, _ = headerFacts(node)
    frames = []
    for component, label in enumerate(labels):
        parameters = dict(common)
        value = _value(name, label, unit)
        if value is not None:
            parameters[name] = FoundParameter(value, Source.MULTIVOLUME)
        frames.append(Frame(f"{node.GetName()} {label}", node, node, component, parameters))
    return frames


def _value(name: str, label: str, unit: str) -> float | None:
    if name not in PARAMETERS:
        return None
    try:
        return inOurUnit(name, float(label), unit)
    except ValueError:
        return None


def _isTyped(parameters: Parameters, name: str) -> bool:
    return name in parameters and parameters[name].source is Source.TYPED
