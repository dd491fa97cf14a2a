"""No slice, image or patient goes unnoticed in a folder of DICOM files."""

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.dicom import dicom_files
from gliomamri.io.studies import read_study
from unit.io.dicom_writer import ORIGIN, SPACING, write_series

TIMES = (50.0, 400.0, 900.0, 1500.0, 3000.0, 4500.0)


@pytest.fixture
def write_times(oblique_direction, tmp_path):
    """Write one image per inversion time into a folder; ``change`` gives further elements by time."""
    volumes = np.random.default_rng(9).integers(-900, 900, (len(TIMES), 3, 6, 7))

    def write(change=None, *, series=None, times=TIMES, folder=tmp_path):
        for volume, time in zip(volumes, times, strict=False):
            fields = {"InversionTime": time, "EchoTime": 12.0, "RepetitionTime": 9000.0, "FlipAngle": 90.0}
            fields |= (change or {}).get(time, {})
            write_series(folder, oblique_direction, volume, series=series, **fields)
        return volumes

    return write


def _read(folder):
    return read_study(folder, roles=("IRT1", "MESE", "brain_mask"))


@pytest.mark.parametrize("series", [None, "1.2.3"])
@pytest.mark.parametrize("keep", [(0, 1), (0, 2), (1, 2), (1,)])
def test_image_that_lacks_a_slice_is_named(write_times, tmp_path, series, keep):
    write_times({900.0: {"keep": keep}}, series=series)

    for read in (_read, lambda folder: read_study(None, [("IRT1", folder)], roles=("IRT1",))):
        with pytest.raises(UserError) as caught:
            read(tmp_path)
        assert caught.value.sentence == (
            f"The image with inversion time 900 ms has {len(keep)} of 3 slices; export the series again."
        )


def test_several_images_that_lack_different_slices_are_named(write_times, tmp_path):
    write_times({900.0: {"keep": (0, 1)}, 50.0: {"keep": (2,)}, 4500.0: {"keep": (1, 2)}})

    with pytest.raises(
        UserError, match="images with inversion times 50, 900, 4500 ms have 1 to 2 of 3 slices"
    ):
        _read(tmp_path)


def test_one_of_three_images_lacks_a_slice(write_times, tmp_path):
    write_times({400.0: {"keep": (0, 1)}}, times=TIMES[:3])

    with pytest.raises(UserError, match="inversion time 400 ms has 2 of 3 slices"):
        _read(tmp_path)


def test_echo_that_lacks_a_slice_is_named_only_when_it_is_wanted(oblique_direction, tmp_path, write_times):
    volumes = write_times()
    for time, keep in ((10.0, None), (20.0, None), (40.0, (0, 1)), (80.0, None)):
        write_series(
            tmp_path, oblique_direction, volumes[0], keep=keep, EchoTime=time, RepetitionTime=3000.0, FlipAngle=90.0
        )  # fmt: skip

    with pytest.raises(UserError, match="image with echo time 40 ms has 2 of 3 slices"):
        _read(tmp_path)
    assert read_study(tmp_path, roles=("IRT1",)).roles == {"IRT1"}


@pytest.mark.parametrize("series", [None, "1.2.3"])
def test_image_taken_otherwise_is_left_out_with_a_note(write_times, tmp_path, series):
    volumes = write_times({900.0: {"RepetitionTime": 5000.0}}, series=series)

    study = _read(tmp_path)

    assert study.series["IRT1"].parameters["inversion_time"] == (50.0, 400.0, 1500.0, 3000.0, 4500.0)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(study.series["IRT1"].images[2]), volumes[3])
    (note,) = study.notes
    assert note == (
        "The image with inversion time 900 ms was left out: other slices, repetition time, echo time or flip angle "
        "than the rest of the series."
    )


def test_image_without_inversion_in_the_series_is_left_out_with_a_note(write_times, tmp_path):
    write_times({50.0: {"InversionTime": 0.0}}, series="1.2.3")

    notes = _read(tmp_path).notes

    assert len(notes) == 1
    assert notes[0].startswith("The image with inversion time 0 ms was left out")


