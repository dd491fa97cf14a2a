"""The z-score of a change, on tissue whose noise, shift and variation are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from gliomamri.errors import UserError
from gliomamri.regions.change import Measured, measure_change
from gliomamri.regions.map_noise import estimated_noise, squared_gradient

SHAPE, SPACING = (14, 60, 52), (3.0, 1.2, 1.0)
WM_R1, GM_R1 = 1.1, 0.7
WM_CHANGE, GM_CHANGE, WM_SD = 0.03, 0.06, 0.015


def tissue():
    """Fraction of white matter: smooth blobs, with mixed voxels between the tissues."""
    noise = np.random.default_rng(0).standard_normal(SHAPE)
    smooth = ndimage.gaussian_filter(noise, [4.0 / s for s in SPACING])
    return stats.norm.cdf(smooth / smooth.std() * 6).astype(np.float32)


def maps(error=0.01, shift=None, seed=1, usable=None):
    """R1 before and after, noise of ``error``, healthy change per tissue; the later one is moved by ``shift`` mm."""
    generator = np.random.default_rng(seed)
    wm = tissue()
    pre = WM_R1 * wm + GM_R1 * (1 - wm)
    healthy = (WM_CHANGE + WM_SD * generator.standard_normal(SHAPE)) * wm + GM_CHANGE * (1 - wm)
    post = pre + healthy
    if shift is not None:
        post = ndimage.shift(
            post, [d / s for d, s in zip(shift, SPACING, strict=True)], order=3, mode="nearest"
        )
    pre, post = (m + error * generator.standard_normal(SHAPE) for m in (pre, post))
    errors = np.full(SHAPE, error, np.float32)
    everything = np.ones(SHAPE, bool) if usable is None else usable
    return Measured(pre.astype(np.float32), post.astype(np.float32), everything, errors, errors)


FRACTIONS = {"WM": tissue(), "GM": 1 - tissue()}
EVERYWHERE = np.ones(SHAPE, bool)


def test_healthy_change_and_its_variation_are_found():
    found = measure_change(maps(), EVERYWHERE, FRACTIONS, SPACING, 0.0)

    assert found.healthy["WM"].mean == pytest.approx(WM_CHANGE, abs=0.001)
    assert found.healthy["WM"].sd == pytest.approx(WM_SD, rel=0.1)
    assert found.healthy["GM"].mean == pytest.approx(GM_CHANGE, abs=0.001)
    assert found.healthy["GM"].sd < 0.005


def test_z_of_healthy_tissue_is_standard_normal():
    found = measure_change(maps(), EVERYWHERE, FRACTIONS, SPACING, 0.0)

    assert found.z.mean() == pytest.approx(0, abs=0.02)
    assert found.z.std() == pytest.approx(1, abs=0.03)
    for nominal in (0.05, 0.01):
        assert (found.z > stats.norm.isf(nominal)).mean() == pytest.approx(nominal, abs=0.004)
    assert found.significant.sum() <= 2


def test_variation_is_not_inflated_by_enhancing_vessels():
    data = maps()
    vessels = np.random.default_rng(3).random(SHAPE) < 0.03
    post = data.post + vessels.astype(np.float32)

    found = measure_change(
        Measured(data.pre, post, data.usable, data.pre_error, data.post_error),
        EVERYWHERE,
        FRACTIONS,
        SPACING,
        0,
    )

    assert found.healthy["WM"].mean == pytest.approx(WM_CHANGE, abs=0.002)
    assert found.healthy["WM"].sd == pytest.approx(WM_SD, rel=0.15)
    assert (found.z[vessels] > 10).all()
    assert found.significant[vessels].all()


def test_a_shift_makes_false_positives_unless_its_error_is_known():
    shift = np.array([0.5, -0.4, 0.4])
    length = float(np.linalg.norm(shift))

    ignorant = measure_change(maps(shift=shift), EVERYWHERE, FRACTIONS, SPACING, 0.0)
    known = measure_change(maps(shift=shift), EVERYWHERE, FRACTIONS, SPACING, length)

    assert (ignorant.z > stats.norm.isf(0.01)).mean() > 0.03
    assert (known.z > stats.norm.isf(0.05)).mean() <= 0.06
    assert (known.z > stats.norm.isf(0.01)).mean() <= 0.02
    mixed = (FRACTIONS["WM"] > 0.2) & (FRACTIONS["WM"] < 0.8)
    assert known.edge[mixed].mean() > 2 * known.edge[~mixed].mean()


def test_plain_z_is_the_difference_over_the_errors():
    data = maps(error=0.02)

    found = measure_change(data, EVERYWHERE, FRACTIONS, SPACING, 0.0)

    expected = (data.post - data.pre) / np.hypot(data.pre_error, data.post_error)
    assert found.z_zero == pytest.approx(expected, abs=1e-3)
    assert found.difference == pytest.approx(data.post - data.pre)


def test_without_standard_errors_the_noise_is_estimated():
    data = maps(error=0.03)

    found = measure_change(Measured(data.pre, data.post, data.usable), EVERYWHERE, FRACTIONS, SPACING, 0.0)

    assert found.noise[0] == pytest.approx(0.03, rel=0.1)
    assert found.noise[1] == pytest.approx(np.hypot(0.03, WM_SD), rel=0.1)
    assert (found.z > stats.norm.isf(0.05)).mean() == pytest.approx(0.05, abs=0.01)


def test_a_lesion_stands_out_and_healthy_tissue_does_not():
    data = maps()
    lesion = np.zeros(SHAPE, bool)
    lesion[5:8, 20:30, 20:30] = True
    post = data.post + 0.12 * lesion.astype(np.float32)
    far = np.ones(SHAPE, bool)
    far[3:10, 12:40, 12:40] = False

    found = measure_change(
        Measured(data.pre, post, data.usable, data.pre_error, data.post_error), far, FRACTIONS, SPACING, 0.0
    )

    assert found.significant[lesion].mean() > 0.9
    assert found.significant[~lesion].sum() < 0.1 * found.significant.sum()


def test_without_tissue_all_brain_is_one_class():
    found = measure_change(maps(), EVERYWHERE, {}, SPACING, 0.0)

    assert list(found.healthy) == ["brain"]
    assert (found.z > stats.norm.isf(0.05)).mean() < 0.06


def test_unusable_voxels_are_0_and_their_neighbors_not_significant():
    usable = np.ones(SHAPE, bool)
    usable[:, :10] = False
    data = maps(usable=usable)
    data.post[:, 10] += 1.0

    found = measure_change(data, EVERYWHERE, FRACTIONS, SPACING, 0.0)

    assert not found.difference[~usable].any()
    assert not found.z[~usable].any()
    assert found.edge[:, 10].all()
    assert not found.significant[:, 10].any()
    assert not found.edge[:, 20:].any()


def test_constant_maps_have_no_change_and_no_infinity():
    flat = np.full(SHAPE, 0.8, np.float32)

    found = measure_change(Measured(flat, flat, EVERYWHERE), EVERYWHERE, {}, SPACING, 0.5)

    assert np.isfinite(found.z).all()
    assert not found.z.any()
    assert not found.significant.any()


def test_too_little_healthy_brain_is_told():
    with pytest.raises(UserError, match="too little healthy brain"):
        measure_change(maps(), np.zeros(SHAPE, bool), FRACTIONS, SPACING, 0.0)


def test_noise_is_estimated_beside_edges_and_slopes():
    generator = np.random.default_rng(5)
    slope = np.indices(SHAPE).sum(axis=0) * 0.05
    values = slope + 0.02 * generator.standard_normal(SHAPE)
    values[:, 20:] += 3

    assert estimated_noise(values, np.ones(SHAPE, bool)) == pytest.approx(0.02, rel=0.05)
    assert estimated_noise(values[:, :2], np.ones((14, 2, 52), bool)) == 0


def test_squared_gradient_is_that_of_the_map_without_its_noise():
    generator = np.random.default_rng(6)
    slope = np.array([0.02, -0.03, 0.04])  # per mm
    clean = np.einsum("a,a...->...", slope * SPACING, np.indices(SHAPE))
    error = np.full(SHAPE, 0.03)
    values = clean + error * generator.standard_normal(SHAPE)

    exact, unknown = squared_gradient(clean, EVERYWHERE, SPACING, 0 * error)
    noisy, _ = squared_gradient(values, EVERYWHERE, SPACING, error)

    assert exact == pytest.approx(float((slope**2).sum()), rel=1e-3)
    assert not unknown.any()
    # not negative in each voxel, hence a little too high; without the correction it would be too high by 0.0056
    assert noisy.mean() - exact.mean() < 0.0015


def test_a_matrix_of_512_is_no_more_than_any_other():
    rng = np.random.default_rng(6)
    values, usable = rng.normal(1, 0.1, (3, 300, 4)), np.ones((3, 300, 4), bool)
    usable[:, 150] = False

    squared, unknown = squared_gradient(values, usable, (5.0, 0.4, 0.4), np.zeros(values.shape))

    assert squared.shape == values.shape
    assert unknown[:, [149, 151]].all()
    assert not unknown[:, :149].any()
    assert not unknown[:, 152:].any()


def test_squared_gradient_knows_that_interpolated_noise_is_alike():
    """Noise halfway between voxels (weights 1/2, 1/2) along x: neighbors share half of it."""
    generator = np.random.default_rng(8)
    slope = np.array([0.02, -0.03, 0.04])
    clean = np.einsum("a,a...->...", slope * SPACING, np.indices(SHAPE))
    white = generator.standard_normal((*SHAPE[:2], SHAPE[2] + 1))
    sd = 0.02
    values = clean + sd * (white[..., 1:] + white[..., :-1]) / 2
    error = np.full(SHAPE, sd / np.sqrt(2))
    alike = tuple(np.full(SHAPE, share) for share in (0.0, 0.0, 0.5))
    truth = float((slope**2).sum())

    # Not negative in each voxel, which must not hide the mean: the slope is steep against the noise.
    steep = 20 * clean
    known, _ = squared_gradient(steep + values - clean, EVERYWHERE, SPACING, error, alike)
    ignorant, _ = squared_gradient(steep + values - clean, EVERYWHERE, SPACING, error)

    excess = 2 * 0.5 * sd**2 / 2 / SPACING[2] ** 2  # 2 rho e^2 over the squared step
    assert known.mean() == pytest.approx(400 * truth, abs=excess / 4)
    assert ignorant.mean() == pytest.approx(400 * truth - excess, abs=excess / 4)
