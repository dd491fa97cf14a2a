"""Polarity restoration: patterns, nulls, and the choice between patterns that few images cannot tell apart."""

import numpy as np

from gliomamri.relaxometry.inversion_recovery import fit_inversion_recovery
from gliomamri.relaxometry.polarity import sign_patterns
from gliomamri.relaxometry.signals import inversion_recovery

TI, TR = np.array([1840.0, 170.0, 3840.0, 670.0]), 4000.0


def rician_magnitude(rng, signals, sigma):
    return np.abs(
        signals + sigma * (rng.standard_normal(signals.shape) + 1j * rng.standard_normal(signals.shape))
    )


def test_patterns_flip_the_shortest_times_first_whatever_the_order():
    patterns = sign_patterns(np.array([300.0, 100.0, 100.0]))

    np.testing.assert_array_equal(patterns, [[1, 1, 1], [1, -1, -1], [-1, -1, -1]])


def test_voxels_whose_null_falls_on_an_image_are_recovered():
    """At kappa -1 and long TR the null lies at T1 ln 2; put it exactly on, and just beside, each TI."""
    times = np.array([400.0, 900.0, 1500.0, 2500.0, 3900.0])
    T1 = (times[:4, None] * np.array([0.995, 1.0, 1.005]) / np.log(2)).ravel()
    signals = inversion_recovery(times, 60000.0, 1000.0, T1[:, None], -1.0)

    fit = fit_inversion_recovery(np.abs(signals), times, repetition_time=60000.0, polarity="magnitude")

    np.testing.assert_allclose(fit.T1, T1, rtol=1e-3)


def test_noisy_restoration_agrees_with_the_signed_fit():
    """With 6 TIs at SNR 100 the sign is found in all but the voxels that are noise at their null."""
    rng = np.random.default_rng(4)
    times = np.array([50.0, 100.0, 200.0, 500.0, 2000.0, 4000.0])
    T1 = rng.uniform(400, 3000, 8000)
    signals = inversion_recovery(times, 15000.0, 1000.0, T1[:, None], rng.uniform(-1, -0.8, (8000, 1)))
    clear = np.abs(signals).min(axis=1) > 40.0

    fit = fit_inversion_recovery(
        rician_magnitude(rng, signals, 10.0), times, repetition_time=15000.0, polarity="magnitude"
    )

    right = fit.negative_images == (signals < 0).sum(axis=1)
    assert right[clear].mean() > 0.999
    assert right.mean() > 0.98


def test_wrong_signs_with_few_images_are_mostly_flagged():
    """Four TIs leave one degree of freedom: where the sign is not decidable, the voxel says so."""
    rng = np.random.default_rng(5)
    T1 = np.exp(rng.uniform(np.log(200), np.log(4500), 10000))
    signals = inversion_recovery(TI, TR, 1000.0, T1[:, None], rng.uniform(-1, -0.8, (10000, 1)))

    fit = fit_inversion_recovery(
        rician_magnitude(rng, signals, 10.0), TI, repetition_time=TR, polarity="magnitude", noise_sd=10.0
    )

    wrong = fit.negative_images != (signals < 0).sum(axis=1)
    harmful = wrong & (np.abs(fit.T1 - T1) > 3 * fit.T1_standard_error)
    brain = (T1 > 600) & (T1 < 2000)
    assert wrong[brain].mean() < 0.03
    assert fit.ambiguous_polarity[harmful].mean() > 0.75
    assert fit.ambiguous_polarity[brain].mean() < 0.1


def test_the_range_of_kappa_decides_what_the_residual_cannot():
    """Short T1, 4 TIs: without the constraint many more voxels take an impossible inversion."""
    rng = np.random.default_rng(6)
    T1 = rng.uniform(200, 400, 3000)
    signals = inversion_recovery(TI, TR, 1000.0, T1[:, None], -0.95)
    magnitudes = rician_magnitude(rng, signals, 10.0)

    def wrong(**settings):
        fit = fit_inversion_recovery(magnitudes, TI, repetition_time=TR, polarity="magnitude", **settings)
        return (fit.negative_images != (signals < 0).sum(axis=1)).mean()

    assert wrong() < 0.6 * wrong(kappa_range=(-1.0, 1.0))
