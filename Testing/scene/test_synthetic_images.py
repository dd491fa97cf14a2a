"""Synthetic images in the scene: live, honest about what they are, and never in place of a map."""

import json

import numpy as np
import pytest
import slicer

from gliomamri.errors import UserError
from gliomamri.relaxometry.synthetic import synthesize
from gliomamri.relaxometry.weighted_images import display_window
from gliomamri_slicer.synthetic_images import SyntheticImage
from scene.builders import SHAPE, linear_transform, matrix_of, ramp, rigid, scene_names, volume


def arrays():
    steps = ramp() / ramp().max()
    T1 = (700 + 3000 * steps).astype(np.float32)
    T2 = (60 + 500 * steps[::-1]).astype(np.float32)
    PD = (65 + 35 * steps[:, ::-1]).astype(np.float32)
    T1[0, 0, 0] = 0
    return {"T1": T1, "T2": T2, "PD": PD}


def maps(kind="oblique", **changes):
    values = {**arrays(), **changes}
    nodes = [volume(f"{name}map", array, kind) for name, array in values.items()]
    for node, (name, unit) in zip(nodes, (("T1", "ms"), ("T2", "ms"), ("PD", "%")), strict=True):
        node.SetAttribute("GliomaMRI.quantity", name)
        node.SetAttribute("GliomaMRI.unit", unit)
    return nodes


def voxels(image):
    return slicer.util.arrayFromVolume(image.node)


def test_image_lies_where_the_maps_lie_and_holds_their_signal():
    nodes = maps()
    transform = linear_transform(rigid())
    for node in nodes:
        node.SetAndObserveTransformNodeID(transform.GetID())

    image = SyntheticImage("T2w", *nodes)

    values = arrays()
    expected = synthesize("T2w", values["PD"], values["T1"], values["T2"])
    np.testing.assert_array_equal(voxels(image), expected)
    assert voxels(image).shape == SHAPE
    assert voxels(image)[0, 0, 0] == 0
    np.testing.assert_array_equal(matrix_of(image.node), matrix_of(nodes[0]))
    assert image.node.GetTransformNodeID() == transform.GetID()
    assert image.node.GetVoxelValueUnits().GetCodeValue() == "%"
    assert image.notes == ()


def test_sliding_changes_the_voxels_in_place_and_tells_once():
    image = SyntheticImage("FLAIR", *maps())
    before, data = voxels(image).copy(), image.node.GetImageData()
    window = image.node.GetDisplayNode().GetWindow()
    address = voxels(image).ctypes.data
    events = []
    image.node.AddObserver("ModifiedEvent", lambda *_: events.append("node"))
    range_before = data.GetScalarRange()

    image.update(inversion_time=900, echo_time=40)

    values = arrays()
    expected = synthesize("FLAIR", values["PD"], values["T1"], values["T2"], inversion_time=900, echo_time=40)
    np.testing.assert_array_equal(voxels(image), expected)
    assert np.abs(voxels(image) - before).max() > 1
    assert image.node.GetImageData() is data
    assert voxels(image).ctypes.data == address
    assert events == ["node"]
    assert data.GetScalarRange() == (expected.min(), expected.max()) != range_before
    assert image.node.GetDisplayNode().GetWindow() == window
    assert image.times["repetition_time"] == 9000
    image.fitWindow()
    display = image.node.GetDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == pytest.approx(
        display_window("FLAIR", inversion_time=900, echo_time=40)
    )


def test_node_says_what_it_is():
    image = SyntheticImage("T1w", *maps(), postContrast=True)

    image.update(repetition_time=620)

    node = image.node
    assert node.GetName() == "ceT1w_synthetic"
    assert node.GetAttribute("GliomaMRI.synthetic") == "T1w"
    assert json.loads(node.GetAttribute("GliomaMRI.times")) == {"repetition_time": 620, "echo_time": 10}
    for words in ("T1map, T2map, PDmap", "not acquired", "TR 620 ms", "exp(-TE/T2)", "after contrast agent"):
        assert words in node.GetDescription()


def test_missing_PD_is_assumed_and_said():
    T1, T2, _ = maps()

    image = SyntheticImage("T1w", T1, T2)

    values = arrays()
    np.testing.assert_array_equal(voxels(image), synthesize("T1w", None, values["T1"], values["T2"]))
    assert "100 %" in image.notes[0]
    assert "100 %" in image.node.GetDescription()


