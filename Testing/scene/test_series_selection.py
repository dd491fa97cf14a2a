"""The images of a series as a user chooses them: kept in order, with typed times, through saving and loss."""

from __future__ import annotations

import json

import pytest
import SimpleITK as sitk
import slicer

from gliomamri.errors import UserError
from gliomamri.roles import ROLES, Role
from gliomamri_slicer.dicom_headers import acquisitionParameters, signalHasSign, writeParameters
from gliomamri_slicer.found_parameters import Source
from gliomamri_slicer.series_candidates import seriesCandidates
from gliomamri_slicer.series_selection import SeriesSelection
from scene.builders import ijk_to_ras, image_of, ramp, volume


@pytest.fixture
def parameter_node(scene):
    return scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", "Module")


@pytest.fixture
def selection(parameter_node):
    return SeriesSelection(parameter_node, "IRT1")


def series(prefix, values, **others):
    nodes = []
    for value in values:
        node = volume(f"{prefix}_{value:g}ms", ramp() + value)
        writeParameters(node, others)
        nodes.append(node)
    return nodes


def names(nodes):
    return [node.GetName() for node in nodes]


def test_chosen_images_keep_their_order_and_new_ones_come_behind(selection):
    a, b, c = series("TI", (100, 50, 400))

    selection.setNodes([b, a])
    selection.setNodes([a, b, c])

    assert selection.nodes() == [b, a, c]
    selection.setNodes([c, a])
    assert selection.nodes() == [a, c]


def test_choosing_the_same_again_tells_nobody(selection, parameter_node):
    nodes = series("TI", (50, 100))
    selection.setNodes(nodes)
    calls = []
    parameter_node.AddObserver("ModifiedEvent", lambda *_: calls.append(1))

    selection.setNodes(nodes)

    assert calls == []


def test_a_removed_image_leaves_the_choice(selection, scene):
    a, b, c = series("TI", (50, 100, 400))
    selection.setNodes([a, b, c])

    scene.RemoveNode(b)

    assert selection.nodes() == [a, c]


def test_two_roles_do_not_mix(parameter_node):
    inversion, echo = series("TI", (50,)), series("TE", (10,))

    SeriesSelection(parameter_node, "IRT1").setNodes(inversion)
    SeriesSelection(parameter_node, "MESE").setNodes(echo)

    assert SeriesSelection(parameter_node, "IRT1").nodes() == inversion


@pytest.mark.parametrize(("text", "value"), [("60", 60.0), (" 60,5 ", 60.5), ("1e2", 100.0)])
def test_typed_time_goes_before_the_name(selection, text, value):
    selection.setNodes(series("TI", (50,)))

    selection.setTyped(selection.frames()[0], "inversion_time", text)

    found = selection.frames()[0].parameters["inversion_time"]
    assert (found.value, found.source) == (value, Source.TYPED)
    selection.setTyped(selection.frames()[0], "inversion_time", " ")
    assert selection.frames()[0].parameters["inversion_time"].value == 50


@pytest.mark.parametrize("text", ["fast", "-5", "0", "inf", "nan", "5 ms"])
def test_nonsense_is_refused_in_a_sentence(selection, text):
    selection.setNodes(series("TI", (50,)))

    with pytest.raises(UserError, match="must be a positive number in ms"):
        selection.setTyped(selection.frames()[0], "inversion_time", text)

    assert selection.frames()[0].parameters["inversion_time"].value == 50


def test_missing_times_are_named(selection):
    selection.setNodes([volume("a", ramp()), volume("b", ramp()), volume("c", ramp()), *series("TI", (50,))])

    assert selection.missing() == "Type the inversion time of 'a', 'b' and 1 more in the table."


def test_too_few_different_times_are_told_and_no_choice_is_fine(selection):
    assert selection.missing(fewest=4) == ""
    selection.setNodes([*series("TI", (50, 100)), *series("again_TI", (100,))])
    assert selection.missing(2) == ""
    assert "with at least 3 different inversion times; these have 2" in selection.missing(3)
    selection.setNodes([*selection.nodes(), *series("TI", (400,))])
    assert selection.missing(3) == ""


def test_a_series_may_vary_in_two_parameters(parameter_node, scene, monkeypatch):
    monkeypatch.setitem(
        ROLES, "dwi", Role("dwi", "diffusion", "dwi", is_series=True, varying=("b_value", "echo_time"))
    )
    selection = SeriesSelection(parameter_node, "dwi")
    pairs = ((0, 80), (1000, 80), (0, 110), (1000, 110))
    nodes = []
    for b_value, echo_time in reversed(pairs):
        nodes.append(volume("image", ramp()))
        writeParameters(nodes[-1], {"b_value": b_value, "echo_time": echo_time})
    selection.setNodes(nodes)

    assert selection.missing(4) == ""
    assert "at least 5 different b values and echo times; these have 4" in selection.missing(5)
    assert names(seriesCandidates("dwi", scene)) == ["image"] * 4
    found = [acquisitionParameters(node) for node in seriesCandidates("dwi", scene)]
    assert [(each["b_value"].value, each["echo_time"].value) for each in found] == sorted(pairs)
    nodes[0].RemoveAttribute("GliomaMRI.echo_time")
    assert selection.missing(4) == "Type the echo time of 'image' in the table."


