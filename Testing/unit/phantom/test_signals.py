"""Signals of compartments add, with signs; contrast agent moves the tissue's rates in proportion to its amount."""

from dataclasses import replace

import numpy as np
import pytest

from gliomamri.phantom.agent import Injection, agent_at, uptake
from gliomamri.phantom.sequences import DiffusionSeries, MagicSeries, Sequence
from gliomamri.phantom.signals import (
    agent_concentration,
    diffusion_series,
    magic_series,
    relaxation_rates,
    weighted_image,
)
from gliomamri.phantom.voxels import Fluid, Voxels

SHAPE = (2, 3, 4)
T1_FLAIR = Sequence("T1w", "IR-SE", 2000.0, 12.0, inversion_time=850.0)


def voxels(share=0.0, **changes):
    full = lambda value: np.full(SHAPE, value, np.float32)  # noqa: E731
    made = Voxels(
        PD=full(0.8 * (1 - share)),
        R1=full(0.7),
        R2=full(11.0),
        R2_prime=full(5.0),
        tissue_agent=full(0.2),
        blood_agent=full(0.05),
        fluids=(Fluid(full(share), 1.0, 0.25, 0.6),),
        parts={},
        tissue=np.ones(SHAPE, np.uint8),
        diffusion={"f": full(0.04), "Dv": full(80), "Dt": full(0.8), "K": full(0.7), "T2v": full(150)},
    )
    return replace(made, **changes)


def rates(made):
    return made.R1, made.R2


def test_half_a_voxel_of_fluid_is_half_of_each_signal():
    sequence = Sequence("T2w", "SE", 4000.0, 90.0)

    mixed = weighted_image(voxels(0.5), sequence, rates(voxels()))

    expected = 0.5 * sequence.signal(0.8, 0.7, 11.0) + 0.5 * sequence.signal(1.0, 0.25, 0.6)
    np.testing.assert_allclose(mixed, expected, rtol=1e-5)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_transmit_field_acts_on_fluid_too(share):
    sequence = Sequence("T2w", "TSE", 4000.0, 90.0, flip_angle=80.0, train=12, spacing=10.0)
    B1 = np.full(SHAPE, 0.8, np.float32)
    made = voxels(share)

    mixed = weighted_image(made, sequence, rates(made), B1)

    tissue, fluid = (sequence.signal(*values, B1=0.8) for values in ((0.8, 0.7, 11.0), (1.0, 0.25, 0.6)))
    np.testing.assert_allclose(mixed, (1 - share) * tissue + share * fluid, rtol=1e-4)


def test_opposite_signs_cancel_before_the_magnitude():
    tissue, fluid = (
        replace(T1_FLAIR, signed=True).signal(*values) for values in ((0.8, 0.7, 11.0), (1.0, 0.25, 0.6))
    )

    mixed = weighted_image(voxels(0.3), T1_FLAIR, rates(voxels()))

    assert tissue > 0 > fluid
    np.testing.assert_allclose(mixed, abs(0.7 * tissue + 0.3 * fluid), rtol=1e-4)


def test_fluid_attenuates_as_cortex_fades_into_it():
    flair = Sequence("FLAIR", "IR-SE", 9000.0, 100.0, inversion_time=2480.0)

    line = [weighted_image(voxels(s), flair, rates(voxels())).max() for s in (0.0, 0.25, 0.5, 0.75, 1.0)]

    assert np.all(np.diff(line) < 0)


def test_rates_rise_in_proportion_to_the_dose():
    agent, made = agent_at(), voxels()
    rise = []
    for dose in (0.025, 0.05, 0.1):
        concentration = agent_concentration(made, uptake([Injection(dose, 5.0)]))
        R1, R2 = relaxation_rates(made, agent, concentration)
        rise.append(((R1 - made.R1).max(), (R2 - made.R2).max()))

    np.testing.assert_allclose(np.array(rise[1]) / rise[0], 2, rtol=1e-4)
    np.testing.assert_allclose(np.array(rise[2]) / rise[0], 4, rtol=1e-4)
    assert rise[2][0] == pytest.approx(agent.r1 * 0.25, rel=1e-4)


def test_without_agent_rates_stay():
    made = voxels()

    assert relaxation_rates(made, agent_at(), None) == (made.R1, made.R2)


def test_magic_images_add_fluid_with_its_sign():
    series, B1 = MagicSeries(), np.full(SHAPE, 0.9, np.float32)

    mixed = magic_series(voxels(0.4), series, rates(voxels()), B1)

    expected = series.images(0.48, 0.7, 11.0, 0.9) + series.images(0.4, 0.25, 0.6, 0.9)
    np.testing.assert_allclose(mixed, expected[:, None, None, None] * np.ones(SHAPE), rtol=2e-4, atol=1e-6)


def test_diffusion_of_fluid_decays_with_its_own_coefficient():
    series = DiffusionSeries(b_values=(0.0, 1000.0), echo_times=(80.0,))

    b0, b1000 = diffusion_series(voxels(1.0), series)

    assert np.log(b0 / b1000).max() == pytest.approx(3.0, rel=1e-4)
