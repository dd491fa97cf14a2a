"""What maps tell at points that the user has placed: a list of markups, measured in this process while it is moved.

A value is the mean of the measured voxels within 3 mm (:func:`gliomamri.regions.candidates.values_at_points`). Its
error is that of one of these voxels, the root mean square of their standard errors. Noise moves the mean by less; by
how much less depends on how neighbors are correlated, which the maps do not tell [our choice].

Called by the QMRIAnalysis panel; tested by Testing/scene/test_point_measurement.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import slicer
import slicer.util
from numpy.typing import NDArray

from gliomamri.point_table import points_table
from gliomamri.regions.candidates import values_at_points
from gliomamri.result import Points, Table
from gliomamri_slicer.folders import itemOf, moveToFolder
from gliomamri_slicer.geometry import refuseUnlessScalar
from gliomamri_slicer.grid import setImageGrid, worldGrid
from gliomamri_slicer.nodes import isInScene
from gliomamri_slicer.points import placeOf
from gliomamri_slicer.tables import addTable, fillTable

ERROR = " error"
"""Put behind the name of a quantity for the column of its errors."""

_POINTS_ROLE = "GliomaMRI.points"
"""Reference from the table of values to its points."""

_PLUS = {"dR1": ("R1", "ceR1"), "dR2": ("R2", "ceR2")}
"""Whose errors make that of a change."""


@dataclass(frozen=True)
class MeasuredMap:
    """A map to measure.

    Attributes
    ----------
    name, unit : str
        What the values are called, ``R1``; their unit.
    node : vtkMRMLScalarVolumeNode
        0 where nothing was measured.
    errorNode : vtkMRMLScalarVolumeNode or None
        Standard errors of the values, on the same grid.
    isTime : bool
        The map holds relaxation times in ms; R = 1000 / T is measured.
    """

    name: str
    unit: str
    node: slicer.vtkMRMLScalarVolumeNode
    errorNode: slicer.vtkMRMLScalarVolumeNode | None = None
    isTime: bool = False


class PointMeasurement:
    """Measures lists of points in the same maps, whose voxels are looked through once.

    Raises
    ------
    UserError
        If a map is empty or lies under a transform that bends or shears it.
    """

    def __init__(self, maps: Sequence[MeasuredMap]) -> None:
        self._maps = tuple(maps)
        self._times = self._modified()
        self._prepared = [_prepare(one) for one in self._maps]

    @property
    def isCurrent(self) -> bool:
        """Whether the maps are as they were when this was made."""
        return all(isInScene(one.node) for one in self._maps) and self._modified() == self._times

    def measure(self, pointsNode: slicer.vtkMRMLMarkupsFiducialNode) -> tuple[Table, list[str]]:
        """Measure all points that have been placed.

        Returns
        -------
        table : Table
            One row per point: label, R, A, S in mm, and per map value and error; NaN where there is none.
        sentences : list of str
            One for each point where nothing was measured.
        """
        labels, positions = _placed(pointsNode)
        values: dict[str, list[float]] = {}
        for one, (grid, told, squares) in zip(self._maps, self._prepared, strict=True):
            values[one.name] = values_at_points(positions, {"": told}, grid)[0][""]
            if squares is not None:
                found = values_at_points(positions, {"": squares}, grid)[0][""]
                values[one.name + ERROR] = [math.sqrt(square) for square in found]
        values = _withErrorsOfChanges(values)
        lost = [
            label
            for row, label in enumerate(labels)
            if all(math.isnan(values[one.name][row]) for one in self._maps)
        ]
        names = ", ".join(one.node.GetName() for one in self._maps)
        units = {name + word: one.unit for one in self._maps for name in (one.name,) for word in ("", ERROR)}
        known = any(name.endswith(ERROR) for name in values)
        title = f"Means within 3 mm in {names}{'; errors are those of one voxel' if known else ''}."
        table = points_table(Points("points", title, labels, positions, values, units))
        return table, [
            f"'{label}' lies where nothing was measured (outside of the brain?); move it." for label in lost
        ]

    def _modified(self) -> tuple[int, ...]:
        nodes = (node for one in self._maps for node in (one.node, one.errorNode) if node is not None)
        return tuple(data.GetMTime() if (data := node.GetImageData()) is not None else 0 for node in nodes)


def keepValues(pointsNode: slicer.vtkMRMLMarkupsFiducialNode, table: Table) -> slicer.vtkMRMLTableNode:
    """Write values into the table node of a list of points; made beside the list where there is none yet."""
    node = valuesOf(pointsNode)
    if node is not None:
        fillTable(node, table)
        return node
    node = addTable(table, f"{pointsNode.GetName()} values")
    node.SetNodeReferenceID(_POINTS_ROLE, pointsNode.GetID())
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    moveToFolder([node], hierarchy.GetItemParent(itemOf(pointsNode)))
    return node


def valuesOf(pointsNode: slicer.vtkMRMLMarkupsFiducialNode) -> slicer.vtkMRMLTableNode | None:
    """Table node with the values of a list of points; None before it was measured."""
    tables = slicer.util.getNodesByClass("vtkMRMLTableNode")
    return next((node for node in tables if node.GetNodeReference(_POINTS_ROLE) is pointsNode), None)


def isUpToDate(pointsNode: slicer.vtkMRMLMarkupsFiducialNode, table: Table) -> bool:
    """Whether the points lie where they lay when they were measured, within 0.01 mm."""
    labels, positions = _placed(pointsNode)
    found = np.array([table.columns[axis] for axis in "RAS"], float).T.reshape(-1, 3)
    lies = np.array(positions).reshape(-1, 3) * (-1, -1, 1)
    same = found.shape == lies.shape and bool(np.all(np.abs(found - lies) < 0.01))
    return same and list(table.columns["label"]) == list(labels)


def _placed(
    node: slicer.vtkMRMLMarkupsFiducialNode,
) -> tuple[tuple[str, ...], tuple[tuple[float, float, float], ...]]:
    """Labels and positions (mm, LPS) of the points that the user has put somewhere."""
    rows = [
        row
        for row in range(node.GetNumberOfControlPoints())
        if node.GetNthControlPointPositionStatus(row) == node.PositionDefined
    ]
    positions = []
    for row in rows:
        right, anterior, superior = placeOf(node, row)
        positions.append((-right, -anterior, superior))
    return tuple(node.GetNthControlPointLabel(row) for row in rows), tuple(positions)


def _prepare(one: MeasuredMap) -> tuple:
    """Grid; values and usable voxels; the same of squared errors, or None."""
    import SimpleITK as sitk

    refuseUnlessScalar(one.node)
    values = slicer.util.arrayFromVolume(one.node)
    usable = np.isfinite(values) & ((values > 0) if one.isTime else (values != 0))
    if one.isTime:
        values = np.divide(1000.0, values, out=np.zeros(values.shape, np.float32), where=usable)
    grid = sitk.Image(values.shape[::-1], sitk.sitkUInt8)
    setImageGrid(grid, worldGrid(one.node))
    return grid, (values, usable), _squares(one.errorNode, usable)


def _squares(
    node: slicer.vtkMRMLScalarVolumeNode | None, usable: NDArray[np.bool_]
) -> tuple[NDArray, NDArray[np.bool_]] | None:
    """Squared errors and where they are known; None where the map is not on the grid of the values."""
    if node is None or node.GetImageData() is None:
        return None
    errors = slicer.util.arrayFromVolume(node)
    if errors.shape != usable.shape:
        return None
    return np.square(errors, dtype=np.float32), usable & (errors > 0)


def _withErrorsOfChanges(values: dict[str, list[float]]) -> dict[str, list[float]]:
    """Put the error of a change behind it: those before and after together, noise only."""
    found = {}
    for name, column in values.items():
        found[name] = column
        parts = [values.get(part + ERROR) for part in _PLUS.get(name, ())]
        if parts and None not in parts:
            pairs = zip(*parts, column, strict=True)
            found[name + ERROR] = [
                math.nan if math.isnan(value) else math.hypot(a, b) for a, b, value in pairs
            ]
    return found
