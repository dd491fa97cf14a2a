"""Labels at half the voxel edge equal a vote with trilinear weights, counted voxel by voxel."""

from __future__ import annotations

from itertools import product

import numpy as np

from gliomamri.phantom.anatomy.upsampling import upsample_labels


def brute_force(labels):
    padded = np.pad(labels, 1, mode="edge")
    result = np.zeros([2 * n for n in labels.shape], np.uint8)
    for z, y, x in np.ndindex(result.shape):
        votes = {}
        for corner in product((0, 1), repeat=3):
            weight, where = 1, []
            for i, far in zip((z, y, x), corner, strict=True):
                where.append(i // 2 + 1 + far * (1 if i % 2 else -1))
                weight *= 1 if far else 3
            label = padded[tuple(where)]
            votes[label] = votes.get(label, 0) + weight
        most = max(votes.values())
        candidates = [label for label, vote in votes.items() if vote == most]
        result[z, y, x] = candidates[0] if len(candidates) == 1 else 255
    return result


def test_equals_a_vote_counted_voxel_by_voxel():
    labels = np.random.default_rng(3).integers(0, 4, (5, 7, 6)).astype(np.uint8)

    result = upsample_labels(labels)

    expected = brute_force(labels)
    clear = expected != 255
    assert clear.mean() > 0.8
    assert np.array_equal(result[clear], expected[clear])


def test_a_plane_stays_where_it_is():
    labels = np.zeros((40, 6, 5), np.uint8)
    labels[17:] = 9

    result = upsample_labels(labels)

    assert (result[:34] == 0).all()
    assert (result[34:] == 9).all()


def test_a_ball_becomes_smoother_and_keeps_its_volume():
    grid = np.indices((32, 34, 36)) - np.array([15.5, 16.5, 17.5])[:, None, None, None]
    ball = ((grid**2).sum(0) < 11.3**2).astype(np.uint8)

    result = upsample_labels(ball)

    fine = (np.indices(result.shape) - np.array([31.5, 33.5, 35.5])[:, None, None, None]) / 2
    truth = (fine**2).sum(0) < 11.3**2
    stairs = np.repeat(np.repeat(np.repeat(ball, 2, 0), 2, 1), 2, 2)
    assert np.count_nonzero(result != truth) < 0.8 * np.count_nonzero(stairs != truth)
    assert abs(result.sum() / truth.sum() - 1) < 0.01
