"""Slicer module: checks the environment of GliomaMRI, installs its optional packages, makes sample patients."""

import GliomaMRISetupLib  # noqa: F401  (first: it finds the shared packages in developer mode)

# isort: split

from pathlib import Path

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from gliomamri_slicer.parameter_packs import makeParameterPack
from gliomamri_widgets.module_panel import ModulePanel
from GliomaMRISetupLib.EnvironmentCheck import EnvironmentCheck
from GliomaMRISetupLib.EnvironmentTable import EnvironmentTable
from GliomaMRISetupLib.GpuProbe import GpuProbe
from GliomaMRISetupLib.PackageCatalog import FIGURES, NETWORKS, SIMULATION
from GliomaMRISetupLib.PackageInstaller import PackageInstaller
from GliomaMRISetupLib.SampleDataSources import SampleDataSources
from GliomaMRISetupLib.SamplePatient import SamplePatient, SampleSettings
from GliomaMRISetupLib.SamplePatientSection import SamplePatientSection
from GliomaMRISetupLib.SlicerPip import SlicerPip
from GliomaMRISetupLib.SlicerTorch import SlicerTorch

SamplePatientPack = makeParameterPack(SampleSettings, "SamplePatientPack")


class GliomaMRISetup(ScriptedLoadableModule):
    """The module as Slicer lists it."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("GliomaMRI Setup")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Neuroimaging")]
        parent.dependencies = []
        parent.contributors = ["GliomaMRI contributors"]
        parent.helpText = _(
            "Shows which Python packages and which GPU GliomaMRI finds;"
            " installs the optional packages on request; makes simulated sample patients."
            ' See the <a href="https://github.com/GliomaMRI/SlicerGliomaMRI#gliomamrisetup">documentation</a>.'
        )
        parent.acknowledgementText = _("For research, not for diagnosis. Apache License 2.0.")
        self._sampleData = SampleDataSources(
            lambda: GliomaMRISetupLogic().samplePatient, Path(__file__).parent / "Resources" / "Icons"
        )
        slicer.app.connect("startupCompleted()", self._sampleData.register)


@parameterNodeWrapper
class GliomaMRISetupParameterNode:
    """The module's choices, saved with the scene.

    includeNetworks - install PyTorch and the packages that stand on it, too.
    samplePatient - kind, seed and images of the next sample patient.
    """

    includeNetworks: bool = False
    samplePatient: SamplePatientPack


class GliomaMRISetupWidget(ModulePanel):
    """The panel: wires widgets to the logic and shows its sentences."""

    def makeLogic(self):
        """Give the module's logic."""
        return GliomaMRISetupLogic(requirementsFile=self.resourcePath("GliomaMRISetupRequirements.txt"))

    def buildPanel(self):
        """Make the panel. Nothing is installed, imported or downloaded here."""
        self._environmentTable = EnvironmentTable(self.ui.environmentTable)
        self.ui.checkButton.connect("clicked(bool)", self.onCheckButton)
        self.ui.installButton.connect("clicked(bool)", self.onInstallButton)
        self.ui.removeJobsButton.connect("clicked(bool)", self.onRemoveJobsButton)
        self.samplePatient = SamplePatientSection(self.ui, self.logic.samplePatient, self.showEnvironment)
        self.showEnvironment()

    def closePanel(self):
        """Stop what runs."""
        self.samplePatient.close()

    def onParameterNode(self, parameterNode):
        """Hand another parameter node, or None, to the section that has choices."""
        self.samplePatient.setParameterNode(parameterNode)

    def showEnvironment(self):
        """Fill the table and the verdict."""
        self._environmentTable.show(self.logic.environment.rows())
        self.ui.verdictLabel.text = self.logic.environment.verdict()
        self.samplePatient.update()

    def onCheckButton(self, checked=False):
        """Look again, this time asking PyTorch about the GPU too."""
        with slicer.util.tryWithErrorDisplay(_("The check failed."), waitCursor=True):
            self.showEnvironment()
            self.ui.gpuLabel.text = self.logic.gpu.describe()

    def onInstallButton(self, checked=False):
        """Install what the user asked for, then look again."""
        from gliomamri.errors import UserError

        with slicer.util.tryWithErrorDisplay(_("The installation failed.")):
            try:
                self.logic.install(self._parameterNode.includeNetworks)
            except UserError as error:
                self.showMessage(error.sentence, error.details)
            else:
                self.showMessage(_("Installed."))
        self.showEnvironment()

    def onRemoveJobsButton(self, checked=False):
        """Remove what ended jobs left behind, and say how much that was."""
        with slicer.util.tryWithErrorDisplay(_("The folders could not be removed."), waitCursor=True):
            count = self.logic.removeStaleJobs()
            self.showMessage(_("Leftover job folders removed: {count}.").format(count=count))

    def showMessage(self, sentence, details=""):
        """One sentence at the panel's foot, the cause behind it as its tooltip."""
        self.ui.messageLabel.text = sentence
        self.ui.messageLabel.toolTip = details


