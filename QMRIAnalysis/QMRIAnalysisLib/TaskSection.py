"""What the panel's sections Prepare, Maps and Regions share: settings of a task and the button that runs it."""

from slicer.i18n import tr as _

from gliomamri_widgets.job_controls import JobControls
from gliomamri_widgets.settings_form import SettingsForm


class TaskSection:
    """The form of a task's settings, and its button with progress and status line."""

    def __init__(self, adapter, bridge, widgets, onSuccess):
        """
        :param adapter: :class:`QMRIAnalysisLib.TaskAdapter.TaskAdapter` of the task
        :param bridge: :class:`gliomamri_slicer.job_bridge.JobBridge` of the module
        :param widgets: QWidget with a layout for the form; button; progress bar; status label
        :param onSuccess: called with the :class:`gliomamri_slicer.results.ImportedResult`
        """
        self._adapter, self._bridge = adapter, bridge
        self._parameterNode = None
        settings, *jobWidgets = widgets
        self.jobControls = JobControls(*jobWidgets, bridge, self._start, onSuccess)
        self.form = SettingsForm(
            settings, adapter.task.settings, "settings", self.jobControls.say, adapter.notAsked()
        )

    def bindings(self):
        """Widget of each parameter."""
        return self.form.bindings()

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode
        self.form.setParameterNode(parameterNode)

    def update(self):
        """Show what the parameter node holds; the button's tool tip and the status line say what is missing."""
        self.form.update()
        if self._parameterNode:
            self.jobControls.setReadiness(self._adapter.missing(self._parameterNode))
        else:
            self.jobControls.setReadiness(_("No scene is open."), isTold=False)

    def _start(self):
        self._adapter.start(self._bridge, self._parameterNode)
