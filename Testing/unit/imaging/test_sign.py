"""Signed or magnitude, by the values."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.imaging.sign import holds_negative_signal


def image(array):
    return sitk.GetImageFromArray(array)


def test_early_inversion_recovery_is_negative_signal():
    values = np.random.default_rng(0).normal(0, 5, (3, 20, 30)).astype(np.float32)
    values[:, 5:15, 5:25] -= 400

    assert holds_negative_signal(image(values))


@pytest.mark.parametrize(
    "values",
    [
        np.full((2, 3, 4), 7, np.uint16),
        np.zeros((2, 3, 4), np.float32),
        np.where(np.arange(3000).reshape(3, 10, 100) == 5, -900, 1000).astype(np.int16),  # one odd voxel
        np.where(np.arange(3000).reshape(3, 10, 100) % 3 == 0, -0.4, 1000).astype(np.float32),  # ringing
    ],
    ids=["unsigned", "nothing", "one voxel", "just below zero"],
)
def test_magnitude_images_are_not(values):
    assert not holds_negative_signal(image(values))
