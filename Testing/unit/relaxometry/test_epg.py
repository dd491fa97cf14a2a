"""Extended phase graph and its surface, against an isochromat Bloch simulation of the echo train."""

import numpy as np
import pytest

from gliomamri.relaxometry.echo_surface import EchoSurface, pulse_angle, pulse_weight
from gliomamri.relaxometry.epg import cpmg_echoes


def isochromat_train(T2, T1, spacing, echoes, degrees, spins=256):
    """Rotate spins spread over whole turns by the gradients; no recovery term, as crushers dephase it.

    Axis x is that of the excited magnetization and of the refocusing pulses (CPMG condition).
    """
    turn = 2 * np.pi * np.arange(spins) / spins
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    transverse, longitudinal = np.ones(spins, complex), np.zeros(spins)
    train = []
    for _ in range(echoes):
        for half in range(2):
            transverse = transverse * np.exp(-spacing / 2 / T2) * np.exp(1j * turn)
            longitudinal = longitudinal * np.exp(-spacing / 2 / T1)
            if half == 0:
                x, y = transverse.real, transverse.imag
                y, longitudinal = cos * y - sin * longitudinal, sin * y + cos * longitudinal
                transverse = x + 1j * y
        train.append(transverse.mean().real)
    return np.array(train)


@pytest.mark.parametrize("degrees", [180.0, 150.0, 111.0, 70.0, 205.0])
def test_train_agrees_with_isochromats(degrees):
    expected = isochromat_train(63.0, 900.0, 11.0, 14, degrees)

    np.testing.assert_allclose(cpmg_echoes(63.0, 900.0, 11.0, 14, degrees), expected, atol=1e-12)


def test_ideal_refocusing_decays_exponentially():
    T2 = np.array([20.0, 90.0, 1000.0])
    times = 9.0 * np.arange(1, 17)

    np.testing.assert_allclose(
        cpmg_echoes(T2, 1000.0, 9.0, 16, 180.0), np.exp(-times[:, None] / T2), rtol=1e-12
    )


def test_first_echo_carries_the_refocused_fraction_alone():
    np.testing.assert_allclose(cpmg_echoes(1e9, 1e9, 10.0, 2, 120.0), [0.75, 0.9375], rtol=1e-6)


@pytest.mark.parametrize(("spacing", "echoes"), [(12.0, 8), (10.0, 32)])
def test_surface_reproduces_train_and_derivatives(spacing, echoes):
    rng = np.random.default_rng(3)
    surface = EchoSurface(spacing, echoes, 1100.0, (np.log(5), np.log(3000)), (0.0, 0.5))
    x, w, step = rng.uniform(np.log(6), np.log(2900), 300), rng.uniform(0.01, 0.49, 300), 1e-4

    value, by_x, by_w = surface(x, w)

    def train(x, w):
        return cpmg_echoes(np.exp(x), 1100.0, spacing, echoes, pulse_angle(w))

    np.testing.assert_allclose(value, train(x, w), atol=1e-6)
    np.testing.assert_allclose(by_x, (train(x + step, w) - train(x - step, w)) / (2 * step), atol=1e-5)
    np.testing.assert_allclose(by_w, (train(x, w + step) - train(x, w - step)) / (2 * step), atol=1e-3)


def test_pulse_weight_folds_at_180_degrees():
    np.testing.assert_allclose(
        pulse_angle(pulse_weight([60.0, 144.0, 180.0, 216.0])), [60, 144, 180, 144], atol=1e-6
    )
