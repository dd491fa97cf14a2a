import json

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.studies import read_study
from unit.io.dicom_writer import write_series

ROLES = ("IRT1", "MESE", "brain_mask", "segmentation")


@pytest.fixture
def write(make_image, tmp_path):
    """Write an image with its json fields; give the path."""

    def write(name, values=None, dtype=np.float32, shift=(0, 0, 0), **fields):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(make_image(values, dtype, shift), str(path))
        if fields:
            path.with_name(path.name.split(".")[0] + ".json").write_text(json.dumps(fields))
        return path

    return write


def test_flat_folder_gives_series_mask_and_segments(write, tmp_path):
    values = np.random.default_rng(0).uniform(1, 9, (12, 4, 5, 6))
    for n in range(12):
        write(
            f"sub-JaneDoe_inv-{n + 1}_IRT1.nii.gz",
            values[n],
            InversionTime=0.1 * (n + 1),
            RepetitionTime=8,
            Signed=False,
        )
    write("sub-JaneDoe_label-brain_mask.nii.gz", values[0] > 5, np.uint8)
    write("sub-JaneDoe_dseg.nii.gz", values[0] > 7, np.uint8)

    study = read_study(tmp_path, roles=ROLES)

    assert study.roles == {"IRT1", "brain_mask", "segmentation"}
    series = study.series["IRT1"]
    assert series.parameters["inversion_time"] == pytest.approx([100.0 * (n + 1) for n in range(12)])
    assert series.parameters["repetition_time"] == (8000.0,) * 12
    assert series.signed is False
    np.testing.assert_array_equal(sitk.GetArrayFromImage(series.images[9]), values[9].astype(np.float32))
    assert len({image.GetOrigin() for image in series.images}) == 1
    np.testing.assert_array_equal(sitk.GetArrayFromImage(study.images["brain_mask"]), values[0] > 5)
    assert study.segments[0].names == {1: "label 1"}
    assert study.notes == ()


def test_named_files_win_over_the_folder(write, tmp_path):
    folder = tmp_path / "study"
    write("study/echo-1_MESE.nii", EchoTime=0.01)
    write("study/inv-1_IRT1.nii", InversionTime=0.5)
    later, earlier = write("b.nii.gz", EchoTime=0.08), write("a.nrrd", EchoTime=0.02)

    study = read_study(folder, [("MESE", later), ("MESE", earlier)], roles=ROLES)

    assert study.series["MESE"].parameters == {"echo_time": (80.0, 20.0)}
    assert study.series["IRT1"].parameters == {"inversion_time": (500.0,)}


def test_four_dimensional_file_with_a_list_of_times(make_image, tmp_path):
    volumes = [make_image(np.full((4, 5, 6), n)) for n in range(3)]
    sitk.WriteImage(sitk.JoinSeries(volumes), str(tmp_path / "echoes.nii.gz"))
    (tmp_path / "echoes.json").write_text(json.dumps({"EchoTime": [0.01, 0.02, 0.03], "RepetitionTime": 2}))

    study = read_study(None, [("MESE", tmp_path / "echoes.nii.gz")], roles=ROLES)

    series = study.series["MESE"]
    assert series.parameters == {"echo_time": (10.0, 20.0, 30.0), "repetition_time": (2000.0,) * 3}
    assert [image[0, 0, 0] for image in series.images] == [0, 1, 2]
    assert study.notes[1] == "Every voxel of the multi-echo spin-echo image 2 has the same value (1)."
    (tmp_path / "echoes.json").write_text(json.dumps({"EchoTime": [0.01, 0.02]}))
    with pytest.raises(UserError, match="2 values of echo time for 3 images"):
        read_study(None, [("MESE", tmp_path / "echoes.nii.gz")], roles=ROLES)


def test_named_folder_of_images_and_of_dicom(write, tmp_path, oblique_direction):
    for n in (10, 2):
        write(f"plain/image{n}.nii", np.full((4, 5, 6), n) + np.arange(6), EchoTime=n / 1000)
    volume = np.random.default_rng(0).integers(1, 99, (3, 5, 6))
    for time in (300.0, 100.0):
        write_series(tmp_path / "dicom", oblique_direction, volume, InversionTime=time, EchoTime=5.0)

    study = read_study(None, [("MESE", tmp_path / "plain"), ("IRT1", tmp_path / "dicom")], roles=ROLES)

    assert study.series["MESE"].parameters == {"echo_time": (2.0, 10.0)}
    assert sorted(study.series["IRT1"].parameters["inversion_time"]) == [100.0, 300.0]


def test_maps_are_converted_and_say_so(write, tmp_path):
    seconds = np.random.default_rng(0).uniform(0.3, 3, (4, 5, 6))
    write("sub-1_T1map.nii.gz", seconds, Units="s")
    write("sub-1_T2map.nii.gz", 100 * seconds, Units="ms")

    study = read_study(tmp_path, roles=("T1map", "T2map"))

    np.testing.assert_allclose(sitk.GetArrayFromImage(study.images["T1map"]), 1000 * seconds, rtol=1e-6)
    np.testing.assert_allclose(sitk.GetArrayFromImage(study.images["T2map"]), 100 * seconds, rtol=1e-6)
    assert study.notes == ("The T1 map was converted from s to ms.",)