def test_complete_series_and_unrelated_images_give_no_note(write_times, oblique_direction, tmp_path):
    volumes = write_times()
    write_series(tmp_path, oblique_direction, volumes[0], EchoTime=90.0, RepetitionTime=4000.0)
    write_series(tmp_path, np.eye(3), volumes[0], EchoTime=5.0, RepetitionTime=20.0, InversionTime=900.0)
    write_series(
        tmp_path, oblique_direction, volumes[0], EchoTime=12.0, RepetitionTime=9000.0, InversionTime=900.0,
        ImagePositionPatient_of=lambda z: (ORIGIN + oblique_direction @ (0, 0, SPACING[2] * (z + 9))).tolist(),
    )  # fmt: skip

    study = _read(tmp_path)

    assert study.series["IRT1"].parameters["inversion_time"] == TIMES
    assert study.notes == ()


def _rewrite(paths, **fields):
    for path in paths:
        dataset = pydicom.dcmread(path)
        for name, value in fields.items():
            setattr(dataset, name, value)
        dataset.save_as(path, enforce_file_format=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"PatientID": "17"}, {"PatientID": "18"}),
        ({"PatientID": "17", "PatientName": "Doe^Jane"}, {"PatientID": "18", "PatientName": "Doe^Jane"}),
        ({"PatientID": "", "PatientName": "Doe^Jane"}, {"PatientID": "", "PatientName": "Roe^John"}),
        ({"PatientID": "17", "PatientName": "Doe^Jane"}, {"PatientID": "", "PatientName": "Roe^John"}),
    ],
)
@pytest.mark.parametrize("half", ["slices", "images"])
def test_two_patients_are_refused_and_not_named(write_times, tmp_path, one, other, half):
    write_times(series="1.2.3")
    files = dicom_files(tmp_path)
    parts = {False: [], True: []}
    for path in files:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        position = np.array(dataset.ImagePositionPatient, float)
        chosen = np.linalg.norm(position - ORIGIN) > 1 if half == "slices" else dataset.InversionTime > 1000
        parts[bool(chosen)].append(path)
    _rewrite(parts[False], **one)
    _rewrite(parts[True], **other)

    for read in (_read, lambda folder: read_study(None, [("IRT1", folder)], roles=("IRT1",))):
        with pytest.raises(UserError, match="belong to different patients") as caught:
            read(tmp_path)
        said = caught.value.sentence + caught.value.details
        assert not any(word in said for word in ("17", "18", "Doe", "Roe", "Jane", "John"))


def test_series_of_two_patients_for_two_roles_are_refused(write_times, oblique_direction, tmp_path):
    volumes = write_times({time: {"PatientID": "17"} for time in TIMES}, folder=tmp_path / "a")
    for time in (10.0, 20.0, 40.0):
        write_series(
            tmp_path / "b", oblique_direction, volumes[0], EchoTime=time, RepetitionTime=3000.0, FlipAngle=90.0,
            PatientID="18",
        )  # fmt: skip
    named = [("IRT1", tmp_path / "a"), ("MESE", tmp_path / "b")]

    for folder, images in ((tmp_path, []), (None, named), (tmp_path / "a", named[1:])):
        with pytest.raises(UserError, match="different patients"):
            read_study(folder, images, roles=("IRT1", "MESE"))
    assert read_study(tmp_path, roles=("MESE",)).roles == {"MESE"}


@pytest.mark.parametrize(
    "other",
    [
        {"PatientID": "", "PatientName": ""},
        {"PatientID": "17 ", "PatientName": "DOE^JANE^^"},
        {"PatientID": "17", "PatientName": "Doe^J"},
        {"PatientID": "", "PatientName": "Doe^Jane"},
    ],
)
def test_one_patient_written_in_two_ways_is_one(write_times, tmp_path, other):
    write_times({time: {"PatientID": "17"} for time in TIMES})
    _rewrite(dicom_files(tmp_path)[::2], **other)

    assert len(_read(tmp_path).series["IRT1"]) == len(TIMES)
