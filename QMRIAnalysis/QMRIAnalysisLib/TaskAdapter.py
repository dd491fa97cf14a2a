"""From the choices of the panel to a task and back; what all tasks of this module share. No widget in here."""

from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri.tasks import find_task
from gliomamri_slicer.parameter_packs import settingsFromPack
from QMRIAnalysisLib.InputChoices import InputChoices

_LONGEST_SENTENCE = 120
"""Letters; a task that takes nearly everything would name a dozen roles."""


class TaskAdapter:
    """Reads a parameter node and gives what a job of one task needs.

    The parameter node is the wrapper of the module. Its pack ``settings`` holds those of all tasks, each once: what is
    set for the fit holds as well when the whole analysis fits.
    """

    name = ""

    def __init__(self):
        self.task = find_task(self.name)

    def notAsked(self):
        """Names of settings that the task's form leaves out, because the user gives them elsewhere."""
        return set()

    def settings(self, parameterNode):
        """The task's settings as chosen."""
        return settingsFromPack(parameterNode.settings, self.task.settings)

    def inputs(self, parameterNode):
        """The chosen nodes that the task can use."""
        return InputChoices(parameterNode).inputs(self.task.roles)

    def start(self, bridge, parameterNode):
        """Start the task with the chosen inputs in a child process.

        :param bridge: :class:`gliomamri_slicer.job_bridge.JobBridge`; poll it for progress and result
        :raises UserError: with the sentence to show, if inputs or settings cannot be used
        """
        bridge.start(self.name, self.inputs(parameterNode), self.settings(parameterNode))

    def missing(self, parameterNode):
        """Say in a sentence what is missing before the task can start; empty when nothing is."""
        try:
            settings = self.settings(parameterNode)
        except UserError as error:
            return error.sentence
        choices = InputChoices(parameterNode)
        sentences = (
            self.missingInput(choices, settings),
            *settings.problems(),
            *self._missingTimes(choices, settings),
            choices.maskProblem(),
        )
        return next((sentence for sentence in sentences if sentence), "")

    def missingInput(self, choices, settings):
        """Say what must be chosen first; tasks that need more than one image extend this."""
        sentence = self.task.missing(choices.roles())
        return (
            sentence
            if len(sentence) <= _LONGEST_SENTENCE
            else _("Choose images, maps or raw acquisitions under Inputs.")
        )

    def fewestTimes(self, role, settings):
        """Number of different times that the task needs of a series."""
        return 1

    def _missingTimes(self, choices, settings):
        for role, selection in choices.chosenSeries().items():
            if role in self.task.roles:
                yield selection.missing(self.fewestTimes(role, settings))
