"""The factors that MAGIC's fit uses, against the signal equation and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.relaxometry.magic import magic_images
from gliomamri.relaxometry.magic_model import MagicProtocol
from gliomamri.relaxometry.magic_voxels import MagicProblem, products

DELAYS = np.array([3840.0, 170, 670, 170, 1840, 170])
ECHOES = np.array([22.0, 95, 22, 22, 60, 95])
BOUNDS = {"log_R1": (-2.0, 3.0), "log_R2": (-1.0, 5.0), "B1": (0.4, 1.6)}


@pytest.fixture
def protocol():
    return MagicProtocol.of(DELAYS, ECHOES, 4000.0, 110.0, 80.0)


def truth(count=5):
    rng = np.random.default_rng(4)
    return rng.uniform(0.3, 4, count), rng.uniform(2, 40, count), rng.uniform(0.7, 1.2, count)


def reference(R1, R2, B1):
    """Images by equation (1), one by one."""
    return np.stack([
        magic_images(
            7.0, R1, R2, inversion_times=(TI,), echo_times=(TE,), repetition_time=4000.0,
            saturation_angle=110.0, flip_angle=80.0, B1=B1,
        )[0]
        for TI, TE in zip(DELAYS, ECHOES, strict=True)
    ])  # fmt: skip


def test_factors_multiply_to_the_signal_equation_for_any_set_of_images(protocol):
    R1, R2, B1 = truth()

    u = protocol.delay_factor(np.log(R1), B1, with_B1=False)[0]
    f = protocol.echo_factor(np.log(R2))[0]
    q = protocol.scale(np.log(R1), B1)[0]

    np.testing.assert_allclose(
        7 * q * protocol.images(f[:, None] * u[None]), reference(R1, R2, B1), rtol=1e-12
    )


def test_the_table_adds_repeated_images_and_leaves_missing_ones_out(protocol):
    signals = np.arange(6.0)[:, None]

    table = protocol.table(signals)

    assert protocol.weights.sum() == 6
    assert protocol.weights[0, 0] == 1
    assert protocol.weights[2, 0] == 2  # TI 170, TE 95 was taken twice
    assert table[2, 0, 0] == 1 + 5
    assert table.sum() == signals.sum()


def test_derivatives_match_finite_differences(protocol):
    R1, R2, B1 = truth()
    x, y, step = np.log(R1), np.log(R2), 1e-6

    _, by_R1, by_B1 = protocol.delay_factor(x, B1, with_B1=True)
    _, by_R2 = protocol.echo_factor(y)
    _, scale_by_R1, scale_by_B1 = protocol.scale(x, B1)

    def slope(function):
        return (function(step) - function(-step)) / (2 * step)

    u = protocol.delay_factor
    np.testing.assert_allclose(by_R1, slope(lambda h: u(x + h, B1, with_B1=False)[0]), atol=1e-8)
    np.testing.assert_allclose(by_B1, slope(lambda h: u(x, B1 + h, with_B1=False)[0]), atol=1e-8)
    np.testing.assert_allclose(by_R2, slope(lambda h: protocol.echo_factor(y + h)[0]), atol=1e-8)
    np.testing.assert_allclose(scale_by_R1, slope(lambda h: np.log(protocol.scale(x + h, B1)[0])), atol=1e-7)
    np.testing.assert_allclose(scale_by_B1, slope(lambda h: np.log(protocol.scale(x, B1 + h)[0])), atol=1e-7)


def test_products_are_those_of_the_dense_jacobian(protocol):
    R1, R2, B1 = truth()
    problem = MagicProblem(protocol, ("log_R1", "log_R2", "B1"), BOUNDS)
    signals = reference(R1 * 1.1, R2 * 0.9, B1)
    unknowns = np.stack([np.log(R1), np.log(R2), B1])

    found = products(problem, protocol.table(signals), unknowns, B1)

    u, by_R1, by_B1 = protocol.delay_factor(unknowns[0], B1, with_B1=True)
    f, by_R2 = protocol.echo_factor(unknowns[1])
    phi = protocol.images(f[:, None] * u[None])
    slopes = [protocol.images(a[:, None] * b[None]) for a, b in ((f, by_R1), (by_R2, u), (f, by_B1))]
    np.testing.assert_allclose(found.norm, (phi**2).sum(axis=0))
    np.testing.assert_allclose(found.data, (phi * signals).sum(axis=0))
    for i, first in enumerate(slopes):
        np.testing.assert_allclose(found.norm_slope[i], (phi * first).sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(found.data_slope[i], (signals * first).sum(axis=0), atol=1e-12)
        for j, second in enumerate(slopes):
            np.testing.assert_allclose(found.slopes[i, j], (first * second).sum(axis=0), atol=1e-12)
