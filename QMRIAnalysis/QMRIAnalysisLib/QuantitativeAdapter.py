"""The task ``quantitative`` as the panel starts it: everything from the chosen images to statistics and points."""

from gliomamri.relaxometry.protocol import fewest_times
from gliomamri.tasks import find_task
from gliomamri_slicer.parameter_packs import settingsFromPack
from QMRIAnalysisLib.FittedMaps import superseded
from QMRIAnalysisLib.InputChoices import ERRORS, InputChoices
from QMRIAnalysisLib.TaskAdapter import TaskAdapter


class QuantitativeAdapter(TaskAdapter):
    """The whole analysis; its settings hold those of registration and fit, which have forms of their own."""

    name = "quantitative"

    def inputs(self, parameterNode):
        """The chosen nodes without those that others make needless: raw images of chosen maps, or outdated maps."""
        choices = InputChoices(parameterNode)
        left = self.superseded(parameterNode)
        errors = {ERRORS[role] for role in left if role in ERRORS}
        return choices.inputs(set(self.task.roles) - left - errors)

    def superseded(self, parameterNode):
        """Roles that are chosen and not used."""
        fit = settingsFromPack(parameterNode.settings, find_task("relaxometry").settings)
        return superseded(InputChoices(parameterNode), fit)

    def notAsked(self):
        """Leave out what the sections Prepare and Maps ask for."""
        steps = (find_task(name).settings for name in ("prepare", "relaxometry"))
        return {info.name for step in steps for info in step.describe()}

    def fewestTimes(self, role, settings):
        """Number of different times that the fit of a series needs."""
        return fewest_times(role, settings)
