"""Nodes are assigned to roles as a radiologist would: by our attribute, the series description, the name."""

from __future__ import annotations

import pytest
import slicer

from gliomamri.roles import ROLES
from gliomamri_slicer.results import importResult
from gliomamri_slicer.role_assignment import assignByName
from gliomamri_slicer.roles import ROLE_ATTRIBUTE
from scene.builders import ramp, t1_map, volume
from scene.sample_result import simulated

WANTED = ("T1w", "ceT1w", "T2w", "FLAIR", "T1map", "T2map", "PDmap", "brain_mask", "segmentation")


class Database:
    """Double of Slicer's DICOM database."""

    def __init__(self, headers):
        self.headers = headers

    def instanceValue(self, uid, tag):
        return self.headers.get(uid, {}).get(tag, "")


def load(*names):
    return {name: volume(name, ramp()) for name in names}


def segmentation(name):
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)


def from_dicom(name, uid, **tags):
    node = volume(name, ramp())
    node.SetAttribute("DICOM.instanceUIDs", f"{uid} {uid}.2")
    return node, {uid: {tag.replace("_", ",").removeprefix("t"): value for tag, value in tags.items()}}


def assigned(**options):
    return {role: node.GetName() for role, node in assignByName(slicer.mrmlScene, WANTED, **options).items()}


