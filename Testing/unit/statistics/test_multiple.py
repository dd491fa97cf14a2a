"""False discovery rate, against the step-up procedure by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gliomamri.statistics.multiple import benjamini_hochberg


def rejected_by_hand(p, q):
    """Benjamini and Hochberg 1995: reject the k smallest, k the largest rank with p(k) <= k q / n."""
    ordered = np.sort(p)
    passing = [k for k in range(1, p.size + 1) if ordered[k - 1] <= k * q / p.size]
    return p <= (ordered[passing[-1] - 1] if passing else -1)


@pytest.mark.parametrize("q", [0.01, 0.05, 0.3])
def test_rejections_are_those_of_the_step_up_procedure(q):
    p = np.random.default_rng(5).random(400) ** 3

    found = benjamini_hochberg(p) <= q

    assert found.any()
    assert np.array_equal(found, rejected_by_hand(p, q))


def test_adjusted_values_agree_with_scipy_and_keep_the_shape():
    p = np.random.default_rng(1).random((3, 4, 5)) ** 2

    expected = stats.false_discovery_control(p.ravel(), method="bh").reshape(p.shape)
    assert benjamini_hochberg(p) == pytest.approx(expected, abs=1e-12)


def test_share_of_false_discoveries_is_controlled():
    generator = np.random.default_rng(7)
    shares = []
    for _ in range(200):
        z = generator.normal(size=1000)
        z[:200] += 3.0
        found = benjamini_hochberg(stats.norm.sf(z)) <= 0.1
        shares.append(found[200:].sum() / max(found.sum(), 1))

    assert 0.06 < np.mean(shares) < 0.1  # 0.1 times the share of true nulls, 0.08


def test_nothing_and_nonsense():
    assert benjamini_hochberg(np.zeros(0)).size == 0
    with pytest.raises(ValueError, match="p values"):
        benjamini_hochberg(np.array([0.5, np.nan]))
