"""Rigid motion of known objects."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from gliomamri.phantom.artifacts.motion import RigidMotion, draw_motion
from gliomamri.phantom.artifacts.severity import MotionPriors
from gliomamri.phantom.grid import Grid

GRID = Grid.centered((40, 50, 45), (1.5, 1.0, 1.2))


def ball_at(x, y, z):
    squared = (GRID.z[:, None, None] - z) ** 2 + (GRID.y[:, None] - y) ** 2 + (GRID.x - x) ** 2
    return np.exp(-squared / 50).astype(np.float32)


def center(image):
    index = ndimage.center_of_mass(image)
    return [np.interp(i, np.arange(len(axis)), axis) for i, axis in zip(index, GRID.axes, strict=True)][::-1]


def test_a_point_of_the_head_is_found_where_the_matrix_says():
    motion = RigidMotion((2.0, -3.0, 1.5), (4.0, -7.0, 20.0))
    in_head = np.array([5.0, -6.0, 4.0])
    in_series = (motion.matrix @ np.append(in_head, 1))[:3]
    resampled = motion.resample(ball_at(*in_series), GRID, GRID)
    np.testing.assert_allclose(center(resampled), in_head, atol=0.05)


def test_translation_and_the_shifted_grid_agree():
    motion = RigidMotion((1.2, 2.0, -3.0))
    shifted = motion.shifted(GRID)
    np.testing.assert_allclose([shifted.x[0] - GRID.x[0], shifted.z[0] - GRID.z[0]], [1.2, -3.0], rtol=1e-5)
    np.testing.assert_allclose(center(motion.resample(ball_at(1.2, 2, -3), GRID, GRID)), [0, 0, 0], atol=0.05)


def test_the_inverse_takes_it_back():
    motion = RigidMotion((3.0, -1.0, 2.0), (10.0, 25.0, -40.0))
    np.testing.assert_allclose(motion.matrix @ motion.inverse().matrix, np.eye(4), atol=1e-12)


def test_constants_stay_up_to_the_border():
    motion = RigidMotion((5.0, 4.0, -3.0), (3.0, 2.0, 9.0))
    np.testing.assert_allclose(
        motion.resample(np.full(GRID.shape, 2.0, np.float32), GRID, GRID), 2.0, rtol=1e-6
    )


def test_drawn_motion_has_its_spread():
    priors = MotionPriors(1.0, translation_sd=(0.4, 0.4), rotation_sd=(0.7, 0.7))
    generator = np.random.default_rng(0)
    drawn = [draw_motion(generator, priors) for _ in range(400)]
    assert abs(np.std([motion.translation for motion in drawn]) - 0.4) < 0.03
    assert abs(np.std([motion.rotation for motion in drawn]) - 0.7) < 0.05
