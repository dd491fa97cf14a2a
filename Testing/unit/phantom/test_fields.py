"""Lattice fields: the same value on any grid, the promised spread and width."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from gliomamri.phantom.fields import LatticeField, random_field
from gliomamri.phantom.grid import Grid

GRID = Grid.centered((9, 14, 11), (5.0, 3.0, 2.0), center=(4.0, -7.0, 11.0))


def test_grid_is_centered_and_anisotropic():
    assert GRID.shape == (9, 14, 11)
    assert GRID.z.mean() == pytest.approx(4.0)
    assert np.diff(GRID.x) == pytest.approx(2.0)


def test_spacing_is_exact_far_from_the_origin():
    grid = Grid(*(np.arange(300, dtype=np.float32) * step + 90 for step in (0.43, 0.7, 1.1)))

    assert grid.spacing == pytest.approx((0.43, 0.7, 1.1), abs=1e-7)
    assert grid.slab(5, 6).spacing == grid.spacing


def test_field_equals_the_tensor_product_of_splines():
    field = random_field(np.random.default_rng(1), 30.0)
    basis = BSpline.basis_element([-2, -1, 0, 1, 2], extrapolate=False)
    point = np.array([3.7, -11.2, 21.9])
    weights = [
        np.nan_to_num(basis((p - o) / field.step - np.arange(n)))
        for p, o, n in zip(point, field.origin, field.coefficients.shape, strict=True)
    ]
    expected = np.einsum("i,j,k,ijk", *weights, field.coefficients)

    found = field.at(Grid(*(np.array([p], np.float32) for p in point)))

    assert found.item() == pytest.approx(expected, rel=1e-4)


def test_slab_has_the_values_of_the_whole():
    field = random_field(np.random.default_rng(2), 12.0)

    whole, slab = field.at(GRID), field.at(GRID.slab(3, 5))

    np.testing.assert_allclose(slab, whole[3:5], atol=1e-5)


@pytest.mark.parametrize("width", [6.0, 20.0])
def test_random_field_has_unit_spread_and_its_width(width):
    field = random_field(np.random.default_rng(3), width)
    half = Grid.centered((90, 80, 70), (2.0, 2.1, 1.9))
    moved = Grid(half.z + width / 2, half.y, half.x)

    here, there = field.at(half), field.at(moved)

    assert here.std() == pytest.approx(1.0, abs=0.06)
    assert np.mean(here * there) / np.mean(here**2) == pytest.approx(0.5, abs=0.06)


def test_scattered_points_have_the_values_of_the_grid():
    field = random_field(np.random.default_rng(5), 30.0)
    far = Grid(np.append(GRID.z, np.float32(500)), GRID.y, GRID.x)

    found = field.at_points(np.meshgrid(*far.axes, indexing="ij"))

    np.testing.assert_allclose(found, field.at(far), atol=2e-5)


def test_through_takes_the_given_values():
    grid = Grid.centered((7, 9, 8), (4.0, 4.0, 4.0))
    values = np.random.default_rng(4).standard_normal(grid.shape).astype(np.float32)

    field = LatticeField.through(values, grid)

    np.testing.assert_allclose(field.at(grid), values, atol=1e-4)


def test_beyond_the_lattice_the_border_continues():
    grid = Grid.centered((7, 9, 8), (4.0, 4.0, 4.0))
    field = LatticeField.through(np.full(grid.shape, 3.0, np.float32), grid)

    far = field.at(Grid(np.array([400.0], np.float32), grid.y, grid.x))

    np.testing.assert_allclose(far, 3.0, rtol=1e-5)
