"""The panel's Results section: show a map, draw the distribution of a rate in chosen segments."""

from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri_slicer.distributions import drawDistribution
from gliomamri_slicer.plots import showChart
from gliomamri_slicer.show import showMap


class ResultsSection:
    """Wires the Results section; everything here takes less than a second and runs in this process."""

    def __init__(self, ui, say):
        """
        :param ui: the panel's widgets
        :param say: called with a sentence for the status line
        """
        self._ui, self._say = ui, say
        self._parameterNode = None
        ui.resultMapSelector.addAttribute("vtkMRMLScalarVolumeNode", "GliomaMRI.quantity")
        ui.showMapButton.connect("clicked(bool)", self._onShowMap)
        ui.distributionButton.connect("clicked(bool)", self._onDistribution)

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode
        self.update()

    def update(self):
        """Enable what can be done with the present choices."""
        mapNode = self._parameterNode.resultMap if self._parameterNode else None
        segmentation = self._parameterNode.segmentation if self._parameterNode else None
        self._ui.segmentsTable.setSegmentationNode(segmentation)
        reason = "" if mapNode else _("Select a map.")
        for button in (self._ui.showMapButton, self._ui.distributionButton):
            button.enabled = not reason
            button.toolTip = reason

    def show(self, imported):
        """Show a new result: its first map in the slice views, its first chart in the plot view."""
        maps = [node for name, node in imported.nodes.items() if name in ("R1map", "R2map")]
        if maps:
            self._parameterNode.resultMap = maps[0]
            self._onShowMap()
        charts = [
            node
            for name, node in imported.nodes.items()
            if name.endswith("_histogram") and node.IsA("vtkMRMLPlotChartNode")
        ]
        if charts:
            showChart(charts[0])

    def _onShowMap(self):
        showMap(self._parameterNode.resultMap)

    def _onDistribution(self):
        chosen = list(self._ui.segmentsTable.selectedSegmentIDs())
        try:
            chart = drawDistribution(self._parameterNode.resultMap, self._parameterNode.segmentation, chosen)
        except UserError as error:
            self._say(error.sentence, error.details)
            return
        showChart(chart)
