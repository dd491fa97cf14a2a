import numpy as np
import pytest
from scipy.special import expit

from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions.lesion import Part
from gliomamri.phantom.lesions.levels import Box, smooth_spline, soft_step, weights_in_box


def test_soft_step_has_the_slope_of_the_logistic_function_and_ends_exactly():
    softness = 0.8
    level = np.linspace(-4, 4, 4001, dtype=np.float32)
    share = soft_step(level, softness)
    assert share[level < -3 * softness].max() == 0
    assert share[level > 3 * softness].min() == 1
    assert np.all(np.diff(share) >= -1e-6)
    middle = len(level) // 2
    h = 50
    slope = (share[middle + h] - share[middle - h]) / (level[middle + h] - level[middle - h])
    assert slope == pytest.approx(1 / (4 * softness), rel=0.01)
    assert np.abs(share - expit(level / softness)).max() < 0.06


def test_box_finds_the_points_inside_it():
    grid = Grid.centered((20, 30, 14), (3.0, 1.0, 2.0), (5.0, -4.0, 0.0))
    z, y, x = np.meshgrid(*grid.axes, indexing="ij", sparse=True)
    inside = (z > 0) & (z < 20) & (y > -8) & (y < 3) & (x > -6) & (x < 2)
    box = Box.around(inside, grid, 0.01)
    found = np.zeros(grid.shape, bool)
    found[box.cut(grid)] = True
    assert np.array_equal(found, inside)
    assert Box((100, 0, 0), (110, 5, 5)).cut(grid) is None
    both = box.union(Box.of_ball((0, 0, 0), 2.0))
    assert both.low[0] == -2.0
    assert both.high[0] == box.high[0]


def test_parts_that_are_nowhere_and_boxes_beside_the_grid_are_left_out():
    grid = Grid.centered((6, 7, 8), (1.0, 1.0, 1.0))

    def evaluate(inner):
        return {Part.EDEMA: np.ones(inner.shape, np.float32), Part.CYST: np.zeros(inner.shape, np.float32)}

    weights = weights_in_box(grid, Box((-1.1, -1.1, -1.1), (1.1, 9, 0.9)), evaluate)
    assert list(weights) == [Part.EDEMA]
    assert weights[Part.EDEMA].shape == grid.shape
    assert weights[Part.EDEMA].sum() == 2 * 5 * 2
    assert weights_in_box(grid, Box((8, 0, 0), (9, 1, 1)), evaluate) == {}


def test_smooth_spline_never_overshoots_and_keeps_a_ramp():
    grid = Grid.centered((12, 10, 9), (2.0, 2.0, 2.0), (3.0, 0.0, -5.0))
    z = grid.z[:, None, None] * np.ones(grid.shape, np.float32)
    fine = Grid.centered((7, 8, 5), (0.7, 0.9, 1.1), (3.0, 0.0, -5.0))
    assert np.allclose(smooth_spline(z, grid).at(fine), fine.z[:, None, None], atol=1e-4)
    jump = smooth_spline(np.where(z > 3, 1.0, 0.0), grid).at(fine)
    assert jump.min() >= -1e-6
    assert jump.max() <= 1 + 1e-6
