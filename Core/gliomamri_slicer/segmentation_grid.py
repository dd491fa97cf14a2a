"""The grid that a segmentation was drawn on: its own, whatever volume is selected beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import slicer

from gliomamri_slicer.grid import Grid, transformMatrix


def segmentationGrid(node: slicer.vtkMRMLSegmentationNode) -> Grid | None:
    """Grid in the world that holds all segments and the whole reference image of a segmentation.

    Segments of several resolutions get the finest. A linear parent transform is applied.

    Returns
    -------
    Grid or None
        None where there is no such grid: of surfaces without a reference image, of nothing at all, and under a
        transform that bends or shears.
    """
    geometry = slicer.vtkOrientedImageData()
    converter = slicer.vtkSegmentationConverter
    text = _commonGeometry(node.GetSegmentation()) or node.GetSegmentation().GetConversionParameter(
        converter.GetReferenceImageGeometryParameterName()
    )
    if not text or not converter.DeserializeImageGeometry(text, geometry, False) or geometry.IsEmpty():
        return None
    matrix = transformMatrix(node)
    if matrix is None:
        return None
    grid = _gridOf(geometry).moved(matrix)
    return None if grid.isSheared else grid


def _commonGeometry(segmentation: slicer.vtkSegmentation) -> str:
    """Slicer's description of the grid that its own merged label maps would get; empty without voxels."""
    name = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    if not segmentation.ContainsRepresentation(name):
        return ""
    mode = segmentation.EXTENT_UNION_OF_EFFECTIVE_SEGMENTS_AND_REFERENCE_GEOMETRY
    return segmentation.DetermineCommonLabelmapGeometry(mode, None)


def _gridOf(geometry: slicer.vtkOrientedImageData) -> Grid:
    """Grid of oriented image data, whose first voxel need not have the index (0, 0, 0)."""
    directions = np.zeros((3, 3))
    geometry.GetDirections(directions)
    grid = Grid(
        tuple(geometry.GetDimensions()), tuple(geometry.GetSpacing()), geometry.GetOrigin(), directions
    )
    first = grid.ijkToRAS @ (*geometry.GetExtent()[::2], 1.0)
    return replace(grid, origin=tuple(first[:3].tolist()))
