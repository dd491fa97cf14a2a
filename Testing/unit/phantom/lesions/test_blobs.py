import numpy as np
import pytest

from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions.blobs import FAR_OUTSIDE, Blobs, elongated, random_shapes


def test_volume_and_length_of_an_elongated_ellipsoid():
    direction = np.array([[1.0, 2.0, -1.0]])
    blobs = Blobs(np.array([[3.0, -4.0, 6.0]]), np.array([6.0]), elongated(direction, np.array([2.5])))
    grid = Grid.centered((61, 61, 61), (0.6, 0.6, 0.6), (3.0, -4.0, 6.0))
    inside = np.argwhere(blobs.level(grid, 3.0) > 0) * 0.6
    assert len(inside) * 0.6**3 == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.02)
    values, vectors = np.linalg.eigh(np.cov(inside.T))
    assert np.sqrt(values[2] / values[0]) == pytest.approx(2.5, rel=0.03)
    assert abs(vectors[:, 2] @ direction[0] / np.linalg.norm(direction)) == pytest.approx(1, abs=1e-3)


def test_the_box_holds_every_point_within_the_margin():
    generator = np.random.default_rng(4)
    blobs = Blobs(
        generator.uniform(-20, 20, (6, 3)), generator.uniform(1, 6, 6), random_shapes(generator, 6, 0.5)
    )
    box = blobs.box(0.0)
    grid = Grid.centered((70, 80, 90), (1.1, 1.0, 0.9))
    level = blobs.level(grid, 2.0)
    cut = np.ones(grid.shape, bool)
    cut[box.cut(grid)] = False
    assert (level > 0).any()
    assert level[cut].max() <= 0


def test_level_is_the_largest_of_overlapping_ellipsoids_and_far_away_elsewhere():
    centers = np.array([[0.0, 0.0, 0.0], [0.0, 5.0, 0.0]])
    both = Blobs(centers, np.array([4.0, 3.0]), np.stack([np.eye(3)] * 2))
    grid = Grid(*(np.array([v], np.float32) for v in (0.0, 3.0, 0.0)))
    assert both.level(grid, 2.0)[0, 0, 0] == pytest.approx(max(4 - 3, 3 - 2))
    away = Grid(*(np.array([v], np.float32) for v in (30.0, 3.0, 0.0)))
    assert both.level(away, 2.0)[0, 0, 0] == FAR_OUTSIDE
    assert len(Blobs.none()) == 0
