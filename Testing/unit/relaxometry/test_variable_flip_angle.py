"""The variable flip angle fit against simulated truth, scipy, and its own standard errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from gliomamri.relaxometry.gradient_echo import spoiled_gradient_echo
from gliomamri.relaxometry.variable_flip_angle import fit_variable_flip_angle

ANGLES, TR = (3.0, 8.0, 15.0, 26.0), 18.0


def simulated(count=6000, seed=0):
    rng = np.random.default_rng(seed)
    T1 = np.exp(rng.uniform(np.log(200), np.log(4500), count))
    M0, B1 = rng.uniform(600, 1000, count), rng.uniform(0.8, 1.2, count)
    signals = [spoiled_gradient_echo(M0, 1e3 / T1, 0.0, TR, 0.0, angle, B1) for angle in ANGLES]
    return T1, M0, B1, np.stack(signals, axis=1)


def test_noiseless_truth_is_recovered():
    T1, M0, B1, signals = simulated()

    found = fit_variable_flip_angle(signals, ANGLES, TR, B1=B1)

    assert np.abs(found.T1 / T1 - 1).max() < 1e-8
    assert np.abs(found.M0 / M0 - 1).max() < 1e-8
    assert found.valid.all()


def test_standard_errors_cover():
    T1, M0, B1, signals = simulated(seed=1)
    sigma = 0.01 * np.median(signals.max(axis=1))
    noisy = signals + sigma * np.random.default_rng(2).standard_normal(signals.shape)

    found = fit_variable_flip_angle(noisy, ANGLES, TR, B1=B1)

    use = found.valid
    assert found.noise_sd == pytest.approx(sigma, rel=0.03)
    assert np.mean(np.abs(found.T1 - T1)[use] < found.T1_standard_error[use]) == pytest.approx(
        0.683, abs=0.03
    )
    assert np.mean(np.abs(found.M0 - M0)[use] < found.M0_standard_error[use]) == pytest.approx(
        0.683, abs=0.03
    )


def test_the_optimum_is_that_of_scipy_with_a_repetition_time_per_image():
    times = np.array([18.0, 25.0, 18.0, 30.0])
    rng = np.random.default_rng(3)
    for T1, B1 in ((400.0, 0.9), (1200.0, 1.1), (3000.0, 1.0)):
        clean = [
            spoiled_gradient_echo(900.0, 1e3 / T1, 0.0, t, 0.0, a, B1)
            for a, t in zip(ANGLES, times, strict=True)
        ]
        signal = np.array(clean) + 2 * rng.standard_normal(4)

        def residual(p, B1=B1, signal=signal):
            angle, E = np.radians(ANGLES) * B1, np.exp(-times / p[1])
            return p[0] * np.sin(angle) * (1 - E) / (1 - E * np.cos(angle)) - signal

        other = least_squares(residual, [900.0, T1], x_scale=[900.0, T1], xtol=1e-14, ftol=1e-14, gtol=1e-14)
        found = fit_variable_flip_angle(signal[None], ANGLES, times, B1=B1)
        assert found.T1[0] == pytest.approx(other.x[1], rel=1e-6)


def test_a_wrong_B1_goes_into_T1_about_twice():
    T1, _, B1, signals = simulated(500)

    found = fit_variable_flip_angle(signals, ANGLES, TR, B1=1.05 * B1)

    middle = (T1 > 800) & (T1 < 2000)
    assert np.median((found.T1 / T1)[middle]) == pytest.approx(1 / 1.05**2, abs=0.02)


def test_bounds_and_senseless_voxels():
    signals = np.stack([
        [spoiled_gradient_echo(900.0, 1e3 / 20000, 0.0, TR, 0.0, a) for a in ANGLES],
        [np.nan, 1, 1, 1],
        [0.0, 0, 0, 0],
        [-5.0, -4, -3, -2],
    ])  # fmt: skip

    found = fit_variable_flip_angle(signals, ANGLES, TR, noise_sd=1.0)

    assert found.hit_bound.tolist() == [True, False, False, False]
    assert found.T1[0] == pytest.approx(6000)
    assert not found.valid.any()
    assert not found.T1[1:].any()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"flip_angles": (5.0, 5, 5, 5)}, "at least 2 different flip angles; got 1"),
        ({"flip_angles": (5.0, 0, 5, 10)}, "between 0 and 180 degrees"),
        ({"flip_angles": (5.0, 10.0)}, "at least 3 images to estimate the noise too; got 2"),
        ({"repetition_time": 0.0}, "positive number in ms"),
        ({"repetition_time": (10.0, 10.0)}, "one number or one per image"),
        ({"B1": np.ones(3)}, "one value per voxel"),
        ({"B1": 0.0}, "positive ratio near 1"),
        ({"signals": np.ones((2, 3))}, "each image needs its own time"),
    ],
)
def test_wrong_inputs_are_told_in_a_sentence(options, sentence):
    given = {"signals": np.ones((2, 4)), "flip_angles": ANGLES, "repetition_time": TR} | options

    with pytest.raises(ValueError, match=sentence):
        fit_variable_flip_angle(
            given.pop("signals"), given.pop("flip_angles"), given.pop("repetition_time"), **given
        )
