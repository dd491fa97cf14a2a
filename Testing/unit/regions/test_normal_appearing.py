"""Normal-appearing tissue: pure, far from the lesion, and of the tissue's values."""

from __future__ import annotations

import numpy as np

from gliomamri.regions.normal_appearing import normal_appearing

SHAPE, SPACING = (6, 40, 40), (5.0, 1.0, 1.0)


def ground():
    """White matter in the middle of the slices; distance grows along x; R1 1.1 with edema of 0.8 in one corner."""
    generator = np.random.default_rng(0)
    fraction = np.zeros(SHAPE, np.float32)
    fraction[:, 5:35, 5:35] = 1.0
    fraction[:, 5:35, 34] = 0.9
    R1 = 1.1 + 0.03 * generator.standard_normal(SHAPE)
    R1[:, 6:10, 26:33] = 0.8
    distance = np.broadcast_to(np.arange(40, dtype=np.float32) * 2, SHAPE)
    return fraction, np.ones(SHAPE, bool), distance, {"R1": (R1, np.ones(SHAPE, bool))}


def test_it_is_pure_far_eroded_and_free_of_edema():
    fraction, brain, distance, rates = ground()

    mask, notes = normal_appearing(fraction, brain, distance, rates, SPACING)

    assert notes == []
    assert mask.sum() > 500
    assert (fraction[mask] > 0.95).all()
    assert (distance[mask] > 20).all()
    assert (rates["R1"][0][mask] > 0.95).all()
    assert not mask[:, 5].any()
    assert mask[0].any()  # thick slices are not eroded through
    assert mask[5].any()


def test_without_erosion_the_rim_stays():
    fraction, brain, distance, rates = ground()

    mask, _ = normal_appearing(fraction, brain, distance, rates, SPACING, erode=False)

    assert mask[:, 5].any()


def test_where_there_is_none_it_is_said():
    fraction, brain, distance, rates = ground()

    mask, notes = normal_appearing(fraction, brain, 0 * distance, rates, SPACING)

    assert not mask.any()
    assert "more than 20 mm" in notes[0]


def test_an_unusable_map_leaves_nothing():
    fraction, brain, distance, _ = ground()
    nothing = {"R1": (np.zeros(SHAPE), np.zeros(SHAPE, bool))}

    mask, notes = normal_appearing(fraction, brain, distance, nothing, SPACING)

    assert not mask.any()
    assert notes
