"""Slice-wise scores, against a loop over slices."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gliomamri.metrics.slices import slice_scores

SPACING = (5.0, 0.5, 1.5)


@pytest.fixture
def stack():
    """Tumor in slices 2 to 5 of 9; predicted in 3 to 7, so one is missed and two are invented."""
    generator = np.random.default_rng(10)
    truth, prediction = generator.random((2, 9, 12, 8)) < 0.3
    truth[[0, 1, 6, 7, 8]] = False
    prediction[[0, 1, 2, 8]] = False
    return truth, prediction


def dice_2d(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_scores_are_those_of_a_loop(stack, axis):
    pair = [np.moveaxis(mask, 0, axis) for mask in stack]
    spacing = tuple(np.insert(SPACING[1:], axis, SPACING[0]))

    found = slice_scores(*pair, spacing, axis)

    each = [dice_2d(t, p) if (t | p).any() else 1.0 for t, p in zip(*stack, strict=True)]
    assert (found.tumor_slices, found.tumor_free_slices, found.false_positive_slices) == (4, 5, 2)
    assert found.tumor_slice_dice == pytest.approx(np.mean(each[2:6]))
    assert found.published_slice_dice == pytest.approx(np.mean(each))
    assert found.false_positive_volume == pytest.approx(stack[1][[6, 7]].sum() * 3.75 / 1000)


def test_slices_cut_off_count_as_empty(stack):
    whole = slice_scores(*stack, SPACING)

    assert slice_scores(*(mask[2:8] for mask in stack), SPACING, slices=9) == whole
    assert slice_scores(*(mask[2:8] for mask in stack), SPACING).tumor_free_slices == 2


def test_published_convention_rewards_an_empty_prediction():
    """Finding 1 of the specification: 392 of 528 slices are empty, so nothing predicted scores 0.74."""
    truth = np.zeros((528, 2, 2), bool)
    truth[100:236] = True

    found = slice_scores(truth, np.zeros_like(truth), SPACING)

    assert found.published_slice_dice == pytest.approx(392 / 528)
    assert found.tumor_slice_dice == 0.0


def test_a_patient_without_tumor_has_no_tumor_slice_dice():
    empty = np.zeros((3, 4, 5), bool)

    found = slice_scores(empty, empty, SPACING)

    assert math.isnan(found.tumor_slice_dice)
    assert found.published_slice_dice == 1.0


def test_fewer_slices_than_there_are_is_refused(stack):
    with pytest.raises(ValueError, match="more than 5"):
        slice_scores(*stack, SPACING, slices=5)
