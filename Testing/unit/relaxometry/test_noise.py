"""Noise estimates against known noise."""

import numpy as np
import pytest

from gliomamri.relaxometry.multi_echo import fit_multi_echo
from gliomamri.relaxometry.noise import pooled_noise_sd


def test_pooling_recovers_sigma_and_shrugs_off_a_minority():
    rng = np.random.default_rng(0)
    sse = (7.0 * rng.standard_normal((20000, 3))) ** 2
    sse = sse.sum(axis=1)
    contaminated = np.where(np.arange(20000) < 1000, 1e6, sse)

    assert pooled_noise_sd(sse, 3) == pytest.approx(7.0, rel=0.02)
    assert pooled_noise_sd(contaminated, 3) == pytest.approx(7.0, rel=0.05)
    assert pooled_noise_sd(contaminated, 3, np.arange(20000) >= 1000) == pytest.approx(7.0, rel=0.02)


def test_nothing_to_pool_is_zero():
    assert pooled_noise_sd([], 3) == 0
    assert pooled_noise_sd([4.0], 0) == 0


@pytest.mark.parametrize("sigma", [5.0, 50.0])
def test_rician_fit_estimates_the_noise_down_to_the_floor(sigma):
    """At M0 / sigma = 20 most late echoes lie at the floor; plain least squares is not a yardstick there."""
    rng = np.random.default_rng(2)
    TE = np.array([10.0, 25.0, 50.0, 90.0, 150.0, 250.0])
    signals = 1000 * np.exp(-TE / rng.uniform(50, 120, (6000, 1)))
    magnitudes = np.abs(
        signals + sigma * (rng.standard_normal(signals.shape) + 1j * rng.standard_normal(signals.shape))
    )

    fit = fit_multi_echo(magnitudes, TE)

    assert fit.noise_sd == pytest.approx(sigma, rel=0.04)
