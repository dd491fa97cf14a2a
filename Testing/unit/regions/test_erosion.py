"""Erosion by one voxel on isotropic and on thick slices."""

from __future__ import annotations

import numpy as np

from gliomamri.regions.erosion import eroded, eroded_axes


def block(shape, *slices):
    mask = np.zeros(shape, bool)
    mask[slices] = True
    return mask


def test_isotropic_regions_lose_a_voxel_on_every_side():
    mask = block((9, 9, 9), slice(2, 7), slice(1, 7), slice(2, 8))

    found, done = eroded(mask, (1.0, 1.0, 1.2))

    assert done
    assert np.array_equal(found, block((9, 9, 9), slice(3, 6), slice(2, 6), slice(3, 7)))


def test_thick_slices_are_not_eroded_through():
    mask = block((5, 9, 9), 2, slice(1, 7), slice(2, 8))

    found, done = eroded(mask, (5.0, 0.43, 0.43))

    assert done
    assert np.array_equal(found, block((5, 9, 9), 2, slice(2, 6), slice(3, 7)))
    assert eroded_axes((5.0, 0.43, 0.43)) == (False, True, True)
    assert eroded_axes((0.9, 4.0, 0.9)) == (True, False, True)


def test_the_field_of_view_takes_nothing():
    mask = block((4, 6, 6), slice(0, 4), slice(0, 5), slice(0, 6))

    found, _ = eroded(mask, (1.0, 1.0, 1.0))

    assert np.array_equal(found, block((4, 6, 6), slice(0, 4), slice(0, 4), slice(0, 6)))


def test_a_region_that_would_vanish_is_left_and_it_is_said():
    mask = block((5, 9, 9), slice(1, 4), slice(1, 3), slice(1, 8))

    found, done = eroded(mask, (1.0, 1.0, 1.0))

    assert not done
    assert np.array_equal(found, mask)
    assert not eroded(block((5, 9, 9), 1, slice(2, 7), slice(2, 7)), (5.0, 1.0, 1.0), fewest=20)[1]


def test_an_empty_region_stays_empty():
    found, done = eroded(np.zeros((3, 3, 3), bool), (1.0, 1.0, 1.0))

    assert not done
    assert not found.any()
