"""Showing results in slice and plot views, and the way back to what the user saw before; no widget in here."""

from slicer.i18n import tr as _

from gliomamri_slicer.compare_views import comparePrePost
from gliomamri_slicer.plots import restoreLayout, showChart
from gliomamri_slicer.show import restoreLayers, showMap
from QMRIAnalysisLib.MapPairs import pairOf


class ResultViews:
    """Remembers what the views showed before the first change, until :meth:`restore`."""

    def __init__(self):
        self.forget()

    @property
    def canRestore(self):
        """True when something was changed that can be undone."""
        return any(each is not None for each in (self._layers, self._layout, self._compared))

    def showMap(self, mapNode):
        """Show a map in all slice views."""
        before = showMap(mapNode)
        self._layers = self._layers if self._layers is not None else before

    def showImage(self, volumeNode):
        """Show an image without a legend in all slice views."""
        before = showMap(volumeNode, legend=False)
        self._layers = self._layers if self._layers is not None else before

    def showChart(self, chartNode):
        """Show a chart in the plot view."""
        before = showChart(chartNode)
        self._layout = self._layout if self._layout is not None else before

    def forget(self):
        """Forget what was before: its scene is gone."""
        self._layers = self._layout = self._compared = None

    def restore(self):
        """Show again what was there before."""
        if self._compared is not None:
            self._compared.restore()
        if self._layout is not None:
            restoreLayout(self._layout)
        if self._layers is not None:
            restoreLayers(self._layers)
        self.forget()

    def missingForComparison(self, mapNode):
        """Say why a map cannot be compared; empty when it can."""
        if mapNode is None:
            return _("Select a map.")
        if pairOf(mapNode) is None:
            return _("There is no map of the same quantity from before and after contrast agent.")
        return ""

    def compare(self, mapNode):
        """Show a map before and after contrast agent, and its change where there is one, in linked views.

        :raises UserError: if a volume has gone
        """
        if self._compared is not None:
            self._compared.restore()
        self._compared = comparePrePost([pairOf(mapNode)])
