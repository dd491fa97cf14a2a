"""Violins, densities and histograms: where they lie, how wide they are, what they are called."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gliomamri.regions.catalog import ANNOTATION, Region
from gliomamri.regions.comparison import Quantity
from gliomamri.regions.curves import density_chart, histogram_chart
from gliomamri.regions.violins import before_and_after, change_by_region

SHAPE = (6, 30, 40)
EVERYWHERE = np.ones(SHAPE, bool)


def region(name, kind, *slices):
    mask = np.zeros(SHAPE, bool)
    mask[slices] = True
    return Region(name, mask, kind, name, (0.1, 0.2, 0.3))


INSIDE = region(ANNOTATION, ANNOTATION, slice(None), slice(0, 15), slice(0, 20))
SHELL = region("shell", "shell", slice(None), slice(15, 30), slice(0, 20))
RELEVANT = region("relevant", "segment", slice(None), slice(5, 25), slice(5, 15))
TINY = region("tiny", "shell", 0, 0, slice(20, 30))
REGIONS = [INSIDE, SHELL, RELEVANT, TINY]


def quantity(name, mean, sd, seed, unit="1/s"):
    values = np.random.default_rng(seed).normal(mean, sd, SHAPE).astype(np.float32)
    return Quantity(name, unit, name, values, EVERYWHERE)


def curve(table, outline):
    return np.array(table.columns[outline.x]), np.array(table.columns[outline.y])


def test_before_is_the_left_half_and_after_the_right():
    table, chart = before_and_after(
        quantity("R1", 1.0, 0.1, 0), quantity("ceR1", 1.4, 0.2, 1), [INSIDE, SHELL], INSIDE.mask, "R1_violins"
    )

    assert list(chart.ticks.values()) == [ANNOTATION, "shell"]
    assert chart.y_label == "R1 (1/s)"
    assert [outline.label for outline in chart.outlines] == [
        "before contrast agent",
        "after contrast agent",
    ] * 2
    for place, pair in zip(chart.ticks, (chart.outlines[:2], chart.outlines[2:]), strict=True):
        (x, y), (later_x, later_y) = curve(table, pair[0]), curve(table, pair[1])
        assert x.max() == pytest.approx(place)
        assert later_x.min() == pytest.approx(place)
        assert y[np.argmin(x)] == pytest.approx(1.0, abs=0.05)
        assert later_y[np.argmax(later_x)] == pytest.approx(1.4, abs=0.1)
        assert table.units[pair[0].y] == "1/s"


def test_the_outline_is_as_wide_as_the_density():
    table, chart = before_and_after(quantity("R1", 1.0, 0.1, 0), None, [INSIDE], INSIDE.mask, "v")

    x, y = curve(table, chart.outlines[0])
    width = np.abs(x - 1.0)
    expected = stats.norm.pdf(y, 1.0, 0.1)
    assert width / width.max() == pytest.approx(expected / expected.max(), abs=0.12)
    assert (x[0], y[0]) == (x[-1], y[-1])


def test_change_is_solid_inside_and_dashed_outside():
    _, chart = change_by_region(quantity("dR1", 0.1, 0.1, 2), REGIONS, INSIDE.mask, "dR1_violins")

    looks = {chart.ticks[i + 1.0]: outline.dashed for i, outline in enumerate(chart.outlines)}
    assert looks == {ANNOTATION: False, "shell": True, "relevant, inside": False, "relevant, outside": True}
    assert not any(outline.filled for outline in chart.outlines)


def test_parts_of_a_segment_hold_its_own_voxels():
    values = np.where(INSIDE.mask, 0.5, 0.1).astype(np.float32)
    values += 0.01 * np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32)
    change = Quantity("dR1", "1/s", "dR1", values, EVERYWHERE)

    table, chart = change_by_region(change, [RELEVANT], INSIDE.mask, "v")

    medians = [np.median(curve(table, outline)[1]) for outline in chart.outlines]
    assert medians == pytest.approx([0.5, 0.1], abs=0.02)


def test_regions_of_few_voxels_are_not_drawn():
    assert before_and_after(quantity("R1", 1, 0.1, 0), None, [TINY], INSIDE.mask, "v") is None


def test_a_constant_map_is_drawn_as_a_line():
    flat = Quantity("R1", "1/s", "R1", np.full(SHAPE, 0.7, np.float32), EVERYWHERE)

    table, chart = before_and_after(flat, None, [INSIDE], INSIDE.mask, "v")

    x, y = curve(table, chart.outlines[0])
    assert np.isfinite(x).all()
    assert y == pytest.approx(0.7, abs=0.01)


def test_densities_have_area_1_per_unit():
    table, chart = density_chart(quantity("R1", 1.0, 0.1, 0), REGIONS, lower=0.0)

    at = np.array(table.columns["R1"])
    assert chart.y == (ANNOTATION, "shell", "relevant")
    for name in chart.y:
        density = np.array(table.columns[name])
        assert density.sum() * (at[1] - at[0]) == pytest.approx(1.0, abs=0.02)
        assert density == pytest.approx(stats.norm.pdf(at, 1.0, 0.1), abs=0.6)
    assert table.header("shell") == "shell (per 1/s)"
    assert chart.colors["shell"] == (0.1, 0.2, 0.3)


def test_histograms_carry_the_regions_colors():
    _, chart = histogram_chart(quantity("R1", 1.0, 0.1, 0), REGIONS)

    assert set(chart.colors) == {ANNOTATION, "shell", "relevant", "tiny"}
