"""Brain masks: support of stripped images, and doubts about what cannot be a brain."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.imaging.brain_mask import find_brain, mask_doubts, support_of, volume_doubts

SPACING = (2.0, 2.5, 4.0)
SHAPE = (36, 70, 76)


def ball(half_axes, center=(0.0, 0.0, 0.0)):
    """Ellipsoid, half axes (x, y, z) in mm, on an anisotropic grid."""
    z, y, x = np.indices(SHAPE)
    position = [
        (i - (n - 1) / 2) * e - c for i, n, e, c in zip((x, y, z), SHAPE[::-1], SPACING, center, strict=True)
    ]
    return sum((p / a) ** 2 for p, a in zip(position, half_axes, strict=True)) < 1


def as_image(values):
    image = sitk.GetImageFromArray(np.asarray(values, np.float32))
    image.SetSpacing(SPACING)
    return image


BRAIN = ball((62.0, 78.0, 60.0))  # 1215 ml


def mask(values):
    return sitk.Cast(as_image(values), sitk.sitkUInt8)


def test_support_is_the_largest_part_without_holes_of_any_stripped_image():
    first, second = 300.0 * BRAIN, 100.0 * BRAIN
    first[ball((9.0, 20.0, 10.0), (6.0, -8.0, 0.0))] = 0  # dark ventricle
    first[2, 2:4, 2:4] = 50  # speck
    second[:18] = 0  # covers the upper half only

    found = sitk.GetArrayFromImage(support_of([as_image(first), as_image(second)])) > 0

    assert np.array_equal(found, BRAIN)


def test_image_with_noise_in_air_is_not_stripped():
    noisy = 300.0 * BRAIN + np.random.default_rng(0).uniform(1, 20, SHAPE)

    assert support_of([as_image(noisy)]) is None
    assert find_brain([as_image(noisy)], "support") is None


def test_head_whose_air_was_zeroed_is_no_brain():
    assert support_of([as_image(200.0 * ball((73.0, 86.0, 71.0)) + 0.0)]) is not None
    big = as_image(200.0 * ball((73.0, 86.0, 71.0)))
    big.SetSpacing((2.4, 2.9, 4.4))

    assert support_of([big]) is None


def test_plausible_brain_raises_no_doubt():
    assert mask_doubts(mask(BRAIN)) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (ball((40.0, 50.0, 40.0)), "holds 33"),
        (BRAIN & ~ball((20.0, 20.0, 20.0)), "has holes"),
        (BRAIN & (np.abs(np.indices(SHAPE)[2] - 37) > 2), "falls into 2 parts"),
        (ball((62.0, 78.0, 90.0)), "touches the border"),
        (0 * BRAIN, "No brain was found"),
    ],
)
def test_doubt_is_put_in_words(values, words):
    assert any(words in doubt for doubt in mask_doubts(mask(values)))


def test_volume_is_doubted_apart():
    assert volume_doubts(mask(BRAIN)) == []
    assert "Check it" in volume_doubts(mask(ball((40.0, 50.0, 40.0))))[0]
