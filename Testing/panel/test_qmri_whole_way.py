"""QMRIAnalysis with a sample patient, the whole way: assign, prepare, fit, analyze, compare, save, reload.

Each test runs real jobs on a small simulated patient with MAGIC images before and after contrast agent.
"""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from gliomamri_slicer.provenance import readProvenance
from panel.qmri_helpers import finish, jobs_left, rows, setting, show_acquisition, take_picture, volume_names
from scene.sample_result import FakeJobs

pytestmark = pytest.mark.slow


def ended_well(widget, task, wait_until):
    """Wait for the end of a job; give the status line."""
    status = finish(widget, task, wait_until)
    assert status.startswith("Done."), (status, getattr(widget.ui, f"{task}StatusLabel").toolTip)
    assert jobs_left() == []
    return status


def make_quick(widget):
    """Ask for as few bootstrap samples as there may be: intervals are not what these tests are about."""
    box = setting(widget, "bootstrap_samples")
    box.value = box.minimum
    return box.minimum


def chosen_nodes(widget):
    """Chosen volume of each image role."""
    bindings = widget.inputs.bindings()
    return {name.partition(".")[2]: selector.currentNode() for name, selector in bindings.items()}


def test_prepare_then_fit_go_on_from_their_results(qmri, sample_patient, wait_until):
    widget, ui = qmri.widget, qmri.widget.ui
    ui.assignByNameButton.click()
    before, times = chosen_nodes(widget), {}
    for role in ("MAGIC", "ceMAGIC"):
        show_acquisition(widget, role)
        times[role] = [row[1:4] for row in rows(ui.seriesTable)]

    ui.prepareButton.click()
    ended_well(widget, "prepare", wait_until)

    prepared = chosen_nodes(widget)
    for role in ("T1w", "ceT1w", "T2w", "FLAIR"):
        assert prepared[role] is not before[role]
        assert prepared[role].GetAttribute("GliomaMRI.role") == role
        assert prepared[role].GetAttribute("GliomaMRI.task") == "prepare"
    assert ui.brainMaskSelector.currentNode().GetAttribute("GliomaMRI.task") == "prepare"
    assert ui.segmentationSelector.currentNode().GetAttribute("GliomaMRI.task") == "prepare"
    count = sample_patient.lesions.GetSegmentation().GetNumberOfSegments()
    assert ui.segmentationSelector.currentNode().GetSegmentation().GetNumberOfSegments() == count
    for role in ("MAGIC", "ceMAGIC"):
        show_acquisition(widget, role)
        nodes = ui.seriesSelector.checkedNodes()
        assert {node.GetAttribute("GliomaMRI.task") for node in nodes} == {"prepare"}
        assert [row[1:4] for row in rows(ui.seriesTable)] == times[role]

    ui.fitButton.click()
    ended_well(widget, "relaxometry", wait_until)

    chosen = chosen_nodes(widget)
    for role in ("T1map", "T2map", "PDmap", "ceT1map", "ceT2map", "cePDmap"):
        assert chosen[role] is not None, role
        assert chosen[role].GetAttribute("GliomaMRI.role") == role
    assert not ui.inputMapsGroupBox.collapsed
    T1 = slicer.util.arrayFromVolume(chosen["T1map"])
    assert 700 < np.median(T1[T1 > 0]) < 1700
    ui.mapsCollapsibleButton.collapsed = ui.syntheticGroupBox.collapsed = False
    ui.syntheticButton.click()
    assert "T1w_synthetic" in volume_names()
    ui.compareButton.click()
    ui.restoreLayoutButton.click()
    assert rows(ui.regionsTable)
    take_picture(qmri, "qmri-fitted")


