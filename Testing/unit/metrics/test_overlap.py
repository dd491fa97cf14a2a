"""Overlap of masks, against sets of voxels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gliomamri.metrics.overlap import REGIONS, joint_box, overlap, region_mask

SPACING = (5.0, 0.5, 1.5)


@pytest.fixture
def masks():
    generator = np.random.default_rng(9)
    truth = generator.random((4, 9, 7)) < 0.4
    return truth, truth ^ (generator.random(truth.shape) < 0.15)


def test_scores_are_those_of_sets(masks):
    a, b = ({tuple(at) for at in np.argwhere(mask).tolist()} for mask in masks)

    found = overlap(*masks, SPACING)

    assert found.dice == pytest.approx(2 * len(a & b) / (len(a) + len(b)))
    assert found.jaccard == pytest.approx(len(a & b) / len(a | b))
    assert found.sensitivity == pytest.approx(len(a & b) / len(a))
    assert found.precision == pytest.approx(len(a & b) / len(b))
    assert found.truth_volume == pytest.approx(len(a) * 3.75 / 1000)
    assert found.prediction_volume == pytest.approx(len(b) * 3.75 / 1000)
    assert found.false_positive_volume == pytest.approx(len(b - a) * 3.75 / 1000)
    assert found.false_negative_volume == pytest.approx(len(a - b) * 3.75 / 1000)
    assert len(a - b) != len(b - a)


def test_two_empty_masks_have_no_scores():
    empty = np.zeros((2, 3, 4), bool)

    found = overlap(empty, empty, SPACING)

    assert all(math.isnan(v) for v in (found.dice, found.jaccard, found.sensitivity, found.precision))
    assert found.false_positive_volume == 0


@pytest.mark.parametrize("truth_is_empty", [True, False])
def test_one_empty_mask_scores_0(masks, truth_is_empty):
    pair = [masks[0], np.zeros_like(masks[0])]

    found = overlap(*(pair[::-1] if truth_is_empty else pair), SPACING)

    assert (found.dice, found.jaccard) == (0, 0)
    assert math.isnan(found.sensitivity) is truth_is_empty
    assert math.isnan(found.precision) is not truth_is_empty


def test_regions_are_those_of_brats():
    labels = np.array([0, 1, 2, 4, 4])

    found = {name: region_mask(labels, values).astype(int).tolist() for name, values in REGIONS.items()}

    assert found == {
        "whole": [0, 1, 1, 1, 1],
        "core": [0, 1, 0, 1, 1],
        "enhancing": [0, 0, 0, 1, 1],
        "non_enhancing": [0, 1, 0, 0, 0],
        "edema": [0, 0, 1, 0, 0],
    }


def test_labels_and_other_shapes_are_refused(masks):
    with pytest.raises(ValueError, match="mask of bool"):
        overlap(masks[0].astype(np.uint8), masks[1], SPACING)
    with pytest.raises(ValueError, match="shape"):
        overlap(masks[0][1:], masks[1], SPACING)


def test_joint_box_is_the_smallest():
    first, second = np.zeros((2, 6, 7, 8), np.int16)
    first[2, 3, 5] = 4
    second[4, 1, 5] = -1

    assert joint_box(first, second) == (slice(2, 5), slice(1, 4), slice(5, 6))
    assert joint_box(np.zeros((2, 2, 2)), np.zeros((2, 2, 2))) is None
