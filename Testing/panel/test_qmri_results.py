"""QMRIAnalysis, what is done with results: distributions, synthetic images, comparison, points. No job runs here."""

from __future__ import annotations

import time

import numpy as np
import pytest
import SimpleITK as sitk
import slicer

from gliomamri.phantom.raw_slices import SEGMENTS
from gliomamri.result import LabelMap, Map, Points, Result, Table
from gliomamri.study import Segments
from gliomamri.tasks import find_task
from panel.qmri_helpers import rows, take_picture

SHAPE = (4, 20, 24)


def image_of(array):
    image = sitk.GetImageFromArray(np.ascontiguousarray(array, np.float32))
    image.SetSpacing((2.0, 1.5, 5.0))
    image.SetOrigin((-20.0, -30.0, 7.0))
    return image


def made_map(name, values, quantity, unit, *, role="", window=(0.0, 3.0)):
    return Map(name, image_of(values), quantity, unit, "", "lipari", window, "", True, role)


def analysis():
    """Result of an analysis, made up: maps before and after, change, regions, their numbers, two points."""
    generator = np.random.default_rng(4)
    T1 = 800 + 400 * generator.random(SHAPE)
    regions = np.zeros(SHAPE, np.uint8)
    regions[:, 3:9, 4:11], regions[:, 9:13, 4:11] = 1, 2
    nan = float("nan")
    numbers = {
        "region": ["tumor", "mirror of tumor", "0-5 mm"],
        "voxels": [168, 168, 112],
        "median": [0.9, 1.2, 1.04],
        "p25": [0.8, 1.1, 0.9],
        "p75": [1.0, 1.3, 1.1],
        "mirror delta": [-0.25, nan, nan],
    }
    maps = (
        made_map("T1map", T1, "T1", "ms", role="T1map", window=(0, 2000)),
        made_map("T2map", T1 / 10, "T2", "ms", role="T2map", window=(0, 200)),
        made_map("PDmap", 70 + T1 / 100, "PD", "%", role="PDmap", window=(0, 100)),
        made_map("ceT1map", T1 - 100, "T1", "ms", role="ceT1map", window=(0, 2000)),
        made_map("ceT2map", T1 / 11, "T2", "ms", role="ceT2map", window=(0, 200)),
        made_map("R1map", 1000 / T1, "R1", "1/s"),
        made_map("ceR1map", 1000 / (T1 - 100), "R1", "1/s"),
        made_map("dR1", 1000 / (T1 - 100) - 1000 / T1, "dR1", "1/s"),
    )
    points = Points(
        "biopsy_candidates", "Points", ["B1", "B2"], [(-4.0, 3.0, 12.0), (10.0, -6.0, 17.0)],
        {"R1": [0.8, 1.1], "dR1": [0.11, 0.02]}, {"R1": "1/s", "dR1": "1/s"},
    )  # fmt: skip
    return Result(
        maps=maps,
        labels=(
            LabelMap(
                "lesion_regions",
                Segments(sitk.Cast(image_of(regions), sitk.sitkUInt8), {1: "tumor", 2: "0-5 mm"}),
                "",
            ),
        ),
        tables=(Table("R1_regions", "R1 by region", numbers, {"median": "1/s", "p25": "1/s", "p75": "1/s"}),),
        points=(points,),
    )


def imported_analysis():
    """Its nodes in the scene."""
    from gliomamri_slicer.results import importResult

    description = {
        "task": "quantitative",
        "versions": {"gliomamri": "0.9.1"},
        "created": "2026-02-03T04:05:06+00:00",
    }
    return importResult(analysis(), description, {})


@pytest.fixture()
def analyzed(qmri):
    """The panel after an analysis, and what was imported."""
    imported = imported_analysis()
    qmri.widget.onAnalyzed(imported)
    return qmri, imported


def test_a_new_result_opens_what_shows_it(analyzed):
    (qmri, imported), ui = analyzed, analyzed[0].widget.ui

    assert not ui.distributionGroupBox.collapsed
    assert not ui.outputsCollapsibleButton.collapsed
    assert ui.resultMapSelector.currentNode() is imported.maps[0]
    assert ui.distributionMapSelector.currentNode() is imported.maps[0]
    assert ui.regionsSelector.currentNode() is imported.nodes["lesion_regions"]
    assert ui.folderValueLabel.text.split(" / ")[-1] == find_task("quantitative").title
    assert "GliomaMRI 0.9.1, 2026-02-03 04:05 UTC" in ui.provenanceValueLabel.text
    assert '"task": "quantitative"' in ui.provenanceValueLabel.toolTip
    take_picture(qmri, "qmri-finished")


