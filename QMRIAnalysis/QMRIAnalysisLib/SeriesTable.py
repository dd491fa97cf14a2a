"""Checkable list and table of one series: keeps both and the parameter node in step."""

import qt

from gliomamri.errors import UserError
from gliomamri_slicer.series_selection import SeriesSelection


class SeriesTable:
    """Binds a checkable node combo box and a table of times to a :class:`SeriesSelection`.

    The combo box chooses the images; the table shows one row per image with its times and where they come from.
    A typed time is kept with the image; an emptied cell goes back to the header.
    """

    COLUMNS = {1: None, 2: "repetition_time"}
    """Editable columns; None stands for the parameter that varies within the series."""

    WIDTHS = {1: 64, 2: 64, 3: 96}
    """Column widths in pixels; the name takes the rest."""

    def __init__(self, selector, table, onProblem):
        """
        :param selector: qMRMLCheckableNodeComboBox
        :param table: QTableWidget with the columns image, varying time, repetition time, source
        :param onProblem: called with a sentence when a typed time cannot be used
        """
        self._selector, self._table, self._onProblem = selector, table, onProblem
        self._selection = None
        self._frames = []
        self._updating = False
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        for column, width in self.WIDTHS.items():
            table.setColumnWidth(column, width)
        selector.connect("checkedNodesChanged()", self._onChecked)
        table.connect("itemChanged(QTableWidgetItem*)", self._onTyped)

    def setSelection(self, selection: SeriesSelection | None):
        """Show another selection, or none while the scene is closed."""
        self._selection = selection
        self.update()

    def update(self):
        """Show what the parameter node holds; called whenever it changes."""
        self._updating = True
        try:
            nodes = self._selection.nodes() if self._selection is not None else []
            self._showChecks({node.GetID() for node in nodes})
            self._showRows()
        finally:
            self._updating = False

    def _showChecks(self, chosen):
        for index in range(self._selector.nodeCount()):
            node = self._selector.nodeFromIndex(index)
            state = qt.Qt.Checked if node.GetID() in chosen else qt.Qt.Unchecked
            if self._selector.checkState(node) != state:
                self._selector.setCheckState(node, state)

    def _showRows(self):
        try:
            self._frames = self._selection.frames() if self._selection is not None else []
        except UserError as error:
            self._frames = []
            self._onProblem(error.sentence)
        self._table.setRowCount(len(self._frames))
        for row, frame in enumerate(self._frames):
            sources = []
            self._setCell(row, 0, frame.name, editable=False)
            for column in self.COLUMNS:
                found = frame.parameters.get(self._parameter(column))
                self._setCell(row, column, "" if found is None else f"{found.value:g}", editable=True)
                if found is not None:
                    sources.append(found.source.value)
            self._setCell(row, 3, ", ".join(dict.fromkeys(sources)), editable=False)

    def _setCell(self, row, column, text, editable):
        item = self._table.item(row, column)
        if item is None:
            item = qt.QTableWidgetItem()
            self._table.setItem(row, column, item)
        item.setText(text)
        item.setToolTip(text)
        flags = qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable
        item.setFlags(flags | qt.Qt.ItemIsEditable if editable else flags)

    def _parameter(self, column):
        return self.COLUMNS[column] or self._selection.role.varying

    def _onChecked(self):
        if not self._updating and self._selection is not None:
            self._selection.setNodes(self._selector.checkedNodes())
            self.update()

    def _onTyped(self, item):
        if self._updating or self._selection is None or item.column() not in self.COLUMNS:
            return
        try:
            self._selection.setTyped(self._frames[item.row()], self._parameter(item.column()), item.text())
        except UserError as error:
            self._onProblem(error.sentence)
        self.update()
