"""Noise from residuals: exact where the model holds, hardly moved by a fifth of voxels where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.relaxometry.noise import pooled_noise_sd
from gliomamri.relaxometry.trimmed_noise import trimmed_noise_sd


@pytest.mark.parametrize("freedom", [1, 3, 5])
def test_it_is_exact_where_the_model_holds(freedom):
    sse = 4.0 * np.random.default_rng(0).chisquare(freedom, 200_000)

    assert trimmed_noise_sd(sse, freedom, np.ones(sse.size, bool)) == pytest.approx(2.0, rel=0.01)


def test_a_fifth_of_mixed_voxels_hardly_moves_it():
    rng = np.random.default_rng(1)
    sse = 4.0 * rng.chisquare(5, 100_000)
    sse[:20_000] += 4.0 * rng.uniform(10, 400, 20_000)
    everyone = np.ones(sse.size, bool)

    assert trimmed_noise_sd(sse, 5, everyone) == pytest.approx(2.0, rel=0.015)
    assert pooled_noise_sd(sse, 5, everyone) > 2.15


def test_nothing_to_pool_gives_nothing():
    sse = np.ones(5)

    assert trimmed_noise_sd(sse, 5, np.zeros(5, bool)) == 0
    assert trimmed_noise_sd(sse, 0, np.ones(5, bool)) == 0
    assert trimmed_noise_sd(np.zeros(5), 5, np.ones(5, bool)) == 0
