"""Apply button, progress bar and status line of a task that runs as a job."""

import qt
from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri.jobs import Outcome

_POLL_INTERVAL_MS = 100
_FULL = 1000


class JobControls:
    """Starts a job by the Apply button, shows how far it is, and turns Apply into Cancel while it runs.

    The only timer is here; the job itself runs in another process and the panel stays usable.
    """

    def __init__(self, button, progressBar, statusLabel, bridge, start, onSuccess):
        """
        :param button: QPushButton
        :param progressBar: QProgressBar, shown only while a job runs
        :param statusLabel: QLabel for sentences
        :param bridge: :class:`gliomamri_slicer.job_bridge.JobBridge`
        :param start: called without arguments when Apply is pressed; starts the bridge or raises UserError
        :param onSuccess: called with the :class:`gliomamri_slicer.results.ImportedResult`
        """
        self._button, self._progressBar, self._statusLabel = button, progressBar, statusLabel
        self._bridge, self._start, self._onSuccess = bridge, start, onSuccess
        self._applyText = button.text
        self._ready = False
        self._reason = ""
        progressBar.setRange(0, _FULL)
        self._timer = qt.QTimer()
        self._timer.interval = _POLL_INTERVAL_MS
        self._timer.connect("timeout()", self.poll)
        button.connect("clicked(bool)", self._onClicked)
        self._show()

    @property
    def isRunning(self):
        """True until the end of a job has been told."""
        return self._timer.active

    def setReadiness(self, reason):
        """Say what is missing before Apply makes sense; an empty reason enables the button."""
        self._ready, self._reason = not reason, reason
        self._show()

    def say(self, sentence, details=""):
        """Show a sentence; the details are its tool tip."""
        self._statusLabel.setText(sentence)
        self._statusLabel.setToolTip(details)

    def poll(self):
        """Look at the job; called by the timer."""
        state = self._bridge.poll()
        if state.outcome is None and self._bridge.isRunning:
            self._progressBar.value = int(_FULL * state.fraction)
            self.say(state.message)
            return
        self._timer.stop()
        self._show()
        if state.outcome is Outcome.SUCCEEDED and state.imported is not None:
            warnings = " ".join(state.imported.warnings)
            self.say(_("Done. {warnings}").format(warnings=warnings).strip())
            self._onSuccess(state.imported)
        else:
            self.say(state.message, state.details)

    def close(self):
        """Stop the timer and the job; called when the panel goes away."""
        self._timer.stop()
        self._bridge.close()

    def _onClicked(self):
        if self._bridge.isRunning:
            self._bridge.cancel()
            self.poll()
            return
        try:
            self._start()
        except UserError as error:
            self.say(error.sentence, error.details)
            return
        self._progressBar.value = 0
        self.say(_("Starting"))
        self._show()
        self._timer.start()

    def _show(self):
        running = self._bridge.isRunning
        self._progressBar.visible = running
        self._button.text = _("Cancel") if running else self._applyText
        self._button.enabled = running or self._ready
        self._button.toolTip = _("Stop; nothing is changed.") if running else self._reason
