"""Slicer module: quantitative MRI of brain tumors. Fits relaxation maps and shows their distributions by region."""

import QMRIAnalysisLib  # noqa: F401  (first: it finds the shared packages in developer mode)

# isort: split

from typing import Union

import slicer
from slicer import (
    vtkMRMLLabelMapVolumeNode,
    vtkMRMLMarkupsFiducialNode,
    vtkMRMLScalarVolumeNode,
    vtkMRMLSegmentationNode,
)
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from gliomamri.tasks import find_task
from gliomamri_slicer.header_memory import forgetHeaders
from gliomamri_slicer.job_bridge import JobBridge
from gliomamri_slicer.parameter_packs import makeImagesPack, makeParameterPack
from gliomamri_widgets.job_controls import shareBridge
from gliomamri_widgets.module_panel import ModulePanel
from QMRIAnalysisLib.Adoption import adopt
from QMRIAnalysisLib.DistributionSection import DistributionSection
from QMRIAnalysisLib.FittedMaps import markFitted
from QMRIAnalysisLib.InputChoices import IMAGE_ROLES, InputChoices
from QMRIAnalysisLib.InputsSection import InputsSection
from QMRIAnalysisLib.OutputsSection import OutputsSection
from QMRIAnalysisLib.OwnPointsSection import OwnPointsSection
from QMRIAnalysisLib.PanelSettings import AcquisitionSettings, SyntheticSettings
from QMRIAnalysisLib.PointsSection import PointsSection
from QMRIAnalysisLib.PrepareAdapter import PrepareAdapter
from QMRIAnalysisLib.QuantitativeAdapter import QuantitativeAdapter
from QMRIAnalysisLib.RelaxometryAdapter import RelaxometryAdapter
from QMRIAnalysisLib.ResultViews import ResultViews
from QMRIAnalysisLib.SyntheticSection import SyntheticSection
from QMRIAnalysisLib.TaskSection import TaskSection

ImagesPack = makeImagesPack(IMAGE_ROLES, "ImagesPack")
AcquisitionPack = makeParameterPack(AcquisitionSettings, "AcquisitionPack")
SyntheticPack = makeParameterPack(SyntheticSettings, "SyntheticPack")
SettingsPack = makeParameterPack(find_task("quantitative").settings, "SettingsPack")
# Slicer's parameter node stores typing.Union, not the | of types, and wants None in it.
BrainMaskNode = Union[vtkMRMLSegmentationNode, vtkMRMLLabelMapVolumeNode, vtkMRMLScalarVolumeNode, None]  # noqa: UP007


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
    """The module's choices, saved with the scene; the images of raw series are kept by SeriesSelection.

    images - volumes by role.
    acquisition - which kind of raw acquisition is shown.
    brainMask - where to compute; none finds brain or head.
    segmentation - the annotation.
    settings - of the whole analysis, those of its steps included.
    synthetic - kind of synthetic image and whose maps; syntheticImage - its volume, which keeps the times.
    regions - segments found by the last analysis.
    points - candidate points of the last analysis.
    resultMap - the map shown and drawn.
    ownPoints - points of the user that are measured in the maps of its run.
    """

    images: ImagesPack
    acquisition: AcquisitionPack
    brainMask: BrainMaskNode
    segmentation: vtkMRMLSegmentationNode
    settings: SettingsPack
    synthetic: SyntheticPack
    syntheticImage: vtkMRMLScalarVolumeNode
    regions: vtkMRMLSegmentationNode
    points: vtkMRMLMarkupsFiducialNode
    resultMap: vtkMRMLScalarVolumeNode
    ownPoints: vtkMRMLMarkupsFiducialNode


