"""All imperfections together: identity, repeatability, slices, order."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.phantom.artifacts.acquisition import Acquisition
from gliomamri.phantom.artifacts.gibbs import Truncation
from gliomamri.phantom.artifacts.motion import RigidMotion
from gliomamri.phantom.artifacts.noise import Noise, NoiseKey
from gliomamri.phantom.artifacts.pipeline import (
    SeriesArtifacts,
    acquire,
    apply_artifacts,
    draw_artifacts,
    resample_to,
)
from gliomamri.phantom.artifacts.severity import CLINICAL, HARD, OFF, SHIFTED
from gliomamri.phantom.grid import Grid

ROLES = ("T1w", "T2w", "FLAIR", "ADC")
THICK = SimpleNamespace(in_plane=1.2, slice_thickness=4.0, slice_gap=1.0, orientation="axial")
SAGITTAL = SimpleNamespace(in_plane=1.1, slice_thickness=1.1, slice_gap=0.0, orientation="sagittal")
SCANS = {"T1w": SAGITTAL, "T2w": THICK, "FLAIR": THICK, "ADC": THICK}
GRID = Grid.centered((40, 56, 48), (2.0, 1.5, 2.5))
KEY = NoiseKey(11, 0)


@pytest.fixture(scope="module")
def ideal():
    head = (GRID.z[:, None, None] / 30) ** 2 + (GRID.y[:, None] / 33) ** 2 + (GRID.x / 45) ** 2
    return ndimage.gaussian_filter((head < 1).astype(np.float32) + (head < 0.3), 0.7)


def test_off_is_the_identity_exactly(ideal):
    for artifacts in draw_artifacts(np.random.default_rng(0), OFF, SCANS).values():
        assert artifacts == SeriesArtifacts()
        np.testing.assert_array_equal(apply_artifacts(ideal, GRID, artifacts, KEY, 1.0), ideal)


@pytest.mark.parametrize("priors", [CLINICAL, HARD, SHIFTED])
def test_the_same_seed_gives_the_same_bytes_and_finite_values_on_the_grid(ideal, priors):
    for seed in range(3):
        first, second = (draw_artifacts(np.random.default_rng(seed), priors, SCANS) for _ in range(2))
        for role in ROLES:
            before = ideal.copy()
            images = [apply_artifacts(ideal, GRID, drawn[role], KEY, 1.0) for drawn in (first, second)]
            assert images[0].shape == ideal.shape
            assert images[0].dtype == np.float32
            assert np.isfinite(images[0]).all()
            assert images[0].tobytes() == images[1].tobytes()
            np.testing.assert_array_equal(ideal, before)


def test_switching_one_off_leaves_the_others_as_drawn():
    full = draw_artifacts(np.random.default_rng(5), HARD, SCANS)
    for switch, attribute in (("noise", "noise"), ("gibbs", "truncation"), ("ghosts", "ghosts")):
        part = draw_artifacts(np.random.default_rng(5), HARD.with_switch(switch, "off"), SCANS)
        for role in ROLES:
            assert getattr(part[role], attribute) is None
            kept = dict.fromkeys((attribute, "receive", "distortion"))
            assert replace(part[role], **kept) == replace(full[role], **kept)


def test_noise_is_rician_in_magnitude_and_centered_in_the_real_channel():
    flat = np.zeros(GRID.shape, np.float32)
    artifacts = SeriesArtifacts(noise=Noise(0.05, 0.0))
    air = apply_artifacts(flat, GRID, artifacts, KEY, 2.0)
    real = apply_artifacts(flat, GRID, artifacts, KEY, 2.0, signed=True)
    assert abs(air.mean() / (0.1 * np.sqrt(np.pi / 2)) - 1) < 0.02
    assert abs(real.mean()) < 0.002
    assert abs(real.std() / 0.1 - 1) < 0.02


def test_thick_slices_make_noise_alike_in_neighbors_but_not_far_ones(ideal):
    thick = draw_artifacts(np.random.default_rng(2), HARD, SCANS)["T1w"].acquisition
    thick = replace(thick, spacing=(8.0, 1.5, 2.5), slice_axis=0, thickness=7.0)
    artifacts = SeriesArtifacts(acquisition=thick, noise=Noise(0.05, 0.0))
    noisy = apply_artifacts(np.ones_like(ideal), GRID, artifacts, KEY, 1.0, signed=True) - 1
    planes = noisy.reshape(len(noisy), -1)
    correlation = np.corrcoef(planes)
    assert np.diagonal(correlation, 1).mean() > 0.6
    assert np.abs(np.diagonal(correlation, 10)).mean() < 0.1
    stored = acquire(np.ones_like(ideal), GRID, artifacts, KEY, 1.0)
    np.testing.assert_allclose(np.diff(stored.grid.z), 8.0, rtol=1e-5)


def center(image, grid):
    """Middle of the image's brightness, mm (z, y, x)."""
    total = image.sum(dtype=float)
    return [
        (image.sum(axis=tuple({0, 1, 2} - {number}), dtype=float) * axis).sum() / total
        for number, axis in enumerate(grid.axes)
    ]


