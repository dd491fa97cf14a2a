"""Multi-echo fit: exact recovery, optimality against scipy, the noise floor, stimulated echoes."""

import numpy as np
import pytest
from scipy.optimize import least_squares, minimize
from scipy.stats import rice

from gliomamri.relaxometry.epg import cpmg_echoes
from gliomamri.relaxometry.multi_echo import BATCH, fit_multi_echo

TE = np.array([90.0, 10.0, 250.0, 25.0, 150.0, 50.0])
TRAIN = 10.0 * np.arange(1, 13)


@pytest.fixture
def rng():
    return np.random.default_rng(30)


def tissue(rng, voxels):
    return np.exp(rng.uniform(np.log(20), np.log(1000), voxels)), rng.uniform(300, 1700, voxels)


def rician_magnitude(rng, signals, sigma):
    return np.abs(
        signals + sigma * (rng.standard_normal(signals.shape) + 1j * rng.standard_normal(signals.shape))
    )


@pytest.mark.parametrize("noise_model", ["rician", "gaussian"])
@pytest.mark.parametrize("skip_first_echo", [False, True])
def test_noiseless_decays_are_recovered(rng, noise_model, skip_first_echo):
    T2, M0 = tissue(rng, 6000)
    signals = M0[:, None] * np.exp(-TE / T2[:, None])
    if skip_first_echo:
        signals[:, 1] *= 0.7

    fit = fit_multi_echo(signals, TE, noise_model=noise_model, skip_first_echo=skip_first_echo)

    right = (np.abs(fit.T2 / T2 - 1) < 1e-3) & (np.abs(fit.M0 / M0 - 1) < 1e-3)
    assert right.mean() > 0.999
    assert fit.valid[right].all()
    np.testing.assert_array_equal(fit.B1, 1)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("nominal", [180.0, 150.0])
def test_noiseless_trains_are_recovered_at_any_B1(rng, known, nominal):
    T2, M0 = tissue(rng, 2500)
    B1 = rng.uniform(0.8, 1.2, 2500)
    signals = M0[:, None] * np.abs(cpmg_echoes(T2, 1000.0, 10.0, 12, nominal * B1)).T

    fit = fit_multi_echo(
        signals, TRAIN, stimulated_echo=True, refocusing_angle=nominal, B1=B1 if known else None
    )

    right = (np.abs(fit.T2 / T2 - 1) < 1e-3) & (np.abs(fit.M0 / M0 - 1) < 1e-3)
    assert right.mean() > 0.999
    np.testing.assert_allclose(fit.B1[right], np.minimum(B1, 360 / nominal - B1)[right], atol=2e-3)


def test_mono_exponential_fit_of_a_train_is_biased_and_the_train_model_is_not(rng):
    signals = 1000 * cpmg_echoes(np.array([80.0]), 1000.0, 10.0, 12, 145.0).T

    plain = fit_multi_echo(signals, TRAIN, noise_model="gaussian")
    skipped = fit_multi_echo(signals, TRAIN, noise_model="gaussian", skip_first_echo=True)
    train = fit_multi_echo(signals, TRAIN, noise_model="gaussian", stimulated_echo=True)

    assert plain.T2[0] > 84
    assert abs(skipped.T2[0] - 80) < abs(plain.T2[0] - 80)
    assert train.T2[0] == pytest.approx(80, rel=1e-4)


def test_assumed_T1_matters_little():
    signals = 1000 * cpmg_echoes(np.array([80.0]), 1500.0, 10.0, 12, 145.0).T

    fit = fit_multi_echo(signals, TRAIN, noise_model="gaussian", stimulated_echo=True, assumed_T1=1000.0)

    assert fit.T2[0] == pytest.approx(80, rel=0.03)
    assert abs(fit.T2[0] - 80) > 1e-3


