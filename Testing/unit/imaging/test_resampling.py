"""Resampling: sharp without ringing, thick slices integrate, what was not measured stays out, labels stay labels."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.imaging.resampling import interpolation_words, label_changes, resample


def image_of(values, grid):
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(grid)
    return image


@pytest.fixture
def motion(head):
    return head.rigid((4.0, -6.0, 9.0), (1.3, -2.2, 0.7))


def test_moved_head_equals_the_head_simulated_there(head, motion):
    source = head.grid((72, 84, 66), (2.2, 2.2, 2.2))
    target = head.grid((36, 46, 14), (2.3, 2.0, 2.2), (5.0, -8.0, 6.0), (10.0, 0.0, 5.0))
    image = head.image("T2w", source, motion, noise=0.0)
    truth = sitk.GetArrayFromImage(head.image("T2w", target, noise=0.0))

    cubic = sitk.GetArrayFromImage(resample(image, target, motion, "image"))
    inverted = sitk.GetArrayFromImage(resample(image, target, np.linalg.inv(motion), "image"))

    error = np.abs(cubic - truth).mean()
    assert error < 0.06 * truth.max()
    assert np.abs(inverted - truth).mean() > 2 * error


def test_edge_does_not_ring_below_zero_or_above_the_brightest(head):
    grid = head.grid((20, 20, 20), (1.0, 1.0, 1.0))
    values = np.zeros((20, 20, 20), np.float32)
    values[5:15, 5:15, 5:15] = 100
    shift = np.eye(4)
    shift[:3, 3] = 0.4

    moved = sitk.GetArrayFromImage(resample(image_of(values, grid), grid, shift, "image"))

    assert moved.min() >= 0
    assert moved.max() <= 100 + 1e-4


def test_thick_slice_is_the_mean_of_the_thin_ones_in_it(head):
    thin = head.grid((12, 10, 40), (1.0, 1.0, 1.0))
    values = np.random.default_rng(0).uniform(50, 100, (40, 10, 12)).astype(np.float32)
    thick = head.grid((12, 10, 8), (1.0, 1.0, 5.0))

    found = sitk.GetArrayFromImage(resample(image_of(values, thin), thick, np.eye(4), "image"))

    np.testing.assert_allclose(found, values.reshape(8, 5, 10, 12).mean(axis=1), rtol=1e-4)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_what_was_not_measured_does_not_bleed_into_the_map(head, shift):
    grid = head.grid((24, 20, 16), (1.0, 1.2, 2.0))
    values = np.full((16, 20, 24), 1200, np.float32)
    values[:, :, :7] = 0
    values[5, 5, 15] = np.nan
    values[8, 9, 12] = 0
    matrix = np.eye(4)
    matrix[0, 3] = shift

    found = sitk.GetArrayFromImage(resample(image_of(values, grid), grid, matrix, "map"))

    assert np.isfinite(found).all()
    assert set(np.unique(np.round(found, 2))) == {0.0, 1200.0}
    assert (found[:, :, 8:-1] > 0).mean() > 0.99
    assert not found[:, :, :6].any()


def test_map_is_zero_where_less_than_half_was_measured(head):
    grid = head.grid((24, 20, 16), (1.0, 1.0, 1.0))
    values = np.full((16, 20, 24), 900, np.float32)
    values[:, :, :10] = 0
    moves = []
    for shift in (0.4, 0.6):
        matrix = np.eye(4)
        matrix[0, 3] = shift
        moves.append(sitk.GetArrayFromImage(resample(image_of(values, grid), grid, matrix, "map"))[8, 10, 9])

    assert moves[0] == 0
    assert moves[1] == pytest.approx(900)


def test_labels_stay_labels_and_keep_their_volume(head, motion):
    grid = head.grid()
    tissue = sitk.Cast(head.image("T1map", grid, noise=0, parts=1) / 100, sitk.sitkUInt8)

    moved = resample(tissue, head.grid((80, 90, 70), (2.2, 2.2, 2.2)), motion, "labels")

    assert set(np.unique(sitk.GetArrayFromImage(moved))) == set(np.unique(sitk.GetArrayFromImage(tissue)))
    assert moved.GetPixelID() == sitk.sitkUInt8
    assert all(0.9 < share < 1.1 for share in label_changes(tissue, moved).values())


def test_thin_label_that_vanishes_is_told(head):
    grid = head.grid((20, 20, 20), (1.0, 1.0, 1.0))
    values = np.zeros((20, 20, 20), np.uint8)
    values[10, 5:15, 5:15] = 7
    before = image_of(values, grid)

    after = resample(before, head.grid((4, 4, 4), (5.0, 5.0, 5.0)), np.eye(4), "labels")

    assert label_changes(before, after) == {7: 0.0}


def test_same_grid_gives_every_voxel_back(head):
    image = head.image("T1w", head.grid(), parts=1)

    same = resample(image, head.grid(), np.eye(4), "image")

    assert np.array_equal(sitk.GetArrayFromImage(same), sitk.GetArrayFromImage(image))
    assert interpolation_words(image, head.grid(), np.eye(4), "image") == "none"


def test_single_slice_is_interpolated_in_its_plane(head):
    image = head.image("T1w", head.grid((56, 64, 1), (3.0, 3.0, 5.0)), noise=0)
    finer = head.grid((80, 90, 1), (2.0, 2.0, 5.0))

    found = sitk.GetArrayFromImage(resample(image, finer, np.eye(4), "image"))

    truth = sitk.GetArrayFromImage(head.image("T1w", finer, noise=0))
    assert np.abs(found - truth).mean() < 0.06 * truth.max()
    assert interpolation_words(image, finer, np.eye(4), "image") == "linear"


def test_maps_of_one_acquisition_share_what_was_measured_but_not_values(head, motion):
    grid = head.grid((30, 34, 28), (4.0, 4.0, 4.0))
    target = head.grid((60, 70, 20), (2.0, 2.0, 6.0))
    first = head.image("T1map", grid, parts=1)
    second = first * 0.1 + sitk.Cast(first > 0, sitk.sitkFloat32) * 5
    third = sitk.Cast(first > 1000, sitk.sitkFloat32) * 7
    shares = {}

    together = [resample(one, target, motion, "map", shares) for one in (first, second, third)]

    for one, found in zip((first, second, third), together, strict=True):
        alone = resample(one, target, motion, "map")
        assert np.array_equal(sitk.GetArrayFromImage(found), sitk.GetArrayFromImage(alone))
    assert len({key[0] for key in shares}) == 2