class GliomaMRISetupLogic(ScriptedLoadableModuleLogic):
    """Puts the parts together; usable from a script with no panel.

    Parameters
    ----------
    requirementsFile : str or Path, optional
        The extension's requirements file.

    Attributes
    ----------
    samplePatient : SamplePatient
        Makes simulated patients.
    """

    def __init__(self, requirementsFile=None):
        ScriptedLoadableModuleLogic.__init__(self)
        if requirementsFile is None:
            requirementsFile = Path(__file__).parent / "Resources" / "GliomaMRISetupRequirements.txt"
        torch = SlicerTorch()
        self.environment = EnvironmentCheck()
        self.gpu = GpuProbe(torch.importTorch)
        self._installer = PackageInstaller(SlicerPip(), torch, Path(requirementsFile))
        self.samplePatient = SamplePatient(install=lambda: self._installer.install((SIMULATION,)))

    def getParameterNode(self):
        """Typed view of the module's parameter node."""
        return GliomaMRISetupParameterNode(super().getParameterNode())

    def install(self, includeNetworks=False):
        """Ask, then install the optional packages; raises gliomamri.errors.UserError."""
        self._installer.install((FIGURES, SIMULATION, *([NETWORKS] if includeNetworks else [])))

    def removeStaleJobs(self):
        """Remove folders of jobs that no longer run; give their number."""
        from gliomamri.jobs.folder import remove_stale_jobs

        return remove_stale_jobs()


class GliomaMRISetupTest(ScriptedLoadableModuleTest):
    """Self-test inside Slicer; installs nothing."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def test_bundledPackagesAreFound(self):
        """What Slicer brings along must be there: relaxometry stands on it."""
        self.delayDisplay("Checking the packages that Slicer bundles")
        rows = GliomaMRISetupLogic().environment.rows()
        self.assertEqual([row.name for row in rows if row.required and not row.present], [])

    def test_choiceLivesInTheScene(self):
        """A second logic sees the choice, because the scene's parameter node keeps it."""
        logic = GliomaMRISetupLogic()
        logic.getParameterNode().includeNetworks = True
        self.assertTrue(GliomaMRISetupLogic().getParameterNode().includeNetworks)

    def test_samplePatientComesIntoTheScene(self):
        """A simulated glioma arrives with its images and its tumor; installs nothing, so packages may be missing."""
        from GliomaMRISetupLib.SelfTest import loadSamplePatient

        samplePatient = GliomaMRISetupLogic().samplePatient
        if missing := samplePatient.missing():
            self.delayDisplay(f"Not tested, because not installed: {', '.join(missing)}")
            return
        self.delayDisplay("Simulating a patient")
        patient = loadSamplePatient(samplePatient, "glioma", 7)
        self.assertEqual(set(patient.images), {"T1w", "ceT1w", "T2w", "FLAIR"})
        self.assertIsNotNone(patient.lesions)
        self.delayDisplay("Test passed")
