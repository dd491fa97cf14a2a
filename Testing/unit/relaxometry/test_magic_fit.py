"""The MAGIC fit against simulated truth and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from gliomamri.relaxometry import transmit_field
from gliomamri.relaxometry.magic import magic_images
from gliomamri.relaxometry.magic_fit import fit_magic
from unit.relaxometry.magic_heads import DELAYS, ECHOES, REPETITION_TIME, SPACING, head


def fit(signals, **options):
    return fit_magic(signals, DELAYS, ECHOES, REPETITION_TIME, **options)


def test_given_B1_recovers_noiseless_truth_to_machine_accuracy():
    brain = head(wide=True)

    found = fit(brain.signals, B1=brain.B1)

    assert np.abs(found.T1 / brain.T1 - 1).max() < 1e-9
    assert np.abs(found.T2 / brain.T2 - 1).max() < 1e-9
    assert np.abs(found.M0 / brain.M0 - 1).max() < 1e-9
    assert found.T1_valid.all()
    assert found.T2_valid.all()


def test_smooth_B1_recovers_noiseless_truth_to_a_thousandth():
    brain = head(wide=True)

    found = fit(brain.signals, mask=brain.mask, spacing=SPACING)

    for values, truth in ((found.T1, brain.T1), (found.T2, brain.T2), (found.M0, brain.M0)):
        assert np.mean(np.abs(values / truth - 1) < 1e-3) > 0.999
    assert np.abs(found.B1 - brain.B1).max() < 2e-3


def test_smooth_B1_makes_R1_nearly_as_precise_as_a_given_one_and_more_than_a_free_one():
    brain = head()
    noisy = brain.noisy(1)

    errors = [
        np.median(np.abs(brain.T1 / fit(noisy, mask=brain.mask, spacing=SPACING, B1=B1).T1 - 1))
        for B1 in ("smooth", brain.B1, "per_voxel")
    ]

    assert errors[0] < 0.025
    assert errors[0] < 1.05 * errors[1]
    assert errors[0] < 0.75 * errors[2]


def test_B1_free_in_every_voxel_recovers_noiseless_truth():
    brain = head()

    found = fit(brain.signals, B1="per_voxel")

    assert np.mean(np.abs(found.T1 / brain.T1 - 1) < 1e-6) > 0.999
    assert np.mean(np.abs(found.B1 - brain.B1) < 1e-6) > 0.999


def test_any_set_of_images_in_any_order_will_do():
    """Seven images, neither a full grid nor sorted, one of them twice."""
    delays = np.array([2500.0, 120, 120, 900, 120, 3600, 900])
    echoes = np.array([15.0, 15, 80, 15, 15, 40, 40])
    brain = head(shape=(6, 14, 12))
    signals = np.stack([
        magic_images(
            brain.M0, 1e3 / brain.T1, 1e3 / brain.T2, inversion_times=(TI,), echo_times=(TE,),
            repetition_time=5000.0, saturation_angle=100.0, flip_angle=75.0, B1=brain.B1,
        )[0]
        for TI, TE in zip(delays, echoes, strict=True)
    ], axis=1)  # fmt: skip

    found = fit_magic(signals, delays, echoes, 5000.0, B1=brain.B1, saturation_angle=100.0, flip_angle=75.0)

    assert np.abs(found.T1 / brain.T1 - 1).max() < 1e-9
    assert np.abs(found.T2 / brain.T2 - 1).max() < 1e-9


def test_the_optimum_is_that_of_scipy():
    brain = head(shape=(6, 14, 12))
    noisy, chosen = brain.noisy(2, snr=30.0), np.arange(0, 200, 20)

    found = fit(noisy[chosen], B1=brain.B1[chosen])

    for k, voxel in enumerate(chosen):

        def residual(p, voxel=voxel):
            return magic_images(p[0], p[1], p[2], B1=brain.B1[voxel]).ravel() - noisy[voxel]

        start = [brain.M0[voxel], 1e3 / brain.T1[voxel], 1e3 / brain.T2[voxel]]
        other = least_squares(residual, start, x_scale=start, xtol=1e-14, ftol=1e-14, gtol=1e-14)
        assert found.T1[k] == pytest.approx(1e3 / other.x[1], rel=1e-6)
        assert found.T2[k] == pytest.approx(1e3 / other.x[2], rel=1e-6)
        assert found.residual[k] == pytest.approx(np.sqrt(2 * other.cost / 8), rel=1e-6)


@pytest.mark.parametrize("B1", ["smooth", "given"])
def test_magnitudes_give_what_signed_signals_give(B1):
    brain = head(wide=True)
    options = {"mask": brain.mask, "spacing": SPACING} if B1 == "smooth" else {"B1": brain.B1}

    found = fit(np.abs(brain.signals), polarity="magnitude", **options)

    assert np.mean(np.abs(found.T1 / brain.T1 - 1) < 1e-3) > 0.998
    negative = (brain.signals[:, :4] < 0).sum(axis=1)
    assert np.mean(found.negative_delays == negative) > 0.998


def test_a_sign_that_noise_hides_is_flagged():
    """Where the first delay lies at the null both signs fit; far from it only one does."""
    T1 = np.repeat([420.0, 1500.0], 300)
    clean = magic_images(800.0, 1e3 / T1, 1e3 / 80).T
    sigma = 0.01 * np.abs(clean).max()
    noisy = np.abs(clean + sigma * np.random.default_rng(3).standard_normal(clean.shape))

    found = fit(noisy, B1=1.0, polarity="magnitude")

    assert found.ambiguous_polarity[:300].mean() > 0.3
    assert found.ambiguous_polarity[300:].mean() < 0.01


def test_a_field_that_had_no_time_to_settle_is_told(monkeypatch):
    brain = head(shape=(10, 24, 20))
    noisy = brain.noisy(4)

    assert fit(noisy, mask=brain.mask, spacing=SPACING).B1_settled
    assert fit(noisy, B1="per_voxel").B1_settled
    monkeypatch.setattr(transmit_field, "_MAX_ITERATIONS", 2)
    assert not fit(noisy, mask=brain.mask, spacing=SPACING).B1_settled


def test_times_beyond_the_bounds_stay_there_and_are_no_measurement():
    clean = np.concatenate([magic_images(800.0, 0.1, 12.0)[None, :], magic_images(800.0, 1.0, 0.1)[None, :]])

    found = fit(clean, B1=1.0, noise_sd=1.0)

    assert found.T1[0] == pytest.approx(6000)
    assert not found.T1_valid[0]
    assert found.T2_valid[0]
    assert found.T2[1] == pytest.approx(2000)
    assert found.T1_valid[1]
    assert not found.T2_valid[1]
    assert found.hit_bound.all()
    assert found.T1_standard_error[0] == found.T2_standard_error[1] == 0


def test_voxels_without_sense_are_left_out_and_disturb_no_other():
    brain = head(shape=(10, 24, 20))
    spoiled = brain.signals.copy()
    spoiled[::7, 2] = np.nan
    spoiled[1::7] = 0
    spoiled[2::7, 5] = np.inf
    left = np.ones(len(spoiled), bool)
    left[::7] = left[1::7] = left[2::7] = False

    found = fit(spoiled, mask=brain.mask, spacing=SPACING)

    assert not found.T1_valid[~left].any()
    assert np.mean(np.abs(found.T1[left] / brain.T1[left] - 1) < 1e-3) > 0.99
    for values in vars(found).values():
        assert np.isfinite(values).all()


def test_noise_alone_gives_finite_maps():
    brain = head(shape=(8, 16, 14))
    noise = np.random.default_rng(5).standard_normal(brain.signals.shape)

    found = fit(noise, mask=brain.mask, spacing=SPACING)

    for values in vars(found).values():
        assert np.isfinite(values).all()


def test_a_minority_of_mixed_voxels_does_not_bend_B1():
    """A fifth of the voxels hold two tissues each, which no R1 describes."""
    brain = head()
    mixed = np.random.default_rng(6).random(len(brain.T1)) < 0.2
    water = magic_images(1000.0, 1e3 / 4100, 1e3 / 1500, B1=brain.B1).T
    signals = np.where(mixed[:, None], 0.5 * brain.signals + 0.5 * water, brain.signals)
    signals = signals + brain.noisy(7) - brain.signals

    found = fit(signals, mask=brain.mask, spacing=SPACING)

    assert np.abs(np.median(found.B1 - brain.B1)) < 2e-3
    assert np.median(np.abs(brain.T1 / found.T1 - 1)[~mixed]) < 0.025


def test_one_echo_time_gives_T1_and_no_T2():
    brain = head(shape=(8, 18, 16))

    found = fit_magic(brain.signals[:, :4], DELAYS[:4], ECHOES[:4], REPETITION_TIME, B1=brain.B1)

    assert not found.has_T2
    assert np.abs(found.T1 / brain.T1 - 1).max() < 1e-9
    assert not found.T2.any()
    assert not found.T2_valid.any()
    np.testing.assert_allclose(found.M0, brain.M0 * np.exp(-22 / brain.T2), rtol=1e-8)


def test_a_single_slice_and_progress():
    brain = head(shape=(1, 40, 50))
    told = []

    found = fit(brain.signals, mask=brain.mask, spacing=SPACING, progress=told.append)

    assert np.mean(np.abs(found.T1 / brain.T1 - 1) < 1e-3) > 0.999
    assert told == sorted(told)
    assert told[-1] == 1.0
