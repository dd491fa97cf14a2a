"""Tubes have the radius and the length they are told."""

from __future__ import annotations

import numpy as np

from gliomamri.phantom.anatomy.curves import mirrored, tube_depth
from gliomamri.phantom.anatomy.sampling import centered_grid


def test_volume_of_a_tube_with_round_ends():
    grid = centered_grid((60, 70, 80), 0.5)

    box, depth = tube_depth([(-8, 2, 1, 3), (8, 2, 1, 3)], grid)

    volume = np.count_nonzero(depth > 0) * 0.5**3
    assert abs(volume / (np.pi * 9 * 16 + 4 / 3 * np.pi * 27) - 1) < 0.02
    assert grid.z[box[0]].mean() == 1 or abs(grid.z[box[0]].mean() - 1) < 0.3
    assert abs(grid.y[box[1]].mean() - 2) < 0.3


def test_radius_runs_linearly_and_one_point_is_a_ball():
    grid = centered_grid((80, 80, 80), 0.5)

    _, cone = tube_depth([(0, 0, -10, 2), (0, 0, 10, 6)], grid)
    _, ball = tube_depth([(1, 1, 1, 5)], grid)

    middle = cone[:, cone.shape[1] // 2, cone.shape[2] // 2]
    assert abs(middle[len(middle) // 2] - 4) < 0.6
    assert abs(np.count_nonzero(ball > 0) * 0.125 / (4 / 3 * np.pi * 125) - 1) < 0.02


def test_a_tube_outside_the_grid_has_an_empty_box():
    _, depth = tube_depth([(100, 0, 0, 2)], centered_grid((20, 20, 20), 1.0))

    assert depth.size == 0


def test_mirrored_changes_sides_only():
    assert mirrored([(1, 2, 3, 4)]) == [(-1, 2, 3, 4)]
