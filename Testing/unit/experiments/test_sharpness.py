"""Known noise, known blur."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.experiments.phantom_realism.case import Case
from gliomamri.experiments.phantom_realism.sharpness import (
    difference_ratio,
    edge_blur,
    noise_measures,
    noise_sd,
    sharpness_measures,
)
from gliomamri.experiments.phantom_realism.tissue_classes import find_tissue_classes
from unit.experiments.synthetic_head import head_images


def test_white_noise_on_a_slope_has_its_sd_and_equal_differences():
    rng = np.random.default_rng(1)
    ramp = np.arange(40)[None, :, None] * 0.5 + np.zeros((12, 40, 50))
    image = ramp + 3 * rng.standard_normal(ramp.shape)
    everywhere = np.ones(image.shape, bool)
    everywhere[:, [0, -1]] = everywhere[:, :, [0, -1]] = False

    assert noise_sd(image, everywhere) == pytest.approx(3, rel=0.03)
    assert difference_ratio(image, everywhere, 2, 1, 2) == pytest.approx(1, abs=0.02)


def test_steady_slope_has_differences_in_proportion():
    image = np.zeros((5, 6, 30)) + 2.0 * np.arange(30)

    assert difference_ratio(image, np.ones(image.shape, bool), 2, 1, 4) == pytest.approx(0.25)


@pytest.mark.parametrize(("axis", "spacing"), [(0, (1.0, 0.7, 0.7)), (2, (3.0, 1.0, 1.0))])
def test_blur_of_a_step_is_recovered_in_mm(axis, spacing):
    image = np.zeros((24, 30, 30))
    np.moveaxis(image, axis, 0)[12:] = 100
    blurred = ndimage.gaussian_filter1d(image, 1.2 / spacing[axis], axis)
    points = np.full((5, 3), 14.0)
    points[:, axis] = 12
    points[:, 1 if axis != 1 else 0] += np.arange(5)
    normals = np.zeros((5, 3))
    normals[:, axis] = 1

    blur = edge_blur(blurred, points, normals, spacing, 100)

    assert blur == pytest.approx(np.full(5, 1.2), rel=0.08)


def test_thick_slices_show_in_the_through_plane_blur(tissue):
    thin, thick = (
        Case.from_arrays("head", head_images(tissue, blur=blur))
        for blur in ((0.8, 0.8, 0.8), (2.0, 0.8, 0.8))
    )

    sharp, soft = (sharpness_measures(case, find_tissue_classes(case)) for case in (thin, thick))

    assert sharp["T1w edge blur in plane"][0] == pytest.approx(0.8, abs=0.2)
    # These small ventricles curve through the plane, so some of it shows there too.
    assert soft["T1w edge blur in plane"][0] < 0.75 * soft["T1w edge blur through plane"][0]
    assert soft["T1w edge blur through plane"][0] == pytest.approx(2.0, abs=0.4)
    assert soft["T2w detail through / in plane"][0] < 0.97 * sharp["T2w detail through / in plane"][0]


def test_noise_of_a_head_in_units_of_white_matter(tissue):
    case = Case.from_arrays("head", head_images(tissue, noise=0.04))

    found = noise_measures(case, find_tissue_classes(case))

    assert found["FLAIR noise / white"][0] == pytest.approx(0.04, rel=0.1)
    assert found["FLAIR noise lag 1 / lag 2 through plane"][0] == pytest.approx(1, abs=0.05)
