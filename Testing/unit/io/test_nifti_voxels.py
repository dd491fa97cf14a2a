"""Voxels without a number in NIfTI files, which ITK would read as 0."""

import math

import nibabel as nib
import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.io import nifti_header, nifti_voxels
from gliomamri.io.images import read_file, read_images
from gliomamri.io.nifti_header import IncompleteFileError
from gliomamri.io.nifti_voxels import check_voxels


def _save(path, values, kind=nib.Nifti1Image, order="<", slope=None):
    header = kind.header_class(endianness=order)
    header.set_data_dtype(values.dtype.newbyteorder(order))
    image = kind(values, np.diag((0.4, 0.8, 4.4, 1.0)), header)
    if slope is not None:
        image.header.set_slope_inter(slope, 3)
    nib.save(image, path)
    if order == ">":
        assert nib.load(path).header.endianness == ">"


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("extension", [".nii", ".nii.gz"])
def test_voxels_without_a_number_are_refused_as_in_nrrd(tmp_path, order, dtype, extension):
    values = np.random.default_rng(1).normal(size=(5, 7, 3)).astype(dtype)
    _save(tmp_path / f"sound{extension}", values, order=order)
    values[4, 0, 0], values[0, 6, 1], values[2, 3, 2], values[4, 6, 2] = np.nan, np.inf, -np.inf, np.nan
    _save(tmp_path / f"odd{extension}", values, order=order)

    assert read_file(tmp_path / f"sound{extension}").notes == ()
    with pytest.raises(UserError) as caught:
        read_file(tmp_path / f"odd{extension}", what="T1 map")
    assert caught.value.sentence == (
        "The T1 map holds 4 voxels without a number (NaN or infinite) of 105; export or compute it again."
    )
    assert "odd" in caught.value.details


@pytest.mark.parametrize("order", "<>")
def test_second_version_of_the_format_is_counted_too(tmp_path, order):
    values = np.ones((5, 7, 3), np.float32)
    values[1, 2, 0] = np.nan
    _save(tmp_path / "a.nii", values, nib.Nifti2Image, order)

    assert check_voxels(tmp_path / "a.nii")[1] == (1,)


def test_image_of_four_dimensions_names_the_volume_and_its_count(tmp_path):
    values = np.ones((5, 7, 3, 4), np.float32)
    values[0, 0, 0, 2] = values[4, 6, 2, 2] = values[1, 1, 1, 3] = np.nan
    _save(tmp_path / "a.nii.gz", values)

    assert check_voxels(tmp_path / "a.nii.gz")[1] == (0, 0, 2, 1)
    with pytest.raises(UserError, match=r"The echo 3 holds 2 voxels without a number .* of 105"):
        read_images(tmp_path / "a.nii.gz", what="echo")


def test_scaled_image_is_looked_at_as_stored(tmp_path):
    values = np.ones((5, 7, 3), np.float32)
    values[1, 2, 0] = np.nan
    image = nib.Nifti1Image(values, np.eye(4))
    nib.save(image, tmp_path / "a.nii")
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[112:120] = np.array((2.5, 3.0), "<f4").tobytes()
    (tmp_path / "a.nii").write_bytes(data)
    assert nib.load(tmp_path / "a.nii").dataobj.slope == 2.5

    with pytest.raises(UserError, match="1 voxels without"):
        read_file(tmp_path / "a.nii")


@pytest.mark.parametrize("extension", [".nii", ".nii.gz"])
@pytest.mark.parametrize("chunk", [8, 24, 1000])
def test_voxels_are_counted_in_the_right_volume_across_chunks(tmp_path, monkeypatch, extension, chunk):
    monkeypatch.setattr(nifti_voxels, "CHUNK", chunk)
    monkeypatch.setattr(nifti_header, "CHUNK", chunk)
    rng = np.random.default_rng(5)
    values = rng.normal(size=(5, 7, 3, 6))
    values[rng.uniform(size=values.shape) < 0.1] = np.inf
    expected = tuple(np.count_nonzero(np.isinf(values), axis=(0, 1, 2)).tolist())
    _save(tmp_path / f"a{extension}", values)

    assert check_voxels(tmp_path / f"a{extension}")[1] == expected
    assert min(expected) > 0


def test_bytes_beside_the_voxels_are_not_taken_for_voxels(tmp_path):
    image = nib.Nifti1Image(np.ones((5, 7, 3), np.float32), np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"\xff" * 160))
    nib.save(image, tmp_path / "a.nii")
    with (tmp_path / "a.nii").open("ab") as file:
        file.write(b"\xff" * 64)

    assert check_voxels(tmp_path / "a.nii")[1] == (0,)
    assert read_file(tmp_path / "a.nii").images[0].GetSize() == (5, 7, 3)


def test_compressed_file_is_decompressed_once_and_whole(tmp_path, monkeypatch):
    values = np.random.default_rng(1).normal(size=(50, 70, 30)).astype(np.float32)
    _save(tmp_path / "a.nii.gz", values)
    opened = nifti_header.gzip.open
    given = []

    def count(*arguments):
        file = opened(*arguments)
        read = file.read

        def reading(size):
            chunk = read(size)
            given.append(len(chunk))
            return chunk

        file.read = reading
        return file

    monkeypatch.setattr(nifti_header.gzip, "open", count)
    check_voxels(tmp_path / "a.nii.gz")

    assert values.nbytes + 352 <= sum(given) <= values.nbytes + 352 + 540


def test_damaged_header_is_told(tmp_path):
    _save(tmp_path / "a.nii", np.ones((5, 7, 3), np.float32))
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[108:112] = np.array(math.nan, "<f4").tobytes()
    (tmp_path / "a.nii").write_bytes(data)

    with pytest.raises(IncompleteFileError, match="voxels start at byte nan"):
        check_voxels(tmp_path / "a.nii")