def test_a_result_that_comes_while_another_module_is_open_is_there_on_return(qmri):
    ui = qmri.widget.ui
    qmri.host.exit()
    layout = slicer.app.layoutManager().layout

    qmri.widget.onAnalyzed(imported_analysis())
    assert slicer.app.layoutManager().layout == layout
    qmri.host.enter()

    assert [row[0] for row in rows(ui.pointsTable)] == ["B1", "B2"]
    assert ui.regionsSelector.currentNode().GetName() == "lesion_regions"


def test_numbers_of_the_run_stand_in_the_table_of_regions(analyzed):
    (_qmri, imported), ui = analyzed, analyzed[0].widget.ui

    ui.resultMapSelector.setCurrentNode(imported.nodes["R1map"])

    assert rows(ui.regionsTable) == [["tumor", "168", "0.900", "-0.250"], ["0-5 mm", "112", "1.04", ""]]
    assert ui.regionsTable.horizontalHeaderItem(2).text() == "R1 median (1/s)"
    assert ui.regionsTable.horizontalHeaderItem(3).text() == "to other side"
    assert "p75 (1/s): 1" in ui.regionsTable.item(0, 1).toolTip()
    ui.regionsSelector.setCurrentNode(None)
    assert not ui.regionsTable.visible


def test_the_other_side_is_called_as_the_analysis_calls_it():
    from gliomamri.regions.catalog import MIRROR_OF
    from QMRIAnalysisLib import RegionsTable

    assert RegionsTable._MIRROR == MIRROR_OF


def test_a_click_on_a_point_moves_the_slice_views_to_it(analyzed):
    import qt

    ui = analyzed[0].widget.ui

    assert [row[0] for row in rows(ui.pointsTable)] == ["B1", "B2"]
    assert rows(ui.pointsTable)[0] == ["B1", "0.800", "0.110"]
    assert ui.pointsTable.horizontalHeaderItem(2).text() == "dR1 (1/s)"
    assert ui.pointsTable.item(0, 1).toolTip() == "R 4.0, A -3.0, S 12.0 mm\nR1 0.8 1/s\ndR1 0.11 1/s"
    ui.pointsTable.itemClicked.emit(ui.pointsTable.item(1, 1))

    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeRed").GetSliceToRAS()
    yellow = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeYellow").GetSliceToRAS()
    green = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceNodeGreen").GetSliceToRAS()
    assert red.GetElement(2, 3) == pytest.approx(17.0)
    assert yellow.GetElement(0, 3) == pytest.approx(-10.0)
    assert green.GetElement(1, 3) == pytest.approx(6.0)
    assert ui.pointsTable.editTriggers == qt.QAbstractItemView.NoEditTriggers


def test_points_go_with_their_node(analyzed):
    (_qmri, imported), ui = analyzed, analyzed[0].widget.ui

    slicer.mrmlScene.RemoveNode(imported.points[0])

    assert not ui.pointsContents.visible
    assert ui.pointsTable.rowCount == 0


@pytest.mark.parametrize("name", ["R1map", "ceR1map", "dR1"])
def test_before_and_after_are_compared_in_linked_views_and_restored(analyzed, name):
    (_qmri, imported), ui = analyzed, analyzed[0].widget.ui
    layout = slicer.app.layoutManager().layout
    ui.resultMapSelector.setCurrentNode(imported.nodes[name])

    ui.compareButton.click()

    shown = [
        slicer.mrmlScene.GetSingletonNode(f"GliomaMRICompare1{column}", "vtkMRMLSliceCompositeNode")
        for column in (1, 2, 3)
    ]
    assert [composite.GetBackgroundVolumeID() for composite in shown] == [
        imported.nodes[each].GetID() for each in ("R1map", "ceR1map", "dR1")
    ]
    assert slicer.app.layoutManager().layout != layout
    assert ui.restoreLayoutButton.enabled
    ui.restoreLayoutButton.click()
    assert slicer.app.layoutManager().layout == layout
    assert not ui.restoreLayoutButton.enabled


def test_a_map_without_a_partner_cannot_be_compared(analyzed):
    (_qmri, imported), ui = analyzed, analyzed[0].widget.ui

    ui.resultMapSelector.setCurrentNode(imported.nodes["PDmap"])

    assert not ui.compareButton.enabled
    assert ui.compareButton.toolTip == (
        "There is no map of the same quantity from before and after contrast agent."
    )


def test_closing_the_scene_while_comparing_leaves_nothing_behind(analyzed):
    (_qmri, imported), ui = analyzed, analyzed[0].widget.ui
    layout = slicer.app.layoutManager().layout
    ui.resultMapSelector.setCurrentNode(imported.nodes["R1map"])
    ui.compareButton.click()

    slicer.mrmlScene.Clear(0)

    assert slicer.app.layoutManager().layout == layout
    assert not ui.restoreLayoutButton.enabled
    assert ui.resultMapSelector.currentNode() is None
    assert not ui.pointsContents.visible


