"""All imperfections together: identity, repeatability, slices, order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.phantom.artifacts.motion import RigidMotion
from gliomamri.phantom.artifacts.noise import Noise, NoiseKey
from gliomamri.phantom.artifacts.pipeline import SeriesArtifacts, acquire, apply_artifacts, draw_artifacts
from gliomamri.phantom.artifacts.severity import CLINICAL, HARD, OFF, SHIFTED
from gliomamri.phantom.grid import Grid

ROLES = ("T1w", "T2w", "FLAIR", "ADC")
GRID = Grid.centered((40, 56, 48), (2.0, 1.5, 2.5))
KEY = NoiseKey(11, 0)


@pytest.fixture(scope="module")
def ideal():
    head = (GRID.z[:, None, None] / 30) ** 2 + (GRID.y[:, None] / 33) ** 2 + (GRID.x / 45) ** 2
    return ndimage.gaussian_filter((head < 1).astype(np.float32) + (head < 0.3), 0.7)


def test_off_is_the_identity_exactly(ideal):
    for artifacts in draw_artifacts(np.random.default_rng(0), OFF, ROLES).values():
        assert artifacts == SeriesArtifacts()
        np.testing.assert_array_equal(apply_artifacts(ideal, GRID, artifacts, KEY, 1.0), ideal)


@pytest.mark.parametrize("priors", [CLINICAL, HARD, SHIFTED])
def test_the_same_seed_gives_the_same_bytes_and_finite_values_on_the_grid(ideal, priors):
    for seed in range(3):
        first, second = (draw_artifacts(np.random.default_rng(seed), priors, ROLES) for _ in range(2))
        for role in ROLES:
            before = ideal.copy()
            images = [apply_artifacts(ideal, GRID, drawn[role], KEY, 1.0) for drawn in (first, second)]
            assert images[0].shape == ideal.shape
            assert images[0].dtype == np.float32
            assert np.isfinite(images[0]).all()
            assert images[0].tobytes() == images[1].tobytes()
            np.testing.assert_array_equal(ideal, before)


def test_switching_one_off_leaves_the_others_as_drawn():
    full = draw_artifacts(np.random.default_rng(5), HARD, ROLES)
    for switch, attribute in (("noise", "noise"), ("gibbs", "truncation"), ("ghosts", "ghosts")):
        part = draw_artifacts(np.random.default_rng(5), HARD.with_switch(switch, "off"), ROLES)
        for role in ROLES:
            assert getattr(part[role], attribute) is None
            kept = dict.fromkeys((attribute, "receive", "distortion"))
            assert replace(part[role], **kept) == replace(full[role], **kept)


def test_a_single_slice_has_the_stacks_values(ideal):
    artifacts = draw_artifacts(np.random.default_rng(8), CLINICAL.with_switch("ghosts", "hard"), ROLES)["T2w"]
    whole = apply_artifacts(ideal, GRID, artifacts, KEY, 1.0, in_plane_only=True)
    one = apply_artifacts(ideal[19:20], GRID.slab(19, 20), artifacts, KEY, 1.0, in_plane_only=True)
    scale = np.abs(whole).max()
    # Rounding to whole numbers may fall the other way on the last bit.
    assert np.abs(one[0] - whole[19]).max() < 0.01 * scale
    assert np.abs(one[0] - whole[20]).max() > 0.05 * scale


def test_noise_is_rician_in_magnitude_and_centered_in_the_real_channel():
    flat = np.zeros(GRID.shape, np.float32)
    artifacts = SeriesArtifacts(noise=Noise(0.05, 0.0))
    air = apply_artifacts(flat, GRID, artifacts, KEY, 2.0)
    real = apply_artifacts(flat, GRID, artifacts, KEY, 2.0, signed=True)
    assert abs(air.mean() / (0.1 * np.sqrt(np.pi / 2)) - 1) < 0.02
    assert abs(real.mean()) < 0.002
    assert abs(real.std() / 0.1 - 1) < 0.02


def test_thick_slices_make_noise_alike_in_neighbors_but_not_far_ones(ideal):
    thick = draw_artifacts(np.random.default_rng(2), HARD, ROLES)["T1w"].acquisition
    thick = replace(thick, spacing=(8.0, 1.5, 2.5), slice_axis=0, thickness=7.0)
    artifacts = SeriesArtifacts(acquisition=thick, noise=Noise(0.05, 0.0))
    noisy = apply_artifacts(np.ones_like(ideal), GRID, artifacts, KEY, 1.0, signed=True) - 1
    planes = noisy.reshape(len(noisy), -1)
    correlation = np.corrcoef(planes)
    assert np.diagonal(correlation, 1).mean() > 0.6
    assert np.abs(np.diagonal(correlation, 10)).mean() < 0.1
    stored = acquire(np.ones_like(ideal), GRID, artifacts, KEY, 1.0)
    np.testing.assert_allclose(np.diff(stored.grid.z), 8.0, rtol=1e-5)


def test_a_misplaced_series_lies_where_its_motion_says(ideal):
    artifacts = SeriesArtifacts(motion=RigidMotion((2.5, -3.0, 4.0)))
    moved = apply_artifacts(ideal, GRID, artifacts, KEY, 1.0)
    shift = np.subtract(ndimage.center_of_mass(ideal), ndimage.center_of_mass(moved))
    np.testing.assert_allclose(shift, [2.0, -2.0, 1.0], atol=0.02)
