"""Pooling: patients count once in the tables, voxels in the densities; few patients give no interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cohort_results import AT, merged, normal, patient
from scipy import stats

from gliomamri.errors import UserError
from gliomamri.quantitative.pooled_density import PooledDensities
from gliomamri.quantitative.pooling import pool, signed_rank_p
from gliomamri.quantitative.settings import Settings
from gliomamri.result import Result
from gliomamri.tasks import Context


def pooled(results, **settings):
    named = ((f"sub-{number:02d}", result) for number, result in enumerate(results))
    return pool(named, Settings(**settings), Context(seed=3))


def row(result, quantity, region="annotation"):
    table = next(one for one in result.tables if one.name == f"{quantity}_pooled")
    index = list(table.columns["region"]).index(region)
    return {name: cells[index] for name, cells in table.columns.items()}


@pytest.fixture(scope="module")
def medians():
    return np.random.default_rng(8).normal(0.8, 0.1, 12)


def test_every_patient_counts_once_whatever_its_size(medians):
    results = [patient(m, 0.7, voxels=10 ** (2 + number % 3)) for number, m in enumerate(medians)]

    found = row(pooled(results), "R1")

    assert found["patients"] == 12
    assert found["mean"] == pytest.approx(medians.mean())
    assert found["sd"] == pytest.approx(medians.std(ddof=1))
    assert found["mirror difference"] == pytest.approx((medians - 0.7).mean())
    assert found["p"] == pytest.approx(stats.wilcoxon(medians - 0.7).pvalue)
    half = stats.t.ppf(0.975, 11) * medians.std(ddof=1) / math.sqrt(12)
    assert found["mean low"] == pytest.approx(medians.mean() - half, abs=0.35 * half)
    assert found["mean high"] == pytest.approx(medians.mean() + half, abs=0.35 * half)


def test_p_is_adjusted_over_the_regions_and_regions_without_test_stay_without(medians):
    result = pooled([patient(m, 0.7) for m in medians])
    table = next(one for one in result.tables if one.name == "R1_pooled")

    assert list(table.columns["region"]) == [
        "annotation",
        "mirror of annotation",
    ]  # the empty shell has no row
    assert table.columns["adjusted p"][0] == pytest.approx(table.columns["p"][0])
    assert math.isnan(table.columns["adjusted p"][1])
    assert table.units["mean"] == "1/s"


def test_few_patients_give_numbers_but_neither_intervals_nor_tests():
    result = pooled([patient(0.8, 0.7), patient(0.9, 0.7)])

    found = row(result, "R1")
    assert found["mean"] == pytest.approx(0.85)
    assert all(math.isnan(found[name]) for name in ("mean low", "difference high", "p", "delta low"))
    assert any("With 2 patients there are neither intervals nor tests" in text for text in result.warnings)


def test_quantities_that_only_some_patients_have_are_pooled_over_those():
    both = merged(patient(0.8, 0.7), patient(1.4, 0.9, quantity="ceR1"))

    result = pooled([both, patient(0.9, 0.7)])

    assert row(result, "R1")["patients"] == 2
    assert row(result, "ceR1")["patients"] == 1
    each = next(one for one in result.tables if one.name == "patients")
    assert list(each.columns["patient"]) == ["sub-00"] * 4 + ["sub-01"] * 2
    assert {violins.name for violins in result.violins} == {"R1_violins"}


def test_densities_are_weighted_by_voxels():
    densities = PooledDensities()
    densities.add(patient(0.8, 0.7, voxels=3000))
    densities.add(patient(1.6, 0.7, voxels=1000))

    found = densities.pooled("R1", "annotation", AT)

    assert np.allclose(found, 0.75 * normal(0.8, 0.1) + 0.25 * normal(1.6, 0.1), atol=1e-9)
    assert np.trapezoid(found, AT) == pytest.approx(1.0, abs=1e-3)
    assert densities.pooled("R1", "elsewhere", AT) is None


def test_before_and_after_stand_side_by_side():
    result = pooled([merged(patient(0.8, 0.7), patient(1.4, 0.9, quantity="ceR1"))])

    (violins,) = result.violins
    left, right = violins.outlines
    table = next(one for one in result.tables if one.name == violins.table)
    assert max(table.columns[left.x]) <= 1.0 <= min(table.columns[right.x]) + 1e-9
    peak = np.argmin(table.columns[left.x])
    assert table.columns[left.y][peak] == pytest.approx(0.8, abs=0.03)
    assert left.label != right.label


def test_nothing_to_pool_is_told():
    with pytest.raises(UserError, match="nothing to pool"):
        pooled([Result()])


def test_signed_rank():
    assert math.isnan(signed_rank_p(np.array([0.1, 0.2, 0.3, 0.4, 0.5])))
    assert signed_rank_p(np.zeros(6)) == 1.0
    assert signed_rank_p(np.arange(1.0, 7.0)) == pytest.approx(2 / 2**6)
