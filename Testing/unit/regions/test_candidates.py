"""Points for biopsy: at known peaks, far enough apart, in LPS; and values around points of the user."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.regions.candidates import biopsy_candidates, sphere_mean, values_at_points
from unit.regions.symmetric_head import grid_of, points_of

GRID = grid_of((50, 44, 12), (1.0, 1.3, 4.0), (12, -20, 8), (30.0, -12.0, 7.0))
SHAPE = (12, 44, 50)
PEAKS = {(5, 20, 12): 9.0, (7, 30, 38): 7.0, (5, 22, 15): 8.0, (3, 8, 40): 5.0}
USABLE = np.ones(SHAPE, bool)


def score_map():
    score = np.zeros(SHAPE, np.float32)
    for place, height in PEAKS.items():
        bump = np.zeros(SHAPE)
        bump[place] = 1.0
        bump = ndimage.gaussian_filter(bump, [3.0 / 4.0, 3.0 / 1.3, 3.0])
        score = np.maximum(score, height * bump / bump.max())
    return score


def place(index):
    return points_of(GRID)[index]


def test_points_lie_at_the_highest_peaks_that_are_far_apart():
    """The third peak is 4 mm from the first and lower, so it is left out."""
    found = biopsy_candidates(score_map(), USABLE, USABLE, GRID, {}, {"score": ""}, number=3, apart=10.0)

    expected = [place(index) for index in ((5, 20, 12), (7, 30, 38), (3, 8, 40))]
    assert np.array(found.positions) == pytest.approx(np.array(expected), abs=1.6)
    assert found.labels == ("P1", "P2", "P3")
    assert list(found.values["score"]) == sorted(found.values["score"], reverse=True)


def test_points_stay_where_they_may_lie():
    allowed = np.zeros(SHAPE, bool)
    allowed[:, :, 25:] = True

    found = biopsy_candidates(score_map(), allowed, USABLE, GRID, {}, {}, number=5, apart=10.0, least=0.5)

    assert np.array(found.positions) == pytest.approx(
        np.array([place((7, 30, 38)), place((3, 8, 40))]), abs=1.6
    )


def test_nothing_high_gives_no_point():
    flat = np.full(SHAPE, -1.0, np.float32)

    assert biopsy_candidates(flat, USABLE, USABLE, GRID, {}, {}, number=5, apart=5.0).labels == ()
    assert biopsy_candidates(score_map(), ~USABLE, USABLE, GRID, {}, {}, number=5, apart=5.0).labels == ()


def test_each_point_tells_the_mean_of_the_maps_in_3_mm():
    R1 = np.random.default_rng(0).random(SHAPE).astype(np.float32)
    usable = np.random.default_rng(1).random(SHAPE) > 0.3

    found = biopsy_candidates(
        score_map(), USABLE, USABLE, GRID, {"R1": (R1, usable)}, {"R1": "1/s"}, number=2, apart=10.0
    )

    for position, value in zip(found.positions, found.values["R1"], strict=True):
        near = (np.linalg.norm(points_of(GRID) - position, axis=-1) <= 3.00001) & usable
        assert value == pytest.approx(R1[near].mean(), rel=1e-5)
    assert found.units["R1"] == "1/s"


def test_sphere_mean_is_the_mean_of_the_voxels_within_3_mm():
    values = np.random.default_rng(2).random((5, 15, 14)).astype(np.float32)
    usable = np.random.default_rng(3).random(values.shape) > 0.4

    found = sphere_mean(values, usable, (2.5, 1.0, 1.1))

    z, y, x = np.indices(values.shape)
    near = ((z - 2) * 2.5) ** 2 + (y - 7) ** 2 + ((x - 6) * 1.1) ** 2 <= 9
    assert found[2, 7, 6] == pytest.approx(values[near & usable].mean(), abs=1e-5)


def test_points_of_the_user_are_measured_between_voxels_and_told_outside():
    R1 = np.random.default_rng(4).random(SHAPE).astype(np.float32)
    usable = np.ones(SHAPE, bool)
    usable[:, :, :10] = False
    between = 0.5 * (place((5, 20, 30)) + place((5, 21, 31)))
    positions = [tuple(between), tuple(place((5, 20, 2))), (500.0, 0.0, 0.0)]

    values, warnings = values_at_points(positions, {"R1": (R1, usable)}, GRID)

    near = np.linalg.norm(points_of(GRID) - between, axis=-1) <= 3.00001
    assert values["R1"][0] == pytest.approx(R1[near].mean(), rel=1e-5)
    assert math.isnan(values["R1"][1])
    assert math.isnan(values["R1"][2])
    assert [sentence.split(" lies")[0] for sentence in warnings] == ["Point 2", "Point 3"]
