"""The box around a mask: brute force, margins that end at the array, nothing."""

import numpy as np
import pytest

from gliomamri.imaging.boxes import bounding_box


@pytest.mark.parametrize("margin", [0, 1, 3])
def test_box_is_the_smallest_that_holds_the_mask_and_its_margin(margin):
    mask = np.zeros((9, 6, 7), bool)
    mask[4, 1, 5] = mask[6, 3, 2] = True
    low, high = np.argwhere(mask).min(0), np.argwhere(mask).max(0)

    box = bounding_box(mask, margin)

    assert box == tuple(
        slice(max(0, a - margin), min(n, b + 1 + margin))
        for a, b, n in zip(low, high, mask.shape, strict=True)
    )


def test_box_of_nothing_is_empty():
    assert bounding_box(np.zeros((3, 4, 5), bool), 2) == (slice(0, 0),) * 3
