"""Surface distances, against all pairs of elements found one by one, and against spheres."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest

from gliomamri.metrics.surface import surface_distances

SPACING = (3.0, 0.8, 1.3)


def ball(shape, spacing, center, radius):
    axes = np.meshgrid(*[np.arange(n) * s for n, s in zip(shape, spacing, strict=True)], indexing="ij")
    return sum((axis - c) ** 2 for axis, c in zip(axes, center, strict=True)) < radius**2


def sheet_area(voxels, spacing):
    """Area vectors of the parts of one corner's neighborhood, by walking from voxel to voxel."""
    inside = {at for at in itertools.product((0, 1), repeat=3) if voxels[at]}
    sides = []
    for side in (inside, set(itertools.product((0, 1), repeat=3)) - inside):
        left, parts = set(side), []
        while left:
            part, pending = set(), [left.pop()]
            while pending:
                here = pending.pop()
                part.add(here)
                near = {other for other in left if sum(a != b for a, b in zip(here, other, strict=True)) == 1}
                left -= near
                pending += near
            parts.append(part)
        sides.append((len(side), len(parts), parts))
    total = 0.0
    for part in min(sides, key=lambda side: side[:2])[2]:
        vector = np.zeros(3)
        for voxel, axis in itertools.product(part, range(3)):
            across = tuple(1 - v if a == axis else v for a, v in enumerate(voxel))
            if across not in part:
                vector[axis] += (1 if voxel[axis] else -1) * np.prod(np.delete(spacing, axis)) / 4
        total += np.linalg.norm(vector)
    return total


def mean_crossing(voxels):
    """Mean of the midpoints of the edges between an inside and an outside voxel."""
    all_voxels = list(itertools.product((0, 1), repeat=3))
    found = [
        np.add(a, b) / 2
        for a, b in itertools.combinations(all_voxels, 2)
        if sum(x != y for x, y in zip(a, b, strict=True)) == 1 and voxels[a] != voxels[b]
    ]
    return np.mean(found, axis=0)


def elements_one_by_one(mask, spacing):
    padded = np.pad(mask, 1)
    points, areas = [], []
    for corner in itertools.product(*(range(n + 1) for n in mask.shape)):
        voxels = padded[tuple(slice(at, at + 2) for at in corner)]
        if voxels.any() and not voxels.all():
            points.append((np.array(corner) - 1 + mean_crossing(voxels)) * spacing)
            areas.append(sheet_area(voxels, spacing))
    return np.array(points), np.array(areas)


def percentile_one_by_one(distances, areas, percent):
    held, whole = 0.0, areas.sum()
    for distance, area in sorted(zip(distances, areas, strict=True)):
        held += area
        if held >= percent / 100 * whole * (1 - 1e-9):
            return distance
    raise AssertionError


@pytest.fixture(params=["blobs", "noise"])
def masks(request):
    generator = np.random.default_rng(13)
    if request.param == "noise":
        return tuple(generator.random((2, 4, 6, 5)) < 0.35)
    shape = (7, 14, 11)
    second = ball(shape, SPACING, (11, 6, 6), 4.5) | ball(shape, SPACING, (4, 2, 11), 2.5)
    return ball(shape, SPACING, (9, 5, 7), 5.0), second


def test_all_numbers_are_those_of_all_pairs(masks):
    (p, a), (q, b) = (elements_one_by_one(mask, SPACING) for mask in masks)
    pairs = np.linalg.norm(p[:, None] - q, axis=2)
    there, back = pairs.min(axis=1), pairs.min(axis=0)

    found = surface_distances(*masks, SPACING)

    assert np.sort(found.from_truth) == pytest.approx(np.sort(there))
    assert found.truth_areas.sum() == pytest.approx(a.sum())
    assert found.hausdorff(100) == pytest.approx(max(there.max(), back.max()))
    for percent in (50, 95):
        expected = max(percentile_one_by_one(there, a, percent), percentile_one_by_one(back, b, percent))
        assert found.hausdorff(percent) == pytest.approx(expected)
    assert found.mean == pytest.approx(((there * a).sum() / a.sum() + (back * b).sum() / b.sum()) / 2)
    tolerance = 1.35
    close = a[there <= tolerance].sum() + b[back <= tolerance].sum()
    assert found.surface_dice(tolerance) == pytest.approx(close / (a.sum() + b.sum()))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 0.7, 1.0)])
