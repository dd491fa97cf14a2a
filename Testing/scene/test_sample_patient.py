"""A simulated patient in the scene: one named folder, images that are images, tumor outlined, views on the lesion."""

from __future__ import annotations

import time

import numpy as np
import pytest
import slicer

from gliomamri.jobs import Outcome
from gliomamri_slicer.dicom_headers import acquisitionParameters
from gliomamri_slicer.inputs import TaskInputs
from gliomamri_slicer.job_bridge import JobBridge
from gliomamri_slicer.results import importResult
from gliomamri_slicer.roles import ROLE_ATTRIBUTE
from gliomamri_slicer.simulated_patient import (
    arrangePatient,
    jumpToLesion,
    largestLesionCenter,
    showPatient,
)
from scene.builders import SHAPE, folder_name, ijk_to_ras, label_map, ramp, volume
from scene.sample_result import LARGEST, PARTS, ROLES, simulated

JOB = {"task": "simulate", "seed": 7, "versions": {"gliomamri": "0.2.0"}}


def arranged(result=None, title="Simulated glioma (seed 7)"):
    imported = importResult(result or simulated(), JOB, {})
    return imported, arrangePatient(imported, title)


def segment_names(node):
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegment(i).GetName() for i in range(segmentation.GetNumberOfSegments())]


def composite():
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSliceCompositeNode")
    return node or slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceCompositeNode", "Red")


def test_all_lies_in_one_folder_of_the_patient_s_name():
    imported, patient = arranged()

    assert {folder_name(node) for node in imported.nodes.values()} == {"Simulated glioma (seed 7)"}
    assert patient.title == "Simulated glioma (seed 7)"
    assert set(patient.images) == set(ROLES)
    assert imported.nodes["lesions"].GetTable().GetNumberOfRows() == 2


def test_the_same_patient_twice_has_a_folder_each():
    arranged()
    imported, patient = arranged()

    assert patient.title == "Simulated glioma (seed 7) 2"
    assert folder_name(imported.nodes["FLAIR"]) == patient.title


def test_images_know_role_and_parameters_and_are_no_maps():
    imported, patient = arranged()

    flair = patient.images["FLAIR"]
    assert flair.GetAttribute(ROLE_ATTRIBUTE) == "FLAIR"
    assert flair.GetAttribute("GliomaMRI.quantity") is None
    assert flair.GetDisplayNode().GetInterpolate()
    found = {name: parameter.value for name, parameter in acquisitionParameters(flair).items()}
    assert found == {"inversion_time": 2500.0, "echo_time": 120.0}
    assert set(acquisitionParameters(patient.images["T1w"])) == {"echo_time"}
    display = patient.images["ceT1w"].GetDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0.0, 401.0)
    truth = imported.nodes["true_T1map"]
    assert truth.GetAttribute("GliomaMRI.quantity") == "T1"
    assert truth.GetAttribute(ROLE_ATTRIBUTE) is None


@pytest.mark.parametrize(
    ("name", "role"), [("lowdose_ceT1w", "lowdose_ceT1w"), ("MAGIC_TI170_TE22", "MAGIC"), ("dwi_b0", "dwi")]
)
def test_role_of_an_image_of_a_series_is_the_series(name, role):
    imported, _patient = arranged(simulated(roles=(name,)))

    assert imported.nodes[name].GetAttribute(ROLE_ATTRIBUTE) == role


def test_tumor_is_outlined_with_names_and_colors_and_the_rest_hidden():
    imported, patient = arranged()

    tumor = imported.nodes["tumor"]
    assert patient.lesions is tumor
    assert segment_names(tumor) == list(PARTS.values())
    enhancing = tumor.GetSegmentation().GetNthSegment(2)
    assert enhancing.GetColor() == pytest.approx((0.95, 0.85, 0.2))
    visible = [bool(imported.nodes[name].GetDisplayVisibility()) for name in ("tumor", "parts", "brain_mask")]
    assert visible == [True, False, False]
    assert not tumor.GetDisplayNode().GetVisibility2DFill()
    assert tumor.GetDisplayNode().GetVisibility2DOutline()


def test_a_healthy_patient_has_no_empty_segmentation_left():
    imported = importResult(simulated(healthy=True), JOB, {})

    patient = arrangePatient(imported, "Simulated healthy brain (seed 1)")
    showPatient(patient)
    jumpToLesion(patient)

    assert patient.lesions is None
    left = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    assert [node.GetName() for node in left] == ["brain_mask"]


