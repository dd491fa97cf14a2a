from dataclasses import replace

import numpy as np
import pytest

from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions import LesionPlan, push_field
from gliomamri.phantom.lesions.mass_effect import border_shift, smallest_jacobian
from gliomamri.phantom.tissues import Tissue

TUMOR = LesionPlan("high-grade glioma", (6.0, -12.0, 28.0), 16.0, 0.6, 40.0)
SECOND = LesionPlan("metastasis", (10.0, 30.0, -30.0), 10.0, 0.5)


def at(push, grid):
    return np.stack([field.at(grid) for field in push])


def line_through(center, direction, lengths):
    points = np.asarray(center) + np.outer(lengths, direction)
    return [Grid(*(np.array([v], np.float32) for v in point)) for point in points]


def test_border_shift_holds_the_added_volume():
    plan = LesionPlan("low-grade glioma", (0, 0, 0), 20.0, 0.3)
    before = plan.radius - border_shift(plan) / 1.5
    assert (before / plan.radius) ** 3 == pytest.approx(0.7)
    swollen = LesionPlan("low-grade glioma", (0, 0, 0), 20.0, 0.3, 60.0)
    assert border_shift(swollen) > border_shift(plan)
    whole = plan.core_volume + 60
    radius = (whole * 750 / np.pi) ** (1 / 3)
    kept = (1 - border_shift(swollen) / 1.5 / radius) ** 3
    assert (1 - kept) * whole == pytest.approx(0.3 * plan.core_volume + 0.3 * 60)
    assert border_shift(LesionPlan("multiple sclerosis", (0, 0, 0), 2.5)) == 0


def test_push_points_to_the_tumor_and_is_largest_near_its_border(terrain):
    push = push_field([TUMOR], terrain)
    inward = np.array([0.0, 0.0, -1.0])
    lengths = np.arange(2, 60, 2.0)
    d = np.array([at(push, grid)[:, 0, 0, 0] for grid in line_through(TUMOR.center, inward, lengths)])
    radial = d @ inward
    assert np.all(radial <= 1e-3)
    assert np.abs(np.delete(d, 2, axis=1)).max() < 0.1 * border_shift(TUMOR)
    peak = lengths[np.argmin(radial)]
    assert 14 <= peak <= 32
    assert -radial.min() == pytest.approx(border_shift(TUMOR), rel=0.25)
    before = lengths + radial
    assert np.all(np.diff(before) > 0.4)


def test_push_is_invertible_together_and_gone_at_the_skull(terrain):
    push = push_field([TUMOR, SECOND, LesionPlan("meningioma", (0.0, -10.0, 54.0), 14.0, 0.95)], terrain)
    grid = Grid.centered((60, 80, 66), (2.0, 2.2, 2.1))
    assert smallest_jacobian(at(push, grid), grid) > 0.05
    outside = at(push, terrain.grid)[:, terrain.hull_distance > 3]
    assert np.abs(outside).max() < 0.1


def test_midline_shifts_and_ventricle_beside_the_tumor_shrinks(terrain):
    beside = (6.0, -4.0, 38.0)
    push = push_field([replace(TUMOR, center=beside)], terrain)
    midline = Grid(np.array([6.0], np.float32), np.array([-4.0], np.float32), np.array([0.0], np.float32))
    # The tumor is on the left (x > 0): what is now on the midline was to the left of it.
    assert at(push, midline)[2, 0, 0, 0] > 1.5
    grid = terrain.grid
    d = at(push, grid)
    index = [
        np.clip(np.rint((axis.reshape(form) + part - axis[0]) / 2).astype(int), 0, len(axis) - 1)
        for axis, part, form in zip(grid.axes, d, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), strict=True)
    ]
    after = terrain.tissue[tuple(index)] == Tissue.VENTRICLE
    before = terrain.tissue == Tissue.VENTRICLE
    z, y, x = np.meshgrid(*grid.axes, indexing="ij", sparse=True)
    outside = (z - beside[0]) ** 2 + (y - beside[1]) ** 2 + (x - beside[2]) ** 2 > TUMOR.radius**2
    near = (x > 0) & outside
    assert after[near].sum() < 0.97 * before[near].sum()


def test_nothing_pushes_without_a_plan_that_does(terrain):
    assert push_field([], terrain) is None
    assert push_field([LesionPlan("multiple sclerosis", (0, 0, 0), 2.5)], terrain) is None
