"""Result maps as volumes that know their quantity, unit, colors and display range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import slicer

from gliomamri.errors import UserError
from gliomamri.report.colormaps import is_relaxation_scaled, map_colors
from gliomamri.result import Map
from gliomamri_slicer.coded_quantities import quantityCode, unitCode

if TYPE_CHECKING:
    import SimpleITK as sitk
from gliomamri_slicer.colors import colorTable
from gliomamri_slicer.geometry import updateNodeFromImage
from gliomamri_slicer.nodes import addNode


def addImageVolume(
    image: sitk.Image, name: str, reference: slicer.vtkMRMLVolumeNode | None = None
) -> slicer.vtkMRMLScalarVolumeNode:
    """Add an image to the scene as a volume; see :func:`~gliomamri_slicer.geometry.updateNodeFromImage`.

    Raises
    ------
    UserError
        If it cannot be a volume (values that are not finite, not 3-D); nothing is added then.
    """
    node = addNode("vtkMRMLScalarVolumeNode", name)
    _fill(node, image, reference)
    return node


def _fill(
    node: slicer.vtkMRMLScalarVolumeNode, image: sitk.Image, reference: slicer.vtkMRMLVolumeNode | None
) -> None:
    """Give a new node its voxels; remove it where that is not possible."""
    try:
        updateNodeFromImage(node, image, reference)
    except UserError:
        slicer.mrmlScene.RemoveNode(node)
        raise


def addMapVolume(
    resultMap: Map, reference: slicer.vtkMRMLVolumeNode | None = None, name: str = ""
) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a quantitative map to the scene.

    Parameters
    ----------
    resultMap : Map
        Its values pass unchanged, in its unit.
    reference : vtkMRMLVolumeNode, optional
        The input whose grid the map has; its geometry is then taken over exactly, with its transform.
    name : str, optional
        Node name instead of the map's own.

    Raises
    ------
    UserError
        If a value is not finite or the image is not 3-D; nothing is added then.
    """
    colors = map_colors(resultMap.quantity, resultMap.colormap, resultMap.window)
    return addQuantityVolume(resultMap, reference, colorTable(_colorsName(resultMap), colors), name)


def _colorsName(resultMap: Map) -> str:
    """Name a color table; one that depends on the display range says so, others are shared by all maps."""
    if not is_relaxation_scaled(resultMap.quantity, resultMap.colormap):
        return f"GliomaMRI {resultMap.colormap}"
    low, high = resultMap.window
    return f"{resultMap.quantity} {resultMap.colormap} ({low:g}-{high:g} {resultMap.unit})"


def addQuantityVolume(
    resultMap: Map,
    reference: slicer.vtkMRMLVolumeNode | None,
    colorNode: slicer.vtkMRMLColorNode,
    name: str = "",
) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a map with a given color table; see :func:`addMapVolume`."""
    low, high = resultMap.window
    if not (np.isfinite([low, high]).all() and low < high):
        raise UserError(f"'{resultMap.name}' was not added: its display range {low} to {high} is empty.")
    node = addNode("vtkMRMLScalarVolumeNode", name or resultMap.name)
    # The display node comes before the voxels: it would look through all of them to choose a range of its own.
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(colorNode.GetID())
    display.AutoWindowLevelOff()
    display.SetWindowLevelMinMax(low, high)
    display.InterpolateOff()  # blending neighbors would show values that were never measured
    _fill(node, resultMap.image, reference)
    node.SetVoxelValueQuantity(quantityCode(resultMap.quantity))
    node.SetVoxelValueUnits(unitCode(resultMap.unit))
    node.SetDescription(resultMap.description)
    node.SetAttribute("GliomaMRI.quantity", resultMap.quantity)
    node.SetAttribute("GliomaMRI.unit", resultMap.unit)
    return node
