"""The task ``relaxometry`` as the panel starts it: maps from raw images."""

from slicer.i18n import tr as _

from gliomamri.relaxometry.protocol import fewest_times
from QMRIAnalysisLib.FittedMaps import recipesOf
from QMRIAnalysisLib.InputChoices import InputChoices
from QMRIAnalysisLib.TaskAdapter import TaskAdapter

_IN_TABLE = ("inversion_times", "echo_times", "repetition_time", "flip_angles")
"""How settings are called that only stand in for missing headers."""


class RelaxometryAdapter(TaskAdapter):
    """Maps from raw images; how many times a fit needs depends on its settings."""

    name = "relaxometry"

    def __init__(self):
        super().__init__()
        self.recipes = {}

    def start(self, bridge, parameterNode):
        """Start the fit, and remember what it was started with: the user may change it meanwhile."""
        self.recipes = recipesOf(InputChoices(parameterNode), self.settings(parameterNode))
        super().start(bridge, parameterNode)

    def missingInput(self, choices, settings):
        """Say what must be chosen first, in fewer words than a list of all acquisitions."""
        if self.task.missing(choices.roles()):
            return _(
                "Choose the raw images of an acquisition under Inputs: inversion recovery, spin echoes, MAGIC ..."
            )
        return ""

    def notAsked(self):
        """Leave out the times of the images: they stand in the table of the section Inputs."""
        return {info.name for info in self.task.settings.describe() if info.name.endswith(_IN_TABLE)}

    def fewestTimes(self, role, settings):
        """Number of different times that the fit of a series needs."""
        return fewest_times(role, settings)