EXAMINATIONS = {
    "GE": (
        {
            "T1w": "3: Ax T1 FSE", "ceT1w": "9: Ax T1 FSE +C", "T2w": "4: Ax T2 PROPELLER", "FLAIR": "5: Ax T2 FLAIR",
        },
        ("1: 3Plane Loc", "6: Ax DWI", "7: SWAN", "12: Ax T2 FLAIR +C", "901: ADC", "10: Ax T1 MPR"),
    ),
    "Siemens": (
        {
            "T1w": "5: t1_mprage_sag_p2_iso_1.0", "ceT1w": "15: t1_mprage_sag_p2_iso_1.0_Gd",
            "T2w": "6: t2_tse_tra_320_p2", "FLAIR": "7: t2_tirm_tra_dark-fluid",
        },
        ("1: localizer", "8: ep2d_diff_3scan_trace_p2_TRACEW", "9: t2_swi_tra_p2_1.5mm", "12: ep2d_perf_p2"),
    ),
    "Philips": (
        {"T1w": "301: sT1W_3D_TFE", "ceT1w": "1101: sT1W_3D_TFE_Gd", "T2w": "401: T2W_TSE",
            "FLAIR": "501: FLAIR_longTR"},
        ("101: Survey", "601: DWI_SSh", "801: VEN_BOLD"),
    ),
    "BraTS": (
        {
            "T1w": "BraTS20_Training_001_t1", "ceT1w": "BraTS20_Training_001_t1ce", "T2w": "BraTS20_Training_001_t2",
            "FLAIR": "BraTS20_Training_001_flair",
        },
        (),
    ),
    "short": ({"T1w": "t1", "ceT1w": "t1ce", "T2w": "t2", "FLAIR": "flair"}, ()),
    "BIDS": (
        {
            "T1w": "sub-01_T1w", "ceT1w": "sub-01_ce-gad_T1w", "T2w": "sub-01_T2w", "FLAIR": "sub-01_FLAIR",
            "T1map": "sub-01_T1map", "T2map": "sub-01_T2map", "PDmap": "sub-01_PDmap",
        },
        ("sub-01_acq-b0_dwi", "sub-01_ce-gad_T1map"),
    ),
    "SyMRI": (
        {"T1map": "SyMRI T1 map", "T2map": "SyMRI T2 map", "PDmap": "SyMRI PD map", "T1w": "Ax T1 pre"},
        ("SyMRI T1W", "R1 map"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("kind", EXAMINATIONS)
def test_examination_is_assigned(kind, backwards):
    expected, others = EXAMINATIONS[kind]
    names = [*expected.values(), *others]
    load(*(reversed(names) if backwards else names))

    assert assigned() == expected


def test_attribute_wins_over_names():
    nodes = load("Ax T1 FSE", "odd")
    nodes["odd"].SetAttribute(ROLE_ATTRIBUTE, "T1w")
    nodes["Ax T1 FSE"].SetAttribute(ROLE_ATTRIBUTE, "T2w")

    assert assigned() == {"T1w": "odd", "T2w": "Ax T1 FSE"}


def test_series_description_wins_over_the_name():
    _, one = from_dicom("T2", "1.1", t0008_103e="AX FLAIR FS")
    _, two = from_dicom("series 7", "1.2", t0008_103e="t2_tse_tra")
    _, none = from_dicom("5: T1W_TSE", "1.3", t0008_103e="unnamed")

    assert assigned(database=Database(one | two | none)) == {
        "FLAIR": "T2", "T2w": "series 7", "T1w": "5: T1W_TSE",
    }  # fmt: skip


def test_contrast_agent_in_the_header_tells_images_of_one_name_apart():
    _, pre = from_dicom("5: t1_mprage", "1.1", t0008_103e="t1_mprage", t0018_0010="")
    _, post = from_dicom("9: t1_mprage", "1.2", t0008_103e="t1_mprage", t0018_0010="Dotarem")

    assert assigned(database=Database(pre | post)) == {"T1w": "5: t1_mprage", "ceT1w": "9: t1_mprage"}


def test_agent_that_was_typed_in_for_the_whole_examination_says_nothing():
    _, pre = from_dicom("t1_se", "1.1", t0018_0010="Dotarem")
    _, post = from_dicom("t1_se Gd", "1.2", t0018_0010="Dotarem")

    assert assigned(database=Database(pre | post)) == {"T1w": "t1_se", "ceT1w": "t1_se Gd"}


def test_a_map_never_is_a_weighted_image():
    result = simulated(roles=())
    maps = (t1_map(name="T1map"), t1_map(name="T1w fit", quantity="M0"), t1_map(name="T1_standard_error"))
    importResult(type(result)(maps=maps), {"task": "relaxometry"}, {})

    assert assigned() == {"T1map": "T1map"}


def test_result_s_own_roles_are_found_and_the_newest_wins():
    one = t1_map(name="R1_standard_error", quantity="R1 standard error", unit="1/s", role="R1error")
    first = importResult(type(simulated())(maps=(one,)), {"task": "relaxometry"}, {})
    second = importResult(type(simulated())(maps=(one,)), {"task": "relaxometry"}, {})

    found = assignByName(slicer.mrmlScene, ["R1error"])

    assert found["R1error"] is second.nodes["R1_standard_error"]
    assert found["R1error"] is not first.nodes["R1_standard_error"]


def test_simulated_patient_is_assigned_whole():
    imported = importResult(simulated(), {"task": "simulate"}, {})

    found = assignByName(slicer.mrmlScene, WANTED)

    for role in ("T1w", "ceT1w", "T2w", "FLAIR", "brain_mask"):
        assert found[role] is imported.nodes[role]
    assert found["segmentation"] is imported.nodes["tumor"]
    assert found["T1map"] is imported.nodes["true_T1map"]


def test_finer_image_wins_over_an_equally_named_coarse_one():
    coarse = volume("Ax T1 SE", ramp())
    fine = volume("Sag T1 MPRAGE", ramp())
    fine.SetSpacing(1.0, 1.0, 1.0)
    volume("Cor T1 SE", ramp())

    assert assignByName(slicer.mrmlScene, ["T1w"])["T1w"] is fine
    assert fine is not coarse


def test_segmentation_of_any_name_is_taken_when_it_is_the_only_one():
    segmentation("brain mask")
    mine = segmentation("Anna's")

    assert assigned() == {"brain_mask": "brain mask", "segmentation": "Anna's"}

    segmentation("other")
    assert "segmentation" not in assigned()
    mine.SetName("tumor annotation")
    assert assigned()["segmentation"] == "tumor annotation"


@pytest.mark.parametrize("task", ["relaxometry", "regions"])
def test_what_an_analysis_found_is_no_annotation(task):
    mine = segmentation("Anna's tumor")
    for name in ("lesion_regions", "dR1_significant"):
        segmentation(name).SetAttribute("GliomaMRI.task", task)

    assert assigned() == {"segmentation": "Anna's tumor"}

    slicer.mrmlScene.RemoveNode(mine)
    assert assigned() == {}


def test_annotation_that_prepare_gave_back_is_one():
    segmentation("tumor").SetAttribute("GliomaMRI.task", "prepare")

    assert assigned() == {"segmentation": "tumor"}


def test_brain_mask_may_be_a_label_map_but_a_brain_is_no_mask():
    volume("brain", ramp())
    assert assigned() == {}
    labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "SynthStrip mask")
    slicer.util.updateVolumeFromArray(labels, ramp().astype("uint8"))

    assert assigned() == {"brain_mask": "SynthStrip mask"}
    segmentation("Brain mask")
    assert assigned() == {"brain_mask": "Brain mask"}


def test_label_maps_hidden_and_empty_volumes_are_no_images():
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T1w")
    labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "T2w-label")
    slicer.util.updateVolumeFromArray(labels, ramp().astype("uint8"))
    load("FLAIR")["FLAIR"].SetHideFromEditors(True)

    assert assigned() == {}


def test_series_roles_are_passed_over_and_unknown_ones_refused():
    volume("MAGIC", ramp())

    assert assignByName(slicer.mrmlScene, [role for role, one in ROLES.items() if one.is_series]) == {}
    with pytest.raises(KeyError):
        assignByName(slicer.mrmlScene, ["T9w"])
