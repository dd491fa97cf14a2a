"""Diffusion signals against numbers worked out apart and against their own limits."""

import numpy as np
import pytest

from gliomamri.diffusion.signals import (
    clip_kurtosis,
    ivim,
    largest_kurtosis,
    monoexponential,
    t2_ivim_kurtosis,
    two_point_adc,
)


def test_monoexponential_at_one_over_D():
    np.testing.assert_allclose(monoexponential(1250.0, 200.0, 0.8), 200 / np.e, rtol=1e-12)


def test_ivim_is_the_sum_of_two_compartments():
    expected = 100 * (0.12 * np.exp(-0.05 * 40) + 0.88 * np.exp(-0.05 * 0.9))

    np.testing.assert_allclose(ivim(50.0, 100.0, 0.12, 40.0, 0.9), expected, rtol=1e-12)


def test_full_equation():
    b, TE, f, Dv, Dt, K, T2v, T2t = 0.9, 93.0, 0.1, 20.0, 1.1, 0.6, 160.0, 85.0
    vessels = f * np.exp(-b * Dv - TE / T2v)
    tissue = (1 - f) * np.exp(-b * Dt + K * b**2 * Dt**2 / 6 - TE / T2t)

    found = t2_ivim_kurtosis(900.0, TE, 7.0, f, Dv, Dt, K, T2v, T2t)

    np.testing.assert_allclose(found, 7 * (vessels + tissue), rtol=1e-12)


def test_largest_kurtosis_is_where_the_signal_stops_falling():
    Dt, largest = 0.9, 1600.0
    K = largest_kurtosis(Dt, largest)

    def signal(b, K):
        return t2_ivim_kurtosis(b, 0.0, 1.0, 0.0, 50.0, Dt, K, 150.0, 80.0)

    assert signal(1599.0, K) > signal(1600.0, K)
    assert signal(1599.0, 1.01 * K) < signal(1600.0, 1.01 * K)
    np.testing.assert_allclose(clip_kurtosis([-0.2, 0.7, 9.0], Dt, largest), [0, 0.7, K])
    assert np.isinf(largest_kurtosis(np.array([0.0, 1.0]), largest)[0])


def test_two_point_adc_gives_back_D_and_survives_zero_signal():
    D = np.array([[0.7, 1.4, 3.1]], np.float32)
    low, high = np.full((1, 3), 80, np.float32), monoexponential(1000.0, np.float32(80), D)
    high[0, 2] = 0

    ADC = two_point_adc(low, high)

    assert ADC.dtype == np.float32
    np.testing.assert_allclose(ADC, [[0.7, 1.4, 0.0]], rtol=1e-5)
    assert two_point_adc(2.0, 1.0, 900.0, 100.0) == pytest.approx(np.log(2) / 0.8)


def test_arrays_keep_float32_and_broadcast():
    rng = np.random.default_rng(4)
    f, Dt = rng.uniform(0, 0.2, (3, 1)).astype(np.float32), rng.uniform(0.5, 3, (3, 4)).astype(np.float32)
    K = rng.uniform(0, 0.6, 4).astype(np.float32)
    S0 = np.full((2, 1, 1), 50, np.float32)
    before = Dt.copy()

    signal = t2_ivim_kurtosis(400.0, 75.0, S0, f, np.float32(60), Dt, K, np.float32(150), np.float32(80))

    assert signal.shape == (2, 3, 4)
    assert signal.dtype == np.float32
    alone = t2_ivim_kurtosis(
        400.0, 75.0, 50.0, float(f[2, 0]), 60.0, float(Dt[2, 1]), float(K[1]), 150.0, 80.0
    )
    assert signal[1, 2, 1] == pytest.approx(alone, rel=1e-5)
    np.testing.assert_array_equal(Dt, before)
