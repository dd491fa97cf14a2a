"""Ranges and shares by hand."""

from __future__ import annotations

import csv

import pytest

from gliomamri.experiments.phantom_realism.comparison import compare, shares_inside, to_markdown, write_csv
from gliomamri.experiments.phantom_realism.measures import Measure


def cases(**values):
    """Cases of one measure per keyword, a list over cases."""
    count = max(map(len, values.values()))
    return {
        f"case {i}": {
            name: Measure(v[i], "ratio", name[0])
            for name, v in values.items()
            if i < len(v) and v[i] is not None
        }
        for i in range(count)
    }


@pytest.fixture
def rows():
    real = cases(a1=[50, 150], a2=[10, None], b1=[3])
    simulated = cases(a1=list(range(101)), a2=list(range(20, 121)), b1=[1, 2, 3, 4, 5])
    return compare(real, simulated)


def test_range_is_the_5th_to_95th_percentile(rows):
    first = rows[0]

    assert (first.low, first.median, first.high) == (5, 50, 95)
    assert first.inside == {"case 0": True, "case 1": False}
    assert first.offset == pytest.approx(50 / 45)


def test_share_counts_each_real_value_once(rows):
    assert shares_inside(rows) == pytest.approx({"all": 2 / 4, "a": 1 / 3, "b": 1})


def test_measure_of_few_simulated_cases_is_left_out():
    assert compare(cases(a1=[1.0]), cases(a1=[1.0, 2.0, 3.0, 4.0])) == []


def test_tables_say_what_is_outside(rows, tmp_path):
    write_csv(rows, tmp_path / "m.csv")

    with (tmp_path / "m.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [(line["measure"], line["case"], line["inside"]) for line in lines] == [
        ("a1", "case 0", "1"),
        ("a1", "case 1", "0"),
        ("a2", "case 0", "0"),
        ("b1", "case 0", "1"),
    ]
    text = to_markdown(rows, simulated_count=101)
    assert "| a1 | ratio | 5 / 50 / 95 | 50 | **150** |" in text
    assert "Baid" in text
    assert "Lesjak" in text
