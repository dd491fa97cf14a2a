"""Coverage of the block-bootstrap interval of a median, on correlated fields whose median is known to be 0."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.regions.comparison import Quantity, delta_interval, median_interval, sample_region
from gliomamri.regions.settings import Settings

SETTINGS = Settings(bootstrap_samples=500)


def shell(shape, spacing, inner, outer):
    axes = np.meshgrid(
        *[(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)], indexing="ij"
    )
    distance = np.sqrt(sum(axis**2 for axis in axes))
    return (distance >= inner) & (distance < outer)


def correlated_field(shape, spacing, width, noise, generator):
    """Gaussian field smoothed by ``width`` mm, of unit variance, plus white noise."""
    room = [int(3 * width / s) + 1 for s in spacing]
    wide = generator.standard_normal([n + 2 * r for n, r in zip(shape, room, strict=True)])
    smooth = ndimage.gaussian_filter(wide, [width / s for s in spacing], truncate=3)
    cut = smooth[tuple(slice(r, r + n) for n, r in zip(shape, room, strict=True))]
    return cut / smooth.std() + noise * generator.standard_normal(shape)


CASES = {
    "isotropic shell": ((30, 30, 30), (2.0, 2.0, 2.0), 18, 25, 2.0, 0.0),
    "noisy shell": ((30, 30, 30), (2.0, 2.0, 2.0), 18, 25, 2.0, 1.0),
    "thick slices": ((12, 60, 60), (5.0, 1.0, 1.0), 18, 23, 1.5, 0.5),
}


def covered(shape, spacing, inner, outer, width, noise, simulations):
    """Share of intervals of the median and of Cliff's delta between two fields that hold 0."""
    generator = np.random.default_rng(11)
    mask = shell(shape, spacing, inner, outer)
    median = delta = 0
    for _ in range(simulations):
        samples = []
        for _ in range(2):
            field = correlated_field(shape, spacing, width, noise, generator)
            quantity = Quantity("q", "", "q", field, np.ones(shape, bool))
            samples.append(sample_region(quantity, mask, spacing, SETTINGS, generator))
        median += not median_interval(samples[0], SETTINGS, generator).excludes(0.0)
        delta += not delta_interval(*samples, SETTINGS, generator).excludes(0.0)
    return median / simulations, delta / simulations


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_intervals_of_nominal_95_percent_cover_at_least_90(case):
    """The correction is of first order, so with 10 to 40 blocks a few points are missing; see the docstring."""
    median, delta = covered(*CASES[case], simulations=120)

    assert 0.88 <= median <= 0.99
    assert 0.88 <= delta <= 0.99


def test_a_bootstrap_of_single_voxels_would_not_cover():
    """The fault the blocks are there for: voxels drawn one by one give intervals that are far too short."""
    generator = np.random.default_rng(12)
    shape, spacing, inner, outer, width, noise = CASES["isotropic shell"]
    mask = shell(shape, spacing, inner, outer)
    one_by_one = Settings(bootstrap_samples=300, block_size=2.0)
    hits = 0
    for _ in range(25):
        field = correlated_field(shape, spacing, width, noise, generator)
        quantity = Quantity("q", "", "q", field, np.ones(shape, bool))
        sample = sample_region(quantity, mask, spacing, one_by_one, generator)
        hits += not median_interval(sample, one_by_one, generator).excludes(0.0)

    assert hits / 25 < 0.7
