"""Part of the section Regions and histograms: the distribution of a map in chosen segments, and its numbers."""

from contextlib import suppress

from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri_slicer.distributions import drawDistribution, summarizeRegions
from QMRIAnalysisLib.RegionsTable import RegionsTable
from QMRIAnalysisLib.RunTables import regionsOf, sameRun


class DistributionSection:
    """Wires segments table, draw button and the table of numbers; quick enough to run in this process."""

    def __init__(self, ui, views, say):
        """
        :param ui: the panel's widgets
        :param views: :class:`QMRIAnalysisLib.ResultViews.ResultViews`
        :param say: called with a sentence and details for the section's status line
        """
        self._ui, self._views, self._say = ui, views, say
        self._parameterNode = None
        self._shown = None
        self._regions = RegionsTable(ui.regionsTable)
        self._toolTip = ui.distributionButton.toolTip
        ui.distributionMapSelector.addAttribute("vtkMRMLScalarVolumeNode", "GliomaMRI.quantity")
        ui.distributionButton.connect("clicked(bool)", self._onDraw)

    def bindings(self):
        """The map is chosen here as well as in the section Outputs."""
        return {"resultMap": self._ui.distributionMapSelector}

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode

    def update(self):
        """Enable what can be done with the present choices; numbers of other choices go."""
        self._ui.segmentsTable.setSegmentationNode(self._segmentation())
        hasMap = self._parameterNode is not None and self._parameterNode.resultMap is not None
        self._ui.distributionButton.enabled = hasMap
        self._ui.distributionButton.toolTip = self._toolTip if hasMap else _("Select a map.")
        if self._choices() != self._shown:
            self._shown = self._choices()
            self._showNumbers(self._numbersOfRun() if hasMap else None)

    def summarize(self):
        """Show the numbers of the chosen map: those of its run, or fresh ones where its segments touch the map."""
        numbers = self._numbersOfRun()
        if numbers is None:
            with suppress(UserError):
                numbers = summarizeRegions(self._parameterNode.resultMap, self._segmentation())
        self._showNumbers(numbers)

    def _segmentation(self):
        """Regions of the last analysis where there are some, otherwise the annotation."""
        if not self._parameterNode:
            return None
        return self._parameterNode.regions or self._parameterNode.segmentation

    def _choices(self):
        nodes = (self._parameterNode.resultMap, self._segmentation()) if self._parameterNode else ()
        return tuple(node.GetID() if node is not None else None for node in nodes)

    def _onDraw(self):
        chosen = list(self._ui.segmentsTable.selectedSegmentIDs())
        try:
            chart, summary = drawDistribution(self._parameterNode.resultMap, self._segmentation(), chosen)
        except UserError as error:
            self._say(error.sentence, error.details)
            return
        self._showNumbers(summary)
        self._views.showChart(chart)

    def _numbersOfRun(self):
        """Table of the run that made the chosen map, as long as its own regions are chosen."""
        mapNode = self._parameterNode.resultMap
        if mapNode is None or not sameRun(mapNode, self._segmentation()):
            return None
        return regionsOf(mapNode)

    def _showNumbers(self, numbers):
        if numbers is None:
            self._regions.hide()
        else:
            mapNode = self._parameterNode.resultMap
            self._regions.show(numbers, mapNode.GetAttribute("GliomaMRI.quantity") or "")
