"""Part of the section Outputs: the user's own points, measured in the maps of a run, live while they are moved."""

import math

from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri_slicer.point_measurement import ERROR, PointMeasurement, isUpToDate, keepValues, valuesOf
from gliomamri_slicer.tables import readTable
from QMRIAnalysisLib.PointMaps import mapsToMeasure
from QMRIAnalysisLib.PointsTable import PointsTable
from QMRIAnalysisLib.RegionsTable import digits

_SHOWN = ("R1", "R2", "dR1")
"""Values that have a column where they are known; a tool tip and the table node hold all."""
_MOST_COLUMNS = 3


class OwnPointsSection:
    """Wires selector, button and table; after "Measure" the numbers follow the points."""

    def __init__(self, ui):
        """:param ui: the panel's widgets"""
        self._ui = ui
        self._table = PointsTable(ui.ownPointsTable)
        self._toolTip = ui.measurePointsButton.toolTip
        self._parameterNode = None
        self._measurement = None
        self._measured = None
        self._observed = None
        self._observers = ()
        ui.measurePointsButton.connect("clicked(bool)", self._onMeasure)
        self._clear()

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none; points are not followed while the user is in another module."""
        self._parameterNode = parameterNode
        self._stopFollowing()

    def update(self):
        """Enable the button, and show what was measured of the chosen points."""
        reason = self._missing()
        self._ui.measurePointsButton.enabled = not reason
        self._ui.measurePointsButton.toolTip = reason or self._toolTip
        points = self._points()
        if points is not self._observed:
            self._stopFollowing()
        if self._observed is None:
            self._showKept(points)

    def _points(self):
        return self._parameterNode.ownPoints if self._parameterNode else None

    def _missing(self):
        if self._points() is None:
            return _("Select a list of points; place them with the Markups tools.")
        return "" if self._parameterNode.resultMap is not None else _("Select a map above.")

    def _onMeasure(self):
        points = self._points()
        try:
            self._measurement = PointMeasurement(mapsToMeasure(self._parameterNode.resultMap))
        except UserError as error:
            self._stopFollowing()
            self._say(error.sentence, error.details)
            return
        self._measure(points)
        self._follow(points)

    def _measure(self, points):
        table, sentences = self._measurement.measure(points)
        keepValues(points, table)
        self._show(table)
        if not table.columns["label"]:
            sentences = [_("The list has no point yet; place some with the Markups tools.")]
        self._say("\n".join(sentences) or table.title)

    def _follow(self, points):
        """Measure again whenever a point is moved, added or removed."""
        if points is self._observed:
            return
        self._stopFollowing(forget=False)
        events = (points.PointModifiedEvent, points.PointPositionDefinedEvent, points.PointRemovedEvent)
        self._observers = tuple(points.AddObserver(event, self._onMoved) for event in events)
        self._observed = points

    def _stopFollowing(self, forget=True):
        for tag in self._observers:
            self._observed.RemoveObserver(tag)
        self._observed, self._observers = None, ()
        if forget:
            self._measurement = None

    def _onMoved(self, points, _event):
        if self._measurement.isCurrent:
            self._measure(points)
        else:
            self._stopFollowing()
            self._say(_("The maps have changed; press the button again."))

    def _showKept(self, points):
        """Show the numbers that were saved with the points."""
        node = valuesOf(points) if points is not None else None
        if node is None:
            self._clear()
            return
        table = readTable(node)
        self._show(table)
        moved = _("The points were moved since they were measured; press the button again.")
        self._say(table.title if isUpToDate(points, table) else moved)

    def _clear(self):
        self._table.show([], [], {}, [])
        self._say("")

    def _show(self, table):
        columns = table.columns
        quantities = [name for name in columns if name not in ("label", *"RAS") and not name.endswith(ERROR)]
        shown = [name for name in _SHOWN if name in quantities] or quantities[:_MOST_COLUMNS]
        rows = range(len(columns["label"]))
        self._table.show(
            columns["label"],
            [[columns[axis][row] for axis in "RAS"] for row in rows],
            {table.header(name): [_words(columns, name, row) for row in rows] for name in shown},
            [
                "\n".join(f"{table.header(name)}: {_words(columns, name, row)}" for name in quantities)
                for row in rows
            ],
        )

    def _say(self, sentence, details=""):
        label = self._ui.ownPointsStatusLabel
        label.text, label.toolTip = sentence, details
        label.visible = bool(sentence)


def _words(columns, name, row):
    """Value and error, ``0.82 ± 0.03``; a dash where nothing was measured."""
    value, error = columns[name][row], columns.get(name + ERROR, ())
    if math.isnan(value):
        return "-"
    if not len(error) or math.isnan(error[row]):
        return digits(value)
    return f"{digits(value)} ± {error[row]:#.2g}"
