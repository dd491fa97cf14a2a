"""Button, progress bar and status line of a task that runs as a job; several buttons may share one bridge."""

import logging

import qt
from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri.jobs import Outcome

_LOGGER = logging.getLogger(__name__)

_POLL_INTERVAL_MS = 100
_FULL = 1000


class JobControls:
    """Starts a job by a button, shows how far it is, and turns the button into Cancel while it runs.

    The only timer is here; the job itself runs in another process and the panel stays usable. Whatever goes wrong is
    told in the status line, the cause in its tool tip. A status line without words takes no room.
    """

    def __init__(self, button, progressBar, statusLabel, bridge, start, onSuccess):
        """
        :param button: QPushButton; its tool tip is shown while it can be pressed
        :param progressBar: QProgressBar, shown only while a job runs
        :param statusLabel: QLabel for sentences
        :param bridge: :class:`gliomamri_slicer.job_bridge.JobBridge`
        :param start: called without arguments when the button is pressed; starts the bridge or raises UserError
        :param onSuccess: called with the :class:`gliomamri_slicer.results.ImportedResult`
        """
        self._button, self._progressBar, self._statusLabel = button, progressBar, statusLabel
        self._bridge, self._start, self._onSuccess = bridge, start, onSuccess
        self._applyText, self._applyToolTip = button.text, button.toolTip
        self._reason = self._reasonShown = ""
        self._ready = self._started = False
        self._others = ()
        progressBar.setRange(0, _FULL)
        self._timer = qt.QTimer()
        self._timer.interval = _POLL_INTERVAL_MS
        self._timer.connect("timeout()", self.poll)
        button.connect("clicked(bool)", self._onClicked)
        self.say(statusLabel.text)
        self._show()

    @property
    def isRunning(self):
        """True until the end of a job of this button has been told."""
        return self._timer.active

    def setReadiness(self, reason, isTold=True):
        """
        Say what is missing before pressing makes sense; an empty reason enables the button.

        :param isTold: show the reason in the status line, too, when it is a new one and no job runs
        """
        self._ready, self._reason = not reason, reason
        if isTold and not self.isRunning and reason != self._reasonShown:
            if reason or self._statusLabel.text == self._reasonShown:
                self.say(reason)
            self._reasonShown = reason
        self._show()

    def say(self, sentence, details=""):
        """Show a sentence; the details are its tool tip."""
        self._statusLabel.setText(sentence)
        self._statusLabel.setToolTip(details)
        self._statusLabel.visible = bool(sentence)

    def poll(self):
        """Look at the job; called by the timer."""
        try:
            state = self._bridge.poll()
        except Exception as error:
            _LOGGER.exception("The job could not be followed")
            self._timer.stop()
            self._abandon()
            self._tell(
                _("The computation could not be followed and was stopped; nothing was changed."), error
            )
            return
        if state.outcome is None and self._bridge.isRunning:
            self._progressBar.value = int(_FULL * state.fraction)
            self.say(state.message)
            return
        self._timer.stop()
        self._showAll()
        if state.outcome is Outcome.SUCCEEDED and state.imported is not None:
            self.say("\n".join([_("Done."), *state.imported.warnings]))
            self._showResult(state.imported)
        else:
            self.say(state.message, state.details)

    def close(self):
        """Stop the timer and the job; called when the panel goes away."""
        self._timer.stop()
        if self._started:
            self._bridge.close()

    def _onClicked(self):
        if self._runsHere():
            self._abandon()
            self.poll()
            return
        try:
            self._start()
        except UserError as error:
            self.say(error.sentence, error.details)
            return
        except Exception as error:
            _LOGGER.exception("The job could not be started")
            self._tell(_("The computation could not be started; nothing was changed."), error)
            return
        self._started = True
        self._progressBar.value = 0
        self.say(_("Starting"))
        self._showAll()
        self._timer.start()

    def _abandon(self):
        """Cancel the job; that this fails too must not keep the user from reading why."""
        try:
            self._bridge.cancel()
        except Exception:
            _LOGGER.exception("The job could not be cancelled")

    def _showResult(self, imported):
        try:
            self._onSuccess(imported)
        except Exception as error:
            _LOGGER.exception("The result could not be shown")
            self._tell(_("The result is in the scene but could not be shown; see the Data module."), error)

    def _tell(self, sentence, error):
        self.say(sentence, f"{type(error).__name__}: {error}")
        self._showAll()

    def _runsHere(self):
        """Whether the job that the bridge runs is this button's."""
        self._started = self._started and self._bridge.isRunning
        return self._started

    def _showAll(self):
        for controls in (self, *self._others):
            controls._show()

    def _show(self):
        running = self._runsHere()
        blocking = next((other for other in self._others if other._runsHere()), None)
        self._progressBar.visible = running
        self._button.text = _("Cancel") if running else self._applyText
        self._button.enabled = running or (self._ready and blocking is None)
        self._button.toolTip = self._toolTip(running, blocking)

    def _toolTip(self, running, blocking):
        if running:
            return _("Stop; nothing is changed.")
        if blocking is not None:
            return _('Wait until "{task}" has ended, or cancel it.').format(task=blocking._applyText)
        return self._reason or self._applyToolTip


def shareBridge(*controls):
    """Let several buttons of one bridge know each other: while the job of one runs, the others are disabled."""
    for each in controls:
        each._others = tuple(other for other in controls if other is not each)
