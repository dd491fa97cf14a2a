"""The published conventions, against scikit-learn called as paper 000's scripts are described to do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from gliomamri.metrics.classification import confusion
from gliomamri.metrics.published import mean_and_population_sd, published_detection_scores


@pytest.fixture
def fold():
    generator = np.random.default_rng(8)
    truth = generator.random(90) < 0.26
    return truth, np.clip(generator.normal(0.35 + 0.3 * truth, 0.2), 0, 1).round(2)


def test_columns_of_the_published_table(fold):
    truth, p = fold
    one_hot = np.stack([~truth, truth], axis=1).astype(int)
    softmax = np.stack([1 - p, p], axis=1)
    called = softmax.argmax(axis=1)

    found = published_detection_scores(truth, p)

    expected = {
        "published_mcc": reference.matthews_corrcoef(truth, called),
        "published_accuracy": reference.accuracy_score(truth, called),
        "published_f1": reference.f1_score(truth, called, average="macro"),
        "published_recall": reference.recall_score(truth, called, average="macro"),
        "published_auc": reference.roc_auc_score(one_hot, softmax, average="macro", multi_class="ovr"),
        "published_precision": reference.average_precision_score(one_hot, softmax, average="macro"),
        "published_specificity": reference.recall_score(truth, called, pos_label=0),
    }
    assert found == pytest.approx(expected, abs=1e-12)


def test_published_precision_is_no_precision(fold):
    truth, p = fold

    published = published_detection_scores(truth, p)["published_precision"]
    assert abs(published - confusion(truth, p > 0.5).precision) > 0.05


def test_one_half_is_no_tumor_as_in_argmax():
    assert published_detection_scores([1, 0, 1, 0], [0.5, 0.5, 0.9, 0.1])["published_accuracy"] == 0.75


def test_a_fold_without_tumor_counts_false_alarms_as_a_class():
    truth, p = [0, 0, 0, 0], [0.1, 0.9, 0.2, 0.3]

    found = published_detection_scores(truth, p)

    expected = reference.recall_score(truth, [0, 1, 0, 0], average="macro", zero_division=0)
    assert found["published_recall"] == pytest.approx(expected)
    assert math.isnan(found["published_auc"])
    assert found["published_mcc"] == 0.0


def test_sd_has_n_in_its_denominator():
    assert mean_and_population_sd([1.0, 3.0, math.nan]) == (2.0, 1.0)
    assert all(math.isnan(value) for value in mean_and_population_sd([]))
