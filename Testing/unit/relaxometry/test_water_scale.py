"""What pure water measures: read off fluid that is partly tissue, off white matter, and off both."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.relaxometry.magic import magic_images
from gliomamri.relaxometry.magic_fit import fit_magic
from gliomamri.relaxometry.robust import huber_weights, tukey_weights
from gliomamri.relaxometry.water_scale import (
    CSF_R1,
    CSF_R1_SD,
    CSF_R2,
    WaterScale,
    blocks_of,
    combined,
    scale_from_fluid,
    scale_from_white_matter,
)
from unit.relaxometry.magic_heads import DELAYS, ECHOES, REPETITION_TIME

WATER = 940.0


def measured_fluid(rng, share, *, R1=CSF_R1, R2=CSF_R2, B1=1.0, snr=100.0):
    """Fit MAGIC to voxels whose signal is that of a share of fluid plus that of gray matter."""
    fluid, gray = (
        magic_images(WATER * PD, *rates, B1=B1).T for PD, rates in ((1, (R1, R2)), (0.8, (0.7, 11.5)))
    )
    clean = share[:, None] * fluid + (1 - share)[:, None] * gray
    noise = np.abs(gray).max() / snr * rng.standard_normal(clean.shape)
    found = fit_magic(clean + noise, DELAYS, ECHOES, REPETITION_TIME, B1=1.0, T2_bounds=(5.0, 20000.0))
    ok = found.T1_valid & found.T2_valid
    return np.log(found.M0[ok]), 1000 / found.T1[ok], 1000 / found.T2[ok], np.arange(ok.sum()) // 8


def test_partial_volume_is_extrapolated_to_pure_fluid():
    rng = np.random.default_rng(0)
    share = 1 - 0.25 * rng.random(800) ** 2

    fluid = measured_fluid(rng, share)
    scale = scale_from_fluid(*fluid)

    assert np.median(fluid[0]) - np.log(WATER) < -0.015
    assert scale.logarithm - np.log(WATER) == pytest.approx(0, abs=0.008)


def test_an_error_of_the_transmit_field_does_not_move_the_scale_as_it_moves_M0():
    """B1 is 3 % off what the fit believes: long T1 and M0 err together, and R1 gives it away."""
    rng = np.random.default_rng(1)
    share = 1 - 0.2 * rng.random(800) ** 2

    fluid = measured_fluid(rng, share, B1=1.03)
    off = np.median(fluid[0][fluid[2] < 0.8]) - np.log(WATER)
    scale = scale_from_fluid(*fluid)

    assert abs(off) > 0.03
    assert abs(scale.logarithm - np.log(WATER)) < 0.5 * abs(off)


def test_the_error_is_that_of_estimates_over_patients():
    """CSF differs between patients as published; few voxels, so that noise counts too."""
    rng, deviations = np.random.default_rng(2), []
    for _ in range(60):
        share = 1 - 0.2 * rng.random(60) ** 2
        scale = scale_from_fluid(*measured_fluid(rng, share, R1=rng.normal(CSF_R1, CSF_R1_SD)))
        deviations.append((scale.logarithm - np.log(WATER)) / scale.error)

    assert np.sqrt(np.mean(np.square(deviations))) == pytest.approx(1.0, abs=0.25)


def test_wild_voxels_and_fluid_of_one_rate_do_no_harm():
    rng = np.random.default_rng(3)
    y = 5 + 0.01 * rng.standard_normal(200)
    y[:15] += 2.0
    constant = np.full(200, CSF_R1), np.full(200, CSF_R2)

    scale = scale_from_fluid(y, *constant, np.arange(200))

    assert scale.logarithm == pytest.approx(5, abs=0.005)
    assert 0 < scale.error < 0.01


def test_neighbors_that_err_together_raise_the_error():
    rng = np.random.default_rng(4)
    R1, R2 = CSF_R1 + 0.02 * rng.standard_normal(400), CSF_R2 + 0.3 * rng.random(400)
    blocks = np.repeat(np.arange(20), 20)
    y = 5 + 0.05 * rng.standard_normal(20)[blocks] + 0.01 * rng.standard_normal(400)

    together = scale_from_fluid(y, R1, R2, blocks).error
    apart = scale_from_fluid(y, R1, R2, np.arange(400)).error

    assert together > 2 * apart


def test_white_matter_holds_seventy_percent_of_water():
    scale = scale_from_white_matter(np.log(WATER * np.array([0.66, 0.70, 0.71])))

    assert scale.logarithm == pytest.approx(np.log(WATER))
    assert scale.error == pytest.approx(0.017 / 0.70)


def test_both_are_weighted_by_their_inverse_variance():
    both = combined([WaterScale(1.0, 0.02), WaterScale(1.1, 0.04)])

    assert both.logarithm == pytest.approx(1.02)
    assert both.error == pytest.approx(0.02 * 0.04 / np.hypot(0.02, 0.04))


def test_blocks_are_cubes_in_mm():
    mask = np.ones((4, 12, 30), bool)
    mask[0, 0, :5] = False

    blocks = np.zeros(mask.shape, int)
    blocks[mask] = 1 + blocks_of(mask, (10.0, 5.0, 1.0))

    assert len(np.unique(blocks[mask])) == 2 * 3 * 2
    assert blocks[0, 1, 0] == blocks[1, 3, 19]
    for other in (blocks[2, 1, 0], blocks[0, 4, 0], blocks[0, 1, 20]):
        assert blocks[0, 1, 0] != other


def test_weights_limit_or_leave_out_what_is_far():
    size = np.array([0.0, 1.0, -3.0, 10.0])

    np.testing.assert_allclose(huber_weights(size), [1, 1, 1.345 / 3, 0.1345])
    np.testing.assert_allclose(
        tukey_weights(size), [1, (1 - (1 / 4.685) ** 2) ** 2, (1 - (3 / 4.685) ** 2) ** 2, 0]
    )