def test_spheres_about_one_center(spacing):
    shape = [int(44 / s) for s in spacing]
    small, large = (ball(shape, spacing, (21, 20.5, 21.3), radius) for radius in (13.0, 18.0))

    found = surface_distances(small, large, spacing)

    assert found.mean == pytest.approx(5.0, abs=0.12 * max(spacing))
    assert found.hausdorff(95) == pytest.approx(5.0, abs=0.3 * max(spacing))
    assert found.surface_dice(6.0) == pytest.approx(1.0, abs=0.005)
    assert found.surface_dice(4.0) == pytest.approx(0.0, abs=0.005)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.5, 0.7, 0.9)])
def test_a_shifted_sphere(spacing):
    """A point at cosine u of a sphere of radius R has the distance abs(sqrt(R^2 + s^2 - 2 R s u) - R) from one shifted
    by s, and u is uniform over the area."""
    R, shift = 16.0, np.array([5.0, -2.8, 3.6])
    shape = [int(48 / s) for s in spacing]
    first, second = (ball(shape, spacing, np.array([22.0, 24, 22]) + move, R) for move in (0 * shift, shift))
    s = np.linalg.norm(shift)
    distance = np.sort(np.abs(np.sqrt(R**2 + s**2 - 2 * R * s * np.linspace(-1, 1, 20001)) - R))

    found = surface_distances(first, second, spacing)

    assert found.hausdorff(95) == pytest.approx(distance[19000], abs=0.15 * max(spacing))
    assert found.hausdorff(100) == pytest.approx(s, abs=0.3 * max(spacing))
    assert found.mean == pytest.approx(distance.mean(), abs=0.06 * max(spacing))
    for tolerance in (2.0, 4.0):
        share = (distance <= tolerance).mean()
        assert found.surface_dice(tolerance) == pytest.approx(share, abs=0.03)


def test_boxes_shifted_through_the_slices():
    """Two slices of 5 mm up: the faces below and above are 10 mm apart."""
    first = np.zeros((9, 30, 30), bool)
    first[2:5, 5:25, 5:25] = True

    found = surface_distances(first, np.roll(first, 2, axis=0), (5.0, 1.0, 1.0))

    assert found.hausdorff(95) == found.hausdorff(100) == pytest.approx(10.0)


def test_equal_masks_are_0_apart(masks):
    found = surface_distances(masks[0], masks[0], SPACING)

    assert (found.hausdorff(100), found.mean, found.surface_dice(0.0)) == (0, 0, 1)


def test_directions_are_symmetric_and_the_rest_of_the_grid_has_no_influence(masks):
    found = surface_distances(*masks, SPACING)
    padded = surface_distances(*(np.pad(mask, ((3, 1), (0, 5), (2, 2))) for mask in masks[::-1]), SPACING)

    assert found.hausdorff(95) == pytest.approx(padded.hausdorff(95))
    assert found.mean == pytest.approx(padded.mean)


def test_a_long_voxel_counts_for_its_area():
    """A rod of 2 x 2 mm through ten slices of 10 mm, and one that ends a slice earlier."""
    rod = np.zeros((10, 8, 8), bool)
    rod[:, 1:3, 1:3] = True
    bent = rod.copy()
    bent[9, 1:3, 1:3] = False

    found = surface_distances(rod, bent, (10.0, 1.0, 1.0))

    assert found.hausdorff(100) == pytest.approx(10.0)
    # the end's face and half of the last slice's sides are 10 mm off
    assert found.hausdorff(80) == 0.0


def test_empty_masks_have_no_distance(masks):
    empty = np.zeros_like(masks[0])
    one, none = surface_distances(masks[0], empty, SPACING), surface_distances(empty, empty, SPACING)

    assert math.isnan(one.hausdorff(95))
    assert math.isnan(one.mean)
    assert one.surface_dice(2.0) == surface_distances(empty, masks[0], SPACING).surface_dice(2.0) == 0.0
    assert math.isnan(none.hausdorff(95))
    assert math.isnan(none.surface_dice(2.0))


def test_a_large_tumor_in_a_whole_head_takes_below_a_second():
    """0.12 s of one core; the limit leaves room for a busy machine."""
    z, y, x = np.ogrid[:155, :240, :240]
    truth = ((z - 80) / 35.0) ** 2 + ((y - 120) / 45.0) ** 2 + ((x - 100) / 40.0) ** 2 < 1
    prediction = np.roll(truth, 4, axis=1)

    took = []
    for _ in range(3):
        start = time.process_time()
        found = surface_distances(truth, prediction, (1.0, 1.0, 1.0))
        took.append(time.process_time() - start)

    assert 3.0 < found.hausdorff(95) <= 4.0
    assert min(took) < 1.0
