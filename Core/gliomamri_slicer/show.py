"""Showing results in the slice views, and going back to what the user saw before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import slicer

from gliomamri.result import with_unit

_LEGEND_SIZE = (0.11, 0.4)
_LEGEND_POSITION = (0.97, 0.5)
"""Shares of the view, of the legend's box and of where it lies."""


@dataclass(frozen=True)
class ViewLayers:
    """What one slice view showed: its composite node's id, volume ids by layer, foreground opacity."""

    compositeId: str
    background: str | None
    foreground: str | None
    foregroundOpacity: float


def showMap(mapNode: slicer.vtkMRMLScalarVolumeNode, *, legend: bool = True) -> list[ViewLayers]:
    """Show a map alone in all slice views, with its color legend.

    Returns
    -------
    list of ViewLayers
        What was shown before, for :func:`restoreLayers`.
    """
    return _show(mapNode, None, 0.0, mapNode if legend else None)


def showOverlay(
    heatNode: slicer.vtkMRMLScalarVolumeNode,
    anatomyNode: slicer.vtkMRMLScalarVolumeNode,
    *,
    opacity: float = 0.6,
    legend: bool = True,
) -> list[ViewLayers]:
    """Show a heat map over anatomy in all slice views, with its color legend; gives what was shown before."""
    return _show(anatomyNode, heatNode, opacity, heatNode if legend else None)


def restoreLayers(layers: list[ViewLayers]) -> None:
    """Show again what the views showed; volumes that have gone meanwhile stay out."""
    for view in layers:
        composite = slicer.mrmlScene.GetNodeByID(view.compositeId)
        if composite is not None:
            composite.SetBackgroundVolumeID(_stillThere(view.background))
            composite.SetForegroundVolumeID(_stillThere(view.foreground))
            composite.SetForegroundOpacity(view.foregroundOpacity)


def mapLabel(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> str:
    """Quantity and unit of a map of ours, ``R1 (1/s)``; the name of any other volume."""
    quantity = volumeNode.GetAttribute("GliomaMRI.quantity") or volumeNode.GetName()
    return with_unit(quantity, volumeNode.GetAttribute("GliomaMRI.unit") or "")


def addLegend(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> slicer.vtkMRMLColorLegendDisplayNode:
    """Give a volume a color legend titled with its quantity and unit; the same one on every call."""
    logic = slicer.vtkSlicerColorLogic
    if not slicer.mrmlScene.IsNodeClassRegistered("vtkMRMLColorLegendDisplayNode"):
        # Slicer's Colors module does it when it loads; a process of slicer-core alone has none.
        slicer.mrmlScene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
    legend = logic.GetColorLegendDisplayNode(volumeNode) or logic.AddDefaultColorLegendDisplayNode(volumeNode)
    legend.SetTitleText(mapLabel(volumeNode))
    display = volumeNode.GetDisplayNode()
    # Letters grow until they fill the legend; labels of one width, in a small one, keep them from covering the image.
    legend.SetLabelFormat("%6.0f" if display.GetWindow() >= 10 else "%6.3g")
    legend.SetNumberOfLabels(5)
    legend.SetSize(*_LEGEND_SIZE)
    legend.SetPosition(*_LEGEND_POSITION)
    legend.SetVisibility(True)
    return legend


def _show(
    background: slicer.vtkMRMLScalarVolumeNode,
    foreground: slicer.vtkMRMLScalarVolumeNode | None,
    opacity: float,
    legendOf: slicer.vtkMRMLScalarVolumeNode | None,
) -> list[ViewLayers]:
    before = []
    for composite in _composites():
        before.append(
            ViewLayers(
                composite.GetID(),
                composite.GetBackgroundVolumeID(),
                composite.GetForegroundVolumeID(),
                composite.GetForegroundOpacity(),
            )
        )
        composite.SetBackgroundVolumeID(background.GetID())
        composite.SetForegroundVolumeID(foreground.GetID() if foreground is not None else None)
        composite.SetForegroundOpacity(opacity)
    if legendOf is not None:
        addLegend(legendOf)
        if legendOf is not background:
            _hideLegend(background)
    return before


def _hideLegend(volumeNode: slicer.vtkMRMLScalarVolumeNode) -> None:
    """Legends of both layers would be drawn over each other."""
    legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(volumeNode)
    if legend is not None:
        legend.SetVisibility(False)


def _composites() -> Iterator[slicer.vtkMRMLSliceCompositeNode]:
    for index in range(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")):
        yield slicer.mrmlScene.GetNthNodeByClass(index, "vtkMRMLSliceCompositeNode")


def _stillThere(nodeId: str | None) -> str | None:
    return nodeId if nodeId and slicer.mrmlScene.GetNodeByID(nodeId) is not None else None
