"""Curves over all thresholds, with ties, against all pairs and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from gliomamri.metrics.curves import area_under_roc, average_precision, precision_recall_curve, roc_curve


@pytest.fixture(params=["continuous", "tied"])
def case(request):
    generator = np.random.default_rng(6)
    truth = generator.random(211) < 0.35
    scores = generator.normal(truth * 0.8)
    return truth, np.round(scores, 0) if request.param == "tied" else scores


def test_area_is_the_share_of_ordered_pairs(case):
    truth, scores = case
    pairs = [
        (positive > negative) + 0.5 * (positive == negative)
        for positive in scores[truth]
        for negative in scores[~truth]
    ]

    assert area_under_roc(truth, scores) == pytest.approx(np.mean(pairs), abs=1e-12)


def test_area_is_that_below_the_lines_of_the_curve(case):
    curve = roc_curve(*case)

    area = np.trapezoid(curve.true_positive_rate, curve.false_positive_rate)
    assert area == pytest.approx(area_under_roc(*case), abs=1e-12)
    assert area == pytest.approx(reference.roc_auc_score(*case), abs=1e-12)


def test_roc_curve_agrees_with_scikit_learn(case):
    found = roc_curve(*case)
    false, true, thresholds = reference.roc_curve(*case, drop_intermediate=False)

    assert found.false_positive_rate == pytest.approx(false)
    assert found.true_positive_rate == pytest.approx(true)
    assert found.thresholds == pytest.approx(thresholds)


def test_every_point_is_the_confusion_at_its_threshold(case):
    truth, scores = case
    roc, curve = roc_curve(*case), precision_recall_curve(*case)

    for at, threshold in enumerate(curve.thresholds):
        called = scores >= threshold
        assert curve.precision[at] == pytest.approx(truth[called].mean())
        assert curve.recall[at] == roc.true_positive_rate[at + 1] == pytest.approx(called[truth].mean())


def test_average_precision_agrees_with_scikit_learn(case):
    assert average_precision(*case) == pytest.approx(reference.average_precision_score(*case), abs=1e-12)


def test_reversed_scores_mirror_the_area(case):
    truth, scores = case

    assert area_under_roc(truth, -scores) == pytest.approx(1 - area_under_roc(truth, scores))


def test_equal_scores_say_nothing():
    truth = [1, 0, 0, 1, 0]

    assert area_under_roc(truth, [0.3] * 5) == 0.5
    assert average_precision(truth, [0.3] * 5) == pytest.approx(0.4)
    assert roc_curve(truth, [0.3] * 5).true_positive_rate.tolist() == [0, 1]


def test_a_missing_class_has_no_area_and_no_curve():
    assert math.isnan(area_under_roc([1, 1], [0.1, 0.2]))
    assert math.isnan(area_under_roc([0, 0], [0.1, 0.2]))
    assert math.isnan(average_precision([0, 0], [0.1, 0.2]))
    assert average_precision([1, 1], [0.1, 0.2]) == 1.0
    with pytest.raises(ValueError, match="positive and negative"):
        roc_curve([1, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="positive cases"):
        precision_recall_curve([0, 0], [0.1, 0.2])


@pytest.mark.parametrize(
    ("truth", "scores", "words"),
    [
        ([0, 1], [0.1, math.nan], "finite"),
        ([0, 1], [0.1, 0.2, 0.3], "one score per case"),
        ([0, 2], [0.1, 0.2], "only 0 and 1"),
        ([], [], "at least one"),
    ],
)
def test_what_makes_no_curve_is_refused(truth, scores, words):
    with pytest.raises(ValueError, match=words):
        roc_curve(truth, scores)
