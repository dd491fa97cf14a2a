"""The panel's Results section: show a map, draw the distribution of a rate in chosen segments."""

import qt
from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri_slicer.distributions import drawDistribution, summarizeRegions
from gliomamri_slicer.plots import showChart
from gliomamri_slicer.show import mapLabel, showMap


class ResultsSection:
    """Wires the Results section; everything here takes less than a second and runs in this process."""

    def __init__(self, ui, say):
        """
        :param ui: the panel's widgets
        :param say: called with a sentence for the status line
        """
        self._ui, self._say = ui, say
        self._parameterNode = None
        self._summarized = None
        self._toolTips = {button: button.toolTip for button in (ui.showMapButton, ui.distributionButton)}
        ui.resultMapSelector.addAttribute("vtkMRMLScalarVolumeNode", "GliomaMRI.quantity")
        ui.regionsTable.horizontalHeader().setSectionResizeMode(0, qt.QHeaderView.Stretch)
        ui.showMapButton.connect("clicked(bool)", self._onShowMap)
        ui.distributionButton.connect("clicked(bool)", self._onDistribution)
        self._showSummary(None)

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode
        self.update()

    def update(self):
        """Enable what can be done with the present choices; numbers of other choices go."""
        segmentation = self._parameterNode.segmentation if self._parameterNode else None
        self._ui.segmentsTable.setSegmentationNode(segmentation)
        mapNode = self._parameterNode.resultMap if self._parameterNode else None
        for button, toolTip in self._toolTips.items():
            button.enabled = mapNode is not None
            button.toolTip = toolTip if mapNode is not None else _("Select a map.")
        if self._parameterNode and self._summarized not in (None, self._choices()):
            self._showSummary(None)

    def show(self, imported):
        """Show a new result: its first chart, the main map that the chart is about, and that map's numbers."""
        if imported.charts:
            showChart(imported.charts[0])
        if imported.maps:
            subject = imported.charts[0].GetXAxisTitle() if imported.charts else ""
            drawn = (node for node in imported.maps if mapLabel(node) == subject)
            self._parameterNode.resultMap = next(drawn, imported.maps[0])
            self._onShowMap()
            self._summarize()

    def _choices(self):
        nodes = (self._parameterNode.resultMap, self._parameterNode.segmentation)
        return tuple(node.GetID() if node is not None else None for node in nodes)

    def _onShowMap(self):
        showMap(self._parameterNode.resultMap)

    def _onDistribution(self):
        mapNode, segmentation = self._parameterNode.resultMap, self._parameterNode.segmentation
        chosen = list(self._ui.segmentsTable.selectedSegmentIDs())
        try:
            chart, summary = drawDistribution(mapNode, segmentation, chosen)
        except UserError as error:
            self._say(error.sentence, error.details)
            return
        self._showSummary(summary)
        showChart(chart)

    def _summarize(self):
        """Show the numbers of the chosen map; a map that no segment touches has none."""
        try:
            summary = summarizeRegions(self._parameterNode.resultMap, self._parameterNode.segmentation)
        except UserError:
            summary = None
        self._showSummary(summary)

    def _showSummary(self, summary):
        """Fill the table of regions, or hide it where there are no numbers."""
        table = self._ui.regionsTable
        self._summarized = None if summary is None else self._choices()
        table.visible = summary is not None
        if summary is None:
            return
        unit = f" ({summary.units['median']})" if summary.units.get("median") else ""
        quantity = self._parameterNode.resultMap.GetAttribute("GliomaMRI.quantity") or ""
        table.setHorizontalHeaderLabels(
            [_("Region"), _("Voxels"), f"{quantity} {_('median')}{unit}", f"p25-p75{unit}"]
        )
        columns = summary.columns
        table.setRowCount(len(columns["region"]))
        for row, region in enumerate(columns["region"]):
            count = columns["voxels"][row]
            median, low, high = (columns[name][row] for name in ("median", "p25", "p75"))
            texts = (_digits(median), f"{_digits(low)}-{_digits(high)}") if count else ("", "")
            for column, text in enumerate((region, str(count), *texts)):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(text)
                item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable)
                table.setItem(row, column, item)
        table.resizeColumnToContents(1)
        table.resizeColumnToContents(2)
        table.resizeColumnToContents(3)


def _digits(value):
    """Three digits, ``0.714`` or ``1.20``, and whole numbers from 100 on, ``1250``."""
    return f"{value:.0f}" if abs(value) >= 99.95 else f"{value:#.3g}"
