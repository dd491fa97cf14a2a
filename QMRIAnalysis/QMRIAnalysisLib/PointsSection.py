"""Part of the section Regions and histograms: the list of candidate points; a click moves the views to one."""

from gliomamri_slicer.points import placeOf
from QMRIAnalysisLib.PointsTable import PointsTable
from QMRIAnalysisLib.RegionsTable import digits
from QMRIAnalysisLib.RunTables import valuesOf

_SHOWN = ("R1", "R2", "dR1")
"""Values that have a column; a tool tip holds all."""


class PointsSection:
    """Lists the control points of the parameter node's ``points`` with their values; hidden while there are none."""

    def __init__(self, ui):
        """:param ui: the panel's widgets"""
        self._ui = ui
        self._table = PointsTable(ui.pointsTable)
        self._parameterNode = None
        self._shown = None
        ui.pointsContents.visible = False

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode

    def update(self):
        """List the points, if they have changed."""
        points = self._parameterNode.points if self._parameterNode else None
        state = (points.GetID(), points.GetMTime()) if points is not None else None
        if state == self._shown:
            return
        self._shown = state
        rows = range(points.GetNumberOfControlPoints()) if points is not None else ()
        self._ui.pointsContents.visible = len(rows) > 0
        values = valuesOf(points, _SHOWN) if rows else {}
        self._table.show(
            [points.GetNthControlPointLabel(row) for row in rows],
            [placeOf(points, row) for row in rows],
            {name: [digits(column[row]) for row in rows] for name, column in values.items()},
            [points.GetNthControlPointDescription(row).replace(", ", "\n") for row in rows],
        )
