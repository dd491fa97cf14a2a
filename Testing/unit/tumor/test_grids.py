"""The model's grid covers the reference's field of view, in the model's axes."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import corner_positions
from gliomamri.modelstore.parts import Grid
from gliomamri.tumor.grids import network_grid, plane_of, slice_axis

VOLUME = {"plane": "volume", "window": (16, 16, 16)}
SLICES = {"window": (64, 64)}


def test_slices_are_found_whatever_the_order_of_the_axes(head):
    for letters, axis in (("LPS", 2), ("SRA", 0), ("ASL", 1)):
        stack = head.grid((40, 50, 12), (0.5, 0.5, 5.0), (4.0, -7.0, 11.0), letters)
        assert slice_axis(stack) == axis
        assert plane_of(stack) == "axial"
        volume = head.grid((40, 50, 44), (1.0, 1.0, 1.0), (4.0, -7.0, 11.0), letters)
        assert slice_axis(volume) == axis
    coronal = head.grid((40, 12, 50), (0.5, 5.0, 0.5), (4.0, -7.0, 11.0), "SAR")
    assert (slice_axis(coronal), plane_of(coronal)) == (1, "coronal")


@pytest.mark.parametrize("letters", ["LPS", "RAS", "SLA"])
def test_the_grid_covers_an_oblique_stack_and_is_centered(head, letters):
    stack = head.grid((61, 70, 17), (0.8, 0.9, 5.0), (4.0, -7.0, 11.0), letters)

    grid = network_grid(stack, Grid(voxel_size=(1.5, 1.5, 1.5), **VOLUME)).image

    assert grid.GetSpacing() == pytest.approx((1.5, 1.5, 1.5))
    axes = np.reshape(grid.GetDirection(), (3, 3))
    assert np.all(np.diag(axes) > 0.9)  # x to the left, y to the back, z to the head
    assert grid.GetSize() == (33, 42, 57)
    assert corner_positions(grid).mean(axis=0) == pytest.approx(
        corner_positions(stack).mean(axis=0), abs=1e-6
    )


def test_a_model_that_keeps_the_voxels_keeps_the_grid(head):
    stack = head.grid((31, 40, 9), (0.8, 0.9, 5.0), (4.0, -7.0, 11.0), "RAS")

    grid = network_grid(stack, Grid(voxel_size=(None, None, None), **VOLUME)).image

    assert grid.GetSize() == (31, 40, 9)
    assert sorted(map(tuple, np.round(corner_positions(grid), 6))) == sorted(
        map(tuple, np.round(corner_positions(stack), 6))
    )


def test_slices_of_a_plane_come_first_in_the_array(head):
    volume = head.grid((40, 50, 44), (1.0, 1.2, 1.4), letters="RIP")

    for plane, size in (("axial", (40, 50, 44)), ("coronal", (40, 44, 50)), ("sagittal", (50, 44, 40))):
        found = network_grid(volume, Grid(plane=plane, voxel_size=(None, None, None), **SLICES))
        assert found.image.GetSize() == size
        assert found.step == 1
    acquired = head.grid((40, 12, 50), (0.5, 5.0, 0.5), letters="SAR")
    kept = network_grid(acquired, Grid(plane="acquired", voxel_size=(None, None, None), **SLICES)).image
    assert kept.GetSize() == (40, 50, 12)
    assert kept.GetSpacing() == (0.5, 0.5, 5.0)


def test_neighbors_further_apart_than_pixels_are_asked_in_between(head):
    volume = head.grid((40, 50, 44), (1.0, 1.0, 1.0))

    grid = Grid(plane="axial", voxel_size=(1.5, 1.5, 3.0), slices=5, **SLICES)
    found = network_grid(volume, grid)

    assert found.step == 2
    assert found.image.GetSpacing() == pytest.approx((1.5, 1.5, 1.5))


def test_a_grid_that_is_too_large_is_refused(head):
    with pytest.raises(UserError, match="too large an image"):
        network_grid(head.grid((400, 400, 300), (1.0, 1.0, 1.0)), Grid(voxel_size=(0.5, 0.5, 0.5), **VOLUME))
