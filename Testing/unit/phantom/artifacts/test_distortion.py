"""EPI distortion: signal is moved, not made."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.phantom.artifacts.distortion import Distortion, draw_distortion
from gliomamri.phantom.artifacts.severity import HARD
from gliomamri.phantom.fields import random_field
from gliomamri.phantom.grid import Grid

GRID = Grid.centered((20, 64, 54), (5.0, 3.0, 3.5))
FLAT = random_field(np.random.default_rng(0), 80.0).times(0.0)


@pytest.mark.parametrize("axis", [1, 2])
def test_the_sum_along_the_phase_encoding_is_kept(axis):
    image = ndimage.gaussian_filter(np.random.default_rng(1).random(GRID.shape), 1).astype(np.float32)
    distortion = Distortion(axis, -9.0, random_field(np.random.default_rng(2), 80.0).times(1.5))
    distorted = distortion.apply(image, GRID)
    np.testing.assert_allclose(distorted.sum(axis=axis), image.sum(axis=axis), rtol=1e-4)
    assert np.abs(distorted - image).max() > 0.1
    assert distorted.min() > -1e-4


def test_a_point_moves_by_the_shift_at_its_new_place():
    distortion = Distortion(1, 6.0, FLAT)
    point = np.zeros(GRID.shape, np.float32)
    point[4, 16, 27] = 1
    moved = distortion.apply(point, GRID)
    place = (moved[4, :, 27] * GRID.y).sum() / moved[4, :, 27].sum()
    shift = np.interp(place, GRID.y, distortion.shift(GRID)[4, :, 27])
    assert shift > 3
    assert abs(place - GRID.y[16] - shift) < 0.4


def test_the_frontal_base_moves_most_and_the_top_hardly():
    shift = np.abs(draw_distortion(np.random.default_rng(3), HARD.distortion).shift(GRID))
    base = np.abs(GRID.z + 32).argmin(), np.abs(GRID.y + 48).argmin(), 27
    assert shift[base] > 4
    assert shift[base] > 2 * np.median(shift[-3:])
