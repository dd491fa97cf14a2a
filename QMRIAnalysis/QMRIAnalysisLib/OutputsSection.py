"""The panel's section Outputs: show a map, compare before and after contrast agent, where results are and come from."""

from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri_slicer.folders import folderPath
from gliomamri_slicer.provenance import readProvenance
from gliomamri_slicer.show import mapLabel
from QMRIAnalysisLib.ProvenanceWords import provenanceWords


class OutputsSection:
    """Wires the section; everything here takes less than a second and runs in this process."""

    def __init__(self, ui, views):
        """
        :param ui: the panel's widgets
        :param views: :class:`QMRIAnalysisLib.ResultViews.ResultViews`
        """
        self._ui, self._views = ui, views
        self._parameterNode = None
        self._toolTips = {
            button: button.toolTip for button in (ui.showMapButton, ui.compareButton, ui.restoreLayoutButton)
        }
        ui.resultMapSelector.addAttribute("vtkMRMLScalarVolumeNode", "GliomaMRI.quantity")
        ui.showMapButton.connect("clicked(bool)", self._onShowMap)
        ui.compareButton.connect("clicked(bool)", self._onCompare)
        ui.restoreLayoutButton.connect("clicked(bool)", self._onRestore)
        self._say("")

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode

    def update(self):
        """Enable what can be done with the chosen map, and say where it is and what made it."""
        ui, mapNode = self._ui, self._map()
        self._enable(ui.showMapButton, "" if mapNode is not None else _("Select a map."))
        self._enable(ui.compareButton, self._views.missingForComparison(mapNode))
        self._enable(ui.restoreLayoutButton, "" if self._views.canRestore else _("Nothing was changed yet."))
        ui.folderValueLabel.text = " / ".join(folderPath(mapNode)) if mapNode is not None else _("none yet")
        provenance = readProvenance(mapNode) if mapNode is not None else None
        ui.provenanceValueLabel.text, ui.provenanceValueLabel.toolTip = provenanceWords(provenance)

    def show(self, imported):
        """Show a new result: its violins or first chart, and the main map that the chart is about."""
        chart = next(iter((*imported.violins, *imported.charts)), None)
        if chart is not None:
            self._views.showChart(chart)
        if imported.maps:
            subjects = (chart.GetXAxisTitle(), chart.GetYAxisTitle()) if chart is not None else ()
            drawn = (node for node in imported.maps if mapLabel(node) in subjects)
            self._parameterNode.resultMap = next(drawn, imported.maps[0])
            self._onShowMap()

    def _map(self):
        return self._parameterNode.resultMap if self._parameterNode else None

    def _enable(self, button, reason):
        button.enabled = not reason
        button.toolTip = reason or self._toolTips[button]

    def _onShowMap(self):
        self._views.showMap(self._map())
        self.update()

    def _onCompare(self):
        try:
            self._views.compare(self._map())
        except UserError as error:
            self._say(error.sentence, error.details)
        self.update()

    def _say(self, sentence, details=""):
        label = self._ui.outputsStatusLabel
        label.text, label.toolTip = sentence, details
        label.visible = bool(sentence)

    def _onRestore(self):
        self._views.restore()
        self._say("")
        self.update()
