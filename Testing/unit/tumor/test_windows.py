"""Windows cover everything, as MONAI's do; the brain's box; weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data.utils import compute_importance_map, dense_patch_slices

from gliomamri.tumor.windows import (
    Region,
    brain_region,
    image_region,
    window_starts,
    window_weight,
    with_brain,
)


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 0.8])
@pytest.mark.parametrize("shape", [(20, 33, 47), (16, 16, 16), (17, 40, 16)])
def test_windows_are_those_of_monai(shape, overlap):
    window = (16, 12, 16)
    interval = tuple(
        n if n == w else max(1, int(w * (1 - overlap))) for n, w in zip(shape, window, strict=True)
    )

    starts = window_starts(shape, window, overlap)

    expected = [tuple(part.start for part in parts) for parts in dense_patch_slices(shape, window, interval)]
    assert starts == expected
    covered = np.zeros(shape, bool)
    for z, y, x in starts:
        covered[z : z + 16, y : y + 12, x : x + 16] = True
    assert covered.all()


def test_weights_are_those_of_monai():
    window = (9, 16, 24)
    expected = compute_importance_map(window, "gaussian", 0.125, dtype=torch.float32)
    expected = expected.clamp_min(max(float(expected.min()), 1e-3))

    assert window_weight(window) == pytest.approx(expected.numpy(), abs=1e-6)


def test_the_brains_box_is_the_smallest_of_its_multiple():
    brain = np.zeros((20, 30, 40), bool)
    brain[3:9, 7:8, 20:37] = True

    region = brain_region(brain, (1, 4, 8), (1, 8, 8))

    assert region.shape == (6, 8, 24)
    cut = region.cut(brain)
    assert cut.sum() == brain.sum()
    back = np.zeros_like(brain)
    region.put(cut, back)
    assert np.array_equal(back, brain)


def test_a_region_beyond_the_grid_is_filled_per_channel():
    image = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)

    cut = Region((-1, 2, 0), (4, 5, 5)).cut(image, (-1.0, 9.0))

    assert cut.shape == (2, 4, 5, 5)
    assert np.array_equal(cut[:, 1:, :2], image[:, :, 2:])
    assert np.all(cut[0, 0] == -1)
    assert np.all(cut[1, :, 2:] == 9)
    assert image_region((3, 9, 5), (8, 8, 8)) == Region((-2, 0, -1), (8, 9, 8))


def test_windows_without_brain_are_left_out():
    brain = np.zeros((8, 8, 8), bool)
    brain[3, 4, 5] = True

    kept = with_brain(window_starts((8, 8, 8), (4, 4, 4), 0.0), (4, 4, 4), brain)

    assert kept == [(0, 4, 4)]
