"""Effect sizes, against all pairs and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gliomamri.statistics.effect_sizes import (
    cliffs_delta,
    cliffs_delta_of_counts,
    wasserstein_distance,
    wasserstein_distance_of_counts,
)


@pytest.fixture
def tied():
    """Two samples of different size that share many values."""
    generator = np.random.default_rng(3)
    return generator.integers(0, 9, 211) / 3.0, generator.integers(2, 13, 138) / 3.0


def test_cliffs_delta_is_the_mean_sign_of_all_pairs(tied):
    x, y = tied

    assert cliffs_delta(x, y) == pytest.approx(np.sign(x[:, None] - y).mean(), abs=1e-14)
    assert cliffs_delta(y, x) == pytest.approx(-cliffs_delta(x, y), abs=1e-14)


@pytest.mark.parametrize(("x", "y", "delta"), [([1, 2], [0.5], 1), ([1], [2, 3], -1), ([4, 4], [4], 0)])
def test_cliffs_delta_at_its_ends(x, y, delta):
    assert cliffs_delta(x, y) == delta


def test_wasserstein_distance_agrees_with_scipy(tied):
    x, y = tied

    assert wasserstein_distance(x, y) == pytest.approx(stats.wasserstein_distance(x, y), abs=1e-12)


def test_wasserstein_distance_of_a_shift_is_the_shift():
    x = np.random.default_rng(0).normal(size=500)

    assert wasserstein_distance(x, x + 1.25) == pytest.approx(1.25)


def test_counts_give_what_the_samples_give(tied):
    x, y = tied
    values = np.arange(0, 13) / 3.0
    edges = np.append(values, 5) - 1e-6
    counts = [np.histogram(sample, edges)[0].astype(np.float32) for sample in (x, y)]
    both = np.stack([counts[0], counts[1]])

    delta = cliffs_delta_of_counts(both, np.stack([counts[1], counts[1]]))
    distance = wasserstein_distance_of_counts(both, counts[1], values)

    assert delta == pytest.approx([cliffs_delta(x, y), 0.0], abs=1e-12)
    assert distance == pytest.approx([wasserstein_distance(x, y), 0.0], abs=1e-12)


def test_counts_of_nothing_have_no_effect():
    assert cliffs_delta_of_counts(np.zeros(4), np.ones(4)) == 0


@pytest.mark.parametrize("function", [cliffs_delta, wasserstein_distance])
def test_an_empty_sample_is_refused(function):
    with pytest.raises(ValueError, match="at least one value"):
        function([], [1.0])
