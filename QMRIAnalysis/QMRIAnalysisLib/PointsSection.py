"""Part of the section Regions and histograms: the list of candidate points; a click moves the views to one."""

import qt
import slicer
from slicer.i18n import tr as _

from gliomamri_widgets.table_height import fitToRows
from QMRIAnalysisLib.RegionsTable import digits
from QMRIAnalysisLib.RunTables import valuesOf

_SHOWN = ("R1", "R2", "dR1")
"""Values that have a column; a tool tip holds all."""


class PointsSection:
    """Lists the control points of the parameter node's ``points`` with their values; hidden while there are none."""

    def __init__(self, ui):
        """:param ui: the panel's widgets"""
        self._ui = ui
        self._parameterNode = None
        self._shown = None
        ui.pointsTable.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        ui.pointsTable.connect("itemClicked(QTableWidgetItem*)", self._onClicked)
        ui.pointsContents.visible = False

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode

    def update(self):
        """List the points, if they have changed."""
        points = self._points()
        state = (points.GetID(), points.GetMTime()) if points is not None else None
        if state == self._shown:
            return
        self._shown = state
        count = points.GetNumberOfControlPoints() if points is not None else 0
        self._ui.pointsContents.visible = count > 0
        values = valuesOf(points, _SHOWN) if count else {}
        table = self._ui.pointsTable
        table.setColumnCount(1 + len(values))
        table.setHorizontalHeaderLabels([_("Point"), *values])
        table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
        table.setRowCount(count)
        for row in range(count):
            self._setRow(row, points, [digits(column[row]) for column in values.values()])
        fitToRows(table)

    def _points(self):
        return self._parameterNode.points if self._parameterNode else None

    def _setRow(self, row, points, values):
        position = [0.0, 0.0, 0.0]
        points.GetNthControlPointPositionWorld(row, position)
        place = "R {:.1f}, A {:.1f}, S {:.1f} mm".format(*position)
        known = points.GetNthControlPointDescription(row).replace(", ", "\n")
        for column, text in enumerate((points.GetNthControlPointLabel(row), *values)):
            item = qt.QTableWidgetItem(text)
            item.setToolTip(f"{place}\n{known}")
            self._ui.pointsTable.setItem(row, column, item)

    def _onClicked(self, item):
        points = self._points()
        if points is None or item.row() >= points.GetNumberOfControlPoints():
            return
        position = [0.0, 0.0, 0.0]
        points.GetNthControlPointPositionWorld(item.row(), position)
        slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *position)
