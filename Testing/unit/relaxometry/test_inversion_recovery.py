"""Inversion recovery fit: exact recovery, optimality against scipy, and behavior on awkward data."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from gliomamri.relaxometry.inversion_recovery import BATCH, fit_inversion_recovery
from gliomamri.relaxometry.signals import inversion_recovery

PROTOCOLS = {
    "long TR, 6 TI": ([50.0, 100.0, 200.0, 500.0, 2000.0, 4000.0], 15000.0),
    "MAGIC-like, unordered": ([3840.0, 170.0, 1840.0, 670.0], 4000.0),
}


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def tissue(rng, voxels):
    T1 = np.exp(rng.uniform(np.log(200), np.log(4500), voxels))
    return T1, rng.uniform(200, 1800, voxels), rng.uniform(-1, -0.8, voxels)


def rician_magnitude(rng, signals, sigma):
    return np.abs(
        signals + sigma * (rng.standard_normal(signals.shape) + 1j * rng.standard_normal(signals.shape))
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("polarity", ["signed", "magnitude"])
@pytest.mark.parametrize("model", ["free_efficiency", "full_inversion"])
def test_noiseless_signals_are_recovered(rng, protocol, polarity, model):
    TI, TR = PROTOCOLS[protocol]
    T1, M0, kappa = tissue(rng, 6000)
    if model == "full_inversion":
        kappa[:] = -1.0
    signals = inversion_recovery(TI, TR, M0[:, None], T1[:, None], kappa[:, None])

    fit = fit_inversion_recovery(
        np.abs(signals) if polarity == "magnitude" else signals,
        TI,
        repetition_time=TR,
        model=model,
        polarity=polarity,
    )

    right = (
        (np.abs(fit.T1 / T1 - 1) < 1e-3)
        & (np.abs(fit.M0 / M0 - 1) < 1e-3)
        & (np.abs(fit.kappa - kappa) < 1e-3)
    )
    assert right.mean() > 0.999
    assert fit.valid[right].all()
    np.testing.assert_array_equal(fit.negative_images[right], (signals < 0).sum(axis=1)[right])


def test_long_repetition_limit_is_a_documented_approximation(rng):
    """Without TR the fit takes a = M0: right at TR = 15 s for T1 = 1 s, and T1 itself is never affected."""
    TI, TR = PROTOCOLS["long TR, 6 TI"]
    T1, M0 = np.array([1000.0, 2000.0]), np.array([700.0, 900.0])
    signals = inversion_recovery(TI, TR, M0[:, None], T1[:, None], -0.9)

    fit = fit_inversion_recovery(signals, TI)

    np.testing.assert_allclose(fit.T1, T1, rtol=1e-6)
    np.testing.assert_allclose(fit.M0, M0, rtol=1e-3)


def test_no_local_search_finds_a_smaller_residual(rng):
    TI, TR = (np.array(values) for values in PROTOCOLS["MAGIC-like, unordered"])
    T1, M0, kappa = tissue(rng, 40)
    signals = inversion_recovery(TI, TR, M0[:, None], T1[:, None], kappa[:, None]) + 15 * rng.standard_normal(
        (40, 4)
    )

    fit = fit_inversion_recovery(signals, TI, repetition_time=float(TR))

    for voxel in np.flatnonzero(fit.valid):
        best = min(
            least_squares(
                lambda p, s=signals[voxel]: p[0] + p[1] * np.exp(-TI / p[2]) - s,
                [M0[voxel], -1.8 * M0[voxel], start],
                x_scale=[M0[voxel], M0[voxel], 1000],
                bounds=([-np.inf, -np.inf, 50], [np.inf, 0, 6000]),
                xtol=1e-12,
                ftol=1e-12,
            ).cost
            * 2
            for start in (T1[voxel], 300.0, 3000.0)
        )
        assert 4 * fit.residual[voxel] ** 2 <= best * (1 + 1e-6) + 1e-9
    assert fit.valid.sum() > 35


@pytest.mark.parametrize("polarity", ["signed", "magnitude"])
def test_order_of_images_and_batch_do_not_matter(rng, polarity):
    TI, TR = PROTOCOLS["long TR, 6 TI"]
    T1, M0, kappa = tissue(rng, BATCH + 300)
    signals = inversion_recovery(TI, TR, M0[:, None], T1[:, None], kappa[:, None])
    signals = (
        rician_magnitude(rng, signals, 8.0)
        if polarity == "magnitude"
        else signals + 8 * rng.standard_normal(signals.shape)
    )
    shuffled, tail = rng.permutation(6), np.arange(BATCH - 200, BATCH + 300)
    fractions = []

    whole = fit_inversion_recovery(
        signals, TI, repetition_time=TR, polarity=polarity, noise_sd=8.0, progress=fractions.append
    )
    part = fit_inversion_recovery(
        signals[tail][:, shuffled],
        np.array(TI)[shuffled],
        repetition_time=TR,
        polarity=polarity,
        noise_sd=8.0,
    )

    np.testing.assert_allclose(part.T1, whole.T1[tail], rtol=1e-6)
    np.testing.assert_allclose(part.T1_standard_error, whole.T1_standard_error[tail], rtol=1e-5)
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)
    assert len(fractions) == 2


def test_voxels_that_cannot_be_fitted_are_zero_and_not_valid(rng):
    TI, TR = PROTOCOLS["long TR, 6 TI"]
    good = inversion_recovery(TI, TR, 800.0, 900.0, -0.9)
    signals = np.stack(
        [
            good,
            np.full(6, np.nan),
            np.zeros(6),
            np.full(6, 50.0),
            -good,
            np.where(np.arange(6) == 2, np.inf, good),
        ]
    )

    fit = fit_inversion_recovery(signals, TI, repetition_time=TR, noise_sd=1.0)

    np.testing.assert_array_equal(fit.valid, [True, False, False, False, False, False])
    for name in ("T1", "M0", "kappa", "T1_standard_error", "M0_standard_error", "residual"):
        values = getattr(fit, name)
        assert np.isfinite(values).all(), name
        assert not values[[1, 2, 3, 5]].any(), name


def test_a_T1_beyond_the_bound_is_flagged():
    TI, TR = PROTOCOLS["long TR, 6 TI"]
    signals = inversion_recovery(TI, TR, 800.0, np.array([[900.0], [2500.0]]), -1.0)

    fit = fit_inversion_recovery(signals, TI, repetition_time=TR, bounds=(50, 2000), noise_sd=1.0)

    np.testing.assert_array_equal(fit.hit_bound, [False, True])
    np.testing.assert_array_equal(fit.valid, [True, False])
    assert fit.T1[1] == pytest.approx(2000)
    assert fit.T1_standard_error[1] == 0


def test_full_inversion_takes_one_repetition_time_per_image():
    TI, TR = np.array([100.0, 400.0, 900.0, 2500.0]), np.array([2000.0, 2300.0, 2800.0, 4400.0])
    signals = inversion_recovery(TI, TR, 500.0, np.array([[700.0], [1900.0]]), -1.0)

    fit = fit_inversion_recovery(signals, TI, repetition_time=TR, model="full_inversion")

    np.testing.assert_allclose(fit.T1, [700, 1900], rtol=1e-8)
