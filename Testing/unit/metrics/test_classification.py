"""Confusion counts and their scores, against counting case by case and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from gliomamri.metrics.classification import Confusion, confusion, detection_scores, mean_and_sd


@pytest.fixture
def cases():
    """Imbalanced answers, wrong more often in one direction."""
    generator = np.random.default_rng(4)
    truth = generator.random(137) < 0.3
    predicted = np.where(truth, generator.random(137) < 0.7, generator.random(137) < 0.12)
    return truth, predicted


def test_counts_are_those_of_a_loop(cases):
    pairs = list(zip(*(values.tolist() for values in cases), strict=True))

    found = confusion(*cases)

    assert found == Confusion(
        *(pairs.count(pair) for pair in ((True, True), (False, True), (True, False), (False, False)))
    )
    assert found.total == 137


def test_scores_agree_with_scikit_learn(cases):
    found = confusion(*cases)

    assert found.mcc == pytest.approx(reference.matthews_corrcoef(*cases), abs=1e-12)
    assert found.accuracy == pytest.approx(reference.accuracy_score(*cases))
    assert found.precision == pytest.approx(reference.precision_score(*cases))
    assert found.recall == pytest.approx(reference.recall_score(*cases))
    assert found.specificity == pytest.approx(reference.recall_score(*cases, pos_label=0))
    assert found.f1 == pytest.approx(reference.f1_score(*cases))
    assert found.macro_f1 == pytest.approx(reference.f1_score(*cases, average="macro"))
    assert found.macro_recall == pytest.approx(reference.balanced_accuracy_score(*cases))


def test_mcc_is_the_correlation_of_both(cases):
    assert confusion(*cases).mcc == pytest.approx(np.corrcoef(*cases)[0, 1], abs=1e-12)


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [([1, 1, 1], [1, 0, 1]), ([0, 0, 0], [0, 1, 0]), ([1, 0, 1], [1, 1, 1]), ([1, 0, 0], [0, 0, 0])],
)
def test_mcc_is_0_when_a_factor_is_0(truth, predicted):
    assert confusion(truth, predicted).mcc == 0.0


def test_mcc_of_counts_of_voxels_does_not_overflow():
    counts = Confusion(4_000_000, 1_000_000, 500_000, 3_000_000_000)
    rate = 4e6 / 4.5e6, 3e9 / 3.001e9, 4e6 / 5e6, 3e9 / 3.0005e9

    expected = math.sqrt(math.prod(rate)) - math.sqrt(math.prod(1 - share for share in rate))
    assert counts.mcc == pytest.approx(expected, rel=1e-6)


def test_what_is_not_defined_is_nan_not_0():
    found = confusion([0, 0, 0], [0, 0, 0])

    assert math.isnan(found.recall)
    assert math.isnan(found.precision)
    assert math.isnan(found.f1)
    assert (found.specificity, found.accuracy) == (1.0, 1.0)
    # the class that does not occur is left out, as in scikit-learn
    assert found.macro_f1 == reference.f1_score([0, 0, 0], [0, 0, 0], average="macro") == 1.0


def test_a_class_that_is_only_predicted_counts_in_macro_f1():
    truth, predicted = [0, 0, 0, 0], [0, 1, 0, 0]

    expected = reference.f1_score(truth, predicted, average="macro")
    assert confusion(truth, predicted).macro_f1 == pytest.approx(expected)
    assert expected < 0.5


@pytest.mark.parametrize(
    ("truth", "predicted", "words"),
    [([0, 1], [0.3, 1], "only 0 and 1"), ([0, 4], [0, 1], "only 0 and 1"), ([0, 1], [[0, 1]], "shape")],
)
def test_probabilities_labels_and_other_shapes_are_refused(truth, predicted, words):
    with pytest.raises(ValueError, match=words):
        confusion(truth, predicted)


def test_detection_scores_use_the_threshold(cases):
    truth = cases[0]
    scores = np.random.default_rng(5).random(truth.size) * 0.6 + 0.4 * truth
    lenient, strict = (detection_scores(truth, scores, threshold) for threshold in (0.3, 0.8))

    assert lenient["mcc"] == confusion(truth, scores >= 0.3).mcc
    assert lenient["false_positives"] > strict["false_positives"]
    assert lenient["auc"] == strict["auc"] == pytest.approx(reference.roc_auc_score(truth, scores))
    assert strict["average_precision"] == pytest.approx(reference.average_precision_score(truth, scores))
    assert detection_scores([1, 0], [0.5, 0.2])["recall"] == 1.0  # at the threshold counts as tumor


def test_mean_and_sd_leave_out_what_is_not_defined():
    assert mean_and_sd([1.0, math.nan, 3.0]) == pytest.approx((2.0, math.sqrt(2)))
    assert math.isnan(mean_and_sd([math.nan])[0])
    assert math.isnan(mean_and_sd([2.0])[1])
