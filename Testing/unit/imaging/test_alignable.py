"""Images ready for registration keep their places, and know where the head and the air are."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.alignable import alignable, block_means, is_skull_stripped
from gliomamri.imaging.rigid import apply, index_to_physical


@pytest.fixture(scope="module")
def oblique(head):
    return head.image("T2w", head.grid((60, 66, 40), (2.7, 3.1, 4.0), (3.0, 2.0, -3.0), (5.0, -8.0, 12.0)))


def ramp(grid):
    """Image whose values are x + 2 y + 4 z in mm, LPS, and positive."""
    index = np.indices(grid.GetSize()[::-1]).reshape(3, -1)[::-1].T
    points = apply(index_to_physical(grid), index.astype(float))
    image = sitk.GetImageFromArray(
        (points @ (1, 2, 4) + 2000).reshape(grid.GetSize()[::-1]).astype(np.float32)
    )
    image.CopyInformation(grid)
    return image


@pytest.mark.parametrize("scale", [2.0, 8.0])
def test_every_scale_leaves_a_ramp_where_it_is(head, scale):
    image = ramp(head.grid((90, 70, 24), (0.9, 1.1, 5.0), (3.0, 2.0, -3.0), (5.0, -8.0, 12.0)))
    whole = alignable(image)

    small = whole.at_scale(scale)

    at = np.array([n // 2 for n in small.size])
    point = apply(small.to_physical, at[None].astype(float))[0]
    expected = np.interp(point @ (1, 2, 4) + 2000, *_clip_line(image, whole))
    assert small.values[tuple(at[::-1])] == pytest.approx(expected, abs=2e-3)
    assert small.size[2] == 24 or scale == 8.0


def _clip_line(image, whole):
    """Two points of the linear map from values to [0, 1], read off the finest image."""
    values = sitk.GetArrayFromImage(image)
    inner = (whole.values > 0.2) & (whole.values < 0.8)
    slope, offset = np.polyfit(values[inner], whole.values[inner], 1)
    return (-offset / slope, (1 - offset) / slope), (0.0, 1.0)


def test_blocks_are_averaged_about_their_middles(head):
    image = ramp(head.grid((7, 9, 5), (1.0, 2.0, 3.0), angles=(10.0, 20.0, 30.0)))

    values, matrix = block_means(sitk.GetArrayFromImage(image), index_to_physical(image), [2, 3, 1])

    assert values.shape == (5, 3, 3)
    middle = apply(matrix, np.array([[1.0, 2.0, 3.0]]))[0]
    assert values[3, 2, 1] == pytest.approx(middle @ (1, 2, 4) + 2000, rel=1e-5)


def test_crop_and_padding_of_a_stripped_image_keep_places(oblique):
    one = alignable(oblique)
    padded = one.padded(20.0)

    assert one.stripped and one.closed.all()
    assert one.size.prod() < np.prod(oblique.GetSize())
    peak = np.unravel_index(np.argmax(padded.values[::-1]), padded.values.shape)
    peak = np.array([padded.values.shape[0] - 1 - peak[0], *peak[1:]])[::-1]
    point = apply(padded.to_physical, peak[None].astype(float))[0]
    index = oblique.TransformPhysicalPointToIndex(point.tolist())
    assert oblique[index] >= np.percentile(sitk.GetArrayFromImage(oblique), 99)
    assert np.all((padded.size - one.size) * one.spacing >= 40.0)


def test_head_cut_by_the_field_of_view_is_open_there(head):
    cut = alignable(head.image("T1w", head.grid((56, 64, 24), center=(0, 0, 36))))

    assert cut.closed.tolist() == [[True, True, False], [True, True, True]]
    assert cut.padded(10.0).size[2] - cut.size[2] == 4


def test_support_is_the_head(head, oblique):
    one = alignable(oblique)
    points = np.random.default_rng(0).uniform(-85, 85, (4000, 3))
    depth = 1 - np.sqrt(np.sum((points / (62.0, 78.0, 56.0)) ** 2, axis=1))

    assert one.on_support(points[depth > 0.1]).mean() > 0.97
    assert not one.on_support(points[depth < -0.15]).any()


def test_margin_widens_the_support(head):
    one = alignable(head.image("T1w", head.grid()))

    grown = one.near(8.0).sum() / one.support.sum()

    ellipsoid = np.prod(np.add((62.0, 78.0, 56.0), 8.0)) / np.prod((62.0, 78.0, 56.0))
    assert ellipsoid < grown < ellipsoid + 0.5  # a box is moved along, whose corners reach farther


def test_stripped_or_not(head):
    brain = sitk.GetArrayFromImage(head.image("T1w", head.grid()))

    assert is_skull_stripped(brain)
    assert not is_skull_stripped(brain + 1)
    assert not is_skull_stripped(brain[10:40, 15:45, 15:40])


def test_given_mask_is_the_support_and_nothing_beyond_is_compared(oblique):
    mask = sitk.GetArrayFromImage(oblique) > 0
    mask[:, :33] = False
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.CopyInformation(oblique)

    one = alignable(oblique, image)

    assert one.masked and not alignable(oblique).masked
    voxel = abs(np.linalg.det(one.support_to_physical[:3, :3]))
    assert one.support.sum() * voxel == pytest.approx(mask.sum() * np.prod(oblique.GetSpacing()), rel=0.02)


def test_bright_specks_do_not_leave_the_rest_in_one_bin(oblique):
    values = sitk.GetArrayFromImage(oblique)
    values[20, 30, 30] = 1e7
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(oblique)

    one = alignable(image)

    assert one.values[one.values > 0].std() > 0.1
    assert one.values.max() == 1.0


def test_what_shows_nothing_is_said(oblique):
    with pytest.raises(UserError, match="the same everywhere"):
        alignable(sitk.Image(20, 20, 20, sitk.sitkFloat32), title="T1 map")
    with pytest.raises(UserError, match="mask of the image is empty"):
        alignable(oblique, sitk.Cast(oblique * 0, sitk.sitkUInt8))
