"""The patient's deformation: invertible, varied, and free of the grid it is asked on."""

import numpy as np
import pytest

from gliomamri.phantom.deformation import (
    SMALLEST_JACOBIAN,
    Deformation,
    WarpPriors,
    draw_deformation,
    lattice_grid,
    smallest_jacobian,
)
from gliomamri.phantom.fields import LatticeField
from gliomamri.phantom.grid import Grid


@pytest.mark.parametrize("seed", range(5))
def test_space_does_not_fold(seed):
    wild = WarpPriors(amplitudes=(9.0, 9.0, 9.0))

    deformation = draw_deformation(np.random.default_rng(seed), wild)

    assert smallest_jacobian(deformation) >= SMALLEST_JACOBIAN


def test_folding_is_noticed():
    grid = lattice_grid()
    z = np.broadcast_to(grid.z[:, None, None], grid.shape)
    folded = LatticeField.through((-40 * np.exp(-((z / 15) ** 2)) * z / 15).astype(np.float32), grid)
    flat = LatticeField.through(np.zeros(grid.shape, np.float32), grid)

    assert smallest_jacobian(Deformation(np.eye(3), (folded, flat, flat))) < 0


def test_push_and_pose_follow_the_equation():
    grid = lattice_grid()
    constant = [LatticeField.through(np.full(grid.shape, v, np.float32), grid) for v in (1.0, -2.0, 4.0, 0.5)]
    d, u = (constant[0], constant[1], constant[2]), (constant[3],) * 3
    matrix = np.array([[1.1, 0.1, 0.0], [0.0, 0.9, 0.2], [0.3, 0.0, 1.0]])
    points = Grid.centered((3, 4, 5), (3.0, 2.0, 1.0), center=(5.0, -6.0, 7.0))

    q = Deformation(matrix, u, d).at(points)

    p = np.stack(np.meshgrid(*points.axes, indexing="ij")) + np.array([1.0, -2.0, 4.0])[:, None, None, None]
    np.testing.assert_allclose(q, np.tensordot(matrix, p, 1) + 0.5, atol=1e-4)


def test_no_two_patients_are_alike():
    grid = Grid.centered((8, 8, 8), (15.0,) * 3)

    first, second = (draw_deformation(np.random.default_rng(seed)).at(grid) for seed in (1, 2))

    assert np.sqrt(((np.abs(first) - np.abs(second)) ** 2).mean()) > 2.0


def test_half_of_the_heads_are_mirrored():
    signs = [np.linalg.det(draw_deformation(np.random.default_rng(seed)).matrix) > 0 for seed in range(24)]

    assert 5 < sum(signs) < 19


def test_a_turned_anatomy_is_turned_back():
    turn = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    still = WarpPriors(rotation=(0.0, 0.0, 0.0), mean_scale=0.0, log_scale=0.0, widths=(), amplitudes=())

    matrix = draw_deformation(np.random.default_rng(1), still, turn).matrix

    np.testing.assert_allclose(np.abs(matrix), np.abs(turn), atol=1e-9)
    np.testing.assert_allclose(matrix[:2], turn[:2], atol=1e-9)


def test_a_push_moves_the_warped_head():
    """What lies at p after the push lay at p + d before: the truth's displacement, to a tenth of a mm."""
    healthy = draw_deformation(np.random.default_rng(4))
    lattice = lattice_grid()
    z, y, x = np.meshgrid(*lattice.axes, indexing="ij")
    bump = 8 * np.exp(-((z - 10) ** 2 + (y + 20) ** 2 + (x - 15) ** 2) / (2 * 20**2))
    push = tuple(LatticeField.through((bump * part).astype(np.float32), lattice) for part in (0.6, -1.0, 0.3))
    points = Grid.centered((5, 6, 7), (9.0, 7.0, 5.0), center=(12.0, -15.0, 10.0))

    found = healthy.with_push(push).at(points)

    displacement = [field.at(points) for field in push]
    for index in np.ndindex(points.shape):
        before = [
            np.array([axis[i] + d[index]], np.float32)
            for axis, i, d in zip(points.axes, index, displacement, strict=True)
        ]
        np.testing.assert_allclose(found[(slice(None), *index)], healthy.at(Grid(*before)).ravel(), atol=0.1)
    assert np.abs(displacement[1]).max() > 5
