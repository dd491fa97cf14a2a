"""MAGIC's closed form against the two pulses played until they repeat themselves."""

import numpy as np
import pytest

from gliomamri.relaxometry.magic import ECHO_TIMES, INVERSION_TIMES, magic_images


def iterated(R1, TI, TR, saturation, flip, B1):
    """Longitudinal magnetization before the excitation after many repetitions."""
    m = 1.0
    for _ in range(200):
        after_saturation = m * np.cos(np.deg2rad(saturation * B1))
        before = 1 + (after_saturation - 1) * np.exp(-TI * R1 / 1000)
        m = 1 + (before * np.cos(np.deg2rad(flip * B1)) - 1) * np.exp(-(TR - TI) * R1 / 1000)
    return before


@pytest.mark.parametrize("B1", [0.85, 0.93, 1.0, 1.1])
@pytest.mark.parametrize(("R1", "R2"), [(1.2, 13.5), (0.71, 11.0), (0.24, 0.6), (3.3, 16.0)])
def test_closed_form_is_the_iterated_steady_state(R1, R2, B1):
    images = magic_images(82.0, R1, R2, B1=B1)

    sine = np.sin(np.deg2rad(90 * B1))
    expected = [
        82.0 * sine * np.exp(-TE * R2 / 1000) * iterated(R1, TI, 4000.0, 120.0, 90.0, B1)
        for TE in (22, 95)
        for TI in (170, 670, 1840, 3840)
    ]
    np.testing.assert_allclose(images, expected, rtol=1e-12, atol=1e-13)


def test_own_times_and_angles_are_used():
    images = magic_images(
        1.0,
        0.9,
        12.0,
        inversion_times=(300.0, 900.0, 2000.0),
        echo_times=(15.0,),
        repetition_time=2700.0,
        saturation_angle=140.0,
        flip_angle=70.0,
    )

    expected = [
        np.sin(np.deg2rad(70)) * np.exp(-0.18) * iterated(0.9, TI, 2700.0, 140.0, 70.0, 1.0)
        for TI in (300, 900, 2000)
    ]
    np.testing.assert_allclose(images, expected, rtol=1e-12)


def test_gray_matter_is_negative_at_the_first_delay_only():
    images = magic_images(1.0, 1 / 1.4, 1 / 0.09)

    np.testing.assert_array_equal(np.sign(images), [-1, 1, 1, 1] * 2)


def test_arrays_keep_float32_and_broadcast():
    rng = np.random.default_rng(2)
    PD = rng.uniform(0.5, 1, (2, 1, 1)).astype(np.float32)
    R1 = rng.uniform(0.3, 3, (3, 1)).astype(np.float32)
    R2 = rng.uniform(1, 20, (3, 4)).astype(np.float32)
    B1 = rng.uniform(0.8, 1.1, 4).astype(np.float32)

    images = magic_images(PD, R1, R2, B1=B1)

    assert images.shape == (len(ECHO_TIMES) * len(INVERSION_TIMES), 2, 3, 4)
    assert images.dtype == np.float32
    alone = magic_images(float(PD[1, 0, 0]), float(R1[2, 0]), float(R2[2, 3]), B1=float(B1[3]))
    np.testing.assert_allclose(images[:, 1, 2, 3], alone, rtol=1e-4, atol=1e-6)
