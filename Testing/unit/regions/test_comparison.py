"""Table by region, against numpy and all pairs; intervals, against their meaning."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from gliomamri.regions.catalog import Region
from gliomamri.regions.comparison import Quantity, comparison_table
from gliomamri.regions.settings import Settings

SHAPE, SPACING = (8, 40, 48), (4.0, 1.0, 1.1)
SETTINGS = Settings(bootstrap_samples=400)


@pytest.fixture(scope="module")
def regions():
    masks = {name: np.zeros(SHAPE, bool) for name in ("left", "right", "tiny", "empty", "alone")}
    masks["left"][:, 5:35, 4:22] = True
    masks["right"][:, 5:35, 26:44] = True
    masks["tiny"][4, 20, 4:20] = True
    masks["alone"][2:5, 5:20, 5:20] = True
    mirror = {"left": "right", "tiny": "right", "empty": "right"}
    return [Region(n, m, "segment", n, (0, 0, 0), mirror.get(n, "")) for n, m in masks.items()]


@pytest.fixture(scope="module")
def quantity():
    noise = np.random.default_rng(0).standard_normal(SHAPE)
    field = 1.0 + 0.1 * noise + 0.3 * ndimage.gaussian_filter(noise, [0.5, 1.5, 1.5])
    field[:, :, :24] += 0.08
    usable = np.random.default_rng(1).random(SHAPE) > 0.1
    return Quantity("R1", "1/s", "R1", field.astype(np.float32), usable)


@pytest.fixture(scope="module")
def rows(quantity, regions):
    table = comparison_table(quantity, regions, SPACING, SETTINGS, seed=3)
    names = table.columns["region"]
    return {n: {c: cells[i] for c, cells in table.columns.items()} for i, n in enumerate(names)}


def test_description_is_that_of_numpy(rows, quantity, regions):
    inside = quantity.values[regions[0].mask & quantity.usable].astype(float)

    row = rows["left"]

    assert row["voxels"] == inside.size
    assert row["volume"] == pytest.approx(inside.size * 4.4 / 1000)
    assert row["mean"] == pytest.approx(inside.mean())
    assert row["sd"] == pytest.approx(inside.std(ddof=1))
    assert row["median"] == pytest.approx(np.median(inside))
    assert [row[f"p{p}"] for p in (5, 25, 75, 95)] == pytest.approx(np.percentile(inside, (5, 25, 75, 95)))


def test_comparison_with_the_mirror_is_that_of_all_pairs(rows, quantity, regions):
    left, right = (quantity.values[region.mask & quantity.usable].astype(float) for region in regions[:2])

    row = rows["left"]

    assert row["mirror delta"] == pytest.approx(np.sign(left[:, None] - right[None]).mean(), abs=1e-9)
    assert row["mirror distance"] == pytest.approx(stats.wasserstein_distance(left, right))
    assert row["mirror delta low"] < row["mirror delta"] < row["mirror delta high"]
    assert row["mirror delta low"] > 0  # the left side was raised


def test_interval_of_the_median_is_wider_than_that_of_single_voxels(rows, quantity, regions):
    row = rows["left"]

    inside = np.sort(quantity.values[regions[0].mask & quantity.usable])
    ranks = (stats.binom.ppf((0.025, 0.975), inside.size, 0.5)).astype(int)
    naive = inside[ranks[1]] - inside[ranks[0]]
    assert row["median low"] < row["median"] < row["median high"]
    assert row["median high"] - row["median low"] > 1.5 * naive
    assert row["block"] > 4.0
    assert row["blocks"] > 5


def test_small_regions_have_numbers_but_no_interval(rows):
    row = rows["tiny"]

    assert 0 < row["voxels"] < 20
    assert np.isfinite(row["median"])
    assert np.isfinite(row["mirror delta"])
    assert np.isnan([row["median low"], row["mirror delta low"], row["blocks"]]).all()


def test_empty_regions_have_a_row_without_numbers(rows):
    row = rows["empty"]

    assert row["voxels"] == 0
    assert np.isnan([row["mean"], row["median"], row["mirror delta"], row["mirror distance"]]).all()


def test_regions_without_a_mirror_are_not_compared(rows):
    assert np.isnan(rows["alone"]["mirror delta"])
    assert np.isfinite(rows["alone"]["median low"])


def test_the_same_seed_gives_the_same_table(quantity, regions, rows):
    again = comparison_table(quantity, regions[:2], SPACING, SETTINGS, seed=3)
    other = comparison_table(quantity, regions[:2], SPACING, SETTINGS, seed=4)

    once = comparison_table(quantity, regions[:2], SPACING, SETTINGS, seed=3)
    assert again.columns["median low"] == once.columns["median low"]
    assert again.columns["median low"] != other.columns["median low"]
    assert again.header("mirror distance") == "mirror distance (1/s)"
    assert again.header("volume") == "volume (ml)"


def test_a_set_block_size_is_used(quantity, regions):
    table = comparison_table(quantity, regions[:1], SPACING, Settings(bootstrap_samples=200, block_size=7.5))

    assert table.columns["block"] == [7.5]


def test_a_constant_map_has_an_interval_of_no_width(regions):
    flat = Quantity("R1", "1/s", "R1", np.full(SHAPE, 0.7, np.float32), np.ones(SHAPE, bool))

    table = comparison_table(flat, regions[:2], SPACING, SETTINGS)

    assert table.columns["median low"] == pytest.approx([0.7, 0.7], abs=1e-5)
    assert table.columns["median high"] == pytest.approx([0.7, 0.7], abs=1e-5)
    assert table.columns["mirror delta"][0] == 0
    assert table.columns["mirror distance"][0] == 0
