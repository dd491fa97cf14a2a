"""From the choices of the panel to the relaxometry task and back; no widget in here."""

from gliomamri.relaxometry.protocol import fewest_times
from gliomamri.tasks import find_task
from gliomamri_slicer.header_memory import forgetHeaders
from gliomamri_slicer.inputs import SeriesInput, TaskInputs
from gliomamri_slicer.parameter_packs import settingsFromPack
from gliomamri_slicer.series_candidates import seriesCandidates
from gliomamri_slicer.series_selection import SeriesSelection

ROLES = ("IRT1", "MESE")


class RelaxometryAdapter:
    """Reads a parameter node and gives what a job needs.

    The parameter node is the wrapper of the module; it has the fields ``relaxometry`` (settings pack),
    ``brainMask`` and ``segmentation``.
    """

    def __init__(self):
        self._task = find_task("relaxometry")

    def selection(self, parameterNode, role):
        """The chosen images of a role."""
        return SeriesSelection(parameterNode.parameterNode, role)

    def refresh(self):
        """Read headers anew: files or the DICOM database may have changed while another module was open."""
        forgetHeaders()

    def assignByName(self, parameterNode, scene):
        """Choose the images of both series by header and name; give the number found for each role."""
        self.refresh()
        found = {role: seriesCandidates(role, scene) for role in ROLES}
        for role, nodes in found.items():
            if nodes:
                self.selection(parameterNode, role).setNodes(nodes)
        return {role: len(nodes) for role, nodes in found.items()}

    def missing(self, parameterNode):
        """Say in a sentence what is missing before the fit can start; empty when nothing is."""
        chosen = {role: self.selection(parameterNode, role) for role in ROLES}
        chosen = {role: selection for role, selection in chosen.items() if selection.nodes()}
        settings = self.settings(parameterNode)
        sentences = [self._task.missing(set(chosen)), *settings.problems()]
        sentences += [selection.missing(fewest_times(role, settings)) for role, selection in chosen.items()]
        return next((sentence for sentence in sentences if sentence), "")

    def settings(self, parameterNode):
        """The task's settings as chosen."""
        return settingsFromPack(parameterNode.relaxometry, self._task.settings)

    def inputs(self, parameterNode):
        """The chosen nodes by role."""
        series = {}
        for role in ROLES:
            frames = self.selection(parameterNode, role).frames()
            if frames:
                series[role] = SeriesInput(frames)
        masks = {"brain_mask": parameterNode.brainMask} if parameterNode.brainMask else {}
        return TaskInputs(series=series, masks=masks, segmentation=parameterNode.segmentation)
