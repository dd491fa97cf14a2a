"""Segmentation nodes read back as masks and label maps, overlapping segments included."""

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
from gliomamri_slicer.segmentation_grid import segmentationGrid
from gliomamri_slicer.segmentations import LABEL_TAG, orientedImage

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True, eq=False)
class _Region:
    """One segment: its label value, name, color, and mask (z, y, x) on the grid asked for."""

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


def segmentLayers(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    otherVolume: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> list[Segments]:
    """Give the segments as the fewest label maps, found greedily, in which none overlap.

    They lie on the segmentation's own grid (:func:`~gliomamri_slicer.segmentation_grid.segmentationGrid`), so that
    none is cut to the field of view of an image.

    Parameters
    ----------
    otherVolume : vtkMRMLScalarVolumeNode, optional
        Whose grid is taken where the segmentation has none of its own.

    Raises
    ------
    UserError
        If neither gives a grid, or as :func:`segmentMasks`.
    """
    _refuseEmpty(segmentationNode)
    grid = segmentationGrid(segmentationNode)
    if grid is None and otherVolume is None:
        raise UserError(f"'{segmentationNode.GetName()}' has no grid of its own; select a volume, too.")
    grid = grid or worldGrid(otherVolume)
    return [_asSegments(layer, grid) for layer in _layers(_regions(segmentationNode, grid))]


def wholeMask(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    otherVolume: slicer.vtkMRMLScalarVolumeNode | None = None,
) -> sitk.Image:
    """Join all segments into one mask (uint8, 1 inside); grid, parameters and errors as :func:`segmentLayers`."""
    import SimpleITK as sitk

    first, *others = (layer.image > 0 for layer in segmentLayers(segmentationNode, otherVolume))
    for mask in others:
        first = sitk.Or(first, mask)
    return first


def _refuseEmpty(node: slicer.vtkMRMLSegmentationNode) -> None:
    if node.GetSegmentation().GetNumberOfSegments() == 0:
        raise UserError(f"The segmentation '{node.GetName()}' has no segment; draw one in Segment Editor.")


def _regions(node: slicer.vtkMRMLSegmentationNode, grid: Grid) -> list[_Region]:
    from gliomamri.regions.segments import unused_name

    _refuseEmpty(node)
    segmentation = node.GetSegmentation()
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
        names.append(unused_name(segment.GetName() or segmentId, names))
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
