"""Smooth fields from scattered, noisy values."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.relaxometry.smooth_field import fit_field
from gliomamri.relaxometry.splines import AxisSplines, SplineSpace, lattice_of

SPACING = (5.0, 2.4, 1.8)


@pytest.fixture(scope="module")
def mask():
    z, y, x = np.ogrid[-1:1:12j, -1:1:36j, -1:1:50j]
    return (z**2 + (y - 0.2 * x) ** 2 + x**2 < 0.9) & (x > -0.8)


def positions(shape):
    return np.meshgrid(*(np.arange(n) * s for n, s in zip(shape, SPACING, strict=True)), indexing="ij")


def fitted(mask, values, sd, seed=0):
    """Fit noisy values of a field, and return it with the lattice."""
    lattice = lattice_of(mask, SPACING, 4000)
    cut = np.ix_(*lattice)
    noise = sd * np.random.default_rng(seed).standard_normal(mask.shape)
    field = fit_field(SplineSpace.over(mask, SPACING), lattice, (values + noise)[cut], mask[cut] / sd**2)
    return field, lattice


def test_a_linear_field_costs_nothing_and_is_found_exactly(mask):
    z, y, x = positions(mask.shape)
    values = 1 + 0.002 * z - 0.001 * y + 0.0015 * x

    field, _ = fitted(mask, values, 1e-3)

    assert np.abs(field.on_grid() - values)[mask].max() < 1e-3
    assert field.freedom < 8  # four of them are the linear fields


def test_smoothness_follows_the_data(mask):
    z, y, x = positions(mask.shape)
    values = 1 + 0.1 * np.cos((x + 0.5 * y + z) / 25)

    sharp, _ = fitted(mask, values, 1e-3)
    blurred, _ = fitted(mask, values, 0.3)

    assert sharp.smoothness < blurred.smoothness * 100
    assert sharp.freedom > 3 * blurred.freedom
    assert np.sqrt(np.mean((sharp.on_grid() - values)[mask] ** 2)) < 2e-3


def test_the_standard_deviation_covers_draws_of_the_prior(mask):
    """Fields with bending energy as the penalty's prior says: posterior sd and error belong together."""
    space = SplineSpace.over(mask, SPACING)
    penalty = space.bending_energy()
    values, vectors = np.linalg.eigh(penalty)
    rough = values > 1e-9 * values.max()
    rng, inside = np.random.default_rng(5), []
    for seed in range(15):
        c = vectors[:, rough] @ (rng.standard_normal(rough.sum()) / np.sqrt(values[rough] * 2e3))
        grid = tuple(np.arange(n) for n in mask.shape)
        z, y, x = space.bases(grid)
        truth = np.einsum("za,yb,xc,abc->zyx", z, y, x, c.reshape(z.shape[1], y.shape[1], x.shape[1]))
        field, _ = fitted(mask, truth, 0.05, seed)
        error = np.abs(field.on_grid() - truth)
        inside.append(np.mean(error[mask] < field.sd_on_grid()[mask]))

    assert np.mean(inside) == pytest.approx(0.683, abs=0.07)


def test_voxels_without_information_play_no_part(mask):
    z, _, x = positions(mask.shape)
    values = 1 + 0.001 * x + 0.001 * z
    wild = values + np.where(x > 60, 5.0, 0.0)
    lattice = lattice_of(mask, SPACING, 10**9)
    cut = np.ix_(*lattice)
    information = (mask & (x <= 60)) * 1e4

    field = fit_field(SplineSpace.over(mask, SPACING), lattice, wild[cut], information[cut])

    assert np.abs(field.on_grid() - values)[mask].max() < 0.02


def test_the_gram_matrix_integrates_products_of_derivatives():
    axis = AxisSplines.over(3.0, 97.0)
    fine = np.linspace(3, 97, 200_001)

    for derivative in range(3):
        values = axis.at(fine, derivative)
        dense = (values[:, :, None] * values[:, None, :]).sum(axis=0) * (fine[1] - fine[0])
        np.testing.assert_allclose(axis.gram(derivative), dense, atol=1e-3 * np.abs(dense).max())


def test_bending_energy_is_the_integral_of_all_second_derivatives(mask):
    """Of a polynomial of second degree: sum of the squares of its nine second derivatives, times the volume."""
    space = SplineSpace.over(mask, SPACING)
    fine = [np.linspace(axis.knots[3], axis.knots[-4], 9) for axis in space.axes]
    design = np.kron(space.axes[0].at(fine[0]), np.kron(space.axes[1].at(fine[1]), space.axes[2].at(fine[2])))
    z, y, x = np.meshgrid(*fine, indexing="ij")
    volume = np.prod([axis.knots[-4] - axis.knots[3] for axis in space.axes])
    penalty = space.bending_energy()
    for values, squares in (
        (x * y, 2), (x * z, 2), (y * z, 2), (x**2, 4), (y**2 - z**2, 8), (3 + x - 2 * y + z, 0),
    ):  # fmt: skip
        c = np.linalg.lstsq(design, values.ravel(), rcond=None)[0]
        assert c @ penalty @ c == pytest.approx(squares * volume, rel=1e-4, abs=1e-3 * volume)


def test_the_lattice_is_nearly_isotropic_and_about_as_large_as_asked(mask):
    lattice = lattice_of(mask, SPACING, 800)

    steps = [np.diff(index)[0] * step for index, step in zip(lattice, SPACING, strict=True)]
    assert max(steps) / min(steps) < 2
    assert 400 < mask[np.ix_(*lattice)].sum() < 1600


def test_a_single_slice_has_no_spline_along_it(mask):
    flat = mask[5:6]

    space = SplineSpace.over(flat, SPACING)

    assert space.axes[0].count == 1
    assert space.flat_dimensions == 3


def test_nothing_to_fit_is_an_error(mask):
    lattice = lattice_of(mask, SPACING, 100)
    nothing = np.zeros([index.size for index in lattice])

    with pytest.raises(ValueError, match="No voxel carries information"):
        fit_field(SplineSpace.over(mask, SPACING), lattice, nothing, nothing)
