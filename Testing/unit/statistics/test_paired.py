"""Paired comparisons, against all sign flips, scipy, and simulated cohorts."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from gliomamri.statistics.paired import (
    AS_PUBLISHED,
    BY_PATIENT,
    compare_as_published,
    compare_by_patient,
    comparison_table,
)


@pytest.fixture
def cohort():
    """Nine patients in three repetitions, four methods; the second is better by 0.1 in the mean."""
    generator = np.random.default_rng(14)
    patients = [f"p{number}" for number in range(9)] * 3
    skill = np.tile(generator.normal(0.7, 0.1, 9), 3)
    gains = {"cMRI": 0.0, "both": 0.1, "qMRI": -0.05, "qMRI_Gd": 0.01}
    scores = {name: skill + gain + generator.normal(0, 0.04, 27) for name, gain in gains.items()}
    return scores, patients


def exact_p(differences):
    """Two-sided p of the signed-rank sum over all sign flips."""
    ranks = stats.rankdata(np.abs(differences))
    middle = ranks.sum() / 2
    found = abs(ranks[differences > 0].sum() - middle)
    flips = [
        abs(np.dot(ranks, signs) - middle) for signs in itertools.product((0, 1), repeat=len(differences))
    ]
    return np.mean(np.array(flips) >= found - 1e-9)


def means(values, patients):
    names = sorted(set(patients))
    return np.array([np.mean([v for v, p in zip(values, patients, strict=True) if p == n]) for n in names])


def test_by_patient_is_the_exact_test_of_the_patients_means(cohort):
    scores, patients = cohort

    found = compare_by_patient(scores, patients)

    assert [(one.first, one.second) for one in found] == list(itertools.combinations(scores, 2))
    for one in found:
        differences = means(scores[one.first], patients) - means(scores[one.second], patients)
        assert one.p == pytest.approx(exact_p(differences))
        assert one.mean_difference == pytest.approx(differences.mean())
        assert (one.pairs, one.comparisons, one.way) == (9, 6, BY_PATIENT)
        assert one.adjusted_p == pytest.approx(min(1, 6 * one.p))
        assert one.significant == (one.p < 0.05 / 6)
        assert one.interval.low < one.mean_difference < one.interval.high
    assert any(one.significant for one in found)
    assert not all(one.significant for one in found)


def test_as_published_is_scipys_test_of_all_values(cohort):
    scores, _ = cohort

    found = compare_as_published(scores)

    for one in found:
        expected = stats.wilcoxon(scores[one.first], scores[one.second])
        assert (one.statistic, one.p) == pytest.approx((expected.statistic, expected.pvalue))
        assert (one.pairs, one.interval, one.way) == (27, None, AS_PUBLISHED)


def test_repetitions_of_the_same_patients_add_no_significance():
    """The fault of the published way: six patients repeated ten times are sixty independent ones to it."""
    generator = np.random.default_rng(15)
    patients = list("abcdef") * 10
    first = np.tile(generator.normal(0.7, 0.1, 6), 10) + generator.normal(0, 0.01, 60)
    scores = {"first": first, "second": first - np.tile([0.1, 0.05, 0.04, 0.03, 0.02, -0.06], 10)}

    honest, published = compare_by_patient(scores, patients)[0], compare_as_published(scores)[0]

    assert published.significant
    assert published.p < 1e-3
    assert not honest.significant
    assert honest.p > 0.1


def test_false_alarms_keep_to_their_level_only_by_patient():
    """200 cohorts without a difference between methods; each patient prefers one of them, in all repetitions."""
    generator = np.random.default_rng(16)
    patients = [f"p{number}" for number in range(12)] * 5
    honest = published = covered = 0
    for _ in range(200):
        preference = np.tile(generator.normal(0, 0.1, 12), 5)
        scores = {"a": preference + generator.normal(0, 0.03, 60), "b": generator.normal(0, 0.03, 60)}
        one = compare_by_patient(scores, patients, samples=300)[0]
        honest += one.significant
        covered += not one.interval.excludes(0.0)
        published += compare_as_published(scores)[0].significant

    assert honest / 200 < 0.09
    assert published / 200 > 0.3
    assert 0.9 < covered / 200 < 0.99


def test_undefined_scores_are_left_out_pair_by_pair(cohort):
    scores, patients = cohort
    scores["cMRI"] = np.where(np.array(patients) == "p3", math.nan, scores["cMRI"])

    found = compare_by_patient(scores, patients)

    assert [one.pairs for one in found] == [8, 8, 8, 9, 9, 9]
    keep = [place for place, name in enumerate(patients) if name != "p3"]
    rest = compare_by_patient({n: v[keep] for n, v in scores.items()}, [patients[place] for place in keep])
    assert found[0].p == rest[0].p


def test_equal_methods_do_not_differ():
    scores = {"a": [0.1, 0.2, 0.3, 0.4, 0.5], "b": [0.1, 0.2, 0.3, 0.4, 0.5]}

    one = compare_by_patient(scores, list("vwxyz"))[0]

    assert (one.p, one.mean_difference, one.significant) == (1.0, 0.0, False)


def test_too_few_patients_to_decide_are_said_to_be():
    """Five patients give p = 1/16 at best."""
    generator = np.random.default_rng(17)
    second = generator.random(5)
    one = compare_by_patient({"a": second + generator.uniform(1, 2, 5), "b": second}, list("vwxyz"))[0]

    assert one.p == one.smallest_p == 0.0625
    assert not one.decidable
    table = comparison_table("t", "Comparison", [one], unit="ml")
    assert table.columns["significant"] == ["too few pairs"]
    assert table.columns["observations"] == [BY_PATIENT]
    assert table.units["low"] == "ml"


def test_same_seed_same_interval(cohort):
    first, second, other = (compare_by_patient(*cohort, seed=seed)[0].interval for seed in (1, 1, 2))

    assert first == second != other


def test_fewer_than_five_patients_get_no_interval():
    one = compare_by_patient({"a": [1.0, 2, 3], "b": [0.5, 2.5, 1]}, list("xyz"))[0]

    assert one.interval is None
    assert math.isnan(comparison_table("t", "Comparison", [one]).columns["low"][0])


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({"a": [1.0, 2.0]}, "two methods"),
        ({"a": [1.0, 2.0], "b": [1.0]}, "one score per observation"),
        ({"a": [1.0, math.nan], "b": [math.nan, 1.0]}, "no observation in common"),
    ],
)
def test_what_cannot_be_compared_is_refused(scores, words):
    with pytest.raises(ValueError, match=words):
        compare_by_patient(scores, ["x", "y"])
