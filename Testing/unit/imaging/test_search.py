"""The screening has a pose near the truth among its best."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gliomamri.imaging.alignable import alignable
from gliomamri.imaging.rigid import rigid_matrix, rotation_angle
from gliomamri.imaging.search import _rotations, distinct, overlap, promising_poses


@pytest.fixture(scope="module")
def fixed(head):
    return alignable(head.image("T1w", head.grid())).at_scale(8.0)


def moved(head, motion, **grid):
    return alignable(head.image("T2w", head.grid(**grid), motion, seed=1)).at_scale(8.0)


@pytest.mark.parametrize(
    ("search", "angles"), [("30", (18.0, -15.0, 14.0)), ("30", (-20.0, 5.0, 20.0)), ("90", (0.0, 20.0, 80.0))]
)
def test_a_pose_within_reach_of_the_optimizer_is_among_the_best(head, fixed, search, angles):
    motion = head.rigid(angles, (22.0, -15.0, 10.0))
    moving = moved(head, motion, size=(70, 70, 60))

    found = promising_poses(fixed, moving, search, 6, margin=8.0)

    assert len(found) == 7
    assert min(head.error(pose, motion) for pose in found) < 16
    assert np.array_equal(found[-1], np.eye(4))


def test_sliver_of_overlap_does_not_win(head, fixed):
    motion = head.rigid((5.0, 0.0, 5.0), (0.0, 0.0, 30.0))
    moving = moved(head, motion, size=(60, 60, 20), center=(0.0, 0.0, 60.0))

    best = promising_poses(fixed, moving, "30", 6)[0]

    assert overlap(fixed, moving, best) > 0.35


def test_off_trusts_the_scanner(fixed):
    assert [pose.tolist() for pose in promising_poses(fixed, fixed, "off", 6)] == [np.eye(4).tolist()]


@pytest.mark.parametrize(("search", "apart"), [("30", 14.0), ("90", 32.0)])
def test_lattice_of_rotations_has_no_holes(search, apart):
    lattice = _rotations(search)
    rng = np.random.default_rng(0)
    axes = rng.normal(size=(20, 3))
    turns = (
        axes / np.linalg.norm(axes, axis=1, keepdims=True) * rng.uniform(0, np.radians(int(search)), (20, 1))
    )

    farthest = max(
        min(np.degrees((Rotation.from_rotvec(turn).inv() * other).magnitude()) for other in lattice)
        for turn in turns
    )

    assert farthest < apart


def test_poses_that_differ_little_are_one():
    points = np.random.default_rng(0).uniform(-50, 50, (100, 3))
    poses = [
        rigid_matrix(Rotation.identity(), np.zeros(3), np.array([x, 0, 0]))
        for x in (0.0, 3.0, 11.0, 13.0, 40.0)
    ]

    kept = distinct(poses, points, 10.0, 2)

    assert [pose[0, 3] for pose in kept] == [0.0, 11.0]
    assert rotation_angle(kept[1]) == 0.0


def test_overlap_is_the_share_of_the_head_that_is_shown(head, fixed):
    half = moved(head, np.eye(4), size=(56, 64, 24), center=(0.0, 0.0, 36.0))

    assert overlap(fixed, half, np.eye(4)) == pytest.approx(0.5, abs=0.06)
    assert overlap(fixed, half, head.rigid(shift=(500.0, 0.0, 0.0))) == 0.0
