"""Color tables of the scene, made from arrays of colors."""

from __future__ import annotations

import numpy as np
import slicer

from gliomamri_slicer.nodes import addNode

_MARK = "GliomaMRI.colors"
_EIGHT_BITS = 0.5 / 255 + 1e-9
"""Rounding of a color table, which keeps eight bits per channel."""


def colorTable(name: str, colors: np.ndarray) -> slicer.vtkMRMLColorTableNode:
    """Make a color table, or find the one that an earlier call made with the same name and colors.

    It is listed under "GliomaMRI" in Slicer's color selectors and saved with the scene.

    Parameters
    ----------
    name : str
        Shown in color selectors, ``T1 (0-3000 ms)``.
    colors : ndarray of float, shape (N, 3) or (N, 4)
        Red, green, blue and optionally opacity in [0, 1], from the lowest value to the highest.

    Raises
    ------
    ValueError
        If the array has another shape or values outside [0, 1].
    """
    colors = np.asarray(colors, dtype=float)
    if colors.ndim != 2 or colors.shape[0] < 2 or colors.shape[1] not in (3, 4):
        raise ValueError(f"colors must have shape (N, 3) or (N, 4) with N > 1, not {colors.shape}")
    if not (colors.min() >= 0 and colors.max() <= 1):
        raise ValueError(f"colors must lie in [0, 1], not in [{colors.min()}, {colors.max()}]")
    if colors.shape[1] == 3:
        colors = np.column_stack([colors, np.ones(len(colors))])
    return _existing(name, colors) or _make(name, colors)


def tableColors(colorNode: slicer.vtkMRMLColorNode) -> np.ndarray:
    """Read a color table: red, green, blue, opacity in [0, 1], shape (N, 4)."""
    rgba = [0.0, 0.0, 0.0, 0.0]
    rows = []
    for index in range(colorNode.GetNumberOfColors()):
        colorNode.GetColor(index, rgba)
        rows.append(tuple(rgba))
    return np.array(rows)


def _existing(name: str, colors: np.ndarray) -> slicer.vtkMRMLColorTableNode | None:
    for index in range(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLColorTableNode")):
        node = slicer.mrmlScene.GetNthNodeByClass(index, "vtkMRMLColorTableNode")
        isNamesake = node.GetAttribute(_MARK) == name and node.GetNumberOfColors() == len(colors)
        if isNamesake and np.abs(tableColors(node) - colors).max() <= _EIGHT_BITS:
            return node
    return None


def _make(name: str, colors: np.ndarray) -> slicer.vtkMRMLColorTableNode:
    node = addNode("vtkMRMLColorTableNode", name)
    node.SetTypeToUser()
    node.SetHideFromEditors(False)
    node.SetAttribute("Category", "GliomaMRI")
    node.SetAttribute(_MARK, name)
    node.SetDescription(f"{name}, made by GliomaMRI")
    node.SetNumberOfColors(len(colors))
    for index, (red, green, blue, opacity) in enumerate(colors):
        node.SetColor(index, str(index), float(red), float(green), float(blue), float(opacity))
    node.GetLookupTable().SetRange(0, len(colors) - 1)
    return node
