"""A table of points in the panel: label and values; a tool tip holds all that is known, a click moves the views."""

import qt
import slicer
from slicer.i18n import tr as _

from gliomamri_widgets.table_height import fitToRows


class PointsTable:
    """Fills a QTableWidget."""

    def __init__(self, table):
        """:param table: QTableWidget"""
        self._table = table
        self._places = []
        table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        table.connect("itemClicked(QTableWidgetItem*)", self._onClicked)

    def show(self, labels, places, values, known):
        """
        Show points.

        :param labels: one per point
        :param places: R, A, S in mm of each
        :param values: texts by header of the column
        :param known: what the tool tip says of each point, below its place
        """
        table, self._places = self._table, [tuple(map(float, place)) for place in places]
        table.setColumnCount(1 + len(values))
        table.setHorizontalHeaderLabels([_("Point"), *values])
        table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.Stretch)
        table.setRowCount(len(labels))
        for row, label in enumerate(labels):
            place = "R {:.1f}, A {:.1f}, S {:.1f} mm".format(*self._places[row])
            for column, text in enumerate((label, *(texts[row] for texts in values.values()))):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(f"{place}\n{known[row]}")
                table.setItem(row, column, item)
        fitToRows(table)

    def _onClicked(self, item):
        if item.row() < len(self._places):
            slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *self._places[item.row()])
