"""Distances from a surface, against bodies whose surface is known in mm; shells, against a ball's volume."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.regions.shells import box_around, shells, surface_distance, without_holes

THICK = (5.0, 0.43, 0.43)


def axes_of(shape, spacing, offset=(0.0, 0.0, 0.0)):
    """Positions in mm along z, y, x around the grid's middle."""
    steps = zip(shape, spacing, offset, strict=True)
    return np.meshgrid(*[(np.arange(n) - (n - 1) / 2) * s + o for n, s, o in steps], indexing="ij")


@pytest.mark.parametrize(
    ("shape", "spacing", "bias", "worst"),
    [
        ((60, 60, 60), (1.0, 1.0, 1.0), 0.1, 0.7),
        ((44, 52, 60), (1.4, 1.2, 1.0), 0.1, 0.8),
        ((15, 70, 70), (5.0, 0.86, 0.86), 0.25, 2.6),
    ],
)
def test_distance_from_a_ball(shape, spacing, bias, worst):
    radius = np.sqrt(sum(a**2 for a in axes_of(shape, spacing, (0.3, -0.2, 0.4))))

    found = surface_distance(radius < 13, spacing, reach=12.0)

    outside = (radius > 13) & (radius < 24)
    error = found[outside] - (radius[outside] - 13)
    assert abs(error.mean()) < bias
    assert np.abs(error).max() < worst
    assert (found[radius < 13] == 0).all()


def test_distance_from_a_slanted_plane_has_no_bias():
    z, y, x = axes_of((40, 44, 48), (1.0, 0.9, 1.1))
    normal = np.array([0.5, -0.3, 0.8]) / np.linalg.norm([0.5, -0.3, 0.8])
    height = normal[0] * z + normal[1] * y + normal[2] * x

    found = surface_distance(height < 0.2, (1.0, 0.9, 1.1), reach=8.0)

    # away from the grid's ends, beyond which the plane has no surface points
    inner = (height > 1) & (height < 6) & (np.abs(z) < 10) & (np.abs(y) < 10) & (np.abs(x) < 14)
    error = found[inner] - (height[inner] - 0.2)
    assert abs(error.mean()) < 0.06
    assert error.std() < 0.12


def test_the_neighboring_thick_slice_is_half_a_slice_away():
    mask = np.zeros((5, 9, 9), bool)
    mask[2, 3:6, 3:6] = True

    found = surface_distance(mask, THICK, reach=20.0)

    assert found[:, 4, 4].tolist() == pytest.approx([7.5, 2.5, 0, 2.5, 7.5])
    assert found[2, 6, 4] == pytest.approx(0.215, abs=0.1)


def test_distances_from_centers_would_miss_the_first_shell_between_slices():
    """The fault that faces avoid: measured from centers, a shell of 0 to 5 mm ends before the next slice of 5.5 mm."""
    mask = np.zeros((5, 9, 9), bool)
    mask[2, 3:6, 3:6] = True

    found = shells(surface_distance(mask, (5.5, 1.0, 1.0), 5.0), np.ones(mask.shape, bool), (0.0, 5.0))

    assert found["0-5 mm"][[1, 3], 4, 4].all()


def test_between_contours_of_different_size_the_surface_is_interpolated():
    """A disk of 12.5 mm above one of 6.5 mm: 9.5 mm from the axis the surface is half-way between the slices."""
    _, y, x = axes_of((3, 81, 81), (4.0, 0.5, 0.5))
    radius = np.hypot(y, x)
    limits = np.array([12.5, 6.5, -1.0])[:, None, None]

    found = surface_distance(radius < limits, (4.0, 0.5, 0.5), reach=10.0)

    slope = np.hypot(4.0, 6.0)  # the surface runs from 12.5 to 6.5 mm over 4 mm
    assert found[1, 40, 40 + 19] == pytest.approx(3.0 * 4.0 / slope, abs=0.2)
    assert found[2, 40, 40] == pytest.approx(2.0)


def test_beyond_its_reach_the_distance_is_infinite():
    z, y, x = axes_of((20, 40, 40), (2.0, 1.0, 1.0))
    radius = np.sqrt(z**2 + y**2 + x**2)

    found = surface_distance(radius < 6, (2.0, 1.0, 1.0), reach=4.0)

    assert np.isinf(found[radius > 11.5]).all()
    assert np.isfinite(found[radius < 9]).all()


@pytest.mark.parametrize("spacing", [(5.0, 0.86, 0.86), (1.2, 1.2, 1.2)])
def test_shells_of_a_ball_have_its_volume(spacing):
    shape = [int(80 / s) | 1 for s in spacing]
    z, y, x = axes_of(shape, spacing)
    radius = np.sqrt(z**2 + y**2 + x**2)
    brain = x > -12
    distance = surface_distance(radius < 15, spacing, 20.0)

    found = shells(distance, brain, (0.0, 5.0, 10.0, 20.0))

    assert list(found) == ["0-5 mm", "5-10 mm", "10-20 mm"]
    for (low, high), mask in zip(((15, 20), (20, 25), (25, 35)), found.values(), strict=True):
        cut = [np.pi * (2 * r**3 / 3 + r**2 * 12 - 12**3 / 3) for r in (low, high)]  # ball without a cap
        assert mask.sum() * np.prod(spacing) == pytest.approx(cut[1] - cut[0], rel=0.07)
        assert not (mask & (radius < 15)).any()
        assert not (mask & ~brain).any()


def test_nothing_has_no_distance_and_no_box():
    nothing = np.zeros((3, 4, 5), bool)

    assert np.isinf(surface_distance(nothing, THICK, 10.0)).all()
    assert box_around(nothing, THICK, 1.0) is None


def test_a_region_that_fills_the_grid_leaves_no_distance():
    assert (surface_distance(np.ones((3, 4, 5), bool), THICK, 10.0) == 0).all()


def test_a_single_slice_and_a_single_voxel_have_distances():
    mask = np.zeros((1, 9, 9), bool)
    mask[0, 4, 4] = True

    found = surface_distance(mask, (5.0, 1.0, 1.0), 10.0)

    assert found[0, 4, 8] == pytest.approx(3.5, abs=0.05)


def test_box_holds_the_margin_and_stays_inside():
    mask = np.zeros((9, 40, 40), bool)
    mask[4, 10:12, 36] = True

    box = box_around(mask, (5.0, 0.9, 2.0), 6.0)

    assert [(part.start, part.stop) for part in box] == [(1, 8), (2, 20), (32, 40)]


def test_what_a_ring_encloses_is_filled_in_thick_slices_and_in_space():
    z, y, x = np.indices((5, 11, 11))
    ring = (np.maximum(abs(y - 5), abs(x - 5)) == 3) & (z > 0) & (z < 4)

    thick, space = (without_holes(ring, spacing) for spacing in ((5.0, 1.0, 1.0), (1.0, 1.0, 1.0)))

    assert thick[1:4, 5, 5].all()
    assert not thick[0].any()
    assert not space[:, 5, 5].any()  # open above and below
    closed = ring | ((np.maximum(abs(y - 5), abs(x - 5)) <= 3) & ((z == 0) | (z == 4)))
    assert without_holes(closed, (1.0, 1.0, 1.0))[:, 5, 5].all()
