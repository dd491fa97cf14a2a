"""Correlation length, blocks and bootstrap intervals, against known fields and formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from gliomamri.statistics.blocks import (
    block_numbers,
    counts_per_block,
    effective_number,
    medians_of_counts,
    quantile_edges,
)
from gliomamri.statistics.correlation_length import block_length, mean_lags
from gliomamri.statistics.intervals import (
    block_interval,
    expanded_tail,
    multiplicities,
    patient_interval,
    percentile_interval,
)

SPACING = (3.0, 1.0, 2.0)


def test_mean_lag_of_a_smoothed_field_is_that_of_its_correlation():
    """White noise smoothed by s has the correlation exp(-h^2 / 4 s^2), whose mean lag is about 2 s / sqrt(pi)."""
    sigma = 4.0
    noise = np.random.default_rng(0).standard_normal((40, 120, 60))
    field = ndimage.gaussian_filter(noise, [sigma / step for step in SPACING])

    found = mean_lags(field, np.ones(field.shape, bool), SPACING)

    for step, lag in zip(SPACING, found, strict=True):
        h = step * np.arange(1, 30)
        r = np.exp(-(h**2) / (4 * sigma**2))
        assert lag == pytest.approx(2 * (h * r).sum() / (1 + 2 * r.sum()), rel=0.2)


def test_white_noise_and_constants_have_no_length():
    field = np.random.default_rng(1).standard_normal((10, 40, 40))

    assert mean_lags(field, np.ones(field.shape, bool), SPACING).max() < 0.4
    assert mean_lags(np.ones((3, 4, 5)), np.ones((3, 4, 5), bool), SPACING).tolist() == [0, 0, 0]


def test_block_length_minimizes_the_mean_squared_error():
    lags, volume = np.array([2.0, 1.0, 3.0]), 50_000.0
    lengths = np.linspace(5, 40, 3501)
    error = (lags.sum() / lengths) ** 2 + 2 * lengths**3 / volume

    assert block_length(lags, volume, 1.0) == pytest.approx(lengths[np.argmin(error)], abs=0.02)
    assert block_length(np.zeros(3), 1000.0, 2.5) == 2.5


def test_blocks_are_cubes_in_mm_and_numbered_without_gaps():
    mask = np.random.default_rng(2).random((8, 30, 20)) > 0.3

    numbers = block_numbers(mask, SPACING, 10.0, np.random.default_rng(3))

    assert np.array_equal(np.unique(numbers), np.arange(numbers.max() + 1))
    points = np.argwhere(mask) * np.array(SPACING)
    for number in range(numbers.max() + 1):
        inside = points[numbers == number]
        assert np.ptp(inside, axis=0).max() < 10.0
    extents = (mask.shape * np.array(SPACING)) / 10.0
    assert numbers.max() + 1 <= np.prod(np.ceil(extents) + 1)


def test_medians_of_counts_are_those_of_the_drawn_values():
    generator = np.random.default_rng(4)
    values = generator.gamma(2.0, 1.0, 5000).astype(np.float32)
    blocks = generator.integers(0, 40, 5000)
    edges = quantile_edges(values)
    counts = counts_per_block(values, blocks, edges)
    weights = multiplicities(40, 25, generator)

    found = medians_of_counts(weights @ counts, edges)

    assert counts.sum() == 5000
    assert (weights.sum(axis=1) == 40).all()
    for row, median in zip(weights, found, strict=True):
        drawn = np.repeat(values, row[blocks].astype(int))
        assert median == pytest.approx(np.median(drawn), abs=0.01)


def test_multiplicities_have_the_moments_of_drawing_with_replacement():
    drawn = multiplicities(20, 20000, np.random.default_rng(5))

    assert drawn.mean() == pytest.approx(1.0)
    assert drawn[:, 3].var() == pytest.approx(0.95, rel=0.05)
    assert np.cov(drawn[:, 3], drawn[:, 11])[0, 1] == pytest.approx(-0.05, abs=0.02)


def test_effective_number_of_equal_and_unequal_blocks():
    assert effective_number([5, 5, 5]) == 3
    assert effective_number([98, 1, 1]) == pytest.approx(1.04, abs=0.01)


@pytest.mark.parametrize("units", [6, 12, 400])
def test_expanded_percentile_interval_of_a_mean_is_students(units):
    """Hesterberg 2015: draws of a mean are normal with variance s^2 (n - 1) / n / n; the t interval has to come out."""
    s = 2.0
    draws = (
        stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000) * s * np.sqrt((units - 1) / units) / units**0.5
    )

    found = percentile_interval(0.0, draws, units, 0.95)

    assert found.high == pytest.approx(stats.t.ppf(0.975, units - 1) * s / units**0.5, rel=0.01)
    assert found.low == pytest.approx(-found.high, rel=1e-6)
    assert expanded_tail(1e7, 0.95) == pytest.approx(0.025, abs=1e-6)


def test_half_blocks_correct_the_spread_to_first_order():
    """Variances v (1 - b / L) at L and L / 2 have to give v."""
    grid = stats.norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    draws, half = grid * np.sqrt(1 - 0.2), grid * np.sqrt(1 - 0.4)

    found = block_interval(0.0, draws, 1e6, half, 8e6)

    assert found.high == pytest.approx(1.96, abs=0.01)


def test_few_units_give_no_interval():
    draws = np.linspace(0, 1, 100)

    assert percentile_interval(0.5, draws, 4.9) is None
    assert block_interval(0.5, draws, 4.9, draws, 30) is None
    assert patient_interval([0.1, 0.2], np.random.default_rng(0)) is None


def test_patient_interval_covers_the_mean():
    generator = np.random.default_rng(6)
    covered = 0
    for _ in range(400):
        found = patient_interval(generator.normal(1.0, 0.3, 9), generator, samples=400)
        covered += not found.excludes(1.0)

    assert 0.92 <= covered / 400 <= 0.975
