"""A small scripted module on which the bench tests itself: a threshold, computed in a thread, into a segmentation."""

from __future__ import annotations

import enum
import pathlib
import threading
from typing import Annotated, Any

import qt
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import Default, WithinRange, parameterNodeWrapper, parameterPack
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

POLL_INTERVAL = 10  # ms


class BenchDemo(ScriptedLoadableModule):
    """What the module says of itself."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Bench demo")
        parent.categories = ["Examples"]


class Side(enum.Enum):
    """Which side of the threshold is wanted."""

    Above = "above"
    Below = "below"


@parameterPack
class ThresholdPack:
    """How the mask is found."""

    threshold: Annotated[float, WithinRange(0, 1000), Default(100.0)]
    side: Side


@parameterNodeWrapper
class BenchDemoParameterNode:
    """What the scene keeps of the panel."""

    inputVolume: vtkMRMLScalarVolumeNode
    extraVolumes: list[vtkMRMLScalarVolumeNode]
    mask: ThresholdPack
    smooth: bool = False
    reportPath: pathlib.Path


class BenchDemoWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self._parameterNode = None
        self._guiTag = None

    def setup(self) -> None:
        """Build the panel from its .ui."""
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/BenchDemo.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = BenchDemoLogic()
        self.timer = qt.QTimer()
        self.timer.interval = POLL_INTERVAL
        self.timer.connect("timeout()", self.poll)
        self.ui.applyButton.connect("clicked(bool)", self.onApply)
        self.ui.extraSelector.connect("checkedNodesChanged()", self.onExtraVolumes)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.initializeParameterNode()

    def cleanup(self) -> None:
        """Let go of scene and timer."""
        self.timer.stop()
        self.setParameterNode(None)
        self.removeObservers()

    def onSceneStartClose(self, _caller: Any, _event: Any) -> None:
        """The parameter node is about to go."""
        self.setParameterNode(None)

    def onSceneEndClose(self, _caller: Any, _event: Any) -> None:
        """Start anew."""
        self.initializeParameterNode()

    def initializeParameterNode(self) -> None:
        """Bind the panel to the scene's parameter node."""
        self.setParameterNode(self.logic.getParameterNode())

    def setParameterNode(self, node: BenchDemoParameterNode | None) -> None:
        """Bind the panel to a parameter node, or to none."""
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._guiTag)
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.updatePanel)
        self._parameterNode = node
        if node is not None:
            self._guiTag = node.connectGui(self.ui)
            self.addObserver(node, vtk.vtkCommand.ModifiedEvent, self.updatePanel)
            self.updatePanel()

    def updatePanel(self, *_event: Any) -> None:
        """Say whether the work can start, and what is missing."""
        ready = self._parameterNode.inputVolume is not None and not self.timer.active
        self.ui.applyButton.enabled = ready
        self.ui.applyButton.toolTip = _("Compute the mask") if ready else _("Select an input volume")

    def onExtraVolumes(self) -> None:
        """Keep the checked volumes in the scene: a parameter node cannot bind this widget."""
        self._parameterNode.extraVolumes = list(self.ui.extraSelector.checkedNodes())

    def onApply(self, _checked: bool) -> None:
        """Start the work."""
        with slicer.util.tryWithErrorDisplay(_("Failed to start."), waitCursor=True):
            pack = self._parameterNode.mask
            self.logic.start(self._parameterNode.inputVolume, pack.threshold, pack.side)
        self.timer.start()
        self.updatePanel()

    def poll(self) -> None:
        """Show progress; take the result when it is there."""
        self.ui.progressBar.value = int(100 * self.logic.progress)
        if self.logic.running:
            return
        self.timer.stop()
        self.updatePanel()
        if self.logic.error is not None:
            slicer.util.errorDisplay(str(self.logic.error))
            return
        segmentation = self.logic.finish(self._parameterNode.inputVolume)
        self.ui.segmentsTable.setSegmentationNode(segmentation)
        self.ui.log.appendPlainText(_("{count} voxels").format(count=int(self.logic.mask.sum())))


class BenchDemoLogic(ScriptedLoadableModuleLogic):
    """The work."""

    def __init__(self) -> None:
        ScriptedLoadableModuleLogic.__init__(self)
        self.running = False
        self.progress = 0.0
        self.error: Exception | None = None
        self.mask: Any = None

    def getParameterNode(self) -> BenchDemoParameterNode:
        """Return the wrapped parameter node."""
        return BenchDemoParameterNode(super().getParameterNode())

    def start(self, volume: Any, threshold: float, side: Side) -> None:
        """Find the mask in a thread, which gets a copy of the array and nothing of the scene."""
        array = slicer.util.arrayFromVolume(volume).copy()
        self.running, self.progress, self.error = True, 0.0, None

        def work() -> None:
            try:
                mask = array > threshold if side is Side.Above else array < threshold
                self.progress = 1.0
                if not mask.any():
                    self.error = ValueError("No voxel is on that side of the threshold.")
                self.mask = mask
            finally:
                self.running = False

        threading.Thread(target=work, daemon=True).start()

    def finish(self, volume: Any) -> Any:
        """Put the mask into the scene."""
        segmentation = slicer.mrmlScene.AddNewNodeByClass(
            "vtkMRMLSegmentationNode", f"{volume.GetName()} mask"
        )
        segmentation.CreateDefaultDisplayNodes()
        segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
        identifier = segmentation.GetSegmentation().AddEmptySegment("mask", "Mask", [0.9, 0.2, 0.1])
        slicer.util.updateSegmentBinaryLabelmapFromArray(
            self.mask.astype("uint8"), segmentation, identifier, volume
        )
        return segmentation


class BenchDemoTest(ScriptedLoadableModuleTest):
    """Self-test, as Slicer's "Reload and Test" runs it."""

    def test_parameterNode(self) -> None:
        """The parameter node has its defaults."""
        slicer.mrmlScene.Clear(0)
        self.assertEqual(BenchDemoLogic().getParameterNode().mask.threshold, 100.0)