def test_edited_maps_are_read_again():
    nodes = maps()
    image = SyntheticImage("T2w", *nodes)
    before = voxels(image).copy()

    slicer.util.arrayFromVolume(nodes[1])[2] *= 2
    slicer.util.arrayFromVolumeModified(nodes[1])
    image.update()

    changed = (voxels(image) != before).any(axis=(1, 2))
    np.testing.assert_array_equal(changed, np.arange(SHAPE[0]) == 2)


def test_another_kind_in_the_same_volume():
    image = SyntheticImage("T2w", *maps())
    node = image.node

    image.setKind("PSIR")

    assert image.node is node
    assert node.GetName() == "PSIR_synthetic"
    assert image.times["inversion_time"] == 800
    assert voxels(image).min() < 0
    assert node.GetDisplayNode().GetWindowLevelMin() < 0


def test_a_loaded_image_can_be_taken_up_again():
    image = SyntheticImage("FLAIR", *maps())
    image.update(inversion_time=1800)
    image.node.GetDisplayNode().SetWindowLevelMinMax(1, 7)
    expected = voxels(image).copy()

    again = SyntheticImage.fromNode(image.node)

    assert again.kind == "FLAIR"
    assert again.times == image.times
    np.testing.assert_array_equal(voxels(again), expected)
    assert again.node.GetDisplayNode().GetWindowLevelMax() == 7
    again.update(inversion_time=2400)
    assert np.abs(voxels(again) - expected).max() > 1


def test_maps_are_never_overwritten():
    nodes = maps()

    with pytest.raises(UserError, match="would be overwritten"):
        SyntheticImage("T2w", *nodes, node=nodes[0])

    np.testing.assert_array_equal(slicer.util.arrayFromVolume(nodes[0]), arrays()["T1"])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda n: [None, n[1], n[2]], "needs a T1 map"),
        (lambda n: [n[1], n[0], n[2]], "holds T2, not T1"),
        (lambda n: [n[0], volume("T2map", arrays()["T2"], "axial"), n[2]], "same grid"),
        (lambda n: [n[0], volume("T2map", arrays()["T2"] / 1000), n[2]], "cannot be T2 in ms"),
        (lambda n: [n[0], volume("T2map", arrays()["T2"][:, :, :-1]), n[2]], "same grid"),
    ],
)
def test_wrong_maps_are_refused_and_nothing_is_added(spoil, words):
    nodes = spoil(maps())
    before = scene_names()

    with pytest.raises(UserError, match=words):
        SyntheticImage("T2w", *nodes)

    assert scene_names() == before


def test_units_and_contrast_must_agree():
    T1, T2, PD = maps()
    T1.SetAttribute("GliomaMRI.unit", "s")
    with pytest.raises(UserError, match="is in s; a T1 map in ms"):
        SyntheticImage("T2w", T1, T2, PD)
    T1.SetAttribute("GliomaMRI.unit", "ms")
    T1.SetAttribute("GliomaMRI.role", "ceT1map")
    T2.SetAttribute("GliomaMRI.role", "T2map")
    with pytest.raises(UserError, match="mix before and after"):
        SyntheticImage("T2w", T1, T2, PD)
    T2.SetAttribute("GliomaMRI.role", "ceT2map")
    assert SyntheticImage("T2w", T1, T2, PD).node.GetName() == "ceT2w_synthetic"


def test_removed_nodes_are_told():
    nodes = maps()
    image = SyntheticImage("T2w", *nodes)
    slicer.mrmlScene.RemoveNode(nodes[2])
    with pytest.raises(UserError, match="map behind the synthetic image was removed"):
        image.update(echo_time=50)
    slicer.mrmlScene.RemoveNode(image.node)
    with pytest.raises(UserError, match="make a new one"):
        image.update(echo_time=50)


def test_bad_times_leave_the_image_as_it_was():
    image = SyntheticImage("FLAIR", *maps())
    before, description = voxels(image).copy(), image.node.GetDescription()

    with pytest.raises(UserError, match="must be shorter than TR"):
        image.update(repetition_time=2000)

    np.testing.assert_array_equal(voxels(image), before)
    assert image.node.GetDescription() == description
    assert image.times["repetition_time"] == 9000
