"""Lesions of the truth and predicted components, on bodies whose matches are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gliomamri.metrics.lesions import PUBLISHED_MISS, lesion_scores
from gliomamri.metrics.overlap import overlap
from gliomamri.metrics.surface import surface_distances

SPACING = (2.0, 1.0, 1.0)


def boxes(*places, shape=(20, 60, 50)):
    """Mask with a box of 4 x 6 x 5 voxels (240 mm3) at each place."""
    mask = np.zeros(shape, bool)
    for z, y, x in places:
        mask[z : z + 4, y : y + 6, x : x + 5] = True
    return mask


def test_found_missed_and_invented():
    truth = boxes((2, 5, 5), (2, 40, 5), (12, 20, 30))
    prediction = boxes((2, 6, 5), (12, 22, 30), (14, 50, 40), (2, 20, 40))

    found = lesion_scores(truth, prediction, SPACING)

    first, second = (
        overlap(boxes(a), boxes(b), SPACING).dice
        for a, b in (((2, 5, 5), (2, 6, 5)), ((12, 20, 30), (12, 22, 30)))
    )
    assert (found.true_positives, found.false_negatives, found.false_positives) == (2, 1, 2)
    assert found.dice == pytest.approx((first + second) / 5)
    assert first != second
    distances = [
        surface_distances(boxes(a), boxes(b), SPACING).hausdorff(95)
        for a, b in (((2, 5, 5), (2, 6, 5)), ((12, 20, 30), (12, 22, 30)))
    ]
    assert found.hd95 == pytest.approx(np.mean(distances))
    assert found.published_hd95 == pytest.approx((sum(distances) + 3 * PUBLISHED_MISS) / 5)
    assert found.false_negative_volume == pytest.approx(0.24)
    assert found.false_positive_volume == pytest.approx(0.48)


def test_a_large_lesion_does_not_hide_a_missed_small_one():
    """What the scores are for: Dice of all voxels is above 0.96, that of the three lesions 1/3."""
    truth = np.zeros((20, 60, 50), bool)
    truth[2:18, 5:35, 5:20] = True
    prediction = truth.copy()
    truth |= boxes((8, 50, 40), (8, 50, 28))

    found = lesion_scores(truth, prediction, SPACING)

    assert overlap(truth, prediction, SPACING).dice > 0.96
    assert found.dice == pytest.approx(1 / 3)


@pytest.mark.parametrize(("gap", "lesions"), [(4, 1), (6, 1), (9, 2)])
def test_parts_whose_surroundings_meet_are_one_lesion(gap, lesions):
    truth = boxes((2, 5, 5), (2, 11 + gap, 5))

    assert len(lesion_scores(truth, truth, SPACING).lesions) == lesions


@pytest.mark.parametrize(("slices_between", "lesions"), [(0, 1), (1, 2)])
def test_the_reach_is_in_mm_not_in_slices(slices_between, lesions):
    """Three steps of a voxel would join parts with five slices of 5 mm between them."""
    truth = np.zeros((12, 20, 20), bool)
    truth[1:3, 4:10, 4:10] = True
    truth[3 + slices_between : 6 + slices_between, 4:10, 4:10] = True

    assert len(lesion_scores(truth, truth, (5.0, 1.0, 1.0)).lesions) == lesions


@pytest.mark.parametrize(("distance", "found"), [(2, True), (3, True), (4, False)])
def test_a_component_within_reach_touches(distance, found):
    """Distance of voxel centers; the lesion ends at y = 10."""
    scores = lesion_scores(boxes((2, 5, 5)), boxes((2, 10 + distance, 5)), SPACING)

    assert scores.lesions[0].found is found
    assert scores.lesions[0].dice == 0
    assert scores.false_positives == (not found)
    assert math.isnan(scores.hd95) is not found


def test_all_components_that_touch_count_together():
    truth = np.zeros((10, 40, 30), bool)
    truth[3:6, 5:35, 10:16] = True
    prediction = truth.copy()
    prediction[:, 15:20] = False

    found = lesion_scores(truth, prediction, SPACING)

    assert (found.true_positives, found.false_positives) == (1, 0)
    assert found.dice == pytest.approx(overlap(truth, prediction, SPACING).dice)


def test_one_component_over_two_lesions_counts_for_each():
    truth = boxes((2, 5, 5), (2, 25, 5))
    prediction = np.zeros_like(truth)
    prediction[2:6, 5:31, 5:10] = True

    found = lesion_scores(truth, prediction, SPACING)

    expected = overlap(boxes((2, 5, 5)), prediction, SPACING).dice
    assert (found.true_positives, found.false_positives) == (2, 0)
    assert [lesion.dice for lesion in found.lesions] == pytest.approx([expected, expected])


def test_small_lesions_and_components_do_not_count():
    """24 mm3 each; one of them found, one missed, one invented."""
    truth, prediction = boxes((2, 5, 5)), boxes((2, 5, 5))
    for place in ((12, 10, 10), (12, 40, 10)):
        truth[place[0] : place[0] + 2, place[1] : place[1] + 2, place[2] : place[2] + 3] = True
    prediction[12:14, 10:12, 10:13] = True
    prediction[12:14, 50:52, 40:43] = True

    found = lesion_scores(truth, prediction, SPACING)
    strict = lesion_scores(truth, prediction, SPACING, smallest=10.0)

    assert (found.true_positives, found.false_negatives, found.false_positives, found.ignored) == (1, 0, 0, 2)
    assert found.dice == 1.0
    assert (strict.true_positives, strict.false_negatives, strict.false_positives) == (2, 1, 1)


def test_a_large_component_on_an_ignored_lesion_is_not_invented():
    truth = np.zeros((20, 60, 50), bool)
    truth[3:5, 7:9, 6:9] = True

    found = lesion_scores(truth, boxes((2, 5, 5)), SPACING)

    assert (found.false_positives, found.ignored) == (0, 1)
    assert math.isnan(found.dice)


def test_nothing_to_find():
    empty, some = np.zeros((20, 60, 50), bool), boxes((2, 5, 5))

    assert math.isnan(lesion_scores(empty, empty, SPACING).dice)
    invented, missed = lesion_scores(empty, some, SPACING), lesion_scores(some, empty, SPACING)
    assert (invented.dice, invented.false_positives) == (0, 1)
    assert (missed.dice, missed.false_negatives) == (0, 1)
    assert invented.published_hd95 == missed.published_hd95 == PUBLISHED_MISS