def test_one_press_analyzes_everything_and_survives_saving(qmri, sample_patient, wait_until, tmp_path):
    widget, ui = qmri.widget, qmri.widget.ui
    ui.assignByNameButton.click()
    samples = make_quick(widget)

    ui.analyzeButton.click()
    ended_well(widget, "quantitative", wait_until)

    made = readProvenance(widget._parameterNode.resultMap)
    assert made["settings"]["bootstrap_samples"] == samples
    take_picture(qmri, "qmri-analyzed")
    ui.rawGroupBox.collapsed = True
    take_picture(qmri, "QMRIAnalysisPanel")
    assert widget._parameterNode.resultMap is not None
    assert ui.regionsSelector.currentNode().GetName().startswith("lesion_regions")
    points = rows(ui.pointsTable)
    assert 1 <= len(points) <= 8
    assert ui.pointsTable.horizontalHeaderItem(1).text() == "R1 (1/s)"
    widget._parameterNode.resultMap = slicer.util.getNode("R1map")
    numbers = rows(ui.regionsTable)
    assert {"annotation", "shell 0-5 mm"} <= {row[0] for row in numbers}
    assert not any(row[0].startswith("mirror") for row in numbers)
    ui.compareButton.click()
    shown = slicer.mrmlScene.GetSingletonNode("GliomaMRICompare12", "vtkMRMLSliceCompositeNode")
    assert shown.GetBackgroundVolumeID() == slicer.util.getNode("ceR1map").GetID()
    ui.restoreLayoutButton.click()
    charts = len(slicer.util.getNodesByClass("vtkMRMLPlotChartNode"))
    ui.distributionButton.click()
    assert len(slicer.util.getNodesByClass("vtkMRMLPlotChartNode")) == charts + 1
    widget._parameterNode.resultMap = slicer.util.getNode("R2map")
    numbers = rows(ui.regionsTable)

    slicer.util.saveScene(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear(0)
    assert not ui.pointsContents.visible
    slicer.util.loadScene(str(tmp_path / "case.mrb"))

    assert rows(ui.pointsTable) == points
    assert rows(ui.regionsTable) == numbers
    assert ui.resultMapSelector.currentNode().GetName() == "R2map"
    assert ui.seriesSummaryLabel.text == "8 MAGIC images, 8 MAGIC images after contrast agent"
    assert ui.analyzeButton.enabled


def test_analysis_without_annotation_says_so_and_cancel_leaves_nothing(qmri, sample_patient, wait_until):
    widget, ui = qmri.widget, qmri.widget.ui
    ui.assignByNameButton.click()
    ui.segmentationSelector.setCurrentNode(None)
    show_acquisition(widget, "ceMAGIC")  # one acquisition is enough here, and half the work
    for node in ui.seriesSelector.checkedNodes():
        ui.seriesSelector.setCheckState(node, 0)
    make_quick(widget)
    before = slicer.mrmlScene.GetNumberOfNodes()

    ui.analyzeButton.click()
    assert ui.fitButton.toolTip == 'Wait until "Analyze" has ended, or cancel it.'
    wait_until(lambda: ui.quantitativeProgressBar.value > 0, 120)
    ui.analyzeButton.click()
    assert ui.quantitativeStatusLabel.text == "Cancelled; nothing was changed."
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    wait_until(lambda: jobs_left() == [])

    ui.analyzeButton.click()
    status = ended_well(widget, "quantitative", wait_until)

    assert "no annotation" in status
    assert ui.regionsSelector.currentNode() is None
    assert not ui.pointsContents.visible


def test_a_sample_patient_of_setup_is_assigned_by_name_and_fitted(
    open_module, own_temporary_folder, simulated_result, wait_until, monkeypatch
):
    jobs = FakeJobs()
    jobs.result = simulated_result  # what the job gives with "Quantitative images", on a coarser grid
    with monkeypatch.context() as patched:
        patched.setattr("gliomamri_slicer.job_bridge._prepareJob", jobs.prepare)
        patched.setattr("gliomamri_slicer.job_bridge._readResult", jobs.read)
        setup = open_module("GliomaMRISetup")
    setup.widget.ui.loadPatientButton.click()
    jobs.last.finish()
    wait_until(lambda: not setup.widget.samplePatient.jobControls.isRunning)
    assert jobs.asked[0][2].magic
    assert setup.widget.ui.patientStatusLabel.text.endswith('press "Assign by header and name".')
    setup.host.exit()

    qmri = open_module("QMRIAnalysis")
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    assert ui.seriesSummaryLabel.text == "8 MAGIC images, 8 MAGIC images after contrast agent"
    ui.fitButton.click()
    ended_well(qmri.widget, "relaxometry", wait_until)

    R1, after = (slicer.util.arrayFromVolume(slicer.util.getNode(name)) for name in ("R1map", "ceR1map"))
    tumor = slicer.util.arrayFromSegmentBinaryLabelmap(
        ui.segmentationSelector.currentNode(),
        ui.segmentationSelector.currentNode().GetSegmentation().GetSegmentIdBySegmentName("enhancing tumor"),
        slicer.util.getNode("R1map"),
    )
    both = (R1 > 0) & (after > 0)
    brain, enhancing = both & (tumor == 0), both & (tumor > 0)
    assert 0.6 < np.median(R1[brain]) < 1.4
    assert np.median((after - R1)[enhancing]) > 0.2 > np.median((after - R1)[brain])


def test_series_images_on_another_grid_are_refused_at_once(qmri, sample_patient):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    odd = slicer.util.getNode("ceMAGIC_TI670_TE22")
    slicer.util.updateVolumeFromArray(odd, np.ones((3, 4, 5), np.float32))

    ui.analyzeButton.click()

    assert "ceMAGIC_TI670_TE22" in ui.quantitativeStatusLabel.text
    assert not qmri.widget.tasks["quantitative"].jobControls.isRunning
    assert ui.analyzeButton.enabled


def test_an_annotation_without_a_segment_is_refused_at_once(qmri, sample_patient):
    ui = qmri.widget.ui
    ui.assignByNameButton.click()
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Nothing drawn")
    ui.segmentationSelector.setCurrentNode(empty)

    ui.analyzeButton.click()

    assert ui.quantitativeStatusLabel.text == (
        "The segmentation 'Nothing drawn' has no segment; draw one in Segment Editor."
    )
    assert not qmri.widget.tasks["quantitative"].jobControls.isRunning
