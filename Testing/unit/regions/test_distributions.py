"""Distributions of rates in regions, against numpy on the same voxels."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.regions.distributions import histogram, rates, summary_table
from gliomamri.regions.segments import segment_masks
from gliomamri.study import Segments

SHAPE = (3, 4, 5)


@pytest.fixture
def values():
    return np.random.default_rng(1).gamma(4.0, 0.25, SHAPE)


@pytest.fixture
def regions():
    left = np.zeros(SHAPE, bool)
    left[:, :, :2] = True
    return {"left": left, "all": np.ones(SHAPE, bool), "nothing": np.zeros(SHAPE, bool)}


def test_rates_are_inverse_seconds_and_leave_out_caps_and_invalid():
    times = np.array([[[500.0, 0.0, -3.0, 6000.0, 1000.0]]])
    valid = np.array([[[True, True, True, True, False]]])

    found, usable = rates(times, valid, longest=6000.0)

    assert found.ravel().tolist() == [2.0, 0.0, 0.0, 0.0, 0.0]
    assert usable.ravel().tolist() == [True, False, False, False, False]


def test_summary_describes_usable_voxels_of_each_region(values, regions):
    usable = values > 0.5

    table = summary_table("R1", "1/s", values, usable, regions)

    inside = values[regions["left"] & usable]
    row = {column: cells[0] for column, cells in table.columns.items()}
    assert row["region"] == "left"
    assert row["voxels"] == inside.size
    assert row["mean"] == pytest.approx(inside.mean())
    assert row["sd"] == pytest.approx(inside.std(ddof=1))
    assert row["p95"] == pytest.approx(np.percentile(inside, 95))
    assert table.header("median") == "median (1/s)"
    assert [cells[2] for column, cells in table.columns.items() if column != "region"] == [0] * 8


def test_histogram_densities_integrate_to_the_share_inside_the_range(values, regions):
    usable = np.ones(SHAPE, bool)

    table, chart = histogram("R1", "1/s", values, usable, regions, bins=17)

    centers = np.array(table.columns["R1"])
    width = centers[1] - centers[0]
    top = 1.2 * np.percentile(np.concatenate([values[regions["left"]], values.ravel()]), 99)
    for name in ("left", "all"):
        inside = values[regions[name]]
        assert sum(table.columns[name]) * width == pytest.approx((inside <= top).mean())
    assert chart.y == ("left", "all")
    assert table.header("left") == "left (per 1/s)"


def test_histogram_of_nothing_is_empty_not_an_error(values, regions):
    table, chart = histogram("R1", "1/s", values, np.zeros(SHAPE, bool), regions)

    assert list(table.columns) == ["R1"]
    assert chart.y == ()


def test_a_region_called_like_the_quantity_keeps_apart(values):
    table, chart = histogram("R1", "1/s", values, np.ones(SHAPE, bool), {"R1": np.ones(SHAPE, bool)})

    assert list(table.columns) == ["R1", "R1 (region)"]
    assert chart.y == ("R1 (region)",)


def oblique(size, spacing, origin):
    image = sitk.Image(size, sitk.sitkUInt8)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    angle = np.deg2rad(20)
    image.SetDirection([np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0, 0, 0, -1])
    return image


def test_segments_of_the_same_grid_are_taken_as_they_are():
    image = oblique([5, 4, 3], [1.0, 2.0, 3.0], [7.0, 8.0, 9.0])
    image[1, 2, 0] = 1
    image[4, 3, 2] = 7

    masks, resampled = segment_masks(
        [Segments(image, {1: "tumor", 7: "edema", 9: "none"})], sitk.Cast(image, sitk.sitkFloat32)
    )

    assert not resampled
    assert np.argwhere(masks["tumor"]).tolist() == [[0, 2, 1]]
    assert np.argwhere(masks["edema"]).tolist() == [[2, 3, 4]]
    assert not masks["none"].any()


def test_segments_of_another_grid_are_resampled_and_it_is_said():
    fine = oblique([10, 8, 3], [0.5, 1.0, 3.0], [0.0, 0.0, 0.0])
    fine[2:4, 4:6, 1] = 1
    center = fine.TransformContinuousIndexToPhysicalPoint((0.5, 0.5, 0.0))
    coarse = oblique([5, 4, 3], [1.0, 2.0, 3.0], center)

    masks, resampled = segment_masks([Segments(fine, {1: "tumor"})], coarse)

    assert resampled
    assert np.argwhere(masks["tumor"]).tolist() == [[1, 2, 1]]


def test_segments_of_one_name_are_both_kept():
    image = oblique([3, 3, 3], [1, 1, 1], [0, 0, 0])
    image[0, 0, 0], image[1, 1, 1] = 1, 2

    masks, _ = segment_masks([Segments(image, {1: "lesion", 2: "lesion"})], image)

    assert list(masks) == ["lesion", "lesion (2)"]
    assert all(mask.sum() == 1 for mask in masks.values())


def test_overlapping_layers_are_both_kept():
    whole, core = oblique([3, 3, 3], [1, 1, 1], [0, 0, 0]), oblique([3, 3, 3], [1, 1, 1], [0, 0, 0])
    whole[:, :, 1], core[1, 1, 1] = 1, 1

    masks, _ = segment_masks([Segments(whole, {1: "whole tumor"}), Segments(core, {1: "core"})], whole)

    assert masks["whole tumor"].sum() == 9
    assert np.argwhere(masks["core"]).tolist() == [[1, 1, 1]]
