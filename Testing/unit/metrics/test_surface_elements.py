"""Places and areas of surface elements, against boxes, planes and spheres."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.metrics.surface_elements import surface_elements


def ball(shape, spacing, center, radius):
    axes = np.meshgrid(*[np.arange(n) * s for n, s in zip(shape, spacing, strict=True)], indexing="ij")
    return sum((axis - c) ** 2 for axis, c in zip(axes, center, strict=True)) < radius**2


def test_places_lie_between_voxels_and_faces_have_their_area():
    """A box of 3 x 4 x 5 voxels; every element away from its edges has the area of one face."""
    spacing = (3.0, 0.5, 2.0)
    mask = np.zeros((6, 9, 8), bool)
    mask[1:4, 2:6, 3:8] = True

    points, areas = surface_elements(mask, spacing)

    low, high = np.array([0.5, 1.5, 2.5]) * spacing, np.array([3.5, 5.5, 7.5]) * spacing
    assert points.min(axis=0) == pytest.approx(low)
    assert points.max(axis=0) == pytest.approx(high)
    assert len(points) == 4 * 5 * 6 - 2 * 3 * 4
    on_faces = (np.isclose(points, low) | np.isclose(points, high)).astype(int)
    for axis, face in enumerate((1.0, 6.0, 1.5)):
        inner = (on_faces[:, axis] == 1) & (on_faces.sum(axis=1) == 1)
        assert inner.any()
        assert areas[inner] == pytest.approx(face)


@pytest.mark.parametrize("normal", [(1, 0, 0), (0, 1, 1), (1, 1, 0), (1, 1, 1)])
def test_stairs_of_one_voxel_have_the_area_of_the_slope(normal):
    grid = np.indices((41, 41, 41)) - 20
    mask = np.tensordot(normal, grid, 1) <= 0

    points, areas = surface_elements(mask, (1.0, 1.0, 1.0))

    from_center = points - 20
    # a column around the normal, far from the border of the grid
    unit = np.array(normal) / np.linalg.norm(normal)
    along = from_center @ unit
    across = np.linalg.norm(from_center - along[:, None] * unit, axis=1)
    inside = (across < 14) & (np.abs(along) < 2)
    assert areas[inside].sum() == pytest.approx(np.pi * 14**2, rel=0.03)


@pytest.mark.parametrize(("spacing", "excess"), [((1.0, 1.0, 1.0), 0.08), ((2.0, 1.0, 0.7), 0.13)])
def test_area_of_a_sphere(spacing, excess):
    shape = [int(46 / s) for s in spacing]

    areas = surface_elements(ball(shape, spacing, (22, 23, 22.4), 20.0), spacing)[1]

    assert 1.0 < areas.sum() / (4 * np.pi * 20**2) < 1 + excess


def test_no_corner_of_any_kind_is_without_area():
    """All 254 mixed neighborhoods of a corner, two touching voxels across its diagonal among them."""
    for code in range(1, 255):
        mask = (code >> np.arange(8) & 1).astype(bool).reshape(2, 2, 2)
        points, areas = surface_elements(mask, (2.0, 1.0, 3.0))
        middle = np.all(np.abs(points - (1.0, 0.5, 1.5)) < np.array([1.0, 0.5, 1.5]) * 0.75, axis=1)
        assert areas[middle].item() > 0


def test_a_slope_of_one_voxel_per_step_is_flat():
    """Corners alone would lie a third of a voxel to both sides of it."""
    grid = np.indices((21, 21, 21)) - 10
    points = surface_elements(grid[1] + grid[2] <= 0, (2.0, 1.0, 1.0))[0]

    inner = points[np.all((points > 2.1) & (points < (37.9, 17.9, 17.9)), axis=1)]
    height = (inner[:, 1] + inner[:, 2] - 20) / np.sqrt(2)
    assert len(height) > 100
    assert np.ptp(height) < 1e-12
    assert np.abs(height).max() < 1


def test_area_does_not_change_when_axes_are_turned():
    mask = np.random.default_rng(12).random((6, 7, 8)) < 0.4

    straight = surface_elements(mask, (2.0, 1.0, 3.0))[1]
    turned = surface_elements(np.flip(mask.transpose(2, 0, 1), 0), (3.0, 2.0, 1.0))[1]

    assert straight.sum() == pytest.approx(turned.sum())


def test_a_mask_ends_at_the_border_of_the_grid():
    full = surface_elements(np.ones((2, 3, 4), bool), (1.0, 1.0, 1.0))
    padded = surface_elements(np.pad(np.ones((2, 3, 4), bool), 2), (1.0, 1.0, 1.0))

    assert full[0] + 2 == pytest.approx(padded[0])
    assert full[1] == pytest.approx(padded[1])
    assert len(surface_elements(np.zeros((2, 3, 4), bool), (1.0, 1.0, 1.0))[0]) == 0
