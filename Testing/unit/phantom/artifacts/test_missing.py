"""Missing series."""

from __future__ import annotations

import numpy as np

from gliomamri.phantom.artifacts.missing import draw_missing
from gliomamri.phantom.artifacts.severity import MissingPriors

ROLES = ("T1w", "ceT1w", "T2w", "FLAIR")


def test_one_series_always_stays_and_each_may_be_the_one():
    generator = np.random.default_rng(0)
    stayed = set()
    for _ in range(60):
        missing = draw_missing(generator, MissingPriors(1.0, each=1.0), ROLES)
        assert len(missing) == 3
        stayed |= set(ROLES) - set(missing)
    assert stayed == set(ROLES)


def test_the_rate_is_the_asked_one():
    generator = np.random.default_rng(1)
    counts = [len(draw_missing(generator, MissingPriors(0.5, each=0.4), ROLES)) for _ in range(1000)]
    assert abs(np.mean(counts) / 4 - 0.5 * 0.4) < 0.03