def test_dicom_is_found_beside_unrelated_images(write, tmp_path, oblique_direction):
    write("scan7.nii")
    volume = np.random.default_rng(0).integers(1, 99, (3, 5, 6))
    for time in (300.0, 100.0, 900.0):
        write_series(tmp_path / "dicom", oblique_direction, volume, InversionTime=time, EchoTime=5.0)

    assert read_study(tmp_path, roles=ROLES).series["IRT1"].parameters["inversion_time"] == (
        100.0,
        300.0,
        900.0,
    )


def test_image_on_another_grid_is_told_with_the_difference(write, tmp_path):
    write("inv-1_IRT1.nii")
    write("inv-2_IRT1.nii", shift=(0, 0, 2.5))

    with pytest.raises(
        UserError, match="image 1 and inversion-recovery image 2 do not lie on the same grid"
    ) as caught:
        read_study(tmp_path, roles=ROLES)
    assert "position of the first voxel (2.5 mm apart)" in caught.value.sentence


def test_rounding_of_geometry_is_taken_out(write, tmp_path):
    write("inv-1_IRT1.nii")
    write("inv-2_IRT1.nii", shift=(0, 0, 5e-5))

    first, second = read_study(tmp_path, roles=ROLES).series["IRT1"].images

    assert first.GetOrigin() == second.GetOrigin()


def test_missing_times_are_noted_and_left_out(write, tmp_path):
    write("inv-1_IRT1.nii", InversionTime=0.1)
    write("inv-2_IRT1.nii")

    study = read_study(tmp_path, roles=ROLES)

    assert study.series["IRT1"].parameters == {}
    assert study.notes == (
        "The inversion time is known of only 1 of the 2 inversion-recovery images and was left out.",
    )


@pytest.mark.parametrize(("signed", "notes"), [(None, 0), (False, 1), (True, 0)])
def test_negative_values_make_a_series_signed(write, tmp_path, signed, notes):
    values = np.random.default_rng(0).uniform(-50, 50, (4, 5, 6))
    write("inv-1_IRT1.nii", values, InversionTime=0.1, **({} if signed is None else {"Signed": signed}))

    study = read_study(tmp_path, roles=ROLES)

    assert study.series["IRT1"].signed is True
    assert len(study.notes) == notes


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("irt1", "no role 'irt1'; did you mean 'IRT1'"),
        ("brainmask", "did you mean 'brain_mask'"),
        ("xyz", "no role 'xyz'; known are IRT1, MESE, brain_mask, segmentation"),
        ("T1w", "does not use the role 'T1w'; it uses IRT1"),
    ],
)
def test_unknown_roles_are_told(write, role, words):
    with pytest.raises(UserError, match=words):
        read_study(None, [(role, write("a.nii"))], roles=ROLES)


def test_what_cannot_be_used_is_told(write, tmp_path):
    empty, strange = tmp_path / "empty", tmp_path / "strange"
    empty.mkdir()
    write("strange/scan7.nii")
    mask = write("mask.nii", np.ones((4, 5, 6)), np.uint8)
    for folder, images, words in (
        (tmp_path / "gone", [], "folder of the patient is missing"),
        (empty, [], "holds no NIfTI, NRRD or DICOM"),
        (strange, [], "none could be recognized as IRT1 or MESE"),
        (None, [("IRT1", tmp_path / "gone.nii")], "file of the inversion-recovery image 1 is missing"),
        (None, [("IRT1", empty)], "folder given for the inversion-recovery images holds no images"),
        (None, [("brain_mask", mask), ("brain_mask", mask)], "brain mask was given twice"),
        (None, [("brain_mask", write("none.nii", np.zeros((4, 5, 6))))], "brain mask is empty"),
    ):
        with pytest.raises(UserError, match=words):
            read_study(folder, images, roles=ROLES)


def test_sentences_and_notes_name_no_file(write, tmp_path):
    write("sub-JaneDoe_inv-1_IRT1.nii", np.zeros((4, 5, 6)))
    path = write("sub-JaneDoe_inv-2_IRT1.nii")

    notes = read_study(tmp_path, roles=ROLES).notes
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(UserError, match="inversion-recovery image 2 is damaged") as caught:
        read_study(tmp_path, roles=ROLES)

    assert len(notes) == 1
    assert "Doe" not in notes[0] + caught.value.sentence
    assert "Doe" in caught.value.details


@pytest.mark.real_data
def test_real_raw_slice(real_data):
    study = read_study(real_data / "qmri" / "ir_se_slice", roles=ROLES)

    inversions, echoes = study.series["IRT1"], study.series["MESE"]
    assert inversions.parameters["inversion_time"] == pytest.approx((50, 100, 200, 500, 2000, 4000))
    assert inversions.parameters["repetition_time"] == (15000.0,) * 6
    assert inversions.signed is True
    assert echoes.parameters["echo_time"] == pytest.approx((10, 25, 50, 90, 150, 250))
    assert echoes.parameters["repetition_time"] == (5000.0,) * 6
    assert sitk.GetArrayFromImage(inversions.images[0]).mean() < 0
    assert sitk.GetArrayFromImage(inversions.images[5]).mean() > 0
    assert {image.GetSize() for image in inversions.images} == {(192, 256, 1)}
    assert study.notes == ()
