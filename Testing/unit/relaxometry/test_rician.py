"""Rician moments, score and information, against random numbers, scipy's distribution and finite differences."""

import numpy as np
import pytest
from scipy.special import i0e, i1e
from scipy.stats import rice

from gliomamri.relaxometry import rician

SIGMA = 3.0


@pytest.mark.parametrize("signal", [0.0, 1.0, 4.0, 20.0, 60.0])
def test_moments_agree_with_the_distribution(signal):
    expected = rice(signal / SIGMA, scale=SIGMA)

    assert float(rician.mean(np.array(signal), SIGMA)) == pytest.approx(expected.mean(), rel=1e-9)
    assert float(rician.variance(np.array(signal), SIGMA)) == pytest.approx(expected.var(), rel=1e-5)


def test_huge_signals_stay_finite():
    cost, score = rician.cost_and_score(np.array([1e9]), np.array([1e9 - 2]), 1e-3)

    assert np.isfinite(cost).all()
    assert score == pytest.approx(2, abs=1e-3)
    assert rician.variance(np.array([1e9]), 1e-3) == pytest.approx(1e-6)


def test_cost_is_the_log_density_and_score_its_derivative():
    magnitude, signal, step = np.array([0.5, 4.0, 9.0, 31.0]), np.array([2.0, 3.0, 9.5, 30.0]), 1e-5

    def log_density(nu):
        return rice.logpdf(magnitude, nu / SIGMA, scale=SIGMA)

    cost, score = rician.cost_and_score(magnitude, signal, SIGMA)
    other = rician.cost_and_score(magnitude, signal + 1.0, SIGMA)[0]

    np.testing.assert_allclose(cost - other, log_density(signal + 1.0) - log_density(signal), atol=1e-9)
    np.testing.assert_allclose(
        score / SIGMA**2, (log_density(signal + step) - log_density(signal - step)) / (2 * step), atol=1e-6
    )


def test_series_joins_the_bessel_functions_smoothly():
    z = np.array([49.999999, 50.0, 50.000001, 200.0])

    log_scaled, ratio = rician._log_i0e_and_ratio(z)

    np.testing.assert_allclose(log_scaled, np.log(i0e(z)), atol=1e-9)
    np.testing.assert_allclose(ratio, i1e(z) / i0e(z), atol=1e-9)


@pytest.mark.parametrize("snr", [0.3, 1.0, 2.5, 8.0, 30.0])
def test_information_is_the_variance_of_the_score(snr):
    rng = np.random.default_rng(int(10 * snr))
    signal = np.full(400000, snr * SIGMA)
    magnitude = np.abs(signal + SIGMA * (rng.standard_normal(400000) + 1j * rng.standard_normal(400000)))

    score = rician.cost_and_score(magnitude, signal, SIGMA)[1]

    assert float(rician.information(signal[:1], SIGMA)[0]) == pytest.approx(score.var() / SIGMA**2, rel=0.01)
