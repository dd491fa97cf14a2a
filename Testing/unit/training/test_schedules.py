"""Schedules at the steps where their value is known."""

from __future__ import annotations

import math

import pytest

from gliomamri.training.schedules import constant, polynomial, warmup_cosine


def test_warm_up_is_a_straight_line_that_meets_the_cosine():
    values = [warmup_cosine(step, steps=100, warmup=4) for step in range(6)]
    assert values[:5] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    assert values[5] < 1


def test_cosine_at_its_quarters_and_beyond_its_end():
    at = {step: warmup_cosine(step, steps=110, warmup=10, floor=0.1) for step in (10, 35, 60, 85, 110, 500)}
    quarter = math.sqrt(0.5)
    expected = [1, 0.1 + 0.45 * (1 + quarter), 0.55, 0.1 + 0.45 * (1 - quarter), 0.1, 0.1]
    assert list(at.values()) == pytest.approx(expected)


def test_no_warm_up_starts_at_one():
    assert warmup_cosine(0, steps=10) == 1


def test_warm_up_as_long_as_the_training_is_no_error():
    assert [warmup_cosine(step, steps=2, warmup=2) for step in range(3)] == pytest.approx([0.5, 1.0, 1.0])


def test_polynomial_is_the_published_rate():
    """Paper 000: 1e-3 (1 - e / 1000)^0.9."""
    assert polynomial(0, steps=1000) == 1
    assert polynomial(500, steps=1000) == pytest.approx(0.5**0.9)
    assert 1e-3 * polynomial(999, steps=1000) == pytest.approx(1.9953e-6, rel=1e-4)
    assert polynomial(1000, steps=1000) == polynomial(1500, steps=1000) == 0


def test_constant():
    assert constant(7, steps=10) == 1
