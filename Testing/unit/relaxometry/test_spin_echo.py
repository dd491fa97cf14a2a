"""Spin echoes, trains of them and inversion-prepared ones against a Bloch simulation of the pulses."""

import numpy as np
import pytest

from gliomamri.relaxometry.spin_echo import Readout, inversion_prepared_spin_echo, spin_echo
from unit.bloch import Spins, steady_state

TISSUES = [(1.2, 13.0), (0.71, 11.0), (0.24, 0.8), (3.4, 22.0)]  # R1, R2 in 1/s


def play(spins, readout, rest, B1=1.0, inversion=None):
    """Play one repetition; return the echo at the effective echo time."""
    if inversion is not None:
        kappa, TI = inversion
        spins.spoil()
        spins.pulse(np.rad2deg(np.arccos(kappa)))
        spins.spoil()
        spins.wait(TI)
    spins.spoil()
    spins.pulse(readout.flip_angle * B1)
    echoes = []
    for _ in range(readout.echoes):
        spins.wait(readout.spacing / 2)
        spins.refocus(readout.refocusing_angle * B1)
        spins.wait(readout.spacing / 2)
        echoes.append(spins.signal)
    spins.spoil()
    spins.wait(rest - readout.spacing / 2)
    return [echoes[round(readout.echo_time / readout.spacing) - 1]]


def bloch(R1, R2, readout, rest, **options):
    echo = steady_state(Spins(R1, R2), lambda spins: play(spins, readout, rest, **options))[0]
    return echo.imag


SINGLE = [
    (Readout(14.0), 1.0),
    (Readout(14.0), 0.9),
    (Readout(90.0, flip_angle=75.0), 1.0),
    (Readout(30.0, flip_angle=90.0, refocusing_angle=150.0), 1.08),
]
TRAIN = Readout(84.0, echoes=13, echo_spacing=12.0)


@pytest.mark.parametrize(("R1", "R2"), TISSUES)
@pytest.mark.parametrize(("readout", "B1"), [*SINGLE, (TRAIN, 1.0)])
def test_spin_echo_agrees_with_bloch(R1, R2, readout, B1):
    TR = 540.0

    expected = 0.8 * bloch(R1, R2, readout, TR - readout.last_pulse, B1=B1)

    np.testing.assert_allclose(spin_echo(0.8, R1, R2, TR, readout, B1), expected, rtol=1e-8)


@pytest.mark.parametrize(("R1", "R2"), TISSUES)
@pytest.mark.parametrize(("readout", "B1"), [*SINGLE, (TRAIN, 1.0)])
@pytest.mark.parametrize(("TR", "TI", "kappa"), [(2050.0, 860.0, -1.0), (8500.0, 2330.0, -0.94)])
def test_inversion_prepared_agrees_with_bloch(R1, R2, readout, B1, TR, TI, kappa):
    rest = TR - TI - readout.last_pulse

    expected = 0.8 * bloch(R1, R2, readout, rest, B1=B1, inversion=(kappa, TI))

    found = inversion_prepared_spin_echo(0.8, R1, R2, TR, TI, readout, kappa=kappa, B1=B1)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-12)


def test_short_forms_are_the_limit_of_short_echo_times():
    R1, TR, TI, readout = np.array([0.25, 0.7, 1.2]), 600.0, 250.0, Readout(1e-6)

    plain = spin_echo(1.0, R1, 1.0, TR, readout)
    prepared = inversion_prepared_spin_echo(1.0, R1, 1.0, TR, TI, readout)

    np.testing.assert_allclose(plain, 1 - np.exp(-0.6 * R1), rtol=1e-6)
    np.testing.assert_allclose(prepared, 1 - 2 * np.exp(-0.25 * R1) + np.exp(-0.6 * R1), rtol=1e-6)


def test_finite_echo_time_matters_in_T1_weighted_spin_echo():
    exact = spin_echo(1.0, 1.2, 0.0, 450.0, Readout(20.0))

    short = 1 - np.exp(-0.45 * 1.2)
    assert short - exact == pytest.approx(2 * (np.exp(-0.44 * 1.2) - np.exp(-0.45 * 1.2)), rel=1e-9)
    assert 0.03 < 1 - exact / short < 0.04


def test_a_fluid_turns_negative_before_its_null_and_positive_after():
    R1, TR, readout = 1000 / 4100, 9000.0, Readout(120.0, 16, 8.0)

    early, late = (inversion_prepared_spin_echo(1.0, R1, 0.7, TR, TI, readout) for TI in (2000.0, 2700.0))

    assert early < -0.02
    assert late > 0.02


@pytest.mark.parametrize("readout", [Readout(12.0), TRAIN])
def test_arrays_keep_float32_and_broadcast_like_numbers(readout):
    rng = np.random.default_rng(6)
    PD = rng.uniform(0.6, 1, (4, 1, 1)).astype(np.float32)
    R1 = rng.uniform(0.2, 3, (3, 1)).astype(np.float32)
    R2, B1 = rng.uniform(1, 30, 5).astype(np.float32), rng.uniform(0.8, 1.2, (3, 5)).astype(np.float32)
    copies = [array.copy() for array in (PD, R1, R2, B1)]

    for transmit in (1.0, B1):
        plain = spin_echo(PD, R1, R2, 500.0, readout, transmit)
        prepared = inversion_prepared_spin_echo(PD, R1, R2, 2000.0, 900.0, readout, B1=transmit)

        one = float(B1[1, 3]) if transmit is B1 else 1.0
        numbers = float(PD[2, 0, 0]), float(R1[1, 0]), float(R2[3])
        for found, alone in (
            (plain, spin_echo(*numbers, 500.0, readout, one)),
            (prepared, inversion_prepared_spin_echo(*numbers, 2000.0, 900.0, readout, B1=one)),
        ):
            assert found.shape == (4, 3, 5)
            assert found.dtype == np.float32
            assert found[2, 1, 3] == pytest.approx(alone, rel=1e-4, abs=2e-6)
    for array, copy in zip((PD, R1, R2, B1), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