def test_a_synthetic_image_follows_its_sliders_and_kind(analyzed):
    (qmri, imported), ui, synthetic = analyzed, analyzed[0].widget.ui, analyzed[0].widget.synthetic
    ui.mapsCollapsibleButton.collapsed = ui.syntheticGroupBox.collapsed = False
    visible = lambda: {name for name, slider in synthetic.sliders.items() if slider.visible}  # noqa: E731
    T1, T2, PD = (
        slicer.util.arrayFromVolume(imported.nodes[name]).astype(float)
        for name in ("T1map", "T2map", "PDmap")
    )

    assert visible() == {"repetition_time", "echo_time"}
    assert not synthetic.sliders["echo_time"].enabled
    ui.syntheticButton.click()
    node = qmri.widget._parameterNode.syntheticImage
    synthetic.sliders["repetition_time"].value = 900

    expected = PD * (1 - np.exp(-900 / T1)) * np.exp(-10 / T2)
    found = slicer.util.arrayFromVolume(node)
    assert np.median(np.abs(found / expected - 1)) < 0.02
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert red.GetBackgroundVolumeID() == node.GetID()

    kinds = [ui.syntheticKindComboBox.itemText(i) for i in range(ui.syntheticKindComboBox.count)]
    ui.syntheticKindComboBox.currentIndex = kinds.index("FLAIR")
    assert visible() == {"repetition_time", "echo_time", "inversion_time"}
    assert qmri.widget._parameterNode.syntheticImage is node
    assert node.GetAttribute("GliomaMRI.synthetic") == "FLAIR"
    start = time.perf_counter()
    synthetic.sliders["inversion_time"].value = 2100
    assert time.perf_counter() - start < 0.2
    take_picture(qmri, "qmri-synthetic")


def test_a_synthetic_image_is_told_what_does_not_fit_and_what_is_missing(analyzed):
    (qmri, imported), ui, synthetic = analyzed, analyzed[0].widget.ui, analyzed[0].widget.synthetic
    ui.mapsCollapsibleButton.collapsed = ui.syntheticGroupBox.collapsed = False
    ui.syntheticButton.click()

    synthetic.sliders["echo_time"].value = 150
    synthetic.sliders["repetition_time"].value = 60
    assert "must be shorter than TR" in ui.syntheticStatusLabel.text
    ui.syntheticContrastComboBox.currentIndex = 1
    assert "No proton density map was given" in ui.syntheticStatusLabel.text
    assert qmri.widget._parameterNode.syntheticImage.GetAttribute("GliomaMRI.contrast") == "post"
    slicer.mrmlScene.RemoveNode(imported.nodes["ceT2map"])
    assert not ui.syntheticButton.enabled
    assert ui.syntheticButton.toolTip == "Fit maps first, or choose a map of T2 under Inputs."


def test_a_synthetic_image_follows_the_maps_that_are_chosen(analyzed):
    (qmri, imported), ui = analyzed, analyzed[0].widget.ui
    ui.mapsCollapsibleButton.collapsed = ui.syntheticGroupBox.collapsed = False
    ui.syntheticButton.click()
    node = qmri.widget._parameterNode.syntheticImage
    before = slicer.util.arrayFromVolume(node).copy()
    other = slicer.modules.volumes.logic().CloneVolume(slicer.mrmlScene, imported.nodes["T1map"], "other")
    slicer.util.updateVolumeFromArray(other, slicer.util.arrayFromVolume(other) * 2)

    qmri.widget._parameterNode.images.T1map = other

    assert slicer.util.arrayFromVolume(node).mean() < 0.9 * before.mean()


def test_a_synthetic_image_is_computed_anew_only_when_its_maps_were_changed_meanwhile(analyzed):
    (qmri, imported), ui = analyzed, analyzed[0].widget.ui
    ui.mapsCollapsibleButton.collapsed = ui.syntheticGroupBox.collapsed = False
    ui.syntheticButton.click()
    node = qmri.widget._parameterNode.syntheticImage
    time_of = lambda: node.GetImageData().GetMTime()  # noqa: E731
    computed, before = time_of(), slicer.util.arrayFromVolume(node).copy()

    qmri.host.exit()
    qmri.host.enter()
    qmri.widget._parameterNode.settings.candidates = 3
    assert time_of() == computed

    qmri.host.exit()
    slicer.util.updateVolumeFromArray(
        imported.nodes["T1map"], slicer.util.arrayFromVolume(imported.nodes["T1map"]) * 2
    )
    qmri.host.enter()
    assert time_of() > computed
    assert slicer.util.arrayFromVolume(node).mean() < 0.9 * before.mean()


