"""The bench opens a whole module: panel, parameter node, logic and scene work together."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
import slicer
import vtk

from bench import panel
from bench.slice_pictures import slice_picture

DEMO = pathlib.Path(__file__).parent / "demo_module" / "BenchDemo" / "BenchDemo.py"


def a_volume(name: str, bright: float = 500.0):
    """Asymmetric in every axis, anisotropic and oblique, so that a swapped axis shows."""
    array = np.zeros((7, 9, 11), np.float32)
    array[1:3, 2:6, 3:10] = bright
    turn = np.array(
        [[0.8, -0.6, 0.0, 5.0], [0.6, 0.8, 0.0, -3.0], [0.0, 0.0, 1.0, 9.0], [0.0, 0.0, 0.0, 1.0]]
    )
    matrix = slicer.util.vtkMatrixFromArray(turn @ np.diag([-0.9, 1.1, 4.0, 1.0]))
    return slicer.util.addVolumeFromArray(array, ijkToRAS=matrix, name=name)


@pytest.fixture()
def demo(open_module):
    return open_module(DEMO).widget


def test_apply_is_disabled_and_says_what_is_missing(demo):
    assert not demo.ui.applyButton.enabled
    assert demo.ui.applyButton.toolTip == "Select an input volume"


def test_run_makes_the_expected_segmentation(demo, wait_until):
    volume = a_volume("T1")
    demo.ui.inputSelector.setCurrentNode(volume)
    demo.ui.thresholdSlider.value = 300

    demo.ui.applyButton.click()
    assert not demo.ui.applyButton.enabled
    wait_until(lambda: "voxels" in demo.ui.log.plainText)

    segmentation = demo.ui.segmentsTable.segmentationNode()
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, "mask", volume)
    np.testing.assert_array_equal(mask > 0, slicer.util.arrayFromVolume(volume) > 300)
    assert demo.ui.log.plainText == f"{2 * 4 * 7} voxels"
    assert demo.ui.progressBar.value == 100
    assert demo.ui.applyButton.enabled


def test_panel_and_parameter_node_follow_each_other(demo):
    node = demo.logic.getParameterNode()

    demo.ui.thresholdSlider.value = 250
    demo.ui.smoothCheckBox.checked = True
    demo.ui.sideCombo.currentText = "Below"
    demo.ui.reportPath.currentPath = "folder/report.html"
    assert (node.mask.threshold, node.smooth, node.mask.side.name) == (250.0, True, "Below")
    assert node.reportPath == pathlib.Path("folder/report.html")

    node.mask.threshold = 640.0
    node.smooth = False
    assert demo.ui.thresholdSlider.value == 640.0
    assert not demo.ui.smoothCheckBox.checked


def test_failure_reaches_the_user(demo, wait_until, shown):
    demo.ui.inputSelector.setCurrentNode(a_volume("dark", bright=0.0))

    demo.ui.applyButton.click()
    wait_until(lambda: shown.shown)

    assert shown.texts("error") == ["No voxel is on that side of the threshold."]
    assert demo.ui.applyButton.enabled


def test_choices_survive_saving_and_loading(demo, tmp_path):
    first, second = a_volume("T1"), a_volume("T2")
    demo.ui.inputSelector.setCurrentNode(first)
    demo.ui.extraSelector.check(second)
    demo.ui.thresholdSlider.value = 123
    scene = str(tmp_path / "scene.mrb")

    slicer.util.saveScene(scene)
    slicer.mrmlScene.Clear(0)
    assert demo.ui.inputSelector.currentNode() is None
    assert demo.ui.thresholdSlider.value == 100
    slicer.util.loadScene(scene)

    node = demo.logic.getParameterNode()
    assert node.mask.threshold == 123.0
    assert node.inputVolume.GetName() == "T1"
    assert [volume.GetName() for volume in node.extraVolumes] == ["T2"]


def test_closing_the_scene_empties_the_selectors(demo):
    demo.ui.inputSelector.setCurrentNode(a_volume("T1"))
    demo.ui.extraSelector.check(a_volume("T2"))

    slicer.mrmlScene.Clear(0)

    assert demo.ui.inputSelector.nodeCount() == 0
    assert demo.ui.extraSelector.checkedNodes() == ()
    assert not demo.ui.applyButton.enabled


def test_self_test_of_the_module_runs(open_module):
    open_module(DEMO).module.runTest()


def test_picture_shows_what_was_chosen(demo, tmp_path):
    from PySide6 import QtGui

    empty = QtGui.QImage(str(panel.picture(demo.parent, tmp_path / "empty.png")))
    demo.ui.inputSelector.setCurrentNode(a_volume("T1 post contrast"))
    demo.ui.advancedCollapsible.collapsed = False
    chosen = QtGui.QImage(str(panel.picture(demo.parent, tmp_path / "chosen.png")))

    assert empty.width() == chosen.width() == panel.PANEL_WIDTH
    assert chosen.height() > empty.height()  # the opened section needs room
    row = demo.ui.inputSelector.mapTo(demo.parent, demo.ui.inputSelector.rect.center()).y()
    strips = [image.copy(140, row - 8, 200, 16) for image in (empty, chosen)]
    assert strips[0] != strips[1]


def test_layout_manager_shows_what_a_slice_view_shows(demo):
    volume = a_volume("T1")
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    widget = slicer.app.layoutManager().sliceWidget("Red")
    view = slice_picture("Red", size=(400, 400))
    ijkToRas = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(ijkToRas)

    inside = ijkToRas.MultiplyPoint((6.0, 4.0, 2.0, 1.0))[:3]
    outside = ijkToRas.MultiplyPoint((6.0, 4.0, 5.0, 1.0))[:3]
    view.jump(inside)
    bright = view.pixels()
    view.jump(outside)

    assert widget.mrmlSliceCompositeNode().GetBackgroundVolumeID() == volume.GetID()
    assert bright[200, 200].min() > 200
    assert view.pixels().max() == 0


def test_chart_is_shown_in_the_plot_view(a_scene):
    chart = a_scene.AddNewNodeByClass("vtkMRMLPlotChartNode", "R1 in white matter")
    layoutManager = slicer.app.layoutManager()
    layoutManager.layout = slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView

    slicer.modules.plots.logic().ShowChartInLayout(chart)

    assert layoutManager.layout == slicer.vtkMRMLLayoutNode.SlicerLayoutConventionalPlotView
    views = slicer.util.getNodesByClass("vtkMRMLPlotViewNode")
    assert [view.GetPlotChartNodeID() for view in views] == [chart.GetID()]


def test_messages_are_recorded_and_questions_answered(shown):
    shown.answer = True

    slicer.util.infoDisplay("12 maps made")
    slicer.util.errorDisplay("TI is missing", detailedText="series 3")

    assert slicer.util.confirmYesNoDisplay("Delete the maps?") is True
    assert [(message.kind, message.text) for message in shown.shown] == [
        ("info", "12 maps made"),
        ("error", "TI is missing"),
        ("question", "Delete the maps?"),
    ]
    assert shown.shown[1].details == "series 3"


def test_settings_start_empty(a_scene):
    settings = slicer.app.settings()
    settings.setValue("BenchDemo/level", 3)

    assert slicer.util.settingsValue("BenchDemo/level", 0, converter=int) == 3
    assert "slicer-bench" in settings.fileName()
    assert slicer.util.settingsValue("BenchDemo/other", 7) == 7


def test_host_tells_the_module_when_the_user_comes_and_goes(open_module):
    opened = open_module(DEMO)
    opened.widget.enter = lambda: calls.append("enter")
    opened.widget.exit = lambda: calls.append("exit")
    calls = []

    assert opened.host.isEntered
    opened.host.exit()
    assert not opened.widget.parent.isEntered
    opened.host.enter()

    assert calls == ["exit", "enter"]
    assert slicer.util.getModuleWidget("BenchDemo") is opened.widget
    with pytest.raises(AttributeError, match="cannot be set"):
        opened.host.isEntered = False


def test_dicom_database_answers_what_was_put_in(a_scene):
    slicer.dicomDatabase.addInstance("1.2.3", "image.dcm", {"0018,0082": "150"})

    assert slicer.dicomDatabase.instanceValue("1.2.3", "0018,0082") == "150"
    assert slicer.dicomDatabase.fileValue("image.dcm", "0018,0082") == "150"
    assert slicer.dicomDatabase.instanceValue("1.2.3", "0018,0081") == ""
    assert slicer.dicomDatabase.fileForInstance("9.9") == ""
