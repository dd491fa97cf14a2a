"""Motion in k-space against what is known of shifts."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.phantom.artifacts.ghosts import Ghosts, draw_ghosts
from gliomamri.phantom.artifacts.severity import GhostPriors
from gliomamri.phantom.grid import Grid

GRID = Grid.centered((2, 48, 60), (4.0, 1.5, 1.0))
IMAGE = np.zeros(GRID.shape, np.float32)
IMAGE[:, 14:30, 20:45] = 100
IMAGE[1, 20:24, 25:30] = 300


@pytest.mark.parametrize("axis", [1, 2])
def test_one_shifted_pose_is_a_shifted_image(axis):
    moved = Ghosts(axis, (0.0,), ((3.0, -4.0),), (0.0,)).apply(IMAGE, GRID)
    np.testing.assert_allclose(np.abs(moved), np.roll(IMAGE, (2, -4), axis=(1, 2)), atol=1e-2)


@pytest.mark.parametrize("axis", [1, 2])
def test_poses_ghost_along_the_phase_encoding_only(axis):
    quiet = Ghosts(axis, (0.0, 0.3, 0.7), ((0, 0), (0, 0), (0, 0)), (0.0,) * 3).apply(IMAGE, GRID)
    np.testing.assert_allclose(np.abs(quiet), IMAGE, atol=1e-2)
    shift = (2.0, 0.0) if axis == 1 else (0.0, 2.0)
    ghosted = np.abs(Ghosts(axis, (0.0, 0.8), ((0, 0), shift), (0.0, 0.0)).apply(IMAGE, GRID))
    along, across = (ghosted[:, 40:, 20:45], ghosted[:, 14:30, 50:])[:: 1 if axis == 1 else -1]
    assert along.max() > 2
    assert across.max() < 0.1


def test_a_rotated_pose_turns_the_image():
    square = np.zeros((1, 61, 61), np.float32)
    square[0, 30 - 20 : 30 + 20, 28:33] = 1
    grid = Grid.centered(square.shape, (1.0, 1.0, 1.0))
    turned = np.abs(Ghosts(1, (0.0,), ((0.0, 0.0),), (90.0,)).apply(square, grid))
    assert turned[0, 30, 12:48].min() > 0.9
    assert turned[0, 12, 30] < 0.1


def test_drawn_ghosts_rest_in_the_middle_of_k_space():
    generator = np.random.default_rng(4)
    priors = GhostPriors(1.0, shift=(1.0, 2.0), rotation=(1.0, 1.0))
    for _ in range(50):
        ghosts = draw_ghosts(generator, priors)
        central = np.searchsorted(ghosts.starts, 0.5, side="right") - 1
        assert ghosts.shifts[central] == (0.0, 0.0)
        assert ghosts.rotations[central] == 0
        assert np.any(ghosts.shifts)
