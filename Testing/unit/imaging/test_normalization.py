"""Normalization works on a copy and does what each method says."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.normalization import METHODS, normalize, white_matter_peak


@pytest.fixture
def brain(head):
    image = head.image("T1w", head.grid(), noise=0.01, parts=1)
    return image, sitk.Cast(image > 0, sitk.sitkUInt8)


def test_percentiles_are_the_published_equation_over_the_whole_volume(brain):
    values = sitk.GetArrayFromImage(brain[0])
    low, high = np.quantile(values, (0.005, 0.995))

    found = sitk.GetArrayFromImage(normalize(brain[0]))

    np.testing.assert_allclose(found, np.clip(2 * (values - low) / (high - low) - 1, -1, 1), atol=1e-5)


def test_z_score_and_white_matter_scale(brain):
    inside = sitk.GetArrayFromImage(brain[1]) > 0

    z = sitk.GetArrayFromImage(normalize(*brain, method="z-score"))
    white = sitk.GetArrayFromImage(normalize(*brain, method="white matter"))

    assert z[inside].mean() == pytest.approx(0, abs=1e-4)
    assert z[inside].std() == pytest.approx(1, abs=1e-4)
    assert not z[~inside].any()
    assert white_matter_peak(sitk.GetArrayFromImage(brain[0])[inside]) == pytest.approx(300, rel=0.02)
    assert np.abs(white - 1).min() < 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_image_itself_is_not_changed(brain, method):
    before = sitk.GetArrayFromImage(brain[0])

    normalize(*brain, method=method)

    assert np.array_equal(before, sitk.GetArrayFromImage(brain[0]))


def test_what_cannot_be_normalized_is_said(brain):
    with pytest.raises(UserError, match="needs a brain mask"):
        normalize(brain[0], method="z-score")
    with pytest.raises(UserError, match="mask is empty"):
        normalize(brain[0], brain[1] * 0, "z-score")
    with pytest.raises(UserError, match="same everywhere"):
        normalize(brain[0] * 0)