class QMRIAnalysisWidget(ModulePanel):
    """The panel: wires sections to the logic."""

    def makeLogic(self):
        """Give the module's logic."""
        return QMRIAnalysisLogic()

    def buildPanel(self):
        """Make the panel's sections."""
        ui, logic = self.ui, self.logic
        views = self.views = ResultViews()
        self.inputs = InputsSection(ui, logic.assignByName, logic.adapters["quantitative"].superseded)
        self.tasks = {
            "prepare": TaskSection(
                logic.adapters["prepare"],
                logic.bridge,
                (ui.prepareSettings, ui.prepareButton, ui.prepareProgressBar, ui.prepareStatusLabel),
                self.onPrepared,
            ),
            "relaxometry": TaskSection(
                logic.adapters["relaxometry"],
                logic.bridge,
                (ui.relaxometrySettings, ui.fitButton, ui.relaxometryProgressBar, ui.relaxometryStatusLabel),
                self.onFitted,
            ),
            "quantitative": TaskSection(
                logic.adapters["quantitative"],
                logic.bridge,
                (
                    ui.quantitativeSettings,
                    ui.analyzeButton,
                    ui.quantitativeProgressBar,
                    ui.quantitativeStatusLabel,
                ),
                self.onAnalyzed,
            ),
        }
        shareBridge(*(section.jobControls for section in self.tasks.values()))
        self.synthetic = SyntheticSection(ui, views)
        self.distribution = DistributionSection(ui, views, self.tasks["quantitative"].jobControls.say)
        self.points = PointsSection(ui)
        self.outputs = OutputsSection(ui, views)
        self.ownPoints = OwnPointsSection(ui)
        self.sections = (
            self.inputs,
            *self.tasks.values(),
            self.synthetic,
            self.distribution,
            self.points,
            self.outputs,
            self.ownPoints,
        )
        self.addObserver(slicer.mrmlScene, slicer.vtkMRMLScene.NodeRemovedEvent, self.onNodeRemoved)

    def onNodeRemoved(self, caller, event):
        """Take notice of maps that have gone; a scene that is closed or loaded tells its end."""
        if not caller.IsBatchProcessing():
            self.update()

    def bindings(self):
        """Widgets made by the sections, each by its parameter."""
        sections = (self.inputs, *self.tasks.values(), self.distribution)
        return {name: widget for section in sections for name, widget in section.bindings().items()}

    def closePanel(self):
        """Stop what runs, and leave no view under our hand."""
        self.views.restore()
        for section in self.tasks.values():
            section.jobControls.close()

    def onParameterNode(self, parameterNode):
        """Hand another parameter node, or None, to the sections."""
        forgetHeaders()
        for section in self.sections:
            section.setParameterNode(parameterNode)

    def update(self, caller=None, event=None):
        """Show the parameter node."""
        for section in self.sections:
            section.update()

    def onSceneStartClose(self, caller, event):
        """Give the views back before their volumes go."""
        self.views.restore()
        self.synthetic.forget()
        super().onSceneStartClose(caller, event)

    def onPrepared(self, imported):
        """Go on with the prepared images."""
        adopt(InputChoices(self.logic.getParameterNode()), imported)
        self.inputs.openFilled()

    def onFitted(self, imported):
        """Go on with the fitted maps and show the first."""
        markFitted(self.logic.adapters["relaxometry"].recipes, imported)
        adopt(InputChoices(self.logic.getParameterNode()), imported)
        self.inputs.openFilled()
        self.showResult(imported)

    def onAnalyzed(self, imported):
        """Show what was found, and keep its regions and points for the panel."""
        parameterNode = self.logic.getParameterNode()
        parameterNode.regions = imported.nodes.get("lesion_regions")
        parameterNode.points = next(iter(imported.points), None)
        self.showResult(imported)

    def showResult(self, imported):
        """Show chart, map and numbers of a new result, unless the user is in another module."""
        if self._parameterNode is None:
            return
        self.ui.distributionGroupBox.collapsed = False
        self.ui.outputsCollapsibleButton.collapsed = False
        self.outputs.show(imported)
        self.distribution.summarize()


class QMRIAnalysisLogic(ScriptedLoadableModuleLogic):
    """What the panel does, usable from a script without it."""

    def __init__(self, bridge=None):
        ScriptedLoadableModuleLogic.__init__(self)
        self.bridge = bridge or JobBridge()
        adapters = (PrepareAdapter(), RelaxometryAdapter(), QuantitativeAdapter())
        self.adapters = {adapter.name: adapter for adapter in adapters}

    def getParameterNode(self):
        """The module's parameter node, wrapped."""
        return QMRIAnalysisParameterNode(super().getParameterNode())

    def assignByName(self, parameterNode, scene):
        """Choose inputs by header and name; give the roles that were found."""
        forgetHeaders()
        return InputChoices(parameterNode).assignByName(scene)

    def start(self, task, parameterNode):
        """Start ``prepare``, ``relaxometry`` or ``quantitative`` with the chosen inputs; then poll ``bridge``.

        :raises UserError: with the sentence to show, if inputs or settings cannot be used
        """
        self.adapters[task].start(self.bridge, parameterNode)


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
