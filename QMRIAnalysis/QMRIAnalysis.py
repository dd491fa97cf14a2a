"""Slicer module: quantitative MRI of brain tumors. Fits relaxation maps and shows their distributions by region."""

import QMRIAnalysisLib  # noqa: F401  (first: it finds the shared packages in developer mode)

# isort: split

import slicer
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from gliomamri.tasks import find_task
from gliomamri_slicer.job_bridge import JobBridge
from gliomamri_slicer.parameter_packs import makeParameterPack
from gliomamri_widgets.job_controls import JobControls
from gliomamri_widgets.module_panel import ModulePanel
from gliomamri_widgets.series_table import SeriesTable
from QMRIAnalysisLib.RelaxometryAdapter import RelaxometryAdapter
from QMRIAnalysisLib.ResultsSection import ResultsSection

RelaxometryPack = makeParameterPack(find_task("relaxometry").settings, "RelaxometryPack")


class QMRIAnalysis(ScriptedLoadableModule):
    """The module as Slicer lists it."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("QMRI Analysis")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Neuroimaging")]
        parent.dependencies = ["GliomaMRISetup"]
        parent.contributors = ["GliomaMRI contributors"]
        parent.helpText = _(
            "Fits T1 and T2 from raw images, with errors, and shows relaxation rates by region."
            ' See the <a href="https://github.com/GliomaMRI/SlicerGliomaMRI/blob/main/Docs/QMRIAnalysis.md">'
            "tutorial</a>."
        )
        parent.acknowledgementText = _("For research, not for diagnosis. Apache License 2.0.")


@parameterNodeWrapper
class QMRIAnalysisParameterNode:
    """The module's choices, saved with the scene; the images of the series are kept by SeriesSelection.

    brainMask - where to fit; none finds the head.
    segmentation - regions whose distributions are wanted.
    relaxometry - settings of the fit.
    resultMap - the map shown and drawn.
    """

    brainMask: vtkMRMLSegmentationNode
    segmentation: vtkMRMLSegmentationNode
    relaxometry: RelaxometryPack
    resultMap: vtkMRMLScalarVolumeNode


class QMRIAnalysisWidget(ModulePanel):
    """The panel: wires sections to the logic."""

    def makeLogic(self):
        """Give the module's logic."""
        return QMRIAnalysisLogic()

    def buildPanel(self):
        """Make the panel's sections."""
        self.jobControls = JobControls(
            self.ui.applyButton,
            self.ui.progressBar,
            self.ui.statusLabel,
            self.logic.bridge,
            start=lambda: self.logic.startRelaxometry(self._parameterNode),
            onSuccess=self.onResult,
        )
        say = self.jobControls.say
        self.seriesTables = {
            role: SeriesTable(selector, table, role, say)
            for role, selector, table in (
                ("IRT1", self.ui.inversionRecoverySelector, self.ui.inversionRecoveryTable),
                ("MESE", self.ui.spinEchoSelector, self.ui.spinEchoTable),
            )
        }
        self.results = ResultsSection(self.ui, say)
        self.ui.assignByNameButton.connect("clicked(bool)", self.onAssignByName)

    def closePanel(self):
        """Stop what runs."""
        self.jobControls.close()

    def onParameterNode(self, parameterNode):
        """Hand another parameter node, or None, to the sections."""
        self.logic.relaxometry.refresh()
        for role, table in self.seriesTables.items():
            table.setSelection(
                self.logic.relaxometry.selection(parameterNode, role) if parameterNode else None
            )
        self.results.setParameterNode(parameterNode)

    def update(self, caller=None, event=None):
        """Show the parameter node; Apply's tool tip and the status line say what is missing."""
        if not self._parameterNode:
            self.jobControls.setReadiness(_("No scene is open."), isTold=False)
            return
        for table in self.seriesTables.values():
            table.update()
        self.results.update()
        self.jobControls.setReadiness(self.logic.relaxometry.missing(self._parameterNode))

    def onAssignByName(self):
        """Choose the images of both series by header and name, and say how many were found."""
        found = self.logic.relaxometry.assignByName(self._parameterNode, slicer.mrmlScene)
        if any(found.values()):
            text = _("Found {ir} inversion-recovery and {se} spin-echo images.")
            self.jobControls.say(text.format(ir=found["IRT1"], se=found["MESE"]))
        else:
            self.jobControls.say(
                _(
                    "No volume says its inversion or echo time; check the images in the lists and type the times."
                )
            )

    def onResult(self, imported):
        """Show a new result, unless the user has left the module."""
        if self._parameterNode:
            self.results.show(imported)


class QMRIAnalysisLogic(ScriptedLoadableModuleLogic):
    """What the panel does, usable from a script without it."""

    def __init__(self, bridge=None):
        ScriptedLoadableModuleLogic.__init__(self)
        self.bridge = bridge or JobBridge()
        self.relaxometry = RelaxometryAdapter()

    def getParameterNode(self):
        """The module's parameter node, wrapped."""
        return QMRIAnalysisParameterNode(super().getParameterNode())

    def startRelaxometry(self, parameterNode):
        """Start fitting the chosen images in a child process; poll ``bridge`` for its progress and result.

        :raises UserError: with the sentence to show, if inputs or settings cannot be used
        """
        self.bridge.start(
            "relaxometry", self.relaxometry.inputs(parameterNode), self.relaxometry.settings(parameterNode)
        )


class QMRIAnalysisTest(ScriptedLoadableModuleTest):
    """Self-test: fits simulated slices in this Slicer, from volumes in the scene to maps in the scene."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def test_RelaxometryOfSimulatedSlices(self):
        """The maps of a simulated patient have the simulated values."""
        from QMRIAnalysisLib.SelfTest import fitSimulatedSlices

        self.delayDisplay("Fitting simulated slices")
        errors = fitSimulatedSlices(QMRIAnalysisLogic())
        self.assertLess(errors["T1"], 0.03)
        self.assertLess(errors["T2"], 0.05)
        self.delayDisplay("Test passed")
