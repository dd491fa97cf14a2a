"""Signal equations against an iteration of the sequence that knows nothing of the closed form."""

import numpy as np
import pytest

from gliomamri.relaxometry.signals import (
    inversion_recovery,
    magnetization_and_kappa,
    spin_echo_decay,
)


def steady_state_longitudinal(TI, TR, T1, M0, inversion_degrees, repetitions=40):
    """Repeat inversion - TI - 90 degrees - recovery; return Mz just before the readout pulse."""
    cosine, longitudinal = np.cos(np.deg2rad(inversion_degrees)), M0
    for _ in range(repetitions):
        longitudinal = M0 + (cosine * longitudinal - M0) * np.exp(-TI / T1)
        before_readout = longitudinal
        longitudinal = M0 + (0.0 - M0) * np.exp(-(TR - TI) / T1)
    return before_readout


@pytest.mark.parametrize("TI", [40.0, 700.0, 2300.0])
@pytest.mark.parametrize(("T1", "degrees"), [(260.0, 180.0), (1100.0, 150.0), (4200.0, 171.0)])
def test_inversion_recovery_is_the_steady_state_of_the_sequence(TI, T1, degrees):
    expected = steady_state_longitudinal(TI, 2500.0, T1, 830.0, degrees)

    signal = inversion_recovery(TI, 2500.0, 830.0, T1, np.cos(np.deg2rad(degrees)))

    assert signal == pytest.approx(expected, abs=1e-9)


def test_free_form_gives_back_magnetization_and_kappa():
    TI, TR, M0, T1, kappa = np.array([90.0, 1300.0]), 3100.0, 640.0, 1500.0, -0.83
    E = np.exp(-TR / T1)
    offset, amplitude = M0 * (1 - kappa * E), -M0 * (1 - kappa)

    found_M0, found_kappa = magnetization_and_kappa(offset, amplitude, T1, TR)

    np.testing.assert_allclose(
        offset + amplitude * np.exp(-TI / T1),
        inversion_recovery(TI, TR, M0, T1, kappa),
        rtol=1e-13,
    )
    assert (found_M0, found_kappa) == (pytest.approx(M0), pytest.approx(kappa))


def test_without_repetition_time_the_offset_is_the_magnetization():
    M0, kappa = magnetization_and_kappa(500.0, -950.0, 1000.0, None)

    assert (M0, kappa) == (pytest.approx(500.0), pytest.approx(-0.9))


def test_spin_echo_halves_every_half_life():
    half_life = 80.0 * np.log(2)

    np.testing.assert_allclose(spin_echo_decay([0, half_life, 2 * half_life], 100.0, 80.0), [100, 50, 25])
