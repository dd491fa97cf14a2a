"""Noise through resampling: known factors, and standard errors that are right on the common grid."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.imaging.prepare import prepare_study
from gliomamri.imaging.settings import Settings
from gliomamri.quantitative.noise_gain import noise_gain, with_propagated_errors
from gliomamri.study import Study


def grid(size, spacing, origin=(0.0, 0.0, 0.0)):
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


def test_a_grid_of_its_own_changes_nothing():
    image = grid((30, 32, 20), (1.0, 1.2, 3.0))

    assert noise_gain(image, image, np.eye(4)) == pytest.approx(1.0, abs=0.02)


def test_averaging_four_voxels_halves_the_noise():
    fine, coarse = grid((80, 84, 12), (0.5, 0.5, 3.0)), grid((40, 42, 12), (1.0, 1.0, 3.0), (0.25, 0.25, 0.0))

    assert noise_gain(fine, coarse, np.eye(4)) == pytest.approx(0.5, abs=0.03)


def test_outside_of_the_image_nothing_is_known():
    moved = np.eye(4)
    moved[:3, 3] = 500.0

    assert noise_gain(grid((20, 20, 20), (1, 1, 1)), grid((20, 20, 20), (1, 1, 1)), moved) == 1.0


def test_errors_on_the_common_grid_are_the_scatter_there():
    rng = np.random.default_rng(2)
    shape, sd = (14, 60, 56), 0.05

    def map_of(values):
        image = sitk.GetImageFromArray(values.astype(np.float32))
        image.SetSpacing((0.7, 0.7, 3.0))
        image.SetOrigin((0.2, -0.1, 0.4))
        return image

    noisy, error = map_of(1000 + sd * 1000 * rng.standard_normal(shape)), map_of(np.full(shape, sd))
    reference = grid((28, 30, 14), (1.4, 1.4, 3.0))
    reference = sitk.GetImageFromArray(rng.uniform(1, 2, (14, 30, 28)).astype(np.float32))
    reference.SetSpacing((1.4, 1.4, 3.0))
    study = Study({"ceT1w": reference, "T1map": noisy, "R1error": error})
    prepared = prepare_study(study, Settings(registration="off", brain_mask="off"))

    images = with_propagated_errors(prepared, study.images)

    values = sitk.GetArrayFromImage(prepared.study.images["T1map"])[3:-3, 4:-4, 4:-4]
    told = sitk.GetArrayFromImage(images["R1error"])[3:-3, 4:-4, 4:-4]
    assert np.median(told) == pytest.approx(values.std() / 1000, rel=0.08)
    assert np.median(told) < 0.7 * sd
