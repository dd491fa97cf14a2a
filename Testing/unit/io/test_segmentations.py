import json

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.segmentations import from_description, read_segments, to_description

LABELS = np.random.default_rng(5).choice([0, 1, 2, 4], size=(4, 5, 6))


def test_names_default_to_the_label(make_image, tmp_path):
    sitk.WriteImage(make_image(LABELS, np.uint8), str(tmp_path / "seg.nii.gz"))

    found = read_segments(tmp_path / "seg.nii.gz")

    assert found.names == {1: "label 1", 2: "label 2", 4: "label 4"}
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found.image), LABELS)


def test_names_and_colors_from_a_bids_table(make_image, tmp_path):
    sitk.WriteImage(make_image(LABELS, np.int16), str(tmp_path / "sub-01_dseg.nii.gz"))
    (tmp_path / "sub-01_dseg.tsv").write_text(
        "index\tname\tcolor\n0\tbackground\t#000000\n1\tnecrosis\t#ff0000\n2\tedema\t#00ff33\n"
    )

    found = read_segments(tmp_path / "sub-01_dseg.nii.gz")

    assert found.names == {1: "necrosis", 2: "edema", 4: "label 4"}
    assert found.colors == {1: (1.0, 0.0, 0.0), 2: (0.0, 1.0, 0.2)}


@pytest.mark.parametrize(
    "description",
    [
        {"labels": {"1": {"name": "necrosis", "color": [0.5, 0, 1]}, "4": {"name": "edema"}}},
        {"1": "necrosis", "4": "edema"},
    ],
)
def test_names_from_json(make_image, tmp_path, description):
    sitk.WriteImage(make_image(LABELS, np.uint8), str(tmp_path / "a.nrrd"))
    (tmp_path / "a.json").write_text(json.dumps(description))

    assert read_segments(tmp_path / "a.nrrd").names == {1: "necrosis", 2: "label 2", 4: "edema"}


def test_description_goes_both_ways(make_image, tmp_path):
    sitk.WriteImage(make_image(LABELS, np.uint8), str(tmp_path / "a.nrrd"))
    (tmp_path / "a.json").write_text('{"labels": {"1": {"name": "Nekrose \\u00e4", "color": [0.5, 0, 1]}}}')
    found = read_segments(tmp_path / "a.nrrd")

    assert from_description(json.loads(json.dumps(to_description(found)))) == (found.names, found.colors)


def _write_slicer_segmentation(path, values, extra=""):
    """A .seg.nrrd as 3D Slicer writes it, header by hand: oblique axes, raw encoding."""
    header = f"""NRRD0004
type: unsigned char
dimension: 3
space: left-posterior-superior
sizes: {values.shape[2]} {values.shape[1]} {values.shape[0]}
space directions: (0.6,0.8,0) (-1.6,1.2,0) (0,0,-3)
kinds: domain domain domain
encoding: raw
space origin: (5,-7,11)
Segment0_Color:=0.9 0.1 0.25
Segment0_ID:=Segment_1
Segment0_LabelValue:=4
Segment0_Layer:=0
Segment0_Name:=enhancing tumor
Segment1_Color:=0 1 0
Segment1_ID:=Segment_2
Segment1_LabelValue:=1
Segment1_Layer:=0
Segment1_Name:=edema (left)
Segmentation_MasterRepresentation:=Binary labelmap
{extra}
"""
    path.write_bytes(header.encode() + values.astype(np.uint8).tobytes())


def test_slicer_segmentation_brings_names_colors_and_place(tmp_path):
    path = tmp_path / "Segmentation.seg.nrrd"
    _write_slicer_segmentation(path, LABELS)

    found = read_segments(path)

    assert found.names == {4: "enhancing tumor", 1: "edema (left)", 2: "label 2"}
    assert found.colors == {4: (0.9, 0.1, 0.25), 1: (0.0, 1.0, 0.0)}
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found.image), LABELS)
    place = (
        np.array((5, -7, 11))
        + 2 * np.array((0.6, 0.8, 0))
        + 3 * np.array((-1.6, 1.2, 0))
        + np.array((0, 0, -3))
    )
    np.testing.assert_allclose(found.image.TransformIndexToPhysicalPoint((2, 3, 1)), place, atol=1e-12)
    assert not found.image.GetMetaDataKeys()


def test_overlapping_segments_are_refused(tmp_path):
    path = tmp_path / "a.seg.nrrd"
    _write_slicer_segmentation(
        path, LABELS, "Segment2_LabelValue:=1\nSegment2_Layer:=1\nSegment2_Name:=core\n"
    )

    with pytest.raises(UserError, match="overlap"):
        read_segments(path)


def test_whole_numbers_stored_as_floats_are_labels_and_others_are_not(make_image, tmp_path):
    sitk.WriteImage(make_image(LABELS, np.float64), str(tmp_path / "a.nii"))
    sitk.WriteImage(make_image(LABELS * 0.5, np.float32), str(tmp_path / "b.nii"))
    sitk.WriteImage(make_image(LABELS - 1, np.int16), str(tmp_path / "c.nii"))

    found = read_segments(tmp_path / "a.nii")

    assert found.image.GetPixelID() == sitk.sitkUInt16
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found.image), LABELS)
    for name in ("b.nii", "c.nii"):
        with pytest.raises(UserError, match="no labels"):
            read_segments(tmp_path / name)


def test_damaged_table_is_told(make_image, tmp_path):
    sitk.WriteImage(make_image(LABELS, np.uint8), str(tmp_path / "a.nii"))
    (tmp_path / "a.tsv").write_text("number\tlabel\n1\tx\n")

    with pytest.raises(UserError, match="columns 'index' and 'name'"):
        read_segments(tmp_path / "a.nii")
