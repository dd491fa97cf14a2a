"""The distance between maps before and after contrast agent: a known shift is found, none is small."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from gliomamri.quantitative.alignment import registration_error


@pytest.fixture(scope="module")
def head():
    """A structured ball in air, T1 in ms, 2 mm voxels, not cubic and oblique."""
    rng = np.random.default_rng(5)
    shape = (50, 62, 54)
    texture = ndimage.gaussian_filter(rng.standard_normal(shape), 2.0)
    values = 1200 + 400 * texture / texture.std()
    z, y, x = np.indices(shape)
    ball = ((z - 25) / 22) ** 2 + ((y - 31) / 28) ** 2 + ((x - 27) / 24) ** 2 < 1
    return np.clip(values, 300, 4000), ball


def image(values, ball):
    made = sitk.GetImageFromArray((values * ball).astype(np.float32))
    made.SetSpacing((2.0, 2.0, 2.0))
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.2, -0.1, 0.3)
    made.SetDirection(turn.GetMatrix())
    return made


def test_a_known_shift_is_measured(head):
    values, ball = head
    moved = ndimage.shift(values, (0.0, 0.75, 0.0), order=3, mode="nearest")  # 1.5 mm

    error, numbers = registration_error({"T1map": image(values, ball), "ceT1map": image(moved, ball)})

    # Every block is shifted alike, so that the root mean square is the shift; for normal ones it is 1.126 medians.
    assert error == pytest.approx(1.5 * 1.126, rel=0.25)
    assert numbers["registration_error"].unit == "mm"


def test_maps_that_agree_have_a_small_error_although_one_lesion_enhances(head):
    values, ball = head
    after = values + np.random.default_rng(1).normal(0, 20, values.shape)
    after[20:30, 25:36, 30:42] *= 0.5

    error, _ = registration_error({"T1map": image(values, ball), "ceT1map": image(after, ball)})

    assert error < 0.4


def test_without_a_pair_or_structure_nothing_is_known(head):
    values, ball = head

    assert registration_error({"T1map": image(values, ball)}) == (0.0, {})
    assert registration_error({"T1map": image(0 * values, ball), "ceT1map": image(values, ball)}) == (0.0, {})


def test_a_head_smaller_than_a_block_says_nothing():
    rng = np.random.default_rng(7)
    values = rng.uniform(900, 1100, (8, 18, 16))

    assert registration_error({"T1map": image(values, 1.0), "ceT1map": image(values, 1.0)}) == (0.0, {})
