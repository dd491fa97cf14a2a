"""Distribution of a map in segments, drawn in the scene; quick enough to run in Slicer's process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import slicer

from gliomamri.errors import UserError
from gliomamri.regions.distributions import histogram, summary_table
from gliomamri.result import Table
from gliomamri_slicer.nodes import allOrNothing
from gliomamri_slicer.plots import addChart
from gliomamri_slicer.segment_masks import segmentMasks
from gliomamri_slicer.tables import addTable

_LIGHT, _READABLE = 0.8, 0.5
"""Luminance above which a line is darkened, and to which."""


def summarizeRegions(
    mapNode: slicer.vtkMRMLScalarVolumeNode,
    segmentationNode: slicer.vtkMRMLSegmentationNode | None,
    segmentIds: Sequence[str] = (),
) -> Table:
    """Count, median and percentiles of a map in each region; adds nothing to the scene.

    Parameters
    ----------
    mapNode : vtkMRMLScalarVolumeNode
        A map of ours; voxels of value 0 hold no measurement and are left out.
    segmentationNode : vtkMRMLSegmentationNode or None
        Regions; without one, the whole map is one region.
    segmentIds : sequence of str
        Which of its segments; all when empty.

    Returns
    -------
    Table
        As :func:`gliomamri.regions.distributions.summary_table` makes it.

    Raises
    ------
    UserError
        If none of the regions holds a measurement.
    """
    return summary_table(*_measure(mapNode, segmentationNode, segmentIds))


def drawDistribution(
    mapNode: slicer.vtkMRMLScalarVolumeNode,
    segmentationNode: slicer.vtkMRMLSegmentationNode | None,
    segmentIds: Sequence[str] = (),
) -> tuple[slicer.vtkMRMLPlotChartNode, Table]:
    """Add histogram chart, its table and a table of summary numbers of a map to the scene.

    Lines have the colors of their segments, light ones darkened. Parameters and errors as :func:`summarizeRegions`.

    Returns
    -------
    chart : vtkMRMLPlotChartNode
    summary : Table
        The numbers that were added.
    """
    measured = _measure(mapNode, segmentationNode, segmentIds)
    summary = summary_table(*measured)
    table, chart = histogram(*measured)
    colors = _lineColors(segmentationNode)
    # Columns are called like their regions; one that is called like the quantity gets a word behind it.
    known = {name: colors.get(name, colors.get(name.removesuffix(" (region)"))) for name in chart.y}
    chart = replace(chart, colors={name: color for name, color in known.items() if color})
    with allOrNothing():
        addTable(summary)
        return addChart(chart, table, addTable(table)), summary


def _measure(
    mapNode: slicer.vtkMRMLScalarVolumeNode,
    segmentationNode: slicer.vtkMRMLSegmentationNode | None,
    segmentIds: Sequence[str],
) -> tuple[str, str, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Give what summary and histogram ask for: quantity, unit, values, usable voxels, regions."""
    values = slicer.util.arrayFromVolume(mapNode)
    usable = np.isfinite(values) & (values != 0)
    regions = {"whole map": np.ones(values.shape, bool)}
    if segmentationNode is not None:
        regions = {name: mask > 0 for name, mask in _masks(segmentationNode, mapNode, segmentIds).items()}
    if not any((mask & usable).any() for mask in regions.values()):
        raise UserError(
            f"None of the segments covers a measured voxel of '{mapNode.GetName()}'; select others."
        )
    quantity = mapNode.GetAttribute("GliomaMRI.quantity") or mapNode.GetName()
    return quantity, mapNode.GetAttribute("GliomaMRI.unit") or "", values, usable, regions


def _lineColors(node: slicer.vtkMRMLSegmentationNode | None) -> dict[str, tuple[float, float, float]]:
    """Color of each segment by name, darkened where a line of it could not be seen on white."""
    from gliomamri.regions.segments import unused_name

    colors: dict[str, tuple[float, float, float]] = {}
    segmentation = node.GetSegmentation() if node is not None else slicer.vtkSegmentation()
    for segmentId in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segmentId)
        name = unused_name(segment.GetName() or segmentId, colors)
        colors[name] = readableOnWhite(segment.GetColor())
    return colors


def readableOnWhite(color: Sequence[float]) -> tuple[float, float, float]:
    """Give a color (red, green, blue in [0, 1]) back, or mixed with black where its luminance exceeds 0.8.

    Luminance as ITU-R BT.709 weighs the channels.
    """
    luminance = float(np.dot((0.2126, 0.7152, 0.0722), color))
    share = _READABLE / luminance if luminance > _LIGHT else 1.0
    return tuple(float(part) * share for part in color)


def _masks(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    mapNode: slicer.vtkMRMLScalarVolumeNode,
    segmentIds: Sequence[str],
) -> dict[str, np.ndarray]:
    import SimpleITK as sitk

    masks = segmentMasks(segmentationNode, mapNode)
    ids = segmentationNode.GetSegmentation().GetSegmentIDs()
    return {
        name: sitk.GetArrayFromImage(mask)
        for segmentId, (name, mask) in zip(ids, masks.items(), strict=True)
        if not segmentIds or segmentId in segmentIds
    }
