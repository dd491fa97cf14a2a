"""Slicer module: quantitative MRI of brain tumors. Fits relaxation maps and shows their distributions by region."""

import importlib
import sys

import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

from gliomamri.tasks import find_task
from gliomamri_slicer.job_bridge import JobBridge
from gliomamri_slicer.parameter_packs import makeParameterPack
from QMRIAnalysisLib.JobControls import JobControls
from QMRIAnalysisLib.RelaxometryAdapter import RelaxometryAdapter
from QMRIAnalysisLib.ResultsSection import ResultsSection
from QMRIAnalysisLib.SeriesTable import SeriesTable

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


class QMRIAnalysisWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: wires sections to the logic."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/QMRIAnalysis.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)

        self.logic = QMRIAnalysisLogic()
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
            "IRT1": SeriesTable(self.ui.inversionRecoverySelector, self.ui.inversionRecoveryTable, say),
            "MESE": SeriesTable(self.ui.spinEchoSelector, self.ui.spinEchoTable, say),
        }
        self.results = ResultsSection(self.ui, say)

        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.ui.assignByNameButton.connect("clicked(bool)", self.onAssignByName)
        self.initializeParameterNode()

    def cleanup(self):
        """Stop what runs and let go of the scene when the panel is destroyed."""
        self.jobControls.close()
        self.setParameterNode(None)
        self.removeObservers()

    def enter(self):
        """Bind the panel each time the user opens the module."""
        self.initializeParameterNode()

    def exit(self):
        """Stop listening to parameters while another module is open; a job goes on."""
        self.setParameterNode(None)

    def onSceneStartClose(self, caller, event):
        """Forget the parameter node before its scene goes."""
        self.setParameterNode(None)

    def onSceneEndClose(self, caller, event):
        """Start afresh where the panel is on screen."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def onReload(self):
        """Reload the parts before the module itself (developer mode)."""
        for name in sorted(name for name in sys.modules if name.startswith("QMRIAnalysisLib.")):
            importlib.reload(sys.modules[name])
        ScriptedLoadableModuleWidget.onReload(self)

    def initializeParameterNode(self):
        """Make sure that a parameter node exists and is bound to the panel."""
        self.setParameterNode(self.logic.getParameterNode())

    def setParameterNode(self, parameterNode):
        """Bind the panel to a parameter node, or to nothing."""
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.update)
        self._parameterNode = parameterNode
        if self._parameterNode:
            self._parameterNodeGuiTag = self._parameterNode.connectGui(self.ui)
            self.addObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.update)
        for role, table in self.seriesTables.items():
            table.setSelection(
                self.logic.relaxometry.selection(parameterNode, role) if parameterNode else None
            )
        self.results.setParameterNode(parameterNode)
        self.update()

    def update(self, caller=None, event=None):
        """Show the parameter node; Apply's tool tip says what is missing."""
        if not self._parameterNode:
            self.jobControls.setReadiness(_("No scene is open."))
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
