import numpy as np
import pytest
import SimpleITK as sitk
import slicer

from gliomamri.errors import UserError
from gliomamri_slicer.dicom_headers import writeParameters
from gliomamri_slicer.found_parameters import Source
from gliomamri_slicer.frames import listFrames
from gliomamri_slicer.grid import imageGrid
from gliomamri_slicer.series import knownParameters, seriesFromFrames
from scene.builders import ijk_to_ras, image_of, linear_transform, ramp, rigid, volume


def inversion_volumes(times=(50, 400, 2500), kind="left-handed"):
    return [volume(f"TI_{time}ms", ramp() + time, kind) for time in times]


def sequence(index_name="EchoTime", unit="ms", values=("10", "20", "30")):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "echoes")
    node.SetIndexName(index_name)
    node.SetIndexUnit(unit)
    for value in values:
        frame = volume("frame", ramp() * float(value))
        node.SetDataNodeAtValue(frame, value)
        slicer.mrmlScene.RemoveNode(frame)
    return node


def multi_volume(labels="0.01,0.02,0.03", unit="s"):
    """As MultiVolumeImporter describes it; the node class itself is in another extension."""
    array = np.stack([ramp() + 100 * c for c in range(3)], axis=-1)
    node = slicer.util.addVolumeFromArray(array, ijk_to_ras("oblique"), "multi", "vtkMRMLVectorVolumeNode")
    node.SetAttribute("MultiVolume.FrameLabels", labels)
    node.SetAttribute("MultiVolume.FrameIdentifyingDICOMTagName", "EchoTime")
    node.SetAttribute("MultiVolume.FrameIdentifyingDICOMTagUnits", unit)
    node.SetAttribute("MultiVolume.DICOM.RepetitionTime", "2500")
    return node


def test_separate_volumes_make_a_series_with_their_parameters():
    nodes = inversion_volumes()
    for node in nodes:
        writeParameters(node, {"repetition_time": 2550})

    series = seriesFromFrames(listFrames(nodes))

    assert dict(series.parameters) == {
        "inversion_time": (50, 400, 2500),
        "repetition_time": (2550, 2550, 2550),
    }
    assert [image[3, 2, 1] for image in series.images] == [ramp()[1, 2, 3] + t for t in (50, 400, 2500)]
    assert imageGrid(series.images[2]).distance(imageGrid(image_of(ramp(), ijk_to_ras("left-handed")))) < 1e-9


def test_typed_values_go_before_what_the_nodes_know():
    series = seriesFromFrames(
        listFrames(inversion_volumes()), {"inversion_time": [60, 410, 2510]}, signed=True
    )

    assert series.parameters["inversion_time"] == (60, 410, 2510)
    assert series.signed is True


def test_a_parameter_unknown_in_one_image_is_left_out():
    frames = listFrames([*inversion_volumes(), volume("last", ramp(), "left-handed")])

    assert knownParameters(frames) == {}


def test_wrong_number_of_typed_values_is_one_sentence():
    with pytest.raises(UserError, match="3 images but 2 values of inversion time"):
        seriesFromFrames(listFrames(inversion_volumes()), {"inversion_time": [1, 2]})


def test_different_grids_are_refused_by_name():
    nodes = [*inversion_volumes((50,)), volume("TI_90ms", ramp(), "oblique")]

    with pytest.raises(UserError, match="'TI_50ms' and 'TI_90ms' do not lie on the same grid"):
        seriesFromFrames(listFrames(nodes))


def test_no_frame_is_refused():
    with pytest.raises(UserError, match="holds no image"):
        seriesFromFrames([])


@pytest.mark.parametrize(("unit", "factor"), [("ms", 1), ("s", 1000), ("", 1)])
def test_sequence_gives_frames_with_index_values(unit, factor):
    frames = listFrames([sequence(unit=unit)])

    series = seriesFromFrames(frames)

    assert series.parameters["echo_time"] == (10 * factor, 20 * factor, 30 * factor)
    assert frames[0].parameters["echo_time"].source is Source.SEQUENCE
    np.testing.assert_array_equal(sitk.GetArrayFromImage(series.images[1]), ramp() * 20)
    assert imageGrid(series.images[1]).distance(imageGrid(image_of(ramp(), ijk_to_ras("oblique")))) < 1e-9


def test_what_the_user_set_goes_before_the_index():
    node = sequence()
    writeParameters(node.GetNthDataNode(1), {"echo_time": 21.5})

    frames = listFrames([node])

    assert [frame.parameters["echo_time"].value for frame in frames] == [10, 21.5, 30]


def test_sequence_over_something_else_gives_no_parameter():
    frames = listFrames([sequence(index_name="time", unit="s")])

    assert knownParameters(frames) == {}
    assert len(frames) == 3


def test_multi_volume_gives_a_frame_per_component():
    series = seriesFromFrames(listFrames([multi_volume()]))

    assert series.parameters["echo_time"] == pytest.approx((10, 20, 30))
    assert series.parameters["repetition_time"] == (2500, 2500, 2500)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(series.images[2]), ramp() + 200)


def test_multi_volume_under_a_transform_is_placed_there():
    node = multi_volume()
    node.SetAndObserveTransformNodeID(linear_transform(rigid()).GetID())

    image = listFrames([node])[1].image()

    expected = imageGrid(image_of(ramp(), rigid() @ ijk_to_ras("oblique")))
    assert imageGrid(image).distance(expected) < 1e-9


def test_multi_volume_with_missing_frames_is_refused():
    with pytest.raises(UserError, match="names 2 frames but holds 3"):
        listFrames([multi_volume(labels="1,2")])


def test_what_is_no_image_is_refused():
    with pytest.raises(UserError, match="neither a volume nor a sequence"):
        listFrames([slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "words")])
    with pytest.raises(UserError, match="'none' is empty"):
        listFrames([slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "none")])
    color = slicer.util.addVolumeFromArray(
        np.zeros((2, 3, 4, 3), np.uint8), nodeClassName="vtkMRMLVectorVolumeNode"
    )
    with pytest.raises(UserError, match="3 values per voxel"):
        seriesFromFrames(listFrames([color]))
