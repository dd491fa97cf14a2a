"""Distances against scipy's exact transform and against balls whose distances are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.imaging.boxes import bounding_box
from gliomamri.phantom.anatomy.distances import (
    COARSE_STEP,
    coarse_grid,
    hull_distance,
    pial_depth,
    signed_distance,
    squared_distance,
    ventricle_distance,
)
from gliomamri.phantom.anatomy.sampling import (
    at_points,
    centered_grid,
    interpolate,
    points_of,
    symmetric_crop,
)
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.tissues import Tissue


def radius(shape, step, center=(0, 0, 0)):
    grid = centered_grid(shape, step)
    z, y, x = (axis - c for axis, c in zip(grid.axes, center, strict=True))
    return np.sqrt(z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2)


def test_squared_distance_equals_the_exact_transform_up_to_its_reach():
    target = np.random.default_rng(1).random((40, 33, 50)) < 0.002
    exact = np.rint(ndimage.distance_transform_edt(~target) ** 2)

    result = squared_distance(target, 12)

    near = exact <= 144
    assert near.mean() > 0.6
    assert np.array_equal(result[near], exact[near])
    assert (result[~near] > 144).all()


def test_signed_distance_of_a_ball():
    r = radius((40, 44, 48), 0.8)

    distance = signed_distance(r < 10, 0.8)

    # A border between voxels is known to about a voxel.
    assert np.abs(distance - (r - 10)).max() < 1.0
    assert np.abs((distance - (r - 10))[np.abs(r - 10) < 3].mean()) < 0.2


def test_hull_bridges_a_sulcus_and_reaches_the_array_border_unharmed():
    r = radius((88, 92, 84), 1.0)
    brain = r < 36
    brain[:, :, 38:46] = False  # a gap of 8 mm, narrower than twice the closing's radius

    hull = hull_distance(brain, 1.0)

    truth = radius(hull.shape, COARSE_STEP)
    assert hull[22, 23, 21] < -25
    assert np.abs(hull - (truth - 36))[np.abs(truth - 36) < 5].max() < 1.1


def test_ventricle_distance_is_zero_inside_and_grows_outside():
    inside = radius((60, 64, 56), 1.0, center=(2, -4, 6)) < 6

    distance = ventricle_distance(inside, 1.0)

    r = radius(distance.shape, COARSE_STEP, center=(2, -4, 6))
    assert (distance[r < 5] == 0).all()
    assert np.abs(distance - np.maximum(r - 6, 0)).max() < 0.9


def test_pial_depth_of_a_slab_of_cortex():
    tissue = np.full((30, 20, 24), Tissue.WHITE_MATTER, np.uint8)
    tissue[20:] = Tissue.CSF
    tissue[14:20] = Tissue.CORTEX

    depth = pial_depth(tissue, 0.5)

    # The voxel below the surface lies a quarter of a mm (half a voxel) under it: 2.5 tenths.
    assert depth[14:20, 10, 12].tolist() == [28, 22, 18, 12, 8, 2]
    assert not depth[:14].any()
    assert depth[20:26, 10, 12].tolist() == [2, 8, 12, 18, 22, 28]


def test_interpolation_reproduces_a_linear_field_everywhere_inside():
    grid = centered_grid((9, 12, 7), 2.0)
    field = lambda z, y, x: (1 + 2 * z - y + 0.5 * x).astype(np.float32)  # noqa: E731
    values = field(grid.z[:, None, None], grid.y[None, :, None], grid.x[None, None, :])
    fine = Grid(np.linspace(-7, 6, 5), np.linspace(-10, 9, 6), np.linspace(-5, 5, 4))

    result = interpolate(values, 2.0, fine)

    expected = field(fine.z[:, None, None], fine.y[None, :, None], fine.x[None, None, :])
    assert result == pytest.approx(expected, abs=1e-4)
    index = np.array([0, 7, 50, 119])
    assert at_points(values, 2.0, points_of(fine, index)) == pytest.approx(expected.ravel()[index], abs=1e-4)


def test_symmetric_crop_pads_what_lies_beyond():
    array = np.arange(1, 25).reshape(2, 3, 4)

    result = symmetric_crop(array, (1, 1, 1), (2, 1, 2))

    assert result.shape == (4, 2, 4)
    assert np.array_equal(result[1:3, :, 1:], array[:, :2, :3])
    assert not result[0].any()
    assert not result[:, :, 0].any()
    assert bounding_box(result > 0) == (slice(1, 3), slice(0, 2), slice(1, 4))


def test_coarse_grid_has_the_same_middle():
    grid = coarse_grid((440, 528, 324), 0.5)

    assert grid.shape == (110, 132, 81)
    assert all(abs(axis[0] + axis[-1]) < 1e-4 for axis in grid.axes)
