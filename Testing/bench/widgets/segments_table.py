"""qMRMLSegmentsTableView: the segments of a segmentation with visibility, color, opacity and name."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from PySide6 import QtCore, QtGui, QtWidgets

from bench.widgets.scene_observer import Observation
from bench.widgets.scene_widgets import qMRMLWidget
from bench.widgets.standin import stored

COLUMNS = ("", "", "Opacity", "Name")
VISIBILITY, COLOR, OPACITY, NAME = range(4)


class qMRMLSegmentsTableView(qMRMLWidget):
    """Table of segments; rows can be selected, cells cannot be edited here."""

    selectionChanged = QtCore.Signal(object, object)
    segmentAboutToBeModified = QtCore.Signal(str)
    selectionMode = stored("selectionMode", 3)
    headerVisible = stored("headerVisible", True)
    visibilityColumnVisible = stored("visibilityColumnVisible", True)
    colorColumnVisible = stored("colorColumnVisible", True)
    opacityColumnVisible = stored("opacityColumnVisible", True)
    statusColumnVisible = stored("statusColumnVisible", False)
    layerColumnVisible = stored("layerColumnVisible", False)
    readOnly = stored("readOnly", False)
    filterBarVisible = stored("filterBarVisible", False)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._node: Any = None
        self._observation: Observation | None = None
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._table = QtWidgets.QTableWidget(0, len(COLUMNS), self)
        self._table.setHorizontalHeaderLabels(COLUMNS)
        self._table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.verticalHeader().setVisible(False)
        self._table.horizontalHeader().setStretchLastSection(True)
        for column in (VISIBILITY, COLOR):
            self._table.setColumnWidth(column, 28)
        self._table.setColumnWidth(OPACITY, 60)
        self._table.setMinimumHeight(90)
        layout.addWidget(self._table)
        self._table.selectionModel().selectionChanged.connect(self._onSelection)

    def setSegmentationNode(self, node: Any) -> None:
        """Show a segmentation; None, or a node of another class, empties the table."""
        self._node = node if node is not None and node.IsA("vtkMRMLSegmentationNode") else None
        if self._observation is not None:
            self._observation.stop()
        if self._node is not None:
            events = (
                slicer.vtkSegmentation.SegmentAdded,
                slicer.vtkSegmentation.SegmentRemoved,
                slicer.vtkSegmentation.SegmentModified,
                slicer.vtkMRMLDisplayableNode.DisplayModifiedEvent,
                vtk.vtkCommand.ModifiedEvent,
            )
            self._observation = Observation(self, self._node, events, "_draw")
        self._draw()

    def segmentationNode(self) -> Any:
        """Return the segmentation shown, or None."""
        return self._node

    def selectedSegmentIDs(self) -> tuple[str, ...]:
        """Return the IDs of the selected rows."""
        rows = sorted({index.row() for index in self._table.selectedIndexes()})
        return tuple(self._table.item(row, NAME).data(QtCore.Qt.ItemDataRole.UserRole) for row in rows)

    def setSelectedSegmentIDs(self, identifiers: Any) -> None:
        """Select the rows of these segments; unknown IDs are ignored."""
        model, selection = self._table.model(), QtCore.QItemSelection()
        for row in range(self._table.rowCount):
            if self._table.item(row, NAME).data(QtCore.Qt.ItemDataRole.UserRole) in identifiers:
                selection.select(model.index(row, 0), model.index(row, len(COLUMNS) - 1))
        self._table.selectionModel().select(
            selection, QtCore.QItemSelectionModel.SelectionFlag.ClearAndSelect
        )

    def clearSelection(self) -> None:
        """Select nothing."""
        self._table.clearSelection()

    def _onSelection(self, selected: Any, deselected: Any) -> None:
        self.selectionChanged.emit(selected, deselected)

    def _sceneSet(self, scene: Any) -> None:
        if self._node is not None and self._node.GetScene() is not scene:
            self.setSegmentationNode(None)

    def _changed(self, _name: str) -> None:
        self._draw()

    def _draw(self) -> None:
        segmentation = self._node.GetSegmentation() if self._node is not None else None
        identifiers = segmentation.GetSegmentIDs() if segmentation is not None else ()
        selected = self.selectedSegmentIDs()
        blocker = QtCore.QSignalBlocker(self._table.selectionModel())
        self._table.setRowCount(len(identifiers))
        for row, identifier in enumerate(identifiers):
            self._drawRow(row, identifier, segmentation.GetSegment(identifier))
        self.setSelectedSegmentIDs(selected)
        blocker.unblock()
        self._table.horizontalHeader().setVisible(self.headerVisible)
        self._table.setColumnHidden(VISIBILITY, not self.visibilityColumnVisible)
        self._table.setColumnHidden(COLOR, not self.colorColumnVisible)
        self._table.setColumnHidden(OPACITY, not self.opacityColumnVisible)
        if not set(selected) <= set(identifiers):
            self.selectionChanged.emit(QtCore.QItemSelection(), QtCore.QItemSelection())

    def _drawRow(self, row: int, identifier: str, segment: Any) -> None:
        display = self._node.GetDisplayNode()
        visible = display is None or display.GetSegmentVisibility(identifier)
        opacity = 1.0 if display is None else display.GetSegmentOpacity3D(identifier)
        texts = ("\u25cf" if visible else "\u25cb", "", f"{opacity:.2f}", segment.GetName() or "")
        for column, text in enumerate(texts):
            item = QtWidgets.QTableWidgetItem(text)
            item.setData(QtCore.Qt.ItemDataRole.UserRole, identifier)
            self._table.setItem(row, column, item)
        self._table.item(row, COLOR).setBackground(QtGui.QColor.fromRgbF(*segment.GetColor()))
