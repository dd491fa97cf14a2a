"""QMRIAnalysis, section Maps: a fit from the press of the button to the maps, and everything that can come between."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
import slicer

from gliomamri.phantom.raw_slices import ECHO_TIMES, SEGMENTS
from panel.qmri_helpers import LONG, finish, jobs_left, rows, setting, show_acquisition, take_picture


def test_apply_gives_maps_in_the_scene_shown_and_charted(qmri, patient, slices, wait_until):
    import SimpleITK as sitk

    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    ui.segmentationSelector.setCurrentNode(patient)
    ui.mapsCollapsibleButton.collapsed = False

    ui.fitButton.click()
    assert ui.fitButton.text == "Cancel"
    assert ui.relaxometryProgressBar.visible
    status = finish(qmri.widget, "relaxometry", wait_until)

    assert status.startswith("Done.")
    assert "repetition time is unknown" in status
    assert all(line.endswith(".") for line in status.splitlines())
    medians = {row[0]: row[2] for row in rows(ui.regionsTable)}
    assert float(medians[SEGMENTS[0]]) == pytest.approx(1000 / 830, rel=0.02)
    assert ui.fitButton.text == "Fit maps"
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
    ui.relaxometryProgressBar.connect("valueChanged(int)", seen.add)

    ui.fitButton.click()
    wait_until(lambda: ui.relaxometryProgressBar.value > 0, LONG)
    take_picture(qmri, "qmri-running")
    setting(qmri.widget, "longest_T1").value = 5000
    finish(qmri.widget, "relaxometry", wait_until)

    assert len(seen) > 2
    assert qmri.widget.logic.getParameterNode().settings.longest_T1 == 5000


def test_cancel_leaves_the_scene_as_it_was(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    before = slicer.mrmlScene.GetNumberOfNodes()

    ui.fitButton.click()
    ui.fitButton.click()

    assert not qmri.widget.tasks["relaxometry"].jobControls.isRunning
    assert ui.relaxometryStatusLabel.text == "Cancelled; nothing was changed."
    assert ui.fitButton.text == "Fit maps"
    assert ui.fitButton.enabled
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    wait_until(lambda: jobs_left() == [])  # images that are being copied go when the copy is complete


def test_a_crash_of_the_job_is_told_and_the_panel_goes_on(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    before = slicer.mrmlScene.GetNumberOfNodes()
    ui.fitButton.click()
    late = qmri.widget.logic.bridge._run.job
    wait_until(lambda: late.job is not None, LONG)
    child = late.job._child

    os.kill(child.pid, signal.SIGSEGV)
    status = finish(qmri.widget, "relaxometry", wait_until)

    assert status == "The computation failed because of an error in the program; nothing was changed."
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert ui.fitButton.enabled
    assert jobs_left() == []


def test_user_error_of_the_job_is_told(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    mask = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Nothing")
    mask.SetReferenceImageGeometryParameterFromVolumeNode(slicer.util.getNode("TI_50ms"))
    mask.GetSegmentation().AddEmptySegment("empty", "empty")
    ui.brainMaskSelector.setCurrentNode(mask)

    ui.fitButton.click()
    status = finish(qmri.widget, "relaxometry", wait_until)

    assert "brain mask holds no voxel" in status


def test_scene_closed_during_a_job_stops_it(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    ui.fitButton.click()

    slicer.mrmlScene.Clear(0)
    status = finish(qmri.widget, "relaxometry", wait_until)

    assert "scene was closed" in status
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0
    assert not ui.fitButton.enabled
    assert ui.seriesTable.rowCount == 0
    assert jobs_left() == []


def test_input_removed_during_a_job_drops_the_result(qmri, patient, wait_until):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    ui.fitButton.click()

    slicer.mrmlScene.RemoveNode(slicer.util.getNode("TE_50ms"))
    status = finish(qmri.widget, "relaxometry", wait_until)

    assert "'TE_50ms' was removed" in status
    assert slicer.mrmlScene.GetFirstNodeByName("T1map") is None


def test_a_sequence_is_a_series_of_its_own(qmri, slices, wait_until):
    from gliomamri_slicer.volumes import addImageVolume

    ui = qmri.widget.ui
    show_acquisition(qmri.widget, "MESE")
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "Echoes")
    sequence.SetIndexName("EchoTime")
    sequence.SetIndexUnit("ms")
    for image, time in zip(slices.spin_echo, ECHO_TIMES, strict=True):
        node = addImageVolume(image, "frame")
        sequence.SetDataNodeAtValue(node, f"{time:g}")
        slicer.mrmlScene.RemoveNode(node)

    ui.seriesSelector.setCheckState(sequence, 2)
    assert [row[1] for row in rows(ui.seriesTable)] == [f"{t:g}" for t in ECHO_TIMES]
    ui.fitButton.click()
    status = finish(qmri.widget, "relaxometry", wait_until)

    assert status.startswith("Done.")
    assert slicer.mrmlScene.GetFirstNodeByName("T2map") is not None


def test_self_test_of_the_module_passes(qmri):
    from QMRIAnalysis import QMRIAnalysisTest

    test = QMRIAnalysisTest("test_RelaxometryOfSimulatedSlices")
    test.setUp()
    test.test_RelaxometryOfSimulatedSlices()