def test_lesions_without_a_tumor_are_outlined_by_their_parts():
    result = simulated(healthy=True)
    plaques = np.zeros(SHAPE, np.uint8)
    plaques[1, 2, 3] = 1
    parts = label_map(plaques, {1: "lesion"})
    other = simulated()
    result = type(result)(
        maps=result.maps,
        labels=(result.labels[0], type(parts)("parts", parts.segments, "")),
        tables=other.tables,
    )

    imported, patient = arranged(result, "Simulated multiple sclerosis (seed 1)")

    assert patient.lesions is imported.nodes["parts"]
    assert patient.lesions.GetDisplayVisibility()


@pytest.mark.parametrize(
    ("roles", "background", "foreground"),
    [
        (ROLES, "FLAIR", "ceT1w"),
        (("T1w", "ceT1w", "T2w"), "ceT1w", "T1w"),
        (("T1w",), "T1w", "T1w"),
    ],
)
def test_views_show_what_there_is_in_the_order_a_reader_expects(roles, background, foreground):
    view = composite()
    _imported, patient = arranged(simulated(roles=roles))

    showPatient(patient)

    assert view.GetBackgroundVolumeID() == patient.images[background].GetID()
    assert view.GetForegroundVolumeID() == patient.images[foreground].GetID()
    assert view.GetForegroundOpacity() == 0.0


def test_a_new_patient_hides_the_outlines_of_the_one_before_but_not_the_user_s():
    mine = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "mine")
    mine.CreateDefaultDisplayNodes()
    _, first = arranged()
    showPatient(first)
    _, second = arranged()

    showPatient(second)

    assert not first.lesions.GetDisplayVisibility()
    assert second.lesions.GetDisplayVisibility()
    assert mine.GetDisplayVisibility()


def test_views_jump_to_the_middle_of_the_largest_lesion():
    view = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode", "Oblong")
    view.SetOrientationToAxial()
    _, patient = arranged()
    middle = [(part.start + part.stop - 1) / 2 for part in reversed(LARGEST)]
    expected = (ijk_to_ras("oblique") @ [*middle, 1])[:3]

    found = largestLesionCenter(patient.lesions, patient.images["FLAIR"])
    jumpToLesion(patient)

    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert view.GetSliceOffset() == pytest.approx(expected[2], abs=1e-3)


def test_center_of_empty_segments_is_nowhere():
    reference = volume("FLAIR", ramp())
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty")
    node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
    node.GetSegmentation().AddEmptySegment("a", "a")

    assert largestLesionCenter(node, reference) is None


def test_a_patient_that_is_really_simulated_arrives_whole():
    pytest.importorskip("nilearn")
    from gliomamri.tasks import find_task

    coarse = {"matrix": (40.0, 48.0, 40.0), "spacing": (4.0, 4.0, 4.0)}
    chosen = {
        "kind": "high-grade-glioma",
        "magic": True,
        "truth_maps": False,
        "missing_series": "off",
        "artifacts": "off",
        **coarse,
    }
    bridge = JobBridge()
    bridge.start("simulate", TaskInputs(), find_task("simulate").settings.from_dict(chosen), seed=7)
    end = time.monotonic() + 120
    while (state := bridge.poll()).outcome is None and time.monotonic() < end:
        time.sleep(0.05)
    bridge.close()

    assert state.outcome is Outcome.SUCCEEDED, f"{state.message} {state.details}"
    patient = arrangePatient(state.imported, "Simulated glioma (seed 7)")
    showPatient(patient)
    jumpToLesion(patient)

    assert set(patient.images) == {*ROLES, "MAGIC", "ceMAGIC"}
    assert segment_names(patient.lesions) == list(PARTS.values())
    times = acquisitionParameters(state.imported.nodes["ceMAGIC_TI1840_TE95"])
    assert (times["inversion_time"].value, times["echo_time"].value) == (1840.0, 95.0)
    assert "echo_time" in acquisitionParameters(patient.images["FLAIR"])
    assert state.imported.nodes["lesions"].GetTable().GetNumberOfRows() >= 1
    assert {folder_name(node) for node in state.imported.nodes.values() if node.GetScene()} == {patient.title}
    flair = slicer.util.arrayFromVolume(patient.images["FLAIR"])
    window = patient.images["FLAIR"].GetDisplayNode().GetWindowLevelMax()
    assert np.percentile(flair[flair > 0], 90) < window <= flair.max()
