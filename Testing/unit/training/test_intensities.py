"""Intensity changes: as large as asked, for weighted images only; nothing outside the brain."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from gliomamri.training import intensities
from gliomamri.training.intensities import IntensityPriors, randomize

NOTHING = IntensityPriors(0, 0, 0, 0, 0, 1, 0, 0, 0)
ROLES = ("ceT1w", "T1map")


@pytest.fixture
def channels():
    values = np.random.default_rng(0).normal(size=(2, 8, 12, 10)).astype(np.float32)
    values[:, :2] = 0
    values[:, :, :, 8:] = 0
    return torch.from_numpy(values)


def only(**changes):
    return IntensityPriors(**{**vars(NOTHING), **changes})


def changed(channels, seed=0, **changes):
    return randomize(channels, ROLES, np.random.default_rng(seed), only(**changes))


def test_without_changes_nothing_changes(channels):
    torch.testing.assert_close(changed(channels)[1], channels[1])
    torch.testing.assert_close(changed(channels)[0], channels[0].clamp_min(-2.4975), atol=1e-5, rtol=1e-4)


def test_outside_stays_0_and_the_input_as_it_was(channels):
    before = channels.clone()
    found = randomize(channels, ROLES, np.random.default_rng(0))
    assert torch.equal(channels, before)
    assert not found[channels == 0].any()
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("name", ["gain", "offset", "gamma", "shading"])
def test_maps_keep_what_weighted_images_lose(channels, name):
    found = changed(channels, **{name: 0.3})
    torch.testing.assert_close(found[1], channels[1])
    assert (found[0] - channels[0]).abs().max() > 0.05


def test_gain_and_offset_spread_as_asked(channels):
    inside = channels[0] != 0
    fits = []
    for seed in range(150):
        found = changed(channels, seed, gain=0.1, offset=0.2, map_gain=0.02, map_offset=0.04)
        fits.append([np.polyfit(channels[n][inside], found[n][inside], 1) for n in (0, 1)])
    weighted, maps = np.array(fits)[:, 0], np.array(fits)[:, 1]
    assert np.log(weighted[:, 0]).std() == pytest.approx(0.1, rel=0.2)
    assert weighted[:, 1].std() == pytest.approx(0.2, rel=0.2)
    assert maps[:, 0].std() == pytest.approx(0.02, rel=0.2)
    assert maps[:, 1].std() == pytest.approx(0.04, rel=0.2)


def test_gamma_keeps_mean_slope_and_order():
    values = torch.linspace(-2.4, 6, 200)
    for gamma in (0.7, 1.4):
        found = intensities._gamma(values, gamma)
        assert torch.all(torch.diff(found) > 0)
        assert intensities._gamma(torch.tensor(0.0), gamma) == pytest.approx(0, abs=1e-6)
        step = intensities._gamma(torch.tensor([-0.01, 0.01]), gamma)
        assert float(step[1] - step[0]) == pytest.approx(0.02, rel=1e-3)


def test_noise_is_as_large_as_asked_white_or_smoother():
    deviations, neighbors = [], []
    for seed in range(40):
        noise = intensities._noise(
            np.random.default_rng(seed), torch.Size((20, 24, 22)), torch.device("cpu")
        ).numpy()
        deviations.append(noise.std())
        neighbors.append(np.corrcoef(noise[:, :, 1:].ravel(), noise[:, :, :-1].ravel())[0, 1])
    assert np.array(deviations) == pytest.approx(1, abs=0.05)
    assert min(neighbors) < 0.05 < 0.3 < max(neighbors)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_blur_is_a_gaussian_along_one_axis(axis):
    values = np.random.default_rng(1).normal(size=(15, 18, 21)).astype(np.float32)
    found = intensities._blurred(torch.from_numpy(values), axis, 1.2).numpy()
    expected = ndimage.gaussian_filter1d(values, 1.2, axis, mode="nearest", truncate=10 / 3)
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_blur_leaves_a_stack_of_equal_slices_as_it_is():
    values = torch.ones(5, 12, 12) * 3
    torch.testing.assert_close(intensities._blurred(values, 0, 1.3), values)


def test_shading_is_smooth_in_every_direction():
    def field(seed, shape):
        return intensities._smooth_field(np.random.default_rng(seed), torch.Size(shape), torch.device("cpu"))

    stack = field(0, (5, 96, 64))
    assert stack.shape == (5, 96, 64)
    assert max(float(torch.diff(stack, dim=axis).abs().max()) for axis in (1, 2)) < 0.3
    middles = [float(field(seed, (9, 33, 33))[4, 16, 16]) for seed in range(60)]
    assert 0.4 < np.std(middles) < 1.6


def test_same_seed_same_changes(channels):
    one, again, other = (randomize(channels, ROLES, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