def ball(center_zyx):
    squares = [(axis - middle) ** 2 for axis, middle in zip(GRID.axes, center_zyx, strict=True)]
    return np.exp(-(squares[0][:, None, None] + squares[1][:, None] + squares[2]) / (2 * 7**2)).astype(
        np.float32
    )


@pytest.mark.parametrize(
    "motion", [None, RigidMotion((2.0, -3.0, 1.5)), RigidMotion((2.0, 1.0, -1.5), (4.0, -7.0, 9.0))]
)
@pytest.mark.parametrize("zero_fill", [None, 1, 2])
@pytest.mark.parametrize("axis", [None, 0, 1, 2])
def test_every_way_of_sampling_leaves_the_head_in_its_place(axis, zero_fill, motion):
    place = (6.0, -9.0, 11.0)
    spacing = tuple(6.7 if number == axis else 1.7 for number in range(3))
    sampling = None if axis is None else Acquisition(spacing, axis, 5.0, False, 2.3, cubic=False)
    truncation = None if zero_fill is None else Truncation((0.8, 1.0), 0.3, zero_fill)
    artifacts = SeriesArtifacts(acquisition=sampling, truncation=truncation, motion=motion)

    stored = acquire(ball(place), GRID, artifacts, KEY, 1.0)
    common = resample_to(stored, GRID, artifacts)

    np.testing.assert_allclose(center(stored.array, stored.grid), place, atol=0.05)
    moved = np.eye(4) if motion is None else motion.matrix
    expected = (moved @ [*place[::-1], 1])[:3][::-1]
    np.testing.assert_allclose(center(common, GRID), expected, atol=0.05)


@pytest.mark.parametrize("axis", [1, 2])
def test_there_is_no_k_space_across_slices(axis):
    spacing = tuple(6.0 if number == axis else 1.5 for number in range(3))
    thick = SeriesArtifacts(acquisition=Acquisition(spacing, axis, 5.0, False, 2.0, cubic=False))
    ringing = replace(thick, truncation=Truncation((0.7, 0.7), 0.0, 2))
    edge = np.zeros(GRID.shape, np.float32)
    edge[(slice(None),) * axis + (slice(20, None),)] = 1

    plain, truncated = (acquire(edge, GRID, artifacts, KEY, 1.0) for artifacts in (thick, ringing))

    np.testing.assert_array_equal(plain.grid.axes[axis], truncated.grid.axes[axis])
    profile = np.moveaxis(truncated.array, axis, 0).mean(axis=(1, 2))
    np.testing.assert_allclose(profile, np.moveaxis(plain.array, axis, 0).mean(axis=(1, 2)), atol=1e-4)
    assert profile.max() < 1.001


def test_zero_filling_is_for_thick_slices_of_usual_voxels():
    fine = SimpleNamespace(in_plane=0.43, slice_thickness=4.0, slice_gap=1.0, orientation="axial")
    found = {name: set() for name in ("thick", "fine", "3-D")}
    for seed in range(30):
        scans = {"thick": THICK, "fine": fine, "3-D": SAGITTAL}
        for name, drawn in draw_artifacts(np.random.default_rng(seed), CLINICAL, scans).items():
            found[name].add(drawn.truncation.zero_fill)

    assert found == {"thick": {1, 2}, "fine": {1}, "3-D": {1}}


def test_series_for_maps_have_a_linear_scale():
    for seed in range(20):
        drawn = draw_artifacts(np.random.default_rng(seed), HARD, {"MAGIC": THICK, **SCANS})
        assert all(drawn[role].gain.log_gamma == 0 for role in ("MAGIC", "ADC"))
        assert all(drawn[role].gain.largest > 30000 for role in ("MAGIC", "ADC"))
        assert drawn["T2w"].gain.log_gamma != 0
