"""Images know where the head lies in the scanner."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gliomamri.phantom.artifacts.motion import RigidMotion
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.placing import Placement, draw_placement

GRID = Grid.centered((4, 5, 6), (3.0, 2.0, 1.0), center=(10.0, -20.0, 30.0))
TURNED = Placement(
    np.block(
        [
            [Rotation.from_euler("xyz", (20, -10, 5), degrees=True).as_matrix(), np.array([[1.0], [2], [3]])],
            [np.zeros((1, 3)), 1],
        ]
    )
)


def point(image, index_zyx):
    return np.array(image.TransformIndexToPhysicalPoint([int(i) for i in index_zyx[::-1]]))


def test_head_frame_without_tilt():
    placement = draw_placement(np.random.default_rng(0), tilted=False)

    image = placement.image(np.zeros(GRID.shape, np.float32), GRID)

    np.testing.assert_allclose(point(image, (2, 1, 3)), (GRID.x[3], GRID.y[1], GRID.z[2]), atol=1e-5)


def test_tilt_and_motion_place_every_voxel():
    motion = RigidMotion((1.0, -2.0, 0.5), (4.0, 0.0, -3.0))

    image = TURNED.image(np.zeros(GRID.shape, np.uint8), GRID, motion)

    head = np.array([GRID.x[5], GRID.y[4], GRID.z[3], 1.0])
    np.testing.assert_allclose(point(image, (3, 4, 5)), (TURNED.matrix @ motion.matrix @ head)[:3], atol=1e-4)


def test_motion_in_scanner_coordinates_takes_each_voxel_to_its_moved_place():
    motion = RigidMotion((1.0, -2.0, 0.5), (4.0, 0.0, -3.0))
    still, moved = (TURNED.image(np.zeros(GRID.shape, np.uint8), GRID, m) for m in (None, motion))

    found = TURNED.moved(motion) @ np.append(point(still, (3, 1, 2)), 1)

    np.testing.assert_allclose(found[:3], point(moved, (3, 1, 2)), atol=1e-4)


def test_vectors_turn_with_the_head():
    field = np.zeros((*GRID.shape, 3), np.float32)
    field[..., 0] = 2.0

    image = TURNED.vector_image(field, GRID)

    np.testing.assert_allclose(image.GetPixel(0, 0, 0), 2 * TURNED.matrix[:3, 0], atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_drawn_tilt_is_a_rotation(seed):
    matrix = draw_placement(np.random.default_rng(seed), tilted=True).matrix[:3, :3]

    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1)
    assert not np.allclose(matrix, np.eye(3), atol=1e-3)
