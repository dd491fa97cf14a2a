"""Kernel densities, against the sum of Gaussians at every point."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gliomamri.statistics.density import kernel_density


def sum_of_gaussians(at, values, weights, bandwidth):
    kernels = stats.norm.pdf((at[:, None] - values) / bandwidth) / bandwidth
    return kernels @ (weights / weights.sum())


def test_it_is_the_sum_of_gaussians():
    generator = np.random.default_rng(0)
    values, weights = generator.normal(2.0, 0.5, 300), generator.random(300)

    found = kernel_density(values, weights=weights, bandwidth=0.1)

    inner = (found.at > values.min() + 0.3) & (found.at < values.max() - 0.3)
    expected = sum_of_gaussians(found.at, values, weights, 0.1)
    assert np.abs(found.density - expected)[inner].max() < 2e-3 * expected.max()


def test_nothing_leaks_below_a_limit():
    """Exponential density, highest at its limit; without reflection half of it would be lost there."""
    values = np.random.default_rng(1).exponential(1.0, 20000)

    found = kernel_density(values, lower=0.0)

    step = found.at[1] - found.at[0]
    assert found.at.min() > 0
    assert found.density.sum() * step == pytest.approx(1.0)
    assert np.abs(found.density - np.exp(-found.at))[found.at < 4].max() < 0.09
    assert found.density[0] == pytest.approx(1.0, abs=0.09)


def test_improved_sheather_jones_keeps_two_peaks_apart():
    """Botev et al. 2010: Silverman's rule smears far peaks; the best bandwidth of each peak is about 0.06."""
    generator = np.random.default_rng(2)
    values = np.concatenate([generator.normal(0, 0.3, 4000), generator.normal(10, 0.3, 4000)])

    improved, silverman = (kernel_density(values, bandwidth=rule) for rule in ("isj", "silverman"))

    truth = 0.5 * stats.norm.pdf(improved.at, 0, 0.3) + 0.5 * stats.norm.pdf(improved.at, 10, 0.3)
    assert 0.03 < improved.bandwidth < 0.1
    assert np.abs(improved.density - truth).max() < 0.1 * truth.max()
    assert np.abs(silverman.density - truth).max() > 0.4 * truth.max()


def test_bandwidth_of_a_normal_sample_is_near_the_best():
    """For a normal density the best bandwidth is 1.06 sd n^(-1/5)."""
    found = [kernel_density(np.random.default_rng(seed).normal(size=2000)).bandwidth for seed in range(20)]

    assert np.mean(found) == pytest.approx(1.06 * 2000**-0.2, rel=0.12)


def test_weights_count_as_repetitions():
    values = np.array([1.0, 2.0, 4.0])

    weighted = kernel_density(values, weights=[1, 3, 2], bandwidth=0.3)
    repeated = kernel_density(np.repeat(values, [1, 3, 2]), bandwidth=0.3)

    assert weighted.density == pytest.approx(repeated.density, abs=1e-12)


@pytest.mark.parametrize("values", [[3.0], [0.0] * 30, [1.0, 1.0, 2.0]])
def test_few_or_equal_values_give_a_finite_density(values):
    found = kernel_density(values)

    assert np.isfinite(found.density).all()
    assert found.density.sum() * (found.at[1] - found.at[0]) == pytest.approx(1.0)


def test_an_empty_sample_is_refused():
    with pytest.raises(ValueError, match="at least one value"):
        kernel_density([])
