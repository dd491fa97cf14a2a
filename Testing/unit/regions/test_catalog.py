"""Regions of a ball-shaped lesion in a ball-shaped brain, whose shells and mirrors are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gliomamri.regions.catalog import Ground, build_regions, mirrored_mask
from gliomamri.regions.reflection import Plane
from gliomamri.regions.settings import Settings
from gliomamri.regions.shells import surface_distance
from unit.regions.symmetric_head import grid_of, points_of

NORMAL = np.array([0.96, 0.22, -0.17]) / np.linalg.norm([0.96, 0.22, -0.17])
CENTER = np.array([20.0, 5.0, -3.0])


@pytest.fixture(scope="module")
def ground():
    grid = grid_of((90, 86, 32), (1.2, 1.25, 3.5), (10, -6, 14))
    points = points_of(grid)
    brain = np.linalg.norm(points, axis=-1) < 50
    annotation = np.linalg.norm(points - CENTER, axis=-1) < 9
    distance = surface_distance(annotation, grid.GetSpacing()[::-1], 21.0)
    values = np.ones(brain.shape, np.float32)
    return Ground(
        grid,
        brain,
        annotation,
        distance,
        {"drawn": np.linalg.norm(points - [-25, 20, 10], axis=-1) < 8},
        {"WM": (points[..., 2] > 0).astype(np.float32), "GM": (points[..., 2] <= 0).astype(np.float32)},
        {"R1": (values, np.ones(brain.shape, bool))},
        Plane((0.0, 0.0, 0.0), tuple(NORMAL)),
    )


@pytest.fixture(scope="module")
def regions(ground):
    return {region.name: region for region in build_regions(ground, Settings())[0]}


def mean_place(ground, mask):
    return points_of(ground.grid)[mask].mean(axis=0)


def test_all_regions_are_there_once(ground):
    found, warnings = build_regions(ground, Settings())

    names = [region.name for region in found]
    assert names == [
        "annotation", "mirror of annotation",
        "shell 0-5 mm", "mirror of shell 0-5 mm",
        "shell 5-10 mm", "mirror of shell 5-10 mm",
        "shell 10-20 mm", "mirror of shell 10-20 mm",
        "drawn", "mirror of drawn",
        "normal-appearing white matter", "normal-appearing gray matter",
    ]  # fmt: skip
    assert {r.name: r.mirror for r in found if r.mirror}["shell 0-5 mm"] == "mirror of shell 0-5 mm"
    assert not any("annotation" in warning and "beyond" in warning for warning in warnings)


def test_shells_do_not_overlap_and_stay_in_the_brain(ground, regions):
    masks = [regions[f"shell {name}"].mask for name in ("0-5 mm", "5-10 mm", "10-20 mm")]

    assert np.sum(masks, axis=0).max() == 1
    assert not (np.any(masks, axis=0) & (~ground.brain | ground.annotation)).any()


def test_mirrors_lie_at_the_mirror_image(ground, regions):
    for name in ("annotation", "shell 0-5 mm"):
        place = mean_place(ground, regions[name].mask)
        expected = place - 2 * (place @ NORMAL) * NORMAL
        assert mean_place(ground, regions[f"mirror of {name}"].mask) == pytest.approx(expected, abs=0.5)


def test_mirrors_keep_off_the_lesion_and_its_shells(ground):
    beside = replace(ground, plane=Plane(tuple(CENTER - 12 * NORMAL), tuple(NORMAL)))

    found = mirrored_mask(ground.annotation, beside.plane, beside, keep_off=20.0)

    assert not found.any() or ground.distance[found].min() > 20.0
    regions, warnings = build_regions(beside, Settings())
    mirrors = np.any([region.mask for region in regions if region.kind == "mirror"], axis=0)
    assert not (mirrors & (ground.distance <= 20.0)).any()
    assert any("mirror image in the brain" in warning for warning in warnings)


def test_drawn_regions_lose_their_rim(ground, regions):
    assert regions["annotation"].mask.sum() < ground.annotation.sum()
    assert regions["drawn"].mask.sum() < ground.segments["drawn"].sum()
    whole = {r.name: r for r in build_regions(ground, Settings(erode=False))[0]}
    assert np.array_equal(whole["annotation"].mask, ground.annotation & ground.brain)


def test_normal_tissue_lies_far_from_the_annotation(ground, regions):
    for name in ("normal-appearing white matter", "normal-appearing gray matter"):
        assert ground.distance[regions[name].mask].min() > 20.0


def test_without_mirror_no_region_has_one(ground):
    found, _ = build_regions(ground, Settings(mirror=False))

    assert not any(region.mirror or region.kind == "mirror" for region in found)


def test_a_segment_called_like_a_region_is_kept_apart(ground):
    named = replace(ground, segments={"annotation": ground.segments["drawn"]})

    names = [region.name for region in build_regions(named, Settings(mirror=False))[0]]

    assert "annotation (2)" in names
    assert len(names) == len(set(names))


def test_a_lesion_across_the_middle_is_told(ground):
    across = replace(ground, plane=Plane(tuple(CENTER), tuple(NORMAL)))

    assert any("beyond the brain's middle" in warning for warning in build_regions(across, Settings())[1])


def test_a_shell_that_leaves_the_brain_is_told(ground):
    small = replace(ground, brain=ground.distance <= 6.0)

    assert any("this shell is left out" in warning for warning in build_regions(small, Settings())[1])


def test_colors_tell_regions_apart(regions):
    colors = [region.color for region in regions.values() if region.kind != "mirror"]

    assert len(set(colors)) == len(colors)
