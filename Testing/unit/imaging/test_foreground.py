"""Head against air, in raw images of several contrasts."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.imaging.foreground import foreground_mask
from gliomamri.phantom.raw_slices import simulate_raw_slices


def images(*arrays):
    return tuple(sitk.GetImageFromArray(array.astype(np.float32)) for array in arrays)


def test_simulated_head_is_found_with_skull_and_ventricles():
    slices = simulate_raw_slices(seed=11)
    head = sitk.GetArrayFromImage(slices.T1) > 0

    for series in (slices.inversion_recovery, slices.spin_echo):
        found = foreground_mask(series)
        overlap = 2 * (found & head).sum() / (found.sum() + head.sum())
        assert overlap > 0.97


def test_signal_that_is_null_in_one_image_counts_from_the_others():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0, 1, (2, 3, 30, 40))
    first[:, 5:25, 5:20] += 100
    second[:, 5:25, 20:35] -= 100  # signed, negative

    found = foreground_mask(images(first, second))

    inside = np.zeros((3, 30, 40), bool)
    inside[:, 5:25, 5:35] = True
    assert (found == inside).mean() > 0.95


def test_specks_are_dropped_and_holes_filled():
    array = np.zeros((1, 60, 60))
    array[0, 10:50, 10:50] = 100
    array[0, 25:35, 25:35] = 0
    array[0, 2:4, 2:4] = 100

    found = foreground_mask(images(array))

    assert found[0, 30, 30]
    assert not found[0, :6, :6].any()


def test_image_without_contrast_is_all_foreground():
    assert foreground_mask(images(np.full((2, 3, 4), 7.0))).all()


def test_phantom_that_fills_the_field_of_view_is_all_foreground():
    rng = np.random.default_rng(3)
    array = 500 + 20 * rng.standard_normal((3, 24, 16))
    array[:, 5:15, 4:9] *= 1.5  # tissue contrast, no air

    assert foreground_mask(images(array)).all()


def test_holes_are_filled_in_the_plane_of_acquisition():
    array = np.zeros((40, 40, 3))
    array[8:32, 8:32, :] = 100
    array[15:25, 15:25, :] = 0  # a hole that is open along the third axis
    image = sitk.GetImageFromArray(array.astype(np.float32))
    image.SetSpacing((5.0, 1.0, 1.0))  # acquired along x

    assert foreground_mask((image,))[20, 20].all()
