"""Scanner units."""

from __future__ import annotations

import numpy as np

from gliomamri.phantom.artifacts.gain import Gain

IMAGE = np.array([[[-0.5, 0.0, 0.7], [1.4, 2.8, 7.0]]], np.float32)


def test_white_matter_gets_its_units_whatever_the_curve():
    for log_gamma in (-0.1, 0.0, 0.1):
        stored = Gain(400.0, log_gamma, True, 32767.0).apply(np.full((1, 1, 2), 0.7, np.float32), 0.7)
        np.testing.assert_array_equal(stored, 400)


def test_curve_sign_rounding_and_clipping():
    stored = Gain(100.0, np.log(2.0), True, 1000.0).apply(IMAGE, 0.7)
    np.testing.assert_array_equal(stored, [[[-51, 0, 100], [400, 1000, 1000]]])


def test_the_ideal_image_is_not_written_to():
    before = IMAGE.copy()
    Gain(100.0, 0.0, False, 1e9).apply(IMAGE, 0.7)
    np.testing.assert_array_equal(IMAGE, before)


def test_a_linear_gain_is_straight_and_clips_nothing():
    gain = Gain(200.0, 0.3, False, 300.0).linear()

    found = gain.apply(np.array([-2.0, 0.5, 9.0], np.float32), 0.5)

    np.testing.assert_allclose(found, [-800, 200, 3600], rtol=1e-6)