def test_a_synthetic_image_is_called_by_its_kind_unless_the_user_named_it(analyzed):
    (qmri, _imported), ui = analyzed, analyzed[0].widget.ui
    ui.mapsCollapsibleButton.collapsed = ui.syntheticGroupBox.collapsed = False
    kinds = [ui.syntheticKindComboBox.itemText(i) for i in range(ui.syntheticKindComboBox.count)]
    ui.syntheticButton.click()
    node = qmri.widget._parameterNode.syntheticImage

    ui.syntheticKindComboBox.currentIndex = kinds.index("FLAIR")
    assert node.GetName() == "FLAIR_synthetic"
    qmri.widget._parameterNode.synthetic.contrast = type(qmri.widget._parameterNode.synthetic.contrast)[
        "after"
    ]
    assert node.GetName() == "ceFLAIR_synthetic"
    node.SetName("for the talk")
    ui.syntheticKindComboBox.currentIndex = 0

    assert node.GetName() == "for the talk"


def test_results_and_synthetic_image_survive_saving_and_reloading(analyzed, tmp_path):
    (qmri, _imported), ui, synthetic = analyzed, analyzed[0].widget.ui, analyzed[0].widget.synthetic
    ui.mapsCollapsibleButton.collapsed = ui.syntheticGroupBox.collapsed = False
    ui.syntheticButton.click()
    synthetic.sliders["repetition_time"].value = 700
    ui.resultMapSelector.setCurrentNode(slicer.util.getNode("R1map"))
    before = rows(ui.regionsTable)

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert rows(ui.regionsTable) == before
    assert [row[0] for row in rows(ui.pointsTable)] == ["B1", "B2"]
    assert ui.resultMapSelector.currentNode().GetName() == "R1map"
    assert synthetic.sliders["repetition_time"].value == 700
    synthetic.sliders["repetition_time"].value = 800
    assert "800" in qmri.widget._parameterNode.syntheticImage.GetAttribute("GliomaMRI.times")


def test_distribution_of_selected_segments_is_drawn(qmri, patient, slices):
    from gliomamri_slicer.volumes import addMapVolume

    ui = qmri.widget.ui
    rate = sitk.Cast(slices.T1 > 0, sitk.sitkFloat32) * 1.25
    ui.resultMapSelector.setCurrentNode(
        addMapVolume(
            Map("R1map", rate, "R1", "1/s", "", "lipari", (0.0, 2.5)), slicer.util.getNode("TI_50ms")
        )
    )
    ui.segmentationSelector.setCurrentNode(patient)
    ids = list(patient.GetSegmentation().GetSegmentIDs())
    ui.segmentsTable.setSelectedSegmentIDs([ids[1], ids[3]])
    ui.distributionGroupBox.collapsed = False

    ui.distributionButton.click()

    chart = slicer.util.getNodesByClass("vtkMRMLPlotChartNode")[-1]
    names = [chart.GetNthPlotSeriesNode(i).GetName() for i in range(chart.GetNumberOfPlotSeriesNodes())]
    assert len(names) == 2
    assert all(any(segment in name for name in names) for segment in (SEGMENTS[1], SEGMENTS[3]))
    assert chart.GetXAxisTitle() == "R1 (1/s)"
    count = int((sitk.GetArrayFromImage(slices.segmentation) == 2).sum())
    assert rows(ui.regionsTable)[0] == [SEGMENTS[1], str(count), "1.25", "1.25-1.25"]
    assert ui.regionsTable.horizontalHeaderItem(2).text() == "R1 median (1/s)"
    ui.segmentationSelector.setCurrentNode(None)
    assert not ui.regionsTable.visible


def test_numbers_of_long_times_are_whole_milliseconds(qmri):
    from gliomamri_slicer.volumes import addMapVolume

    ui = qmri.widget.ui
    time_map = sitk.GetImageFromArray(np.linspace(1200, 1300, 101, dtype=np.float32).reshape(1, 1, 101))
    ui.distributionMapSelector.setCurrentNode(
        addMapVolume(Map("T1map", time_map, "T1", "ms", "", "lipari", (0.0, 3000.0)))
    )
    ui.distributionGroupBox.collapsed = False

    ui.distributionButton.click()

    assert rows(ui.regionsTable) == [["whole map", "101", "1250", "1225-1275"]]
    assert ui.regionsTable.horizontalHeaderItem(3).text() == "p25-p75 (ms)"


def test_segments_outside_a_map_are_told(analyzed):
    (_qmri, _imported), ui = analyzed, analyzed[0].widget.ui
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Nothing")
    empty.GetSegmentation().AddEmptySegment("empty", "empty")
    ui.regionsSelector.setCurrentNode(empty)

    ui.distributionButton.click()

    assert "None of the segments covers a measured voxel" in ui.quantitativeStatusLabel.text
