"""The mid-sagittal plane of heads whose plane is known, and reflections at it, in mm."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.errors import UserError
from gliomamri.regions.mirror import TRUSTED, fit_midsagittal_plane, share_across
from gliomamri.regions.reflection import Plane, index_to_point, reflected
from unit.regions.symmetric_head import grid_of, head, image_of, points_of

FINE = ((76, 92, 64), (2.0, 2.0, 2.0))
THICK = ((150, 180, 26), (1.0, 1.0, 5.0))
TUMOR = ((32.0, 12.0, 10.0), 20.0)


def errors(plane, truth):
    """Angle between normals in degrees, and the largest distance in mm of the planes inside the head."""
    point, normal = truth
    angle = np.degrees(np.arccos(np.clip(abs(np.dot(plane.normal, normal)), 0, 1)))
    return angle, abs(plane.side(point))


CASES = {
    "upright": (FINE, (0, 0, 0), (0, 0, 0), (0, 0, 0), None),
    "turned by 28 degrees": (FINE, (0, 0, 0), (8, -20, 18), (6, -9, 4), None),
    "with a tumor": (FINE, (0, 0, 0), (0, 9, -14), (-5, 3, 0), TUMOR),
    "thick oblique slices and a tumor": (THICK, (14, -9, 17), (5, 12, 20), (7, 0, -3), TUMOR),
    "tumor across the middle": (FINE, (0, 0, 0), (3, -6, 9), (2, 2, 2), ((6, 20, 12), 18)),
}


QUICK = "with a tumor"


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case == QUICK else pytest.mark.slow) for case in CASES]
)
def test_plane_is_found_within_a_degree_and_1_5_mm(case):
    (size, spacing), tilt, turn, shift, tumor = CASES[case]
    grid = grid_of(size, spacing, tilt)
    values, mask, truth = head(grid, turn, shift, tumor)

    plane = fit_midsagittal_plane(image_of(values, grid), mask)

    angle, distance = errors(plane, truth)
    assert angle <= 1.0
    assert distance <= 1.5
    assert plane.quality > TRUSTED
    assert plane.normal[0] > 0


def test_a_cut_field_of_view_and_skull_left_are_borne():
    """The upper third and a part of one side are missing, and a slab of skull is left on the other side."""
    grid = grid_of(*FINE)
    values, mask, truth = head(grid, (4, 10, -12), (3, 0, 0), TUMOR)
    mask = mask.copy()
    mask[45:] = False
    mask[:, :, :14] = False
    slab = np.zeros_like(mask)
    slab[10:30, 20:60, 66:72] = True
    values = np.where(slab & ~mask, 1.4, values).astype(np.float32)
    mask |= slab
    cut = image_of(values, grid)[10:, :, :45]

    plane = fit_midsagittal_plane(cut, mask[:45, :, 10:])

    angle, distance = errors(plane, truth)
    assert angle <= 1.5
    assert distance <= 1.5


def test_an_image_without_symmetry_is_not_trusted():
    grid = grid_of((40, 44, 30), (3.0, 3.0, 3.0))
    mask = np.linalg.norm(points_of(grid), axis=-1) < 42
    values = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal(mask.shape), 1)

    plane = fit_midsagittal_plane(image_of(values.astype(np.float32), grid), mask)

    assert plane.quality < TRUSTED


def test_a_constant_image_has_a_plane_but_no_quality():
    grid = grid_of((40, 44, 30), (3.0, 3.0, 3.0))
    _, mask, _ = head(grid)

    plane = fit_midsagittal_plane(image_of(mask.astype(np.float32), grid), mask)

    assert plane.quality == 0
    assert np.isfinite(plane.point).all()


def test_a_single_slice_is_mirrored_in_its_plane():
    grid = grid_of((120, 140, 1), (1.2, 1.2, 5.0))
    values, mask, truth = head(grid, (0, 0, 12), (4, 0, 0))

    plane = fit_midsagittal_plane(image_of(values, grid), mask)

    in_plane = np.array(plane.normal[:2]) / np.linalg.norm(plane.normal[:2])
    assert np.degrees(np.arccos(abs(in_plane @ truth[1][:2]))) < 1.0


def test_too_little_brain_is_told():
    grid = grid_of((10, 10, 10), (1.0, 1.0, 1.0))

    with pytest.raises(UserError, match="too small"):
        fit_midsagittal_plane(grid, np.zeros((10, 10, 10), bool))


def oblique_plane():
    normal = np.array([0.93, 0.25, -0.18])
    return Plane((3.0, -4.0, 2.0), tuple(normal / np.linalg.norm(normal)))


def test_index_to_point_is_the_image_geometry():
    grid = grid_of((7, 9, 5), (0.5, 1.3, 4.0), (10, 20, -30), (5, 6, 7))

    point = index_to_point(grid) @ [3, 8, 2, 1]

    assert point[:3] == pytest.approx(grid.TransformIndexToPhysicalPoint((2, 8, 3)))


def test_reflection_is_exact_in_mm_on_an_oblique_anisotropic_grid():
    """A map that is linear in mm, reflected, is known at every voxel."""
    grid = grid_of((30, 26, 12), (1.0, 1.4, 4.0), (12, -8, 25))
    plane, points = oblique_plane(), points_of(grid)
    slope = np.array([0.3, -0.7, 0.2])

    found = reflected((points @ slope).astype(np.float32), plane, grid, order=1)

    normal = np.array(plane.normal)
    mirrored = points - 2 * ((points - plane.point) @ normal)[..., None] * normal
    inside = np.abs(found) > 0
    assert inside.mean() > 0.3
    assert found[inside] == pytest.approx((mirrored @ slope)[inside], abs=1e-3)


def test_a_reflected_ball_is_the_ball_on_the_other_side():
    grid = grid_of((60, 50, 16), (1.0, 1.2, 4.0), (12, -8, 25))
    plane, points = oblique_plane(), points_of(grid)
    center = np.array([16.0, 4.0, -3.0])
    other = center - 2 * plane.side(center) * np.array(plane.normal)

    found = reflected(np.linalg.norm(points - center, axis=-1) < 9, plane, grid)

    expected = np.linalg.norm(points - other, axis=-1) < 9
    assert 2 * (found & expected).sum() / (found.sum() + expected.sum()) > 0.9
    assert points[found].mean(axis=0) == pytest.approx(other, abs=0.3)


def test_share_across_counts_the_smaller_side():
    grid = grid_of((60, 50, 16), (1.0, 1.2, 4.0), (12, -8, 25))
    plane, points = oblique_plane(), points_of(grid)
    mask = np.linalg.norm(points - [12.0, 4.0, -3.0], axis=-1) < 14

    found = share_across(mask, plane, grid)

    assert found == pytest.approx((plane.side(points[mask]) < 0).mean())
    assert 0.01 < found < 0.3
    assert share_across(np.zeros_like(mask), plane, grid) == 0
