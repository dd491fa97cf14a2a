"""Patches against scipy's affine_transform, on asymmetric volumes; left and right are never mixed up by chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from gliomamri.training.patches import STILL, Patch, PosePriors, draw_center, draw_patch, whole

SIZE = (17, 24, 30)


@pytest.fixture
def volume():
    smooth = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=SIZE), 1.5).astype(np.float32)
    smooth[2:5, 15:20, 3:9] += 1.0
    return smooth


def by_scipy(volume, patch, order):
    """Patch index i -> volume index matrix (i - middle of patch) + center + middle of volume."""
    middle_out = (np.array(patch.shape) - 1) / 2
    middle_in = (np.array(volume.shape) - 1) / 2
    offset = patch.center + middle_in - patch.matrix @ middle_out
    return ndimage.affine_transform(
        volume.astype(float), patch.matrix, offset, patch.shape, order=order, mode="grid-constant"
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("shape", "steps"), [((11, 14, 9), (1, 1, 1)), ((5, 16, 13), (2, 1, 1)), ((1, 20, 12), (1, 1.5, 1))]
)
def test_same_as_affine_transform(volume, seed, shape, steps):
    generator = np.random.default_rng(seed)
    patch = draw_patch(generator, generator.normal(0, 4, 3), shape, steps)
    found = patch.of(torch.from_numpy(volume)[None])[0].numpy()

    assert found.shape == shape
    np.testing.assert_allclose(found, by_scipy(volume, patch, 1), atol=2e-4)


@pytest.mark.parametrize("seed", range(4))
def test_labels_are_those_of_the_nearest_voxel(seed):
    labels = np.random.default_rng(9).integers(0, 4, SIZE).astype(np.uint8)
    generator = np.random.default_rng(seed)
    patch = draw_patch(generator, generator.normal(0, 4, 3), (9, 12, 10))
    found = patch.of(torch.from_numpy(labels)[None], nearest=True)[0].numpy()

    # affine_transform of order 0 rounds likewise, but for ties within rounding errors.
    assert np.mean(found == by_scipy(labels, patch, 0)) > 0.995
    assert set(np.unique(found)) <= {0, 1, 2, 3}


def test_still_patch_of_the_whole_is_the_volume(volume):
    one = draw_patch(np.random.default_rng(0), np.zeros(3), SIZE, priors=STILL)
    for patch in (whole(SIZE), one):
        found = patch.of(torch.from_numpy(volume)[None])[0].numpy()
        np.testing.assert_allclose(found, volume, atol=1e-5)


def test_slices_of_a_stack_lie_as_far_apart_as_asked(volume):
    patch = Patch(np.array([0.0, 0.5, 0.5]), np.diag([2.0, 1.0, 1.0]), (5, 25, 31))
    found = patch.of(torch.from_numpy(volume)[None])[0].numpy()
    np.testing.assert_allclose(found[:, :-1, :-1], volume[4:13:2], atol=1e-5)


def test_flip_is_left_right_and_nothing_else(volume):
    always = PosePriors((0, 0, 0), 0, 0, 0, 1.0)
    patch = draw_patch(np.random.default_rng(0), np.zeros(3), SIZE, priors=always)
    found = patch.of(torch.from_numpy(volume)[None])[0].numpy()
    np.testing.assert_allclose(found, volume[:, :, ::-1], atol=1e-5)


def test_turn_about_z_is_in_the_axial_plane_by_the_drawn_angle(volume):
    """About z only, z stays where it is, and the matrix is a rotation by at most the largest angle."""
    for seed in range(20):
        patch = draw_patch(
            np.random.default_rng(seed), np.zeros(3), SIZE, priors=PosePriors((20, 0, 0), 0, 0, 0, 0)
        )
        assert patch.matrix[0] == pytest.approx([1, 0, 0])
        assert patch.matrix[:, 0] == pytest.approx([1, 0, 0])
        assert np.linalg.det(patch.matrix) == pytest.approx(1)
        angle = np.degrees(np.arccos(patch.matrix[1, 1]))
        assert angle <= 20
        # Positive angles turn y toward x, as a right-handed turn about z of (z, y, x) written backwards.
        assert patch.matrix[2, 1] == pytest.approx(-patch.matrix[1, 2])


def test_half_of_the_patches_are_mirrored_and_sizes_spread_as_asked():
    patches = [draw_patch(np.random.default_rng(seed), np.zeros(3), (4, 4, 4)) for seed in range(400)]
    volumes = np.array([np.linalg.det(patch.matrix) for patch in patches])
    assert np.mean(volumes < 0) == pytest.approx(0.5, abs=0.08)
    # log det = 3 N(0, .08) + three of N(0, .03).
    assert np.log(np.abs(volumes)).std() == pytest.approx(np.hypot(3 * 0.08, np.sqrt(3) * 0.03), rel=0.12)


def test_beyond_the_volume_is_nothing(volume):
    patch = Patch(np.array([100.0, 0.0, 0.0]), np.eye(3), (4, 5, 6))
    assert not patch.of(torch.from_numpy(volume + 5)[None]).any()


def test_center_is_one_of_the_places():
    places = np.ravel_multi_index(([3, 10], [5, 20], [7, 1]), SIZE)
    middle = (np.array(SIZE) - 1) / 2
    found = {tuple(draw_center(np.random.default_rng(seed), places, SIZE) + middle) for seed in range(20)}
    assert found == {(3, 5, 7), (10, 20, 1)}
    assert not draw_center(np.random.default_rng(0), np.array([], np.int32), SIZE).any()

    moved = np.array(
        [draw_center(np.random.default_rng(s), places[:1], SIZE, 2.0) + middle for s in range(500)]
    )
    assert moved.std(0) == pytest.approx([2, 2, 2], rel=0.12)
    assert moved.mean(0) == pytest.approx([3, 5, 7], abs=0.3)


def test_center_of_a_patch_is_where_it_was_asked_to_be(volume):
    volume = torch.zeros(SIZE)
    volume[3, 19, 25] = 1
    center = np.array([3, 19, 25]) - (np.array(SIZE) - 1) / 2
    for seed in range(5):
        found = draw_patch(np.random.default_rng(seed), center, (7, 9, 11)).of(volume[None])[0]
        assert np.unravel_index(int(found.argmax()), found.shape) == (3, 4, 5)
