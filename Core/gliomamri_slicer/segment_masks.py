"""Segmentation nodes read back onto a volume's grid, overlapping segments included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import slicer
from vtk.util.numpy_support import vtk_to_numpy

from gliomamri.errors import UserError
from gliomamri.study import Segments
from gliomamri_slicer.grid import Grid, setImageGrid, transformMatrix, worldGrid
from gliomamri_slicer.segmentations import LABEL_TAG, orientedImage

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True, eq=False)
class _Region:
    """One segment: its label value, name, color, and mask (z, y, x) on the reference grid."""

    label: int
    name: str
    color: tuple[float, float, float]
    mask: np.ndarray


def segmentMasks(
    segmentationNode: slicer.vtkMRMLSegmentationNode, referenceVolume: slicer.vtkMRMLScalarVolumeNode
) -> dict[str, sitk.Image]:
    """Give every segment as its own mask (uint8, 1 inside), so that overlaps lose nothing.

    Masks lie on the volume's grid in the world; where the segmentation has another grid, the nearest voxel counts.
    Linear transforms of both nodes are applied. Of two segments with one name the second is called ``name (2)``.

    Raises
    ------
    UserError
        If there is no segment, or a transform or the volume cannot be used.
    """
    import SimpleITK as sitk

    grid = worldGrid(referenceVolume)
    masks = {}
    for region in _regions(segmentationNode, grid):
        image = sitk.GetImageFromArray(region.mask.astype(np.uint8))
        setImageGrid(image, grid)
        masks[region.name] = image
    return masks


def segmentsFromNode(
    segmentationNode: slicer.vtkMRMLSegmentationNode, referenceVolume: slicer.vtkMRMLScalarVolumeNode
) -> Segments:
    """Give all segments as one label map; see :func:`segmentMasks` for the geometry.

    Raises
    ------
    UserError
        If segments overlap (the sentence names two of them), or as :func:`segmentMasks`.
    """
    grid = worldGrid(referenceVolume)
    regions = _regions(segmentationNode, grid)
    layers = _layers(regions)
    if len(layers) > 1:
        first, second, count = _overlap(regions)
        raise UserError(
            f"The segments '{first}' and '{second}' overlap in {count} voxels; "
            "make them exclusive in Segment Editor (Masking: overwrite other segments)."
        )
    return _asSegments(layers[0], grid)


def segmentLayers(
    segmentationNode: slicer.vtkMRMLSegmentationNode, referenceVolume: slicer.vtkMRMLScalarVolumeNode
) -> list[Segments]:
    """Give the segments as the fewest label maps, found greedily, in which none overlap; see :func:`segmentMasks`."""
    grid = worldGrid(referenceVolume)
    return [_asSegments(layer, grid) for layer in _layers(_regions(segmentationNode, grid))]


def _regions(node: slicer.vtkMRMLSegmentationNode, grid: Grid) -> list[_Region]:
    segmentation = node.GetSegmentation()
    if segmentation.GetNumberOfSegments() == 0:
        raise UserError(f"The segmentation '{node.GetName()}' has no segment; draw one in Segment Editor.")
    if transformMatrix(node) is None:
        raise UserError(
            f"'{node.GetName()}' lies under a transform that bends space; harden the transform on it."
        )
    source = _withLabelmaps(node, grid)
    names: list[str] = []
    labels = _labelValues(segmentation)
    regions = []
    for label, segmentId in zip(labels, segmentation.GetSegmentIDs(), strict=True):
        segment = segmentation.GetSegment(segmentId)
        names.append(_unused(segment.GetName() or segmentId, names))
        regions.append(_Region(label, names[-1], tuple(segment.GetColor()), _mask(source, segmentId, grid)))
    return regions


def _withLabelmaps(node: slicer.vtkMRMLSegmentationNode, grid: Grid) -> slicer.vtkMRMLSegmentationNode:
    """Give a segmentation that has voxels: the node itself, or for one of surfaces only a voxelized copy."""
    name = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    if node.GetSegmentation().ContainsRepresentation(name):
        return node
    copy = slicer.vtkMRMLSegmentationNode()
    copy.GetSegmentation().DeepCopy(node.GetSegmentation())
    copy.SetAndObserveTransformNodeID(None)
    inverse = np.linalg.inv(transformMatrix(node))
    converter = slicer.vtkSegmentationConverter
    geometry = orientedImage(np.zeros(grid.size[::-1], bool), grid.moved(inverse))
    copy.GetSegmentation().SetConversionParameter(
        converter.GetReferenceImageGeometryParameterName(), converter.SerializeImageGeometry(geometry)
    )
    if not copy.GetSegmentation().CreateRepresentation(name):
        raise UserError(f"The surfaces of '{node.GetName()}' could not be turned into voxels.")
    copy.ApplyTransformMatrix(slicer.util.vtkMatrixFromArray(transformMatrix(node)))
    return copy


def _mask(node: slicer.vtkMRMLSegmentationNode, segmentId: str, grid: Grid) -> np.ndarray:
    found = slicer.vtkOrientedImageData()
    empty = np.zeros(grid.size[::-1], bool)
    if not node.GetBinaryLabelmapRepresentation(segmentId, found) or found.IsEmpty():
        return empty
    slicer.vtkSlicerSegmentationsModuleLogic.ApplyParentTransformToOrientedImageData(node, found)
    placed = slicer.vtkOrientedImageData()
    resample = slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage
    if not resample(found, orientedImage(empty, grid), placed, False, False):
        raise RuntimeError(f"segment {segmentId} could not be resampled")
    return vtk_to_numpy(placed.GetPointData().GetScalars()).reshape(grid.size[::-1]) > 0


def _labelValues(segmentation: slicer.vtkSegmentation) -> list[int]:
    """Label values kept by our own tag where it is there and free, otherwise the next free numbers."""
    tagged = [_tagValue(segmentation.GetSegment(segmentId)) for segmentId in segmentation.GetSegmentIDs()]
    used: set[int] = set()
    values = []
    for tag in tagged:
        free = next(n for n in range(1, len(tagged) + len(used) + 2) if n not in used and n not in tagged)
        value = tag if tag > 0 and tag not in used else free
        used.add(value)
        values.append(value)
    return values


def _tagValue(segment: slicer.vtkSegment) -> int:
    import vtk

    text = vtk.reference("")
    return int(text.get()) if segment.GetTag(LABEL_TAG, text) and text.get().isdecimal() else 0


def _unused(name: str, taken: Sequence[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name} ({number})"
    return candidate


def _layers(regions: Sequence[_Region]) -> list[list[_Region]]:
    layers: list[tuple[np.ndarray, list[_Region]]] = []
    for region in regions:
        for occupied, members in layers:
            if not (occupied & region.mask).any():
                occupied[region.mask] = True
                members.append(region)
                break
        else:
            layers.append((region.mask.copy(), [region]))
    return [members for _, members in layers]


def _overlap(regions: Sequence[_Region]) -> tuple[str, str, int]:
    for index, first in enumerate(regions):
        for second in regions[index + 1 :]:
            count = int((first.mask & second.mask).sum())
            if count:
                return first.name, second.name, count
    return "", "", 0


def _asSegments(regions: Sequence[_Region], grid: Grid) -> Segments:
    import SimpleITK as sitk

    largest = max(region.label for region in regions)
    labels = np.zeros(grid.size[::-1], np.min_scalar_type(largest))
    for region in regions:
        labels[region.mask] = region.label
    image = sitk.GetImageFromArray(labels)
    setImageGrid(image, grid)
    return Segments(
        image,
        {region.label: region.name for region in regions},
        {region.label: region.color for region in regions},
    )
