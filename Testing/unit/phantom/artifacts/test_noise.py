"""Noise against Rice's distribution, and its independence of what else is rendered."""

from __future__ import annotations

import numpy as np

from gliomamri.phantom.artifacts.noise import Noise, NoiseKey, draw_noise, magnitude, white_noise
from gliomamri.phantom.artifacts.severity import NoisePriors
from gliomamri.phantom.grid import Grid

Z = np.arange(-3, 5, dtype=np.float32) * 1.5
SHAPE = (150, 130)


def test_air_is_rayleigh_and_tissue_nearly_gaussian():
    sigma, signal = 3.0, 90.0
    real, imaginary = sigma * white_noise(NoiseKey(5, 1), Z, SHAPE)
    air, tissue = magnitude(real, imaginary), magnitude(signal + real, imaginary)
    assert abs(air.mean() / (sigma * np.sqrt(np.pi / 2)) - 1) < 0.01
    assert abs(air.std() / (sigma * np.sqrt(2 - np.pi / 2)) - 1) < 0.01
    assert abs(tissue.mean() - (signal + sigma**2 / (2 * signal))) < 0.03
    assert abs(tissue.std() / sigma - 1) < 0.01


def test_planes_are_the_same_alone_and_differ_from_each_other():
    whole = white_noise(NoiseKey(7, 2), Z, SHAPE)
    np.testing.assert_array_equal(white_noise(NoiseKey(7, 2), Z[5:6], SHAPE)[:, 0], whole[:, 5])
    np.testing.assert_array_equal(white_noise(NoiseKey(7, 2), Z, SHAPE, 1)[0], whole[0])
    flat = whole.reshape(len(Z) * 2, -1)
    others = white_noise(NoiseKey(7, 3), Z[:1], SHAPE)[0].reshape(1, -1)
    correlation = np.corrcoef(np.concatenate([flat, others])) - np.eye(len(flat) + 1)
    assert np.abs(correlation).max() < 0.03


def test_parallel_imaging_raises_noise_in_the_middle_only():
    grid = Grid.centered((3, 41, 31), (5.0, 8.0, 8.0))
    sigma = Noise(0.02, 1.0).standard_deviation(grid, 500.0)
    assert abs(sigma[1, 20, 15] - 20.0) < 1e-4
    assert sigma[1, 0, 15] < 10.5


def test_long_echoes_are_noisier():
    priors = NoisePriors(1.0, level=(0.02, 0.02), g_factor=(0.0, 0.0), long_echo=(2.0, 2.0))
    levels = [draw_noise(np.random.default_rng(1), priors, role).level for role in ("T1w", "FLAIR")]
    np.testing.assert_allclose(levels, (0.02, 0.04))
