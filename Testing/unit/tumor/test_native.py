"""Answers come back to where they belong, on finer, coarser and oblique grids."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.modelstore.parts import Grid
from gliomamri.tumor.grids import network_grid
from gliomamri.tumor.native import native_box


def field(points):
    """A smooth field in space, asymmetric."""
    x, y, z = points.T
    return np.sin(x / 17) + 0.02 * y + np.cos(z / 13 + x / 29)


@pytest.mark.parametrize(
    ("size", "spacing", "letters"),
    [((90, 100, 70), (1.0, 1.1, 1.2), "RAS"), ((100, 120, 20), (0.8, 0.8, 5.0), "SPR")],
)
def test_a_field_comes_back_to_its_place(head, size, spacing, letters):
    reference = head.grid(size, spacing, (4.0, -7.0, 11.0), letters)
    wanted = Grid(plane="volume", voxel_size=(1.5, 1.5, 1.5), window=(16, 16, 16))
    grid = network_grid(reference, wanted).image
    values = field(head.points(grid)).reshape(grid.GetSize()[::-1])
    points = head.points(reference)
    inside = np.linalg.norm(points - (6, -9, 10), axis=1) < 30
    mask = sitk.GetImageFromArray(inside.reshape(reference.GetSize()[::-1]).astype(np.uint8))
    mask.CopyInformation(reference)

    box = native_box(mask)
    image = box.image(box.bring(values, grid))

    found = sitk.GetArrayFromImage(image).ravel()[inside]
    assert np.abs(found - field(points[inside])).max() < (0.02 if max(spacing) < 2 else 0.08)
    assert sitk.GetArrayFromImage(box.image(np.ones_like(box.brain, np.uint8))).sum() == box.brain.size
    assert box.brain.sum() == inside.sum()


def test_an_answer_on_the_same_grid_is_taken_over(head):
    reference = head.grid((20, 30, 10), (1.0, 1.0, 5.0), (4.0, -7.0, 11.0))
    mask = sitk.Cast(reference * 0 + 1, sitk.sitkUInt8)
    values = np.random.default_rng(0).random((10, 30, 20)).astype(np.float32)

    assert np.array_equal(native_box(mask).bring(values, reference), values)
