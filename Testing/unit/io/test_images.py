import gzip
import struct

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.images import natural_order, read_file, read_image, read_images, write_image


@pytest.mark.parametrize("extension", [".nii", ".nii.gz", ".nrrd"])
def test_written_image_is_read_back(make_image, tmp_path, extension):
    image = make_image()
    image.SetMetaData("PatientName", "Doe^Jane")

    write_image(image, tmp_path / f"a{extension}")
    again = read_image(tmp_path / f"a{extension}")

    np.testing.assert_array_equal(sitk.GetArrayFromImage(again), sitk.GetArrayFromImage(image))
    for index in ((0, 0, 0), (5, 4, 3)):
        np.testing.assert_allclose(
            again.TransformIndexToPhysicalPoint(index), image.TransformIndexToPhysicalPoint(index), atol=1e-4
        )
    assert [path.name for path in tmp_path.iterdir()] == [f"a{extension}"]
    data = (tmp_path / f"a{extension}").read_bytes()
    assert b"Doe" not in (gzip.decompress(data) if extension == ".nii.gz" else data)


@pytest.mark.parametrize("extension", [".nii", ".nii.gz", ".nrrd"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.9995])
def test_truncated_file_is_refused(make_image, tmp_path, extension, share):
    path = tmp_path / f"a{extension}"
    values = np.random.default_rng(1).integers(0, 30000, (7, 21, 19))
    sitk.WriteImage(make_image(values, np.int16), str(path), False)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(UserError, match="T1 map is damaged or incomplete") as caught:
        read_image(path, what="T1 map")
    assert str(path) in caught.value.details
    assert path.name not in caught.value.sentence


@pytest.mark.parametrize("endianness", "<>")
def test_one_missing_voxel_is_found_and_none_is_not(tmp_path, endianness):
    values = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    path = tmp_path / "a.nii"
    nib.save(nib.Nifti1Image(values, np.eye(4), nib.Nifti1Header(endianness=endianness)), path)

    assert sitk.GetArrayFromImage(read_image(path))[4, 3, 2] == 59
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(UserError, match="incomplete"):
        read_image(path)


@pytest.mark.parametrize("extension", [".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8, 0.99])
def test_flipped_bit_in_a_compressed_file_is_found(make_image, tmp_path, extension, share):
    path = tmp_path / f"a{extension}"
    sitk.WriteImage(make_image(np.random.default_rng(1).normal(size=(30, 40, 50))), str(path), True)
    data = bytearray(path.read_bytes())
    read_image(path)
    data[int(len(data) * share)] ^= 0x10
    path.write_bytes(data)

    with pytest.raises(UserError, match="damaged"):
        read_image(path)


def test_missing_empty_and_unknown_files_and_folders(tmp_path):
    (tmp_path / "empty.nii.gz").touch()
    (tmp_path / "letter.docx").write_text("Dear colleague")
    for name, words in (
        ("gone.nii", "is missing"),
        ("empty.nii.gz", "is empty"),
        ("letter.docx", "unknown format"),
        (".", "not a folder"),
    ):
        with pytest.raises(UserError, match=words):
            read_image(tmp_path / name)


def test_four_dimensions_are_split_and_refused_where_three_are_needed(oblique_direction, tmp_path):
    values = np.random.default_rng(3).normal(size=(3, 4, 5, 6)).astype(np.float32)
    affine = np.eye(4)
    affine[:3, :3] = oblique_direction * (0.43, 0.77, 4.4)
    affine[:3, 3] = (10, -20, 30)
    nib.save(nib.Nifti1Image(values, affine), tmp_path / "a.nii.gz")

    images = read_images(tmp_path / "a.nii.gz")

    assert len(images) == 6
    to_lps = np.diag((-1, -1, 1))
    for number, image in enumerate(images):
        np.testing.assert_array_equal(sitk.GetArrayFromImage(image), values[..., number].T)
        place = to_lps @ (affine @ (2, 3, 4, 1))[:3]
        np.testing.assert_allclose(image.TransformIndexToPhysicalPoint((2, 3, 4)), place, atol=1e-4)
    with pytest.raises(UserError, match="holds 6 of them"):
        read_image(tmp_path / "a.nii.gz")


def test_trailing_single_dimensions_are_dropped_and_five_dimensions_refused(tmp_path):
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    nib.save(nib.Nifti1Image(values[..., None], np.eye(4)), tmp_path / "one.nii")
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 5, 2, 2), np.float32), np.eye(4)), tmp_path / "five.nii")

    assert read_image(tmp_path / "one.nii").GetSize() == (3, 4, 5)
    with pytest.raises(UserError, match=r"more than four dimensions \(3 x 4 x 5 x 2 x 2\)"):
        read_images(tmp_path / "five.nii")


def test_list_of_volumes_in_nrrd_is_split(make_image, tmp_path):
    values = np.random.default_rng(3).normal(size=(4, 5, 6, 7)).astype(np.float32)
    image = sitk.GetImageFromArray(values, isVector=True)
    sitk.WriteImage(image, str(tmp_path / "a.seq.nrrd"))

    images = read_images(tmp_path / "a.seq.nrrd")

    assert len(images) == 7
    np.testing.assert_array_equal(sitk.GetArrayFromImage(images[5]), values[..., 5])


