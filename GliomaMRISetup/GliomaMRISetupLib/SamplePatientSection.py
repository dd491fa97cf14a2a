"""The panel's section "Sample patient": choose, load, cancel."""

from __future__ import annotations

from slicer.i18n import tr as _

from gliomamri_widgets.job_controls import JobControls
from GliomaMRISetupLib.SamplePatient import LARGEST_SEED, SamplePatient
from GliomaMRISetupLib.SliceViews import fitToPatient


class SamplePatientSection:
    """Wires the widgets of the section to a :class:`SamplePatient`.

    Parameters
    ----------
    ui : object
        The panel's widgets.
    samplePatient : SamplePatient
        Makes the patient.
    onInstalled : callable
        Called when packages may have been installed.
    """

    def __init__(self, ui, samplePatient: SamplePatient, onInstalled) -> None:
        self._ui, self._samplePatient, self._onInstalled = ui, samplePatient, onInstalled
        self._parameterNode = None
        self._needShown = ""
        self.jobControls = JobControls(
            ui.loadPatientButton,
            ui.patientProgressBar,
            ui.patientStatusLabel,
            samplePatient.bridge,
            start=self._start,
            onSuccess=self._onSuccess,
        )
        ui.nextSeedButton.connect("clicked(bool)", self._onNextSeed)

    def setParameterNode(self, parameterNode) -> None:
        """Take another parameter node, or None while no scene is open."""
        self._parameterNode = parameterNode
        self.jobControls.setReadiness("" if parameterNode else _("No scene is open."), isTold=False)
        self.update()

    def update(self) -> None:
        """Say beforehand what will have to be installed; the sentence goes when it has been."""
        need = self._samplePatient.need()
        if not self.jobControls.isRunning and self._ui.patientStatusLabel.text in ("", self._needShown):
            self.jobControls.say(need)
            self._needShown = need

    def close(self) -> None:
        """Stop what runs; called when the panel goes away."""
        self.jobControls.close()

    def _start(self) -> None:
        choice = self._parameterNode.samplePatient
        needed = self._samplePatient.missing()
        try:
            self._samplePatient.start(choice.kind.name, choice.seed, choice.quantitative)
        finally:
            if needed:
                self._onInstalled()

    def _onNextSeed(self, _checked: bool = False) -> None:
        choice = self._parameterNode.samplePatient
        choice.seed = 0 if choice.seed >= LARGEST_SEED else choice.seed + 1

    def _onSuccess(self, imported) -> None:
        patient = self._samplePatient.arrange(imported)
        fitToPatient(patient)
        sentences = [_("{title} is loaded.").format(title=patient.title), *imported.warnings]
        if "MAGIC" in patient.images:
            sentences.append(_('Go on in QMRI Analysis: press "Assign by header and name".'))
        self.jobControls.say("\n".join(sentences))
