"""Distribution of a map in segments, drawn in the scene; quick enough to run in Slicer's process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import slicer

from gliomamri.errors import UserError
from gliomamri.regions.distributions import histogram, summary_table
from gliomamri_slicer.nodes import allOrNothing
from gliomamri_slicer.plots import addChart
from gliomamri_slicer.segment_masks import segmentMasks
from gliomamri_slicer.tables import addTable


def drawDistribution(
    mapNode: slicer.vtkMRMLScalarVolumeNode,
    segmentationNode: slicer.vtkMRMLSegmentationNode | None,
    segmentIds: Sequence[str] = (),
) -> slicer.vtkMRMLPlotChartNode:
    """Add histogram chart, its table and a table of summary numbers of a map to the scene.

    Parameters
    ----------
    mapNode : vtkMRMLScalarVolumeNode
        A map of ours; voxels of value 0 hold no measurement and are left out.
    segmentationNode : vtkMRMLSegmentationNode or None
        Regions; without one, the whole map is one region.
    segmentIds : sequence of str
        Which of its segments; all when empty.

    Raises
    ------
    UserError
        If none of the regions holds a measurement.
    """
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
    unit = mapNode.GetAttribute("GliomaMRI.unit") or ""
    table, chart = histogram(quantity, unit, values, usable, regions)
    with allOrNothing():
        addTable(summary_table(quantity, unit, values, usable, regions))
        return addChart(chart, table, addTable(table))


def _masks(
    segmentationNode: slicer.vtkMRMLSegmentationNode,
    mapNode: slicer.vtkMRMLScalarVolumeNode,
    segmentIds: Sequence[str],
) -> dict[str, np.ndarray]:
    import SimpleITK as sitk

    masks = segmentMasks(segmentationNode, mapNode)
    if segmentIds:
        segmentation = segmentationNode.GetSegmentation()
        wanted = {segmentation.GetSegment(i).GetName() for i in segmentIds if segmentation.GetSegment(i)}
        masks = {name: mask for name, mask in masks.items() if name in wanted}
    return {name: sitk.GetArrayFromImage(mask) for name, mask in masks.items()}
