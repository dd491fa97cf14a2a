"""Truncated Fourier series against Gibbs' overshoot and exact band-limited signals."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.phantom.artifacts.acquisition import divided_positions
from gliomamri.phantom.artifacts.gibbs import truncation_matrix

POINTS = np.arange(400, dtype=np.float32) * 0.5 - 99.75


def test_an_edge_overshoots_by_nine_percent_of_its_step():
    box = (np.abs(POINTS) < 50).astype(np.float32)
    fine = divided_positions(POINTS, 4.0, multiple=16)
    ringing = truncation_matrix(POINTS, fine, 4.0) @ box
    assert 0.080 < ringing.max() - 1 < 0.100
    assert abs(ringing.min() + 0.0895) < 0.01


def test_a_taper_removes_most_of_the_ringing():
    box = (np.abs(POINTS) < 50).astype(np.float32)
    assert (truncation_matrix(POINTS, POINTS, 4.0, taper=1.0) @ box).max() < 1.02


@pytest.mark.parametrize("keep", [1.0, 0.7])
def test_constants_stay_and_kept_frequencies_are_exact(keep):
    out = divided_positions(POINTS, 2.0)
    matrix = truncation_matrix(POINTS, out, 2.0, keep)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-5)
    wave = 2 * np.pi / 200
    np.testing.assert_allclose(matrix @ np.sin(30 * wave * POINTS), np.sin(30 * wave * out), atol=2e-4)
    lost = matrix @ np.sin(55 * wave * POINTS)
    assert np.abs(lost).max() < 1e-3


def test_the_full_band_is_the_identity():
    np.testing.assert_allclose(truncation_matrix(POINTS, POINTS, 0.5), np.eye(400), atol=1e-4)
