"""What the user selected for a task, and the core's Study made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import slicer

from gliomamri.errors import UserError
from gliomamri.study import Study
from gliomamri_slicer.frames import Frame
from gliomamri_slicer.geometry import imageFromNode
from gliomamri_slicer.nodes import isInScene
from gliomamri_slicer.segment_masks import segmentLayers, wholeMask
from gliomamri_slicer.series import seriesFromFrames
from gliomamri_slicer.volume_masks import volumeMask

if TYPE_CHECKING:
    import SimpleITK as sitk


MaskNode = slicer.vtkMRMLSegmentationNode | slicer.vtkMRMLScalarVolumeNode


@dataclass(frozen=True)
class SeriesInput:
    """A series as selected: frames, what the user typed for them, and whether the signal keeps its sign."""

    frames: Sequence[Frame]
    parameters: Mapping[str, Sequence[float]] = field(default_factory=dict)
    signed: bool | None = None


@dataclass(frozen=True)
class TaskInputs:
    """Nodes by role.

    Attributes
    ----------
    images : mapping of str to vtkMRMLScalarVolumeNode
        Single images.
    series : mapping of str to SeriesInput
        Series.
    segmentation : vtkMRMLSegmentationNode or None
        Regions the user wants numbers for, read on the grid they were drawn on.
    masks : mapping of str to vtkMRMLSegmentationNode or vtkMRMLScalarVolumeNode
        Image roles filled by a mask, such as ``brain_mask``: all segments or labels together, on their own grid.
    """

    images: Mapping[str, slicer.vtkMRMLScalarVolumeNode] = field(default_factory=dict)
    series: Mapping[str, SeriesInput] = field(default_factory=dict)
    segmentation: slicer.vtkMRMLSegmentationNode | None = None
    masks: Mapping[str, MaskNode] = field(default_factory=dict)

    def references(self) -> dict[str, slicer.vtkMRMLVolumeNode]:
        """Volume whose grid stands for each role: series first, then images, in the order selected."""
        volumes = {
            role: selected.frames[0].volumeNode for role, selected in self.series.items() if selected.frames
        }
        return volumes | dict(self.images)

    def nodes(self) -> Iterator[slicer.vtkMRMLNode]:
        """Every node of the scene that the inputs come from."""
        for selected in self.series.values():
            yield from (frame.owner for frame in selected.frames)
        yield from self.images.values()
        yield from self.masks.values()
        if self.segmentation is not None:
            yield self.segmentation

    def vanished(self) -> str:
        """Name of an input that is no longer in the scene; empty while all are there."""
        return next((node.GetName() or "an input" for node in self.nodes() if not isInScene(node)), "")


def studyFromNodes(inputs: TaskInputs) -> Study:
    """Copy the selected nodes' voxels into a study; patient and node names stay behind.

    Raises
    ------
    UserError
        If a node is gone, empty, or cannot be used as it lies.
    """
    gone = inputs.vanished()
    if gone:
        raise UserError(f"'{gone}' is no longer in the scene; select another input.")
    series = {
        role: seriesFromFrames(selected.frames, selected.parameters, selected.signed)
        for role, selected in inputs.series.items()
    }
    images = {role: imageFromNode(node) for role, node in inputs.images.items()}
    first = next(iter(inputs.references().values()), None)
    images |= {role: _maskImage(node, first) for role, node in inputs.masks.items()}
    segments = segmentLayers(inputs.segmentation, first) if inputs.segmentation is not None else ()
    return Study(images=images, series=series, segments=tuple(segments))


def _maskImage(node: MaskNode, other: slicer.vtkMRMLVolumeNode | None) -> sitk.Image:
    return wholeMask(node, other) if node.IsA("vtkMRMLSegmentationNode") else volumeMask(node)
