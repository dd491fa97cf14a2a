"""Brain masks with errors."""

from __future__ import annotations

import numpy as np

from gliomamri.phantom.artifacts.brain_mask import draw_mask_errors, true_mask
from gliomamri.phantom.artifacts.severity import MaskPriors
from gliomamri.phantom.grid import Grid

GRID = Grid.centered((34, 44, 40), (5.0, 4.0, 4.0))
DISTANCE = (np.sqrt(GRID.z[:, None, None] ** 2 + (GRID.y[:, None] * 0.8) ** 2 + GRID.x**2) - 60).astype(
    np.float32
)


def masks(priors, count=40):
    for seed in range(count):
        yield draw_mask_errors(np.random.default_rng(seed), priors).apply(DISTANCE, GRID)


def test_without_errors_the_mask_is_the_hull_and_its_margin():
    priors = MaskPriors(1.0, margin=(1.0, 1.0))
    np.testing.assert_array_equal(next(masks(priors)), true_mask(DISTANCE))


def test_small_errors_stay_near_the_rim():
    for mask in masks(MaskPriors(1.0, margin=(0.3, 3.0), margin_sd=0.5)):
        assert mask[DISTANCE < -3].all()
        assert not mask[DISTANCE > 7].any()


def test_strong_errors_keep_surroundings_in_some_and_cut_in_others():
    kept, cut = [], []
    for mask in masks(MaskPriors(1.0, margin=(1.0, 1.0), strong=1.0)):
        kept.append((mask & (DISTANCE > 4)).sum())
        cut.append((~mask & (DISTANCE < -1)).sum())
    assert np.mean(np.array(kept) > 0) > 0.2
    assert np.mean(np.array(cut) > 0) > 0.15
