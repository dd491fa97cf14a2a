"""Files of the fast writer, read by SimpleITK and nibabel: values, types, geometry, bytes."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import same_grid
from gliomamri.io.images import read_images
from gliomamri.io.nifti_writer import rounded, write_labels, write_quantity, write_signals, write_vectors

SHAPE = (5, 7, 6)
TILT = sitk.Euler3DTransform((0, 0, 0), 0.3, -0.5, 2.9).GetMatrix()
MIRRORED = np.reshape(TILT, (3, 3)) @ np.diag([1.0, 1.0, -1.0])


def grid(array, direction=TILT, *, vector=False):
    image = sitk.GetImageFromArray(array, isVector=vector)
    image.SetSpacing((0.9, 1.1, 3.0))
    image.SetOrigin((-12.5, 33.25, 7.125))
    image.SetDirection(np.ravel(direction).tolist())
    return image


@pytest.fixture
def values():
    return np.random.default_rng(3).normal(0, 250, SHAPE).astype(np.float32)


@pytest.mark.parametrize("direction", [TILT, MIRRORED, np.eye(3), np.diag([-1.0, -1.0, 1.0])])
def test_readers_find_voxels_where_they_were(values, direction, tmp_path):
    nibabel = pytest.importorskip("nibabel")
    image = grid(values, direction)
    write_quantity(image, tmp_path / "map.nii.gz")

    ours = sitk.ReadImage(str(tmp_path / "map.nii.gz"))
    theirs = nibabel.load(tmp_path / "map.nii.gz")

    assert same_grid(ours, image)
    index = (4, 2, 3)
    ras = np.array(image.TransformIndexToPhysicalPoint(index)) * [-1, -1, 1]
    for affine in (theirs.get_sform(), theirs.get_qform()):
        np.testing.assert_allclose((affine @ [*index, 1])[:3], ras, atol=2e-5)
    np.testing.assert_allclose(theirs.get_fdata()[index], values[index[::-1]], rtol=2**-12)
    assert theirs.header.get_xyzt_units()[0] == "mm"


def test_quantities_keep_twelve_bits_of_every_value(tmp_path):
    values = np.geomspace(1e-5, 1e5, 210).reshape(SHAPE).astype(np.float32) * np.float32(-1)
    write_quantity(grid(values), tmp_path / "map.nii.gz")

    found = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "map.nii.gz")))

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, values, rtol=2**-12)
    assert not np.array_equal(found, values)


def test_zero_and_one_are_not_rounded():
    array = np.array([0.0, 1.0, -2.0, 1000.0], np.float32)

    assert np.array_equal(rounded(array), array)


def test_signals_are_integers_with_a_scale(values, tmp_path):
    write_signals([grid(values)], tmp_path / "signal.nii.gz")

    header = gzip.decompress((tmp_path / "signal.nii.gz").read_bytes())[:352]
    found = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "signal.nii.gz")))

    assert int.from_bytes(header[70:72], "little") == 4  # int16
    np.testing.assert_allclose(found, values, atol=0.51 * np.abs(values).max() / 16383)


def test_several_signals_make_one_file_in_their_order(values, tmp_path):
    write_signals([grid(values), grid(values / 50), grid(0 * values)], tmp_path / "all.nii.gz")

    found = read_images(tmp_path / "all.nii.gz")

    assert len(found) == 3
    assert all(same_grid(one, grid(values)) for one in found)
    np.testing.assert_allclose(sitk.GetArrayFromImage(found[1]), values / 50, atol=0.05)
    assert not sitk.GetArrayFromImage(found[2]).any()


@pytest.mark.parametrize(("highest", "kind"), [(4, sitk.sitkUInt8), (300, sitk.sitkUInt16)])
def test_labels_stay_exact(highest, kind, tmp_path):
    labels = np.random.default_rng(1).integers(0, highest + 1, SHAPE).astype(np.int32)
    labels[0, 0, 0] = highest
    write_labels(grid(labels), tmp_path / "labels.nii.gz")

    found = sitk.ReadImage(str(tmp_path / "labels.nii.gz"))

    assert found.GetPixelID() == kind
    assert np.array_equal(sitk.GetArrayFromImage(found), labels)


def test_vectors_come_back_component_by_component(tmp_path):
    field = np.random.default_rng(2).normal(0, 4, (*SHAPE, 3)).astype(np.float32)
    image = grid(field, vector=True)
    write_vectors(image, tmp_path / "field.nii.gz")

    found = sitk.ReadImage(str(tmp_path / "field.nii.gz"))

    assert found.GetNumberOfComponentsPerPixel() == 3
    assert same_grid(found, sitk.VectorIndexSelectionCast(image, 0))
    np.testing.assert_allclose(sitk.GetArrayFromImage(found), field, atol=0.51 / 128)


def test_same_image_same_bytes_whatever_the_name(values, tmp_path):
    for name in ("a", "b"):
        write_signals([grid(values)], tmp_path / f"{name}.nii.gz")

    first, second = ((tmp_path / f"{name}.nii.gz").read_bytes() for name in ("a", "b"))
    assert first == second
    assert first[3] == 0  # no file name
    assert first[4:8] == b"\0\0\0\0"  # no time


def test_nonsense_is_refused(values, tmp_path):
    values[1, 2, 3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        write_signals([grid(values)], tmp_path / "a.nii.gz")
    with pytest.raises(ValueError, match="-3 to 0"):
        write_labels(grid(np.full(SHAPE, -3, np.int16) * (np.arange(6) > 2)), tmp_path / "b.nii.gz")
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_gets_a_sentence(values, tmp_path):
    with pytest.raises(UserError, match="there is no such folder"):
        write_quantity(grid(values), tmp_path / "absent" / "a.nii.gz")


def test_whole_numbers_stay_exact(tmp_path):
    numbers = np.random.default_rng(5).integers(-3, 30001, SHAPE).astype(np.float32)
    write_signals([grid(numbers)], tmp_path / "signal.nii.gz")

    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "signal.nii.gz"))), numbers)
