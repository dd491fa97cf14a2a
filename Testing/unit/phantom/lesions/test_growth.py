import numpy as np
import pytest
from scipy import ndimage

from gliomamri.errors import UserError
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions.growth import (
    CORE_SPEED,
    Ground,
    Irregularity,
    arrival,
    ground_around,
    grow_core,
    grow_edema,
    signed_distance,
)
from gliomamri.phantom.tissues import Tissue


def flat_ground(shape=(31, 41, 36), step=2.0, tissue=Tissue.WHITE_MATTER):
    grid = Grid.centered(shape, (step,) * 3, (4.0, -6.0, 10.0))
    return Ground(grid, np.full(shape, tissue, np.uint8), np.full(shape, -40.0, np.float32))


def test_arrival_in_an_even_medium_is_the_distance_over_the_speed():
    ground = flat_ground()
    seed = tuple(float(axis[len(axis) // 2]) for axis in ground.grid.axes)
    time = arrival(np.full(ground.grid.shape, 0.5, np.float32), ground, seed, 200.0)
    z, y, x = np.meshgrid(*ground.grid.axes, indexing="ij", sparse=True)
    truth = 2 * np.sqrt((z - seed[0]) ** 2 + (y - seed[1]) ** 2 + (x - seed[2]) ** 2)
    far = (truth > 30) & (truth < 60)
    error = np.abs(time / np.where(truth > 0, truth, 1) - 1)[far]
    assert error.mean() < 0.09
    assert error.max() < 0.15


def test_arrival_goes_around_a_wall():
    ground = flat_ground()
    speed = np.ones(ground.grid.shape, np.float32)
    wall = 20
    speed[:, :30, wall] = 1e-3
    seed = (4.0, -40.0, float(ground.grid.x[10]))
    time = arrival(speed, ground, seed, 500.0)
    k, j = 15, int(np.argmin(abs(ground.grid.y + 40)))
    behind = time[k, j, 30]
    corner = np.hypot(ground.grid.y[30] + 40, ground.grid.x[wall] - seed[2])
    around = corner + np.hypot(ground.grid.y[30] + 40, ground.grid.x[30] - ground.grid.x[wall])
    assert behind == pytest.approx(around, rel=0.1)
    assert behind > 1.5 * (ground.grid.x[30] - seed[2])


def test_ground_is_cut_from_the_terrain_with_air_beyond(terrain):
    center = (float(terrain.grid.z[-1]) - 4, 3.4, -7.4)
    ground = ground_around(terrain, center, 20.0)
    k, j, i = (int(np.argmin(abs(axis - c))) for axis, c in zip(terrain.grid.axes, center, strict=True))
    middle = ground.grid.shape[0] // 2
    assert ground.tissue[middle, middle, middle] == terrain.tissue[k, j, i]
    assert ground.grid.y[middle] == terrain.grid.y[j]
    assert np.all(ground.tissue[ground.grid.z > terrain.grid.z[-1] + 1] == Tissue.AIR)
    finer = ground_around(terrain, (2.0, 20.0, 30.0), 12.0, 1.0)
    assert finer.step == pytest.approx(1.0)


@pytest.mark.parametrize("volume", [3.0, 25.0])
def test_core_has_the_wanted_volume_in_one_piece(volume):
    ground = flat_ground((45, 45, 45))
    level = grow_core(np.random.default_rng(2), ground, (4.0, -6.0, 10.0), volume, Irregularity())
    inside = level > 0
    assert inside.sum() * 8 / 1000 == pytest.approx(volume, rel=0.02)
    assert ndimage.label(inside)[1] == 1
    truth = signed_distance(inside, 2.0)
    near = np.abs(truth) < 10
    assert np.abs(level - truth)[near].mean() < 1.5


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_core_is_as_elongated_as_wanted(ratio):
    ground = flat_ground((61, 61, 61))
    smooth = Irregularity(cost=0.0, lobes=0.0, bumps=0.0, ratio=ratio)

    level = grow_core(np.random.default_rng(4), ground, (4.0, -6.0, 10.0), 30.0, smooth)

    points = np.argwhere(level > 0)
    spread = np.sqrt(np.linalg.eigvalsh(np.cov(points.T)))
    assert spread[2] / spread[0] == pytest.approx(ratio, rel=0.15)
    assert len(points) * 8 / 1000 == pytest.approx(30, rel=0.02)


def test_core_stays_on_its_side_of_a_falx():
    ground = flat_ground((45, 45, 45))
    ground.tissue[:, :, 26] = Tissue.FALX
    level = grow_core(np.random.default_rng(1), ground, (4.0, -6.0, 10.0), 30.0, Irregularity())
    assert (level > 0)[:, :, :26].sum() > 50 * (level > 0)[:, :, 28:].sum()


def test_core_that_does_not_fit_says_so():
    ground = flat_ground((31, 31, 31))
    ground.tissue[5:] = Tissue.DURA
    with pytest.raises(UserError, match="does not fit"):
        grow_core(np.random.default_rng(1), ground, (-20.0, -6.0, 10.0), 80.0, Irregularity())


def test_edema_follows_white_matter_and_spares_gray():
    ground = flat_ground((50, 50, 50))
    ground.tissue[:, 30:, :] = Tissue.CORTEX
    seed = tuple(float(axis[25]) for axis in ground.grid.axes)
    z, y, x = np.meshgrid(*ground.grid.axes, indexing="ij", sparse=True)
    core = (8 - np.sqrt((z - seed[0]) ** 2 + (y - seed[1]) ** 2 + (x - seed[2]) ** 2)).astype(np.float32)
    level = grow_edema(np.random.default_rng(3), ground, core, seed, 30.0)
    soaked = (level > 0) & (core <= 0)
    assert soaked.sum() * 8 / 1000 == pytest.approx(30, rel=0.15)
    toward_gray = soaked[:, 30:].any(axis=(0, 2)).sum() * 2
    toward_white = soaked[:, :25].any(axis=(0, 2)).sum() * 2
    assert toward_white > toward_gray + 6
    assert np.all(level[core > 0] > 0)


def test_tissue_speeds_are_ordered():
    assert CORE_SPEED[Tissue.WHITE_MATTER] > CORE_SPEED[Tissue.CORTEX] > CORE_SPEED[Tissue.CSF]
    assert CORE_SPEED[Tissue.FALX] < 0.05
    assert CORE_SPEED[Tissue.DURA] < 0.05
