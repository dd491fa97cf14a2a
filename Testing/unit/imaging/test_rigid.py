"""Matrices say the same as SimpleITK's transforms."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from gliomamri.imaging import rigid


@pytest.fixture
def matrix(head):
    return head.rigid((12.0, -25.0, 7.0), (3.0, -20.0, 11.0))


def test_matrix_and_transform_agree(matrix):
    point = (11.0, -3.0, 52.0)

    moved = rigid.transform_of(matrix).TransformPoint(point)

    np.testing.assert_allclose(moved, matrix[:3, :3] @ point + matrix[:3, 3], atol=1e-12)
    np.testing.assert_allclose(rigid.matrix_of(rigid.transform_of(matrix)), matrix, atol=1e-12)


def test_nested_transform_is_one_matrix(matrix):
    euler = sitk.Euler3DTransform((10.0, 20.0, 30.0), 0.1, -0.2, 0.3, (1.0, 2.0, 3.0))

    both = rigid.matrix_of(sitk.CompositeTransform([rigid.transform_of(matrix), euler]))

    np.testing.assert_allclose(both, matrix @ rigid.matrix_of(euler), atol=1e-10)


def test_inverse_comes_back_to_a_billionth_of_a_millimeter(matrix):
    points = np.random.default_rng(0).uniform(-120, 120, (50, 3))

    there = rigid.apply(rigid.inverse(matrix), rigid.apply(matrix, points))

    assert np.abs(there - points).max() < 1e-9


def test_rotation_about_a_center_leaves_it(matrix):
    center = np.array([20.0, -10.0, 40.0])

    turn = rigid.rigid_matrix(Rotation.from_euler("z", 30, degrees=True), center, np.zeros(3))

    np.testing.assert_allclose(rigid.apply(turn, center[None])[0], center, atol=1e-12)
    assert rigid.rotation_angle(turn) == pytest.approx(30.0)


def test_index_to_physical_is_the_images_own_on_an_oblique_grid(head):
    grid = head.grid((5, 7, 9), (0.43, 0.5, 5.0), (10.0, 20.0, 30.0), (5.0, 10.0, -20.0))

    found = rigid.apply(rigid.index_to_physical(grid), np.array([[1.0, 2.0, 3.0]]))[0]

    np.testing.assert_allclose(
        found, grid.TransformContinuousIndexToPhysicalPoint((1.0, 2.0, 3.0)), atol=1e-10
    )


@pytest.mark.parametrize("kind", ["versor_of", "affine_of"])
def test_transforms_about_a_center_say_the_same(kind):
    center = np.array([20.0, -10.0, 40.0])
    # A turn by 90 degrees about x is where Euler angles lose a degree of freedom.
    matrix = rigid.rigid_matrix(Rotation.from_euler("xyz", (90, 20, -35), degrees=True), center, np.ones(3))

    transform = getattr(rigid, kind)(matrix, center)

    np.testing.assert_allclose(rigid.matrix_of(transform), matrix, atol=1e-9)
    np.testing.assert_allclose(transform.GetCenter(), center)


def test_array_is_placed_by_its_matrix(head):
    grid = head.grid((5, 7, 9), (0.43, 0.5, 5.0), (10.0, 20.0, 30.0), (5.0, 10.0, -20.0))

    image = rigid.placed(np.zeros((9, 7, 5), np.float32), rigid.index_to_physical(grid))

    np.testing.assert_allclose(image.GetSpacing(), grid.GetSpacing())
    np.testing.assert_allclose(image.GetOrigin(), grid.GetOrigin())
    np.testing.assert_allclose(image.GetDirection(), grid.GetDirection(), atol=1e-12)
