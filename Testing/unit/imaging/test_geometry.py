import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import describe_difference, same_grid, take_geometry


def _axes(seed, left_handed):
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    if (np.linalg.det(q) < 0) != left_handed:
        q[:, 2] *= -1
    return q


def _image(direction, size=(17, 23, 9), spacing=(0.43, 0.77, 4.4), origin=(-123.456789, 77.7, -301.2)):
    image = sitk.Image(*size, sitk.sitkInt16)
    image.SetDirection(direction.ravel().tolist())
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


GRIDS = [
    pytest.param(_axes(seed, left), id=f"{seed}-{'left' if left else 'right'}")
    for seed in (1, 2)
    for left in (0, 1)
]


@pytest.mark.parametrize("direction", GRIDS)
def test_grid_is_the_same_after_a_nifti_file(direction, tmp_path):
    image = _image(direction, size=(256, 224, 40))

    sitk.WriteImage(image, str(tmp_path / "a.nii"))
    again = sitk.ReadImage(str(tmp_path / "a.nii"))

    assert again.GetOrigin() != image.GetOrigin()  # float32 did change it
    assert same_grid(image, again)
    assert describe_difference(image, again) == ""
    exact = take_geometry(again, image)
    assert exact.GetOrigin() == image.GetOrigin()
    assert exact.GetSpacing() == image.GetSpacing()
    assert exact.GetDirection() == image.GetDirection()


@pytest.mark.parametrize("direction", GRIDS)
@pytest.mark.parametrize("along", range(3))
def test_shift_counts_in_mm_along_every_axis(direction, along):
    image = _image(direction)
    step = np.eye(3)[along]

    assert same_grid(image, _image(direction, origin=np.add(image.GetOrigin(), 0.9e-4 * step).tolist()))
    moved = _image(direction, origin=np.add(image.GetOrigin(), 1.1e-4 * step).tolist())
    assert not same_grid(image, moved)
    assert "position of the first voxel" in describe_difference(image, moved)
    assert same_grid(image, moved, tolerance_mm=2e-4)


def test_flipped_axis_with_equal_corners_is_another_grid():
    direction = _axes(1, False)
    image = _image(direction)
    far = image.TransformIndexToPhysicalPoint((16, 0, 0))
    flipped = _image(direction * np.array((-1, 1, 1)), origin=far)

    difference = describe_difference(image, flipped)

    assert not same_grid(image, flipped)
    assert "orientation (axes up to 180 degrees apart)" in difference


def test_single_slice_with_another_normal_is_another_grid():
    direction = _axes(2, False)
    one = _image(direction, size=(17, 23, 1))
    other = _image(direction * np.array((1, 1, -1)), size=(17, 23, 1))

    assert not same_grid(one, other)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": (17, 23, 8)}, "size (17 x 23 x 9 against 17 x 23 x 8 voxels)"),
        ({"spacing": (0.43, 0.78, 4.4)}, "spacing (0.43 x 0.77 x 4.4 against 0.43 x 0.78 x 4.4 mm)"),
        ({"origin": (-123.456789, 80.7, -301.2)}, "position of the first voxel (3 mm apart)"),
    ],
)
def test_difference_names_what_differs_and_nothing_else(change, words):
    direction = _axes(1, True)

    difference = describe_difference(_image(direction), _image(direction, **change))

    assert difference == f"The grids differ in {words}."


def test_small_rotation_is_told_in_degrees():
    direction = _axes(1, False)
    c, s = np.cos(np.radians(0.5)), np.sin(np.radians(0.5))
    turned = direction @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])

    assert "orientation (axes up to 0.5 degrees apart)" in describe_difference(
        _image(direction), _image(turned)
    )


def test_taking_a_different_geometry_is_refused_with_the_difference():
    direction = _axes(1, False)

    with pytest.raises(UserError, match="differ in size"):
        take_geometry(_image(direction), _image(direction, size=(17, 23, 8)))
