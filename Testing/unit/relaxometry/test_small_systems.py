"""Batched small systems and standard errors against numpy's dense algebra."""

import numpy as np

from gliomamri.relaxometry.small_systems import cholesky, normal_matrix, solve
from gliomamri.relaxometry.uncertainty import unit_standard_errors


def columns_of(rng, unknowns, images=7, voxels=11):
    return [rng.standard_normal((images, voxels)) * 10.0**i for i in range(unknowns)]


def test_solution_agrees_with_numpy():
    rng = np.random.default_rng(0)
    columns, weights, right = columns_of(rng, 3), rng.uniform(0.1, 1, (7, 11)), rng.standard_normal((3, 11))

    matrix = normal_matrix(columns, weights)
    factor, regular = cholesky(matrix)

    assert regular.all()
    for voxel in range(11):
        jacobian = np.stack([column[:, voxel] for column in columns], axis=1)
        dense = jacobian.T @ (weights[:, voxel, None] * jacobian)
        np.testing.assert_allclose(matrix[..., voxel], dense, rtol=1e-12)
        np.testing.assert_allclose(
            solve(factor, right)[:, voxel], np.linalg.solve(dense, right[:, voxel]), rtol=1e-8
        )


def test_singular_systems_are_told_and_stay_finite():
    rng = np.random.default_rng(1)
    first, second = columns_of(rng, 2)
    second[:, 4] = 3 * first[:, 4]

    factor, regular = cholesky(normal_matrix([first, second]))

    np.testing.assert_array_equal(np.flatnonzero(~regular), [4])
    assert np.isfinite(solve(factor, np.ones((2, 11)))).all()


def test_standard_errors_agree_with_the_dense_covariance():
    rng = np.random.default_rng(2)
    columns, gradient = columns_of(rng, 3), rng.standard_normal((3, 11))

    (errors,), regular = unit_standard_errors(columns, [gradient])

    assert regular.all()
    for voxel in range(11):
        jacobian = np.stack([column[:, voxel] for column in columns], axis=1)
        covariance = np.linalg.inv(jacobian.T @ jacobian)
        assert np.isclose(
            errors[voxel], np.sqrt(gradient[:, voxel] @ covariance @ gradient[:, voxel]), rtol=1e-8
        )
