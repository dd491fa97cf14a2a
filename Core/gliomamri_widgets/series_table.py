"""Checkable list and table of one series: keeps both and the parameter node in step."""

import qt
from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri.series import PARAMETERS
from gliomamri_widgets.table_height import fitToRows

_SHORT = {
    "inversion_time": "TI",
    "echo_time": "TE",
    "repetition_time": "TR",
    "flip_angle": "angle",
    "b_value": "b",
}
"""Headers as the field writes them."""

_VALUE_WIDTH, _SOURCE_WIDTH = 54, 86
"""Column widths in pixels; the name takes the rest, its middle left out where it is too long."""

_GUESSED = qt.QColor(176, 92, 0)
"""Orange, dark enough to read on white."""


class SeriesTable:
    """Binds a checkable node combo box and a table of times to a :class:`SeriesSelection`.

    The combo box chooses the images; the table shows one row per image with its times and where they come from.
    A typed time is kept with the image; an emptied cell goes back to the header. Guessed times are orange. Without an
    image there is no table to be seen.
    """

    def __init__(self, selector, table, onProblem):
        """
        :param selector: qMRMLCheckableNodeComboBox
        :param table: QTableWidget; its columns are made here, from what varies within the role's series
        :param onProblem: called with a sentence when a typed time cannot be used
        """
        self._selector, self._table, self._onProblem = selector, table, onProblem
        self._parameters = ()
        self._selection = None
        self._frames = []
        table.setTextElideMode(qt.Qt.ElideMiddle)
        self._shown = None
        self._updating = False
        selector.connect("checkedNodesChanged()", self._onChecked)
        table.connect("itemChanged(QTableWidgetItem*)", self._onTyped)

    def setSelection(self, selection):
        """Show another selection (:class:`gliomamri_slicer.series_selection.SeriesSelection`), or none."""
        self._selection = selection
        if selection is not None:
            self._makeColumns((*selection.role.varying, "repetition_time"))
        self._showAll()

    def update(self):
        """Show what the parameter node holds, if that has changed; called whenever the node changes."""
        if self._state() != self._shown:
            self._showAll()

    def _makeColumns(self, parameters):
        parameters = tuple(dict.fromkeys(parameters))
        if parameters == self._parameters:
            return
        self._parameters = parameters
        self._table.setRowCount(0)
        headers = [_("Image"), *map(_header, self._parameters), _("Where from")]
        self._table.setColumnCount(len(headers))
        self._table.setHorizontalHeaderLabels(headers)
        self._table.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.Stretch)
        for column in range(1, len(headers) - 1):
            self._table.setColumnWidth(column, _VALUE_WIDTH)
        self._table.setColumnWidth(len(headers) - 1, _SOURCE_WIDTH)

    def _state(self):
        return self._selection.state() if self._selection is not None else ()

    def _showAll(self):
        self._updating = True
        try:
            self._shown = self._state()
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
        fitToRows(self._table)
        for row, frame in enumerate(self._frames):
            sources = []
            self._setCell(row, 0, frame.name)
            for column, name in enumerate(self._parameters, start=1):
                found = frame.parameters.get(name)
                self._setCell(
                    row,
                    column,
                    "" if found is None else f"{found.value:g}",
                    True,
                    bool(found and found.isGuess),
                )
                if found is not None:
                    sources.append(found.source.value)
            self._setCell(row, len(self._parameters) + 1, ", ".join(dict.fromkeys(sources)))

    def _setCell(self, row, column, text, editable=False, guessed=False):
        item = self._table.item(row, column)
        if item is None:
            item = qt.QTableWidgetItem()
            self._table.setItem(row, column, item)
        item.setText(text)
        item.setToolTip(_("guessed from the name: please check") if guessed else text)
        item.setData(qt.Qt.ForegroundRole, qt.QBrush(_GUESSED) if guessed else None)
        flags = qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable
        item.setFlags(flags | qt.Qt.ItemIsEditable if editable else flags)

    def _onChecked(self):
        if not self._updating and self._selection is not None:
            self._selection.setNodes(self._selector.checkedNodes())
            self.update()

    def _onTyped(self, item):
        index = item.column() - 1
        if self._updating or self._selection is None or not 0 <= index < len(self._parameters):
            return
        try:
            self._selection.setTyped(self._frames[item.row()], self._parameters[index], item.text())
        except UserError as error:
            self._onProblem(error.sentence)
        self._showAll()


def _header(name):
    """Header of a parameter's column with its unit, ``TI (ms)``."""
    return f"{_SHORT.get(name, name.replace('_', ' '))} ({PARAMETERS[name]})"
