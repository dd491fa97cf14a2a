import json

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.job_inputs import read_inputs, write_inputs
from gliomamri.series import Series
from gliomamri.study import Segments, Study


def _assert_equal(a, b):
    assert a.GetPixelID() == b.GetPixelID()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(a), sitk.GetArrayFromImage(b))
    for name in ("GetSize", "GetOrigin", "GetSpacing", "GetDirection"):
        assert getattr(a, name)() == getattr(b, name)()


@pytest.fixture
def study(make_image):
    rng = np.random.default_rng(2)
    echoes = tuple(make_image(rng.normal(size=(4, 5, 6)), np.float64) for _ in range(3))
    echoes[0].SetMetaData("0010|0010", "Doe^Jane")
    return Study(
        images={
            "T1w": make_image(rng.integers(-3000, 3000, (4, 5, 6)), np.int16),
            "brain_mask": make_image(rng.integers(0, 2, (4, 5, 6)), np.uint8),
        },
        series={"MESE": Series(echoes, {"echo_time": (10.1, 20.2, 0.1 + 0.2)}, signed=False)},
        segments=(
            Segments(
                make_image(rng.integers(0, 3, (4, 5, 6)), np.uint16), {1: "core", 2: "rim"}, {2: (0.1, 0, 1)}
            ),
            Segments(make_image(rng.integers(0, 2, (4, 5, 6)), np.uint8), {1: "whole tumor"}),
        ),
        notes=("a note",),
    )


def test_study_is_the_same_after_json_and_files(study, tmp_path):
    entries = json.loads(json.dumps(write_inputs(study, tmp_path)))
    again = read_inputs(tmp_path, entries)

    assert again.roles == study.roles
    for role, image in study.images.items():
        _assert_equal(again.images[role], image)
    for a, b in zip(again.series["MESE"].images, study.series["MESE"].images, strict=True):
        _assert_equal(a, b)
    assert again.series["MESE"].parameters == study.series["MESE"].parameters
    assert again.series["MESE"].signed is False
    for a, b in zip(again.segments, study.segments, strict=True):
        _assert_equal(a.image, b.image)
        assert (a.names, a.colors) == (b.names, b.colors)


def test_names_are_neutral_and_metadata_is_gone(study, tmp_path):
    write_inputs(study, tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "MESE-00.nii", "MESE-01.nii", "MESE-02.nii", "T1w-00.nii", "brain_mask-00.nii", "segmentation-00.nii",
        "segmentation-01.nii",
    ]  # fmt: skip
    assert not any(b"Doe" in path.read_bytes() for path in tmp_path.iterdir())


def test_changed_and_missing_files_are_told(study, tmp_path):
    entries = write_inputs(study, tmp_path)
    path = tmp_path / "T1w-00.nii"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)

    with pytest.raises(UserError, match="has changed"):
        read_inputs(tmp_path, entries)
    path.unlink()
    with pytest.raises(UserError, match="is missing"):
        read_inputs(tmp_path, entries)


def test_entry_cannot_name_a_file_outside_the_folder(study, tmp_path):
    inside = tmp_path / "inputs"
    inside.mkdir()
    entries = write_inputs(study, inside)
    (inside / "T1w-00.nii").rename(tmp_path / "T1w-00.nii")
    entries[0]["files"][0]["name"] = "../T1w-00.nii"

    with pytest.raises(UserError, match="is missing"):
        read_inputs(inside, entries)


def test_too_little_space_is_told(study, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())

    with pytest.raises(UserError, match=r"too full for the folder for temporary files: .* TMPDIR") as caught:
        write_inputs(study, tmp_path)
    assert tmp_path.name not in caught.value.sentence
    assert not list(tmp_path.iterdir())


def test_missing_folder_is_called_the_folder_for_temporary_files(study, tmp_path, monkeypatch):
    monkeypatch.setattr("gliomamri.io.job_inputs.check_free_space", lambda *_: None)

    with pytest.raises(UserError, match="written to the folder for temporary files: there is no") as caught:
        write_inputs(study, tmp_path / "inputs")
    assert "'inputs'" not in caught.value.sentence


def test_voxels_without_a_number_are_refused_as_reading_would_make_them_zero(make_image, tmp_path):
    values = np.ones((4, 5, 6))
    values[1, 2, 3] = np.nan
    study = Study(series={"MESE": Series((make_image(), make_image(values)))})

    with pytest.raises(UserError, match="spin-echo image 2 holds 1 voxels without a number"):
        write_inputs(study, tmp_path)
    assert not list(tmp_path.iterdir())
