"""Tumor by slice against sums by hand; positions in the scene's axes."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.tumor.slices import by_slice, slice_numbers, slice_positions


def test_areas_are_in_square_centimeters():
    probability = np.zeros((3, 4, 5), np.float32)
    probability[1, 0, :2], probability[2, 3, 4] = (0.5, 1.0), 0.25
    mask = probability >= 0.5

    along_z = by_slice(probability, mask, (5.0, 2.0, 3.0), 0)
    along_x = by_slice(probability, mask, (5.0, 2.0, 3.0), 2)

    assert along_z["largest probability"] == [0.0, 1.0, 0.25]
    assert along_z["expected area"] == pytest.approx([0.0, 1.5 * 0.06, 0.25 * 0.06])
    assert along_z["segmented area"] == pytest.approx([0.0, 2 * 0.06, 0.0])
    assert along_x["segmented area"] == pytest.approx([0.1, 0.1, 0.0, 0.0, 0.0])


def test_positions_are_ras(head):
    stack = head.grid((11, 21, 5), (2.0, 2.0, 5.0))

    found = slice_positions(stack, 2, [0, 4])

    # The grid's middle is at L 5, P -8, S 12.
    assert found == {"R": [-5.0, -5.0], "A": [8.0, 8.0], "S": [2.0, 22.0]}


def test_slices_are_counted_as_the_stack_counts_them(head):
    stack = head.grid((11, 21, 5), (2.0, 2.0, 5.0), letters="LPI")
    upward = head.grid((11, 21, 5), (2.0, 2.0, 5.0))
    finer = head.grid((11, 21, 25), (2.0, 2.0, 1.0))

    assert slice_numbers(upward, stack, [0, 1, 4]) == [5, 4, 1]
    assert slice_numbers(finer, stack, [0, 1, 4]) == [1, 2, 5]
