"""QMRIAnalysis on the bench: the clinician's whole way, and everything that can come between."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
import slicer

from bench import panel as bench
from gliomamri.phantom.raw_slices import ECHO_TIMES, INVERSION_TIMES, SEGMENTS

LONG = 120


@pytest.fixture(scope="module")
def slices():
    from gliomamri.phantom.raw_slices import simulate_raw_slices

    return simulate_raw_slices(seed=5)


@pytest.fixture()
def qmri(open_module):
    """The opened panel on an empty scene."""
    return open_module("QMRIAnalysis")


@pytest.fixture()
def patient(qmri, slices):
    """The opened panel with a simulated patient in the scene, named but not assigned; gives the segmentation."""
    from gliomamri.result import LabelMap
    from gliomamri.study import Segments
    from gliomamri_slicer.segmentations import addSegmentation
    from gliomamri_slicer.volumes import addImageVolume

    nodes = []
    for prefix, images, times in (
        ("TI", slices.inversion_recovery, INVERSION_TIMES),
        ("TE", slices.spin_echo, ECHO_TIMES),
    ):
        for image, time in zip(images, times, strict=True):
            nodes.append(addImageVolume(image, f"{prefix}_{time:g}ms"))
    regions = Segments(slices.segmentation, dict(enumerate(SEGMENTS, start=1)))
    return addSegmentation(LabelMap("Regions", regions, ""), nodes[0])


def rows(table):
    return [[table.item(r, c).text() for c in range(table.columnCount)] for r in range(table.rowCount)]


def finish(widget, wait_until):
    wait_until(lambda: not widget.jobControls.isRunning, LONG)
    return widget.ui.statusLabel.text


def take_picture(opened, name):
    folder = os.environ.get("GLIOMAMRI_PICTURES")
    if folder:
        bench.picture(opened.host, f"{folder}/{name}.png")


def jobs_left():
    import tempfile
    from pathlib import Path

    return list(Path(tempfile.gettempdir()).glob("gliomamri-jobs-*/job-*"))


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_nothing_selected_apply_is_disabled_and_says_what_is_missing(qmri):
    ui = qmri.widget.ui

    assert not ui.applyButton.enabled
    assert ui.applyButton.toolTip == "Select inversion-recovery images or multi-echo spin-echo images."
    assert ui.statusLabel.text == ui.applyButton.toolTip
    assert not ui.distributionButton.enabled
    assert ui.distributionButton.toolTip == "Select a map."
    assert not ui.regionsTable.visible
    assert not ui.progressBar.visible
    take_picture(qmri, "qmri-empty")


def test_assign_by_name_finds_both_series_and_their_times(qmri, patient):
    import qt

    ui = qmri.widget.ui

    ui.assignByNameButton.click()

    assert ui.statusLabel.text == "Found 6 inversion-recovery and 6 spin-echo images."
    assert [row[1] for row in rows(ui.inversionRecoveryTable)] == [f"{t:g}" for t in INVERSION_TIMES]
    assert [row[1] for row in rows(ui.spinEchoTable)] == [f"{t:g}" for t in ECHO_TIMES]
    assert {row[3] for row in rows(ui.spinEchoTable)} == {"name (guess)"}
    assert ui.applyButton.enabled
    assert "can take minutes" in ui.applyButton.toolTip
    guessed = ui.spinEchoTable.item(0, 1)
    assert guessed.toolTip() == "guessed from the name: please check"
    assert guessed.foreground().color().red() > guessed.foreground().color().blue() + 100
    guessed.setText("12.5")
    assert ui.spinEchoTable.item(0, 1).toolTip() == "12.5"
    assert ui.spinEchoTable.item(0, 1).data(qt.Qt.ForegroundRole) is None


def test_assign_by_name_says_so_when_it_finds_nothing(qmri):
    slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name="Brain")

    qmri.widget.ui.assignByNameButton.click()

    assert "No volume says its inversion or echo time" in qmri.widget.ui.statusLabel.text


def test_apply_gives_maps_in_the_scene_shown_and_charted(qmri, patient, slices, wait_until):
    import SimpleITK as sitk

    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    ui.segmentationSelector.setCurrentNode(patient)

    ui.applyButton.click()
    assert ui.applyButton.text == "Cancel"
    assert ui.progressBar.visible
    status = finish(qmri.widget, wait_until)

    assert status.startswith("Done.")
    assert "repetition time is unknown" in status
    assert all(line.endswith(".") for line in status.splitlines())
    medians = {row[0]: row[2] for row in rows(ui.regionsTable)}
    assert float(medians[SEGMENTS[0]]) == pytest.approx(1000 / 830, rel=0.02)
    assert ui.applyButton.text == "Fit maps"
    white = sitk.GetArrayFromImage(slices.segmentation) == 1
    maps = {name: slicer.util.getNode(name) for name in ("T1map", "R1map", "T2map", "R2map")}
    assert np.median(slicer.util.arrayFromVolume(maps["T1map"])[white]) == pytest.approx(830, rel=0.02)
    assert np.median(slicer.util.arrayFromVolume(maps["T2map"])[white]) == pytest.approx(72, rel=0.02)
    assert ui.resultMapSelector.currentNode() is maps["R1map"]
    red = slicer.mrmlScene.GetNodeByID("vtkMRMLSliceCompositeNodeRed")
    assert red.GetBackgroundVolumeID() == maps["R1map"].GetID()
    assert jobs_left() == []
    take_picture(qmri, "qmri-done")


def test_progress_moves_while_the_panel_stays_usable(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    seen = set()
    ui.progressBar.connect("valueChanged(int)", seen.add)

    ui.applyButton.click()
    wait_until(lambda: ui.progressBar.value > 0, LONG)
    take_picture(qmri, "qmri-running")
    ui.longestT1SpinBox.value = 5000
    finish(qmri.widget, wait_until)

    assert len(seen) > 2
    assert qmri.widget.logic.getParameterNode().relaxometry.longest_T1 == 5000


def test_cancel_leaves_the_scene_as_it_was(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    before = slicer.mrmlScene.GetNumberOfNodes()

    ui.applyButton.click()
    ui.applyButton.click()

    assert not qmri.widget.jobControls.isRunning
    assert ui.statusLabel.text == "Cancelled; nothing was changed."
    assert ui.applyButton.text == "Fit maps"
    assert ui.applyButton.enabled
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert jobs_left() == []


def test_a_crash_of_the_job_is_told_and_the_panel_goes_on(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    before = slicer.mrmlScene.GetNumberOfNodes()
    ui.applyButton.click()
    child = qmri.widget.logic.bridge._run.job._child

    os.kill(child.pid, signal.SIGSEGV)
    status = finish(qmri.widget, wait_until)

    assert status == "The computation failed because of an error in the program; nothing was changed."
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert ui.applyButton.enabled
    assert jobs_left() == []


def test_user_error_of_the_job_is_told(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    mask = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Nothing")
    mask.SetReferenceImageGeometryParameterFromVolumeNode(slicer.util.getNode("TI_50ms"))
    mask.GetSegmentation().AddEmptySegment("empty", "empty")
    ui.brainMaskSelector.setCurrentNode(mask)

    ui.applyButton.click()
    status = finish(qmri.widget, wait_until)

    assert "brain mask holds no voxel" in status


def test_scene_closed_during_a_job_stops_it(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    ui.applyButton.click()

    slicer.mrmlScene.Clear(0)
    status = finish(qmri.widget, wait_until)

    assert "scene was closed" in status
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0
    assert not ui.applyButton.enabled
    assert ui.inversionRecoveryTable.rowCount == 0
    assert jobs_left() == []


def test_input_removed_during_a_job_drops_the_result(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    ui.applyButton.click()

    slicer.mrmlScene.RemoveNode(slicer.util.getNode("TE_50ms"))
    status = finish(qmri.widget, wait_until)

    assert "'TE_50ms' was removed" in status
    assert slicer.mrmlScene.GetFirstNodeByName("T1map") is None


def test_all_choices_survive_saving_and_reloading(qmri, patient, tmp_path):
    widget, ui = qmri.widget, qmri.widget.ui
    ui.assignByNameButton.click()
    ui.segmentationSelector.setCurrentNode(patient)
    ui.irModelComboBox.currentText = "perfect inversion"
    ui.longestT2SpinBox.value = 900
    ui.skipFirstEchoCheckBox.checked = True
    ui.inversionRecoveryTable.item(0, 1).setText("60")
    ui.inversionRecoveryTable.item(0, 2).setText("8000")
    before = rows(ui.inversionRecoveryTable)

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear(0)
    assert ui.inversionRecoveryTable.rowCount == 0
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert rows(ui.inversionRecoveryTable) == before
    assert before[0][1:] == ["60", "8000", "typed"]
    assert before[5][2] == "8000"
    assert len(rows(ui.spinEchoTable)) == 6
    assert ui.segmentationSelector.currentNode().GetName() == "Regions"
    assert ui.irModelComboBox.currentText == "perfect inversion"
    assert ui.longestT2SpinBox.value == 900
    assert ui.skipFirstEchoCheckBox.checked
    settings = widget.logic.relaxometry.settings(widget.logic.getParameterNode())
    assert (settings.ir_model, settings.longest_T2, settings.skip_first_echo) == (
        "full_inversion",
        900.0,
        True,
    )


def test_typed_times_are_checked_and_an_emptied_cell_goes_back(qmri, patient):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    cell = ui.inversionRecoveryTable.item(1, 1)

    cell.setText("fast")
    assert ui.statusLabel.text == "The inversion time must be a positive number in ms, not 'fast'."
    assert ui.inversionRecoveryTable.item(1, 1).text() == "150"
    ui.inversionRecoveryTable.item(1, 1).setText("155,5")
    assert ui.inversionRecoveryTable.item(1, 1).text() == "155.5"
    ui.inversionRecoveryTable.item(1, 1).setText("")
    assert ui.inversionRecoveryTable.item(1, 1).text() == "150"


def test_images_without_times_disable_apply_until_they_are_typed(qmri):
    ui = qmri.widget.ui
    nodes = [slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name=f"image {n}") for n in "abc"]

    for node in nodes:
        ui.spinEchoSelector.setCheckState(node, 2)
    assert ui.applyButton.toolTip == "Type the echo time of 'image a', 'image b' and 1 more in the table."
    for row, time in enumerate(("10", "20", "20")):
        ui.spinEchoTable.item(row, 1).setText(time)
    assert "at least 3 different echo times; these have 2" in ui.applyButton.toolTip
    ui.spinEchoTable.item(2, 1).setText("40")

    assert ui.applyButton.enabled
    assert ui.statusLabel.text == ""


def test_apply_asks_for_as_many_times_as_the_fit_needs(qmri, patient):
    ui = qmri.widget.ui
    three = [slicer.util.getNode(f"TI_{time:g}ms") for time in INVERSION_TIMES[:3]]

    for node in three:
        ui.inversionRecoverySelector.setCheckState(node, 2)
    assert not ui.applyButton.enabled
    assert "at least 4 different inversion times; these have 3" in ui.statusLabel.text
    ui.irModelComboBox.currentText = "perfect inversion"

    assert ui.applyButton.enabled


def test_an_unrelated_setting_reads_no_header_and_leaves_the_tables(qmri, patient, monkeypatch):
    from gliomamri_slicer import header_memory

    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    read, changed = [], []
    original = header_memory.acquisitionParameters
    monkeypatch.setattr(
        header_memory, "acquisitionParameters", lambda node: read.append(node) or original(node)
    )
    ui.spinEchoTable.connect("itemChanged(QTableWidgetItem*)", changed.append)

    ui.longestT1SpinBox.value = 4500
    assert read == changed == []
    slicer.util.getNode("TE_12ms").SetAttribute("GliomaMRI.echo_time", "13")
    ui.longestT1SpinBox.value = 4000

    assert [node.GetName() for node in read] == ["TE_12ms"]
    assert ui.spinEchoTable.item(0, 1).text() == "13"


def test_contradicting_settings_disable_apply_with_the_reason(qmri, patient):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()

    ui.skipFirstEchoCheckBox.checked = True
    ui.stimulatedEchoCheckBox.checked = True

    assert not ui.applyButton.enabled
    assert "Either skip the first echo or model stimulated echoes" in ui.applyButton.toolTip
    assert ui.statusLabel.text == ui.applyButton.toolTip
    ui.skipFirstEchoCheckBox.checked = False
    assert ui.statusLabel.text == ""


def test_a_sequence_is_a_series_of_its_own(qmri, slices, wait_until):
    from gliomamri_slicer.volumes import addImageVolume

    ui = qmri.widget.ui
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "Echoes")
    sequence.SetIndexName("EchoTime")
    sequence.SetIndexUnit("ms")
    for image, time in zip(slices.spin_echo, ECHO_TIMES, strict=True):
        node = addImageVolume(image, "frame")
        sequence.SetDataNodeAtValue(node, f"{time:g}")
        slicer.mrmlScene.RemoveNode(node)

    ui.spinEchoSelector.setCheckState(sequence, 2)
    assert [row[1] for row in rows(ui.spinEchoTable)] == [f"{t:g}" for t in ECHO_TIMES]
    ui.applyButton.click()
    status = finish(qmri.widget, wait_until)

    assert status.startswith("Done.")
    assert slicer.mrmlScene.GetFirstNodeByName("T2map") is not None


def test_distribution_of_selected_segments_is_drawn(qmri, patient, slices):
    import SimpleITK as sitk

    from gliomamri.result import Map
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
    from gliomamri.result import Map
    from gliomamri_slicer.volumes import addMapVolume

    ui = qmri.widget.ui
    time = sitk_image(np.linspace(1200, 1300, 101, dtype=np.float32).reshape(1, 1, 101))
    ui.resultMapSelector.setCurrentNode(
        addMapVolume(Map("T1map", time, "T1", "ms", "", "lipari", (0.0, 3000.0)))
    )

    ui.distributionButton.click()

    assert rows(ui.regionsTable) == [["whole map", "101", "1250", "1225-1275"]]
    assert ui.regionsTable.horizontalHeaderItem(3).text() == "p25-p75 (ms)"


def sitk_image(array):
    import SimpleITK as sitk

    return sitk.GetImageFromArray(array)


def test_leaving_and_entering_the_module_keeps_everything_in_step(qmri, patient):
    widget, ui = qmri.widget, qmri.widget.ui
    ui.assignByNameButton.click()

    widget.exit()
    slicer.mrmlScene.RemoveNode(slicer.util.getNode("TE_12ms"))
    widget.enter()

    assert ui.spinEchoTable.rowCount == 5
    assert ui.applyButton.enabled


def test_self_test_of_the_module_passes(qmri):
    from QMRIAnalysis import QMRIAnalysisTest

    test = QMRIAnalysisTest("test_RelaxometryOfSimulatedSlices")
    test.setUp()
    test.test_RelaxometryOfSimulatedSlices()
