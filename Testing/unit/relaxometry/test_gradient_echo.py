"""Spoiled gradient echoes against a Bloch simulation that plays the sequence until it repeats itself."""

import numpy as np
import pytest

from gliomamri.relaxometry.gradient_echo import magnetization_prepared_gradient_echo, spoiled_gradient_echo
from gliomamri.relaxometry.voxelwise import into, whole_power
from unit.bloch import Spins, steady_state

TISSUES = [(1.2, 13.0), (0.71, 11.0), (0.24, 0.8), (3.4, 22.0)]  # R1, R2* in 1/s


@pytest.mark.parametrize(("R1", "R2_star"), TISSUES)
@pytest.mark.parametrize(("TR", "TE", "angle", "B1"), [(8.2, 3.1, 12.0, 1.0), (250.0, 4.0, 70.0, 0.87)])
def test_spoiled_gradient_echo_agrees_with_bloch(R1, R2_star, TR, TE, angle, B1):
    def cycle(spins):
        spins.spoil()
        spins.pulse(angle * B1)
        spins.wait(TE)
        echo = spins.signal
        spins.wait(TR - TE)
        return [echo]

    expected = 0.8 * abs(steady_state(Spins(R1, R2_star, 2), cycle)[0])

    np.testing.assert_allclose(
        spoiled_gradient_echo(0.8, R1, R2_star, TR, TE, angle, B1), expected, rtol=1e-8
    )


@pytest.mark.parametrize(("R1", "R2_star"), TISSUES)
@pytest.mark.parametrize(("pulses", "kappa", "B1"), [(64, -1.0, 1.0), (65, -0.93, 1.12)])
def test_magnetization_prepared_gradient_echo_agrees_with_bloch(R1, R2_star, pulses, kappa, B1):
    TR, TE, TI, angle, spacing = 1700.0, 3.0, 820.0, 9.0, 8.1

    def cycle(spins):
        spins.spoil()
        spins.pulse(np.rad2deg(np.arccos(kappa)))
        spins.spoil()
        spins.wait(TI - pulses // 2 * spacing)
        echoes = []
        for _ in range(pulses):
            spins.spoil()
            spins.pulse(angle * B1)
            spins.wait(TE)
            echoes.append(spins.signal)
            spins.wait(spacing - TE)
        spins.spoil()
        spins.wait(TR - TI + pulses // 2 * spacing - pulses * spacing)
        return [echoes[pulses // 2]]

    expected = 0.7 * steady_state(Spins(R1, R2_star, 2), cycle)[0].imag

    found = magnetization_prepared_gradient_echo(
        0.7, R1, R2_star, TR, TE, TI, angle, pulses=pulses, pulse_spacing=spacing, kappa=kappa, B1=B1
    )

    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize(
    "equation",
    [
        lambda *v, B1: spoiled_gradient_echo(*v, 7.0, 2.5, 15.0, B1),
        lambda *v, B1: magnetization_prepared_gradient_echo(*v, 2000.0, 3.0, 900.0, 9.0, B1=B1),
    ],
)
def test_arrays_keep_float32_and_broadcast_like_numbers(equation):
    rng = np.random.default_rng(5)
    PD = rng.uniform(0.6, 1, (4, 1, 1)).astype(np.float32)
    R1 = rng.uniform(0.2, 3, (3, 1)).astype(np.float32)
    R2, B1 = rng.uniform(1, 30, 5).astype(np.float32), rng.uniform(0.8, 1.2, (3, 5)).astype(np.float32)
    copies = [array.copy() for array in (PD, R1, R2, B1)]

    found = equation(PD, R1, R2, B1=B1)

    assert found.shape == (4, 3, 5)
    assert found.dtype == np.float32
    one = equation(float(PD[2, 0, 0]), float(R1[1, 0]), float(R2[3]), B1=float(B1[1, 3]))
    assert found[2, 1, 3] == pytest.approx(one, rel=1e-4, abs=2e-6)
    for array, copy in zip((PD, R1, R2, B1), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_into_reuses_memory_only_where_the_result_fits():
    own = np.ones((2, 3), np.float32)

    assert into(np.multiply, own, np.float32(2)) is own
    assert into(np.multiply, own, np.ones(3, np.float32)) is own
    assert into(np.multiply, own, np.ones((4, 2, 3), np.float32)).shape == (4, 2, 3)
    assert into(np.multiply, own, np.ones(3)).dtype == np.float64
    assert into(np.multiply, 2.0, 3.0) == 6


@pytest.mark.parametrize("exponent", [0, 1, 2, 7, 176])
def test_whole_power(exponent):
    base = np.array([-0.98, 0.0, 0.99])
    before = base.copy()

    np.testing.assert_allclose(whole_power(base, exponent) * np.ones(3), before**exponent, rtol=1e-12)
    np.testing.assert_array_equal(base, before)
    assert whole_power(-0.5, exponent) == (-0.5) ** exponent