def test_least_squares_has_no_better_optimum(rng):
    T2, M0 = tissue(rng, 40)
    signals = rician_magnitude(rng, M0[:, None] * np.exp(-TE / T2[:, None]), 20.0)

    fit = fit_multi_echo(signals, TE, noise_model="gaussian")

    for voxel in np.flatnonzero(fit.valid):
        best = min(
            least_squares(
                lambda p, s=signals[voxel]: p[0] * np.exp(-TE / p[1]) - s,
                [M0[voxel], start],
                bounds=([0, 5], [np.inf, 3000]),
                x_scale=[1000, 100],
                xtol=1e-12,
                ftol=1e-12,
            ).cost
            * 2
            for start in (T2[voxel], 40.0, 600.0)
        )
        assert 6 * fit.residual[voxel] ** 2 <= best * (1 + 1e-6)
    assert fit.valid.sum() > 35


def test_rician_likelihood_has_no_better_optimum(rng):
    T2, M0 = tissue(rng, 40)
    sigma = 60.0
    signals = rician_magnitude(rng, M0[:, None] * np.exp(-TE / T2[:, None]), sigma)

    fit = fit_multi_echo(signals, TE, noise_sd=sigma)

    def cost(parameters, magnitudes):
        return -rice.logpdf(
            magnitudes, np.exp(parameters[0] - TE * np.exp(-parameters[1])) / sigma, scale=sigma
        ).sum()

    for voxel in np.flatnonzero(fit.valid):
        ours = cost([np.log(fit.M0[voxel]), np.log(fit.T2[voxel])], signals[voxel])
        best = min(
            minimize(
                cost,
                [np.log(M0[voxel]), np.log(start)],
                args=(signals[voxel],),
                method="Nelder-Mead",
                bounds=[(0, 12), (np.log(5), np.log(3000))],
            ).fun
            for start in (T2[voxel], 40.0, 600.0)
        )
        assert ours <= best + 1e-4
    assert fit.valid.sum() > 35


def test_noise_floor_lengthens_T2_only_in_the_gaussian_fit(rng):
    signals = rician_magnitude(rng, np.broadcast_to(1000 * np.exp(-TE / 60), (4000, 6)), 50.0)

    gaussian = fit_multi_echo(signals, TE, noise_model="gaussian")
    rician = fit_multi_echo(signals, TE)

    assert np.median(gaussian.T2) > 62.5
    assert np.median(rician.T2) == pytest.approx(60, rel=0.01)


@pytest.mark.parametrize("stimulated_echo", [False, True])
def test_batches_do_not_matter(rng, stimulated_echo):
    T2, M0 = tissue(rng, BATCH + 100)
    signals = rician_magnitude(rng, M0[:, None] * np.exp(-TRAIN[:4] / T2[:, None]), 10.0)
    tail, fractions = np.arange(BATCH - 100, BATCH + 100), []

    whole = fit_multi_echo(
        signals, TRAIN[:4], noise_sd=10.0, stimulated_echo=stimulated_echo, progress=fractions.append
    )
    part = fit_multi_echo(
        signals[tail][:, ::-1], TRAIN[:4][::-1], noise_sd=10.0, stimulated_echo=stimulated_echo
    )

    both = whole.valid[tail] & part.valid
    np.testing.assert_allclose(part.T2[both], whole.T2[tail][both], rtol=1e-3)
    assert both.sum() > 150
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)


def test_voxels_that_cannot_be_fitted_are_zero_and_not_valid():
    good = 900 * np.exp(-TE / 70)
    signals = np.stack(
        [good, np.full(6, np.nan), np.zeros(6), np.where(TE == 25, np.inf, good), good[::-1] * 0 + 5]
    )

    fit = fit_multi_echo(signals, TE, noise_sd=1.0, bounds=(5, 2000))

    np.testing.assert_array_equal(fit.valid, [True, False, False, False, False])
    np.testing.assert_array_equal(fit.hit_bound, [False, False, False, False, True])
    for name in ("T2", "M0", "B1", "T2_standard_error", "M0_standard_error", "residual"):
        values = getattr(fit, name)
        assert np.isfinite(values).all(), name
        assert not values[1:4].any(), name
    assert fit.T2[4] == pytest.approx(2000)