def test_repetition_time_typed_once_goes_to_all_images_whose_header_is_silent(selection, tmp_path):
    sitk.WriteImage(image_of(ramp(), ijk_to_ras("oblique")), str(tmp_path / "image.nii.gz"))
    (tmp_path / "image.json").write_text(json.dumps({"InversionTime": 0.9, "RepetitionTime": 15.0}))
    selection.setNodes([*series("TI", (50, 100)), loaded(tmp_path / "image.nii.gz")])

    def known():
        return [
            (found.value, found.source) if (found := frame.parameters.get("repetition_time")) else None
            for frame in selection.frames()
        ]

    selection.setTyped(selection.frames()[1], "repetition_time", "8000")
    assert known() == [(8000.0, Source.TYPED), (8000.0, Source.TYPED), (15000.0, Source.SIDECAR)]
    selection.setTyped(selection.frames()[0], "repetition_time", "7000")
    assert known()[:2] == [(7000.0, Source.TYPED)] * 2
    selection.setTyped(selection.frames()[2], "repetition_time", "9000")
    assert known()[2] == (9000.0, Source.TYPED)
    selection.setTyped(selection.frames()[0], "repetition_time", "")
    assert known() == [None, None, (15000.0, Source.SIDECAR)]


def test_inversion_time_typed_once_stays_with_its_image(selection):
    selection.setNodes([volume("a", ramp()), volume("b", ramp())])

    selection.setTyped(selection.frames()[0], "inversion_time", "60")

    assert "inversion_time" not in selection.frames()[1].parameters


def test_headers_are_read_once_until_the_image_changes(selection, tmp_path, monkeypatch):
    from gliomamri_slicer import dicom_headers, header_memory

    sitk.WriteImage(image_of(ramp(), ijk_to_ras("oblique")), str(tmp_path / "image.nii.gz"))
    selection.setNodes([loaded(tmp_path / "image.nii.gz")])
    read = []
    original = dicom_headers.sidecarFacts
    monkeypatch.setattr(dicom_headers, "sidecarFacts", lambda node: read.append(1) or original(node))

    state = selection.state()
    selection.frames()
    once = len(read)
    selection.frames()
    selection.missing(3)
    assert once > 0
    assert len(read) == once
    assert selection.state() == state

    selection.setTyped(selection.frames()[0], "inversion_time", "60")
    assert selection.state() != state
    assert selection.frames()[0].parameters["inversion_time"].value == 60
    assert len(read) == 2 * once
    header_memory.forgetHeaders()
    selection.frames()
    assert len(read) == 3 * once


def test_candidates_are_ordered_by_time_and_split_by_role(scene):
    series("TI", (400, 50, 100), repetition_time=8000, echo_time=12)
    series("TE", (25, 12, 80))
    volume("T1 brain", ramp())

    assert names(seriesCandidates("IRT1", scene)) == ["TI_50ms", "TI_100ms", "TI_400ms"]
    assert names(seriesCandidates("MESE", scene)) == ["TE_12ms", "TE_25ms", "TE_80ms"]


def test_candidates_share_their_other_parameters_and_size(scene):
    series("pre_TE", (10, 20, 30, 40), repetition_time=3000)
    series("post_TE", (10, 20, 30), repetition_time=5000)
    odd = volume("pre_TE_50ms", ramp(shape=(2, 3, 4)))
    writeParameters(odd, {"repetition_time": 3000})

    assert names(seriesCandidates("MESE", scene)) == [f"pre_TE_{t}ms" for t in (10, 20, 30, 40)]


def test_two_images_and_results_of_ours_are_no_candidates(scene):
    nodes = series("TE", (10, 20, 30))
    nodes[2].SetAttribute("GliomaMRI.quantity", "T2")

    assert seriesCandidates("MESE", scene) == []


def loaded(path):
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(str(path))
    storage.SetSingleFile(True)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "from file")
    slicer.mrmlScene.AddNode(storage)
    assert storage.ReadData(node)
    node.SetAndObserveStorageNodeID(storage.GetID())
    return node


def test_json_file_beside_the_image_gives_times_in_ms_and_the_sign(tmp_path):
    sitk.WriteImage(image_of(ramp(), ijk_to_ras("oblique")), str(tmp_path / "inv-1_IRT1.nii.gz"))
    about = {"InversionTime": 0.05, "RepetitionTime": 15.0, "Signed": True}
    (tmp_path / "inv-1_IRT1.json").write_text(json.dumps(about))

    node = loaded(tmp_path / "inv-1_IRT1.nii.gz")

    found = acquisitionParameters(node)
    assert (found["inversion_time"].value, found["inversion_time"].source) == (50.0, Source.SIDECAR)
    assert found["repetition_time"].value == 15000.0
    assert signalHasSign(node) is True


def test_broken_json_file_is_as_good_as_none(tmp_path):
    sitk.WriteImage(image_of(ramp(), ijk_to_ras("oblique")), str(tmp_path / "image.nii.gz"))
    (tmp_path / "image.json").write_text("{")

    assert acquisitionParameters(loaded(tmp_path / "image.nii.gz")) == {}
