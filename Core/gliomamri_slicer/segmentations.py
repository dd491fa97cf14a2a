"""Named regions as segmentation nodes: colors, terminology and reference geometry set."""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import numpy_to_vtk

from gliomamri.errors import UserError
from gliomamri.report.colormaps import LINE_COLORS
from gliomamri.result import LabelMap
from gliomamri.study import Segments
from gliomamri_slicer.geometry import castForScene
from gliomamri_slicer.grid import Grid, gridBesideReference, setNodeGrid
from gliomamri_slicer.nodes import addNode, isInScene
from gliomamri_slicer.terminology import findTerm, termOrTissue

LABEL_TAG = "GliomaMRI.label"
"""Segment tag that keeps the label value a region had in its label map."""

_SPARE_COLORS = tuple(color for color in LINE_COLORS if any(color))
"""Colors of segments without a term: those of lines, without black, which no slice shows."""


def addSegmentation(
    labelMap: LabelMap, reference: slicer.vtkMRMLScalarVolumeNode | None = None, name: str = ""
) -> slicer.vtkMRMLSegmentationNode:
    """Add a label map as a segmentation, one segment per named or occurring label, in order of label value.

    Parameters
    ----------
    labelMap : LabelMap
        Labels without a name are called ``Region 3``; named ones that do not occur become empty segments.
    reference : vtkMRMLScalarVolumeNode, optional
        The volume it belongs to; becomes the segmentation's reference geometry.
    name : str, optional
        Node name instead of the label map's own.

    Raises
    ------
    UserError
        If the image is not a 3-D label map.
    """
    import SimpleITK as sitk

    segments = labelMap.segments
    image = segments.image
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise UserError(
            f"'{labelMap.name}' cannot become a segmentation: it is not a three-dimensional label map."
        )
    array = castForScene(sitk.GetArrayFromImage(image), labelMap.name)
    if array.dtype.kind not in "iu":
        raise UserError(f"'{labelMap.name}' cannot become a segmentation: its labels are not whole numbers.")
    grid, transform = gridBesideReference(image, reference)
    node = addNode("vtkMRMLSegmentationNode", name or labelMap.name)
    node.SetDescription(labelMap.description)
    node.CreateDefaultDisplayNodes()
    if transform is not None:
        node.SetAndObserveTransformNodeID(transform.GetID())
    _setReference(node, grid, reference)
    occurring = {int(value) for value in np.unique(array)} - {0}
    for order, label in enumerate(sorted(occurring | set(segments.names))):
        segmentId = _addSegment(node, segments, label, order)
        if label in occurring:
            _fillSegment(node, segmentId, array == label, grid)
    node.GetSegmentation().CollapseBinaryLabelmaps(False)
    return node


def orientedImage(
    mask: np.ndarray, grid: Grid, first: tuple[int, int, int] = (0, 0, 0)
) -> slicer.vtkOrientedImageData:
    """Make VTK's oriented image of a boolean array (z, y, x); 1 inside, uint8.

    ``first`` is the place of the array's first voxel in the grid, (k, j, i), where the array is a part of it.
    """
    image = slicer.vtkOrientedImageData()
    extent = [(start, start + size - 1) for start, size in zip(first, mask.shape, strict=True)]
    image.SetExtent(*(end for ends in reversed(extent) for end in ends))
    voxels = numpy_to_vtk(mask.astype(np.uint8).ravel(), deep=True, array_type=vtk.VTK_UNSIGNED_CHAR)
    image.GetPointData().SetScalars(voxels)
    setNodeGrid(image, grid)
    return image


def _setReference(
    node: slicer.vtkMRMLSegmentationNode, grid: Grid, reference: slicer.vtkMRMLScalarVolumeNode | None
) -> None:
    """Set the grid on which Segment Editor works, and the volume behind it (a frame of a sequence cannot be that)."""
    if isInScene(reference) and reference.GetImageData() is not None:
        node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
        return
    converter = slicer.vtkSegmentationConverter
    text = converter.SerializeImageGeometry(orientedImage(np.zeros(grid.size[::-1], bool), grid))
    node.GetSegmentation().SetConversionParameter(converter.GetReferenceImageGeometryParameterName(), text)


def _addSegment(node: slicer.vtkMRMLSegmentationNode, segments: Segments, label: int, order: int) -> str:
    name = segments.names.get(label, f"Region {label}")
    term = termOrTissue(name)
    known = findTerm(name)
    color = segments.colors.get(label) or (
        known.color if known else _SPARE_COLORS[order % len(_SPARE_COLORS)]
    )
    segmentation = node.GetSegmentation()
    segmentId = segmentation.AddEmptySegment(f"label_{label}", name, [float(part) for part in color])
    if not segmentId:
        raise RuntimeError("Slicer's Segmentations module is not loaded, so no segment can be made")
    segment = segmentation.GetSegment(segmentId)
    segment.SetTerminology(term.entry)
    segment.SetTag(LABEL_TAG, str(label))
    return segmentId


def _fillSegment(node: slicer.vtkMRMLSegmentationNode, segmentId: str, mask: np.ndarray, grid: Grid) -> None:
    """Store a mask (z, y, x) in a segment; only the box around it, because MRML copies voxels several times."""
    axes = (mask.any(axis=(1, 2)), mask.any(axis=(0, 2)), mask.any(axis=(0, 1)))
    ends = [np.flatnonzero(axis)[[0, -1]] for axis in axes]
    box = tuple(slice(int(low), int(high) + 1) for low, high in ends)
    image = orientedImage(mask[box], grid, tuple(part.start for part in box))
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    if not logic.SetBinaryLabelmapToSegment(image, node, segmentId, logic.MODE_REPLACE, image.GetExtent()):
        raise RuntimeError(f"segment {segmentId} could not be stored")
