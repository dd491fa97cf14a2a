"""Points of a result as markups that cannot be moved by mistake; their values stand in the description and a table.

Called by :mod:`gliomamri_slicer.results`, ``point_measurement`` and the panels; tested by
Testing/scene/test_points_and_transforms.py.
"""

from __future__ import annotations

import slicer
import vtk

from gliomamri.point_table import ras, value_words
from gliomamri.result import Points
from gliomamri_slicer.nodes import addNode


def addPoints(points: Points, name: str = "") -> slicer.vtkMRMLMarkupsFiducialNode:
    """Add points in mm, RAS, with labels and values, locked.

    Raises
    ------
    RuntimeError
        If Slicer's Markups module is not loaded.
    """
    node = addNode("vtkMRMLMarkupsFiducialNode", name or points.name)
    if node is None:
        raise RuntimeError("Slicer's Markups module is not loaded, so no points can be made")
    node.CreateDefaultDisplayNodes()
    for index, (label, place) in enumerate(zip(points.labels, ras(points).tolist(), strict=True)):
        node.AddControlPoint(vtk.vtkVector3d(*place), str(label))
        node.SetNthControlPointDescription(index, value_words(points, index))
        node.SetNthControlPointLocked(index, True)
    node.SetLocked(True)
    # Adding a point clears the description of the node.
    node.SetDescription(f"{points.title}. {points.description}".strip())
    return node


def placeOf(pointsNode: slicer.vtkMRMLMarkupsNode, row: int) -> tuple[float, float, float]:
    """Where a point lies in the world, mm, RAS."""
    place = [0.0, 0.0, 0.0]
    pointsNode.GetNthControlPointPositionWorld(row, place)
    return tuple(place)
