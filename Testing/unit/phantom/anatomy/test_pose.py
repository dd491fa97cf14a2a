"""A turned head is found to be turned, by as much."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gliomamri.phantom.anatomy import pose
from gliomamri.phantom.anatomy.pose import upright_pose
from gliomamri.phantom.tissues import Tissue


def head_of_balls(turn=None, step=1.0):
    """Balls of 6 mm at the structures' places, after rotation by ``turn`` (acting on x, y, z)."""
    count = int(170 / step) | 1
    tissue = np.zeros((count, count, count), np.uint8)
    axis = (np.arange(count) - (count - 1) / 2) * step
    marks = {**pose._UPRIGHT, (Tissue.BRAINSTEM, 0): pose._STEM}
    for (kind, _), place in marks.items():
        xyz = np.array(place[::-1])
        z, y, x = (xyz if turn is None else turn.apply(xyz))[::-1]
        near = (axis[:, None, None] - z) ** 2 + (axis[:, None] - y) ** 2 + (axis - x) ** 2 < 36
        tissue[near] = kind
    return tissue


def test_upright_head_is_not_turned():
    turn, shift = upright_pose(head_of_balls(), 1.0)

    np.testing.assert_allclose(turn, np.eye(3), atol=0.03)
    np.testing.assert_allclose(shift, 0, atol=0.5)


def test_a_head_off_the_middle_is_shifted_back():
    moved = np.roll(head_of_balls(), (4, -6, 2), axis=(0, 1, 2))

    _, shift = upright_pose(moved, 1.0)

    np.testing.assert_allclose(shift, (4, -6, 2), atol=0.5)


@pytest.mark.parametrize("degrees", [(25, 0, 0), (-20, 5, 8)])
def test_rotation_is_found(degrees):
    turn = Rotation.from_euler("xyz", degrees, degrees=True)

    found, _ = upright_pose(head_of_balls(turn, 2.0), 2.0)

    expected = turn.as_matrix()[::-1, ::-1]
    left = Rotation.from_matrix((found @ expected.T)[::-1, ::-1]).magnitude()
    assert np.rad2deg(left) < 2.5


def test_too_few_structures_leave_the_head_as_it_is():
    tissue = np.zeros((60, 60, 60), np.uint8)
    tissue[20:30, 20:30, 20:30] = Tissue.THALAMUS

    np.testing.assert_array_equal(upright_pose(tissue, 1.0)[0], np.eye(3))
