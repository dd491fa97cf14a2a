"""Coarser acquisition: only what is finer changes, and the image stays the same to the eye of a coarse grid."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.phantom.artifacts.acquisition import Acquisition
from gliomamri.phantom.artifacts.coarser import coarser
from gliomamri.phantom.artifacts.gibbs import Truncation
from gliomamri.phantom.artifacts.noise import Noise, NoiseKey
from gliomamri.phantom.artifacts.pipeline import SeriesArtifacts, acquire, apply_artifacts
from gliomamri.phantom.grid import Grid

THICK = SeriesArtifacts(
    acquisition=Acquisition((5.0, 0.5, 0.5), 0, 4.0, False, 1.0, True),
    truncation=Truncation((0.7, 1.0), 0.1, 2),
)


@pytest.fixture
def grid():
    return Grid.centered((30, 40, 36), (1.5, 1.5, 1.5))


def image(grid):
    z, y, x = np.meshgrid(*grid.axes, indexing="ij")
    return (100 * np.exp(-((z / 15) ** 2) - ((y - 4) / 12) ** 2 - ((x + 3) / 9) ** 2)).astype(np.float32)


def test_slices_stay_and_pixels_grow():
    found = coarser(THICK, 1.0)
    assert found.acquisition.spacing == (5.0, 1.0, 1.0)
    assert found.acquisition.thickness == 4.0
    assert found.truncation == Truncation((0.7, 1.0), 0.1, 1)
    assert coarser(found, 1.0) == found


@pytest.mark.parametrize("artifacts", [THICK, SeriesArtifacts(), SeriesArtifacts(noise=Noise(0.1, 0.0))])
def test_nothing_changes_without_a_limit(artifacts):
    assert coarser(artifacts, 0.0) is artifacts


def test_coarse_voxels_are_left_as_they_are():
    coarse = SeriesArtifacts(
        acquisition=Acquisition((6.0, 1.2, 1.2), 0, 5.0, False, 0.0, False),
        truncation=Truncation((1, 1), 0, 1),
    )
    assert coarser(coarse, 1.0) == coarse


def test_far_fewer_voxels_show_the_same(grid):
    ideal = image(grid)
    fine = acquire(ideal, grid, THICK, NoiseKey(1, 0), 100.0)
    coarse = acquire(ideal, grid, coarser(THICK, 1.05), NoiseKey(1, 0), 100.0)
    assert coarse.array.size < fine.array.size / 12

    one = apply_artifacts(ideal, grid, THICK, NoiseKey(1, 0), 100.0)
    other = apply_artifacts(ideal, grid, coarser(THICK, 1.05), NoiseKey(1, 0), 100.0)
    assert np.abs(one - other).max() < 2.0


def test_noise_per_voxel_stays(grid):
    noisy = SeriesArtifacts(acquisition=THICK.acquisition, noise=Noise(0.05, 0.0))
    flat = np.full(grid.shape, 100, np.float32)
    found = [
        acquire(flat, grid, one, NoiseKey(1, 0), 100.0).array.std() for one in (noisy, coarser(noisy, 1.0))
    ]
    assert found == pytest.approx([5.0, 5.0], rel=0.05)