def test_color_vector_and_complex_images_are_refused(tmp_path):
    sitk.WriteImage(
        sitk.GetImageFromArray(np.zeros((3, 4, 5, 3), np.uint8), isVector=True), str(tmp_path / "rgb.nrrd")
    )
    sitk.WriteImage(
        sitk.GetImageFromArray(np.zeros((3, 4, 5, 3)), isVector=True), str(tmp_path / "vector.nii")
    )
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((3, 4, 5), np.complex64)), str(tmp_path / "complex.nii"))
    for name, words in (("rgb.nrrd", "color"), ("vector.nii", "vectors"), ("complex.nii", "complex")):
        with pytest.raises(UserError, match=words):
            read_image(tmp_path / name)


def test_voxels_without_a_number_are_counted(make_image, tmp_path):
    values = np.ones((4, 5, 6))
    values[1, 2, 3], values[0, 0, 0], values[3, 4, 5] = np.nan, np.inf, -np.inf
    sitk.WriteImage(make_image(values), str(tmp_path / "a.nrrd"))

    with pytest.raises(UserError, match="holds 3 voxels without a number"):
        read_image(tmp_path / "a.nrrd")


def test_no_voxels(tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((3, 4, 2), np.float32), np.eye(4)), tmp_path / "a.nii")
    data = bytearray((tmp_path / "a.nii").read_bytes())
    struct.pack_into("<h", data, 46, 0)
    (tmp_path / "a.nii").write_bytes(data)

    with pytest.raises(UserError, match="no voxels"):
        read_image(tmp_path / "a.nii")


def test_skewed_axes_are_refused(tmp_path):
    image = nib.Nifti1Image(np.zeros((3, 4, 5), np.float32), None)
    image.set_sform(np.array([[2, 1.5, 0, 0], [0, 3, 0, 0], [0, 0, 4, 0], [0, 0, 0, 1.0]]), 1)
    image.set_qform(np.eye(4), 0)
    nib.save(image, tmp_path / "a.nii")

    with pytest.raises(UserError, match="right angles"):
        read_image(tmp_path / "a.nii")


def test_two_dimensional_image_becomes_a_slice_and_says_so(tmp_path):
    sitk.WriteImage(
        sitk.GetImageFromArray(np.arange(20, dtype=np.float32).reshape(4, 5)), str(tmp_path / "a.nii")
    )

    reading = read_file(tmp_path / "a.nii", what="T1 map")

    assert reading.images[0].GetSize() == (5, 4, 1)
    assert reading.notes == (
        "The T1 map is two-dimensional; it was taken as one slice of 1 mm, its orientation is unknown.",
    )


def test_scaled_nifti_keeps_its_values_and_a_clipped_one_is_noticed(tmp_path):
    rng = np.random.default_rng(0)
    stored = np.clip(rng.normal(20000, 9000, (10, 11, 12)), -32768, 32767).astype(np.int16)
    image = nib.Nifti1Image(stored, np.eye(4))
    image.header.set_slope_inter(0.5, -10)
    nib.save(image, tmp_path / "a.nii")

    reading = read_file(tmp_path / "a.nii")

    np.testing.assert_allclose(sitk.GetArrayFromImage(reading.images[0]), stored.T * 0.5 - 10)
    assert len(reading.notes) == 1
    assert (
        f"In the image, {np.count_nonzero(stored == 32767)} voxels have the largest number"
        in reading.notes[0]
    )
    assert "(16373.5)" in reading.notes[0]


def test_wrapped_constant_and_sound_images(make_image, tmp_path):
    rng = np.random.default_rng(0)
    sound = rng.normal(20000, 6000, (10, 11, 12))
    cases = {
        "overflowed": sound.astype(np.int64).astype(np.uint16).view(np.int16),
        "same value": np.full((4, 5, 6), 7, np.int16),
        "": np.clip(sound, 0, 32766).astype(np.int16),
    }
    for words, values in cases.items():
        path = tmp_path / f"{len(words)}.nrrd"
        sitk.WriteImage(make_image(values, np.int16), str(path))
        notes = read_file(path).notes
        assert len(notes) == bool(words)
        assert words in "".join(notes)


def test_mask_at_the_end_of_its_number_range_is_not_clipped(make_image, tmp_path):
    mask = (np.random.default_rng(0).uniform(size=(4, 5, 6)) > 0.5) * 255
    sitk.WriteImage(make_image(mask, np.uint8), str(tmp_path / "a.nii"))

    assert read_file(tmp_path / "a.nii").notes == ()


def test_natural_order(tmp_path):
    names = ["echo-10.nii", "echo-2.nii", "Echo-1.nii", "b/1.nii"]

    assert [p.as_posix().removeprefix(f"{tmp_path}/") for p in natural_order(tmp_path / n for n in names)] == [
        "b/1.nii", "Echo-1.nii", "echo-2.nii", "echo-10.nii",
    ]  # fmt: skip
