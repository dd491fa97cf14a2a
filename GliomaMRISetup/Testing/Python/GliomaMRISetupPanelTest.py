"""Self-test of the GliomaMRISetup panel, run by ctest inside desktop Slicer."""

import unittest

import slicer


class GliomaMRISetupPanelTest(unittest.TestCase):
    """Opens the real panel; installs nothing."""

    def setUp(self):
        slicer.mrmlScene.Clear()
        self.widget = slicer.modules.gliomamrisetup.createNewWidgetRepresentation().self()

    def tearDown(self):
        self.widget.cleanup()

    def test_tableNamesPythonFirst(self):
        self.assertEqual(self.widget.ui.environmentTable.item(0, 0).text(), "Python")

    def test_checkTellsAboutTheGpu(self):
        self.widget.ui.checkButton.click()
        self.assertIn("GPU", self.widget.ui.gpuLabel.text)
        self.assertNotIn("press", self.widget.ui.gpuLabel.text)

    def test_checkBoxIsBoundToTheScene(self):
        self.widget.ui.includeNetworksCheckBox.checked = True
        self.assertTrue(self.widget.logic.getParameterNode().includeNetworks)

    def test_anotherSeedIsBoundToTheScene(self):
        self.widget.ui.nextSeedButton.click()
        self.assertEqual(self.widget.logic.getParameterNode().samplePatient.seed, 2)

    def test_sampleDataListsThePatients(self):
        import SampleData

        sources = SampleData.SampleDataLogic.sampleDataSourcesByCategory("GliomaMRI")
        self.assertEqual(len(sources), 5)
