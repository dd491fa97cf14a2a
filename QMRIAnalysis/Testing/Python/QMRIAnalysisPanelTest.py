"""Self-test of the QMRIAnalysis panel, run by ctest inside desktop Slicer."""

import unittest

import slicer


class QMRIAnalysisPanelTest(unittest.TestCase):
    """Opens the real panel."""

    def setUp(self):
        slicer.mrmlScene.Clear()
        self.widget = slicer.modules.qmrianalysis.createNewWidgetRepresentation().self()

    def tearDown(self):
        self.widget.cleanup()

    def test_applyIsDisabledAndSaysWhy(self):
        self.assertFalse(self.widget.ui.applyButton.enabled)
        self.assertNotEqual(self.widget.ui.applyButton.toolTip, "")

    def test_assignByNameFindsSimulatedSlicesAndEnablesApply(self):
        from QMRIAnalysisLib.SelfTest import addSimulatedSlices

        addSimulatedSlices()
        self.widget.ui.assignByNameButton.click()
        self.assertTrue(self.widget.ui.applyButton.enabled, self.widget.ui.applyButton.toolTip)

    def test_choicesLiveInTheScene(self):
        segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "regions")
        parameterNode = self.widget.logic.getParameterNode()
        parameterNode.segmentation = segmentation
        self.assertIs(self.widget.logic.getParameterNode().segmentation, segmentation)
