"""A small window that makes one sample patient: progress, Cancel, and the sentence where something goes wrong."""

from __future__ import annotations

import qt
import slicer
from slicer.i18n import tr as _

from gliomamri_widgets.job_controls import JobControls
from GliomaMRISetupLib.SamplePatient import SamplePatient, patientTitle
from GliomaMRISetupLib.SliceViews import fitToPatient

_WIDTH = 380


class SamplePatientWindow:
    """Shows how far a patient is, for callers that have no panel of ours: the Sample Data module.

    The window is not modal and its timer only looks at the job, so that nothing of Slicer waits. It closes by itself
    when the patient is in the scene, and stays with a sentence and "Try again" when it is not. Closing it cancels.

    Parameters
    ----------
    samplePatient : SamplePatient
        Makes the patient.
    """

    def __init__(self, samplePatient: SamplePatient) -> None:
        self._samplePatient = samplePatient
        self._wanted = ("", 0)
        self.dialog = qt.QDialog(slicer.util.mainWindow())
        self.dialog.setMinimumWidth(_WIDTH)
        self.statusLabel = qt.QLabel()
        self.statusLabel.setWordWrap(True)
        self.progressBar = qt.QProgressBar()
        self.button = qt.QPushButton(_("Try again"))
        layout = qt.QVBoxLayout(self.dialog)
        for widget in (self.statusLabel, self.progressBar, self.button):
            layout.addWidget(widget)
        self.jobControls = JobControls(
            self.button,
            self.progressBar,
            self.statusLabel,
            samplePatient.bridge,
            start=lambda: self._samplePatient.start(*self._wanted),
            onSuccess=self._onSuccess,
        )
        self.jobControls.setReadiness("")
        self.dialog.connect("finished(int)", self._onFinished)

    def make(self, kind: str, seed: int) -> None:
        """Start making a patient; while one is being made, only bring the window to the front."""
        if not self._samplePatient.bridge.isRunning:
            self._wanted = (kind, seed)
            self.dialog.setWindowTitle(patientTitle(kind, seed))
        self.dialog.show()
        self.dialog.activateWindow()
        if not self._samplePatient.bridge.isRunning:
            self.button.click()

    def _onSuccess(self, imported) -> None:
        patient = self._samplePatient.arrange(imported)
        fitToPatient(patient)
        sentences = [_("{title} is loaded.").format(title=patient.title), *imported.warnings]
        slicer.util.showStatusMessage(" ".join(sentences), 10000)
        self.dialog.accept()

    def _onFinished(self, _result: int = 0) -> None:
        self.jobControls.close()
