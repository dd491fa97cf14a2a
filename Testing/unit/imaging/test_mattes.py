"""SimpleITK's metric as it is set up here, against the definition, and its ascent to known transforms."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from gliomamri.imaging.alignable import alignable
from gliomamri.imaging.mattes import Comparison
from gliomamri.imaging.rigid import affine_of, matrix_of, rigid_matrix, versor_of

CENTER = np.zeros(3)
FAR = rigid_matrix(Rotation.identity(), CENTER, np.array([900.0, 0.0, 0.0]))


@pytest.fixture(scope="module")
def pair(head):
    fixed = alignable(head.image("T1w", head.grid()))
    grid = head.grid((60, 58, 30), (2.9, 3.1, 4.7), (4.0, 2.0, -3.0), (5.0, -8.0, 12.0))
    return fixed, alignable(head.image("T2w", grid, seed=1))


def test_similarity_is_near_that_of_a_plain_joint_histogram(head, pair):
    fixed, moving = pair[0], alignable(head.image("T2w", head.grid(), seed=1))
    inside = fixed.support
    counts = np.histogram2d(fixed.values[inside], moving.values[inside], 32)[0]
    p = counts / counts.sum()
    chance = np.outer(p.sum(axis=1), p.sum(axis=0))
    plain = np.sum(p[p > 0] * np.log(p[p > 0] / chance[p > 0]))

    found = Comparison.at(fixed, moving, 3.0, 100_000).similarity(np.eye(4))

    # The blur to the scale and ITK's smooth bins change it a little.
    assert found == pytest.approx(plain, rel=0.2)


def test_similarity_peaks_where_the_images_agree_and_is_zero_without_overlap(pair):
    comparison = Comparison.at(*pair, 4.0, 8000)
    values = [
        comparison.similarity(rigid_matrix(Rotation.identity(), CENTER, np.array([shift, 0.0, 0.0])))
        for shift in (-6.0, -3.0, 0.0, 3.0, 6.0)
    ]

    assert np.argmax(values) == 2
    assert values[0] < values[1] and values[4] < values[3]
    assert comparison.similarity(FAR) == 0.0


def test_climb_finds_a_rigid_motion_on_an_oblique_anisotropic_grid(head, pair):
    comparison = Comparison.at(*pair, 4.0, 8000)
    start = rigid_matrix(Rotation.from_rotvec([0.06, -0.05, 0.07]), CENTER, np.array([4.0, -3.0, 3.0]))

    found, similarity = comparison.climb(versor_of(start, pair[0].center), 3.0, 40)

    assert head.error(start, np.eye(4)) > 5
    assert head.error(matrix_of(found), np.eye(4)) < 0.5
    assert similarity > 1.5 * comparison.similarity(start)


def test_climb_takes_an_affine_transform_too(head, pair):
    fixed, moving = pair
    stretch = np.diag([1.06, 0.95, 1.04, 1.0])
    start = affine_of(stretch, fixed.center)

    found, _ = Comparison.at(fixed, moving, 4.0, 8000, margin=8.0).climb(start, 2.0, 60)

    assert head.error(stretch, np.eye(4)) > 2
    assert head.error(matrix_of(found), np.eye(4)) < 0.5


def test_climb_from_where_nothing_overlaps_stays(pair):
    start = versor_of(FAR, pair[0].center)

    found, similarity = Comparison.at(*pair, 8.0, 2000).climb(start, 8.0, 10)

    np.testing.assert_array_equal(matrix_of(found), matrix_of(start))
    assert similarity == 0.0


def test_result_is_the_same_to_the_last_bit_and_the_number_of_threads_is_left_alone(pair):
    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    start = versor_of(np.eye(4), pair[0].center)

    found = [Comparison.at(*pair, 4.0, 5000).climb(start, 3.0, 8) for _ in range(2)]

    assert np.array_equal(matrix_of(found[0][0]), matrix_of(found[1][0]))
    assert found[0][1] == found[1][1]
    assert sitk.ProcessObject.GetGlobalDefaultNumberOfThreads() == threads


def test_zeros_around_a_skull_stripped_moving_image_count(head):
    fixed = alignable(head.image("T1w", head.grid()))
    tight = alignable(head.image("T2w", head.grid((43, 54, 39)), seed=1))
    cut = alignable(head.image("T2w", head.grid((43, 54, 20), center=(0, 0, 28.5)), seed=1))

    def zeros(one):
        image = Comparison.at(fixed, one, 8.0, 2000).moving
        return np.array(image.GetSize()) * image.GetSpacing() - one.size * one.spacing

    assert np.all(zeros(tight) > 100)
    assert zeros(cut)[2] == pytest.approx(zeros(tight)[2] / 2, abs=9)  # not where the head goes on
