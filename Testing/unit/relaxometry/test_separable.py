"""Variable projection: derivatives, brackets and bounds."""

import numpy as np
import pytest

from gliomamri.relaxometry.curves import exponential_curve, inversion_curve
from gliomamri.relaxometry.separable import SeparableModel, fit_separable, grid_sse

TIMES = np.array([30.0, 110.0, 400.0, 900.0])


@pytest.mark.parametrize(
    "curve",
    [
        exponential_curve(TIMES),
        inversion_curve(TIMES, np.full(4, 2100.0), -0.7),
        inversion_curve(TIMES, None),
    ],
)
def test_curve_derivatives_agree_with_finite_differences(curve):
    x, step = np.log(np.array([60.0, 350.0, 2400.0])), 1e-4

    phi, first, second = curve(x)

    np.testing.assert_allclose(first, (curve(x + step)[0] - curve(x - step)[0]) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(second, (curve(x + step)[1] - curve(x - step)[1]) / (2 * step), atol=1e-7)
    assert phi.shape == (4, 3)


@pytest.mark.parametrize("has_offset", [False, True])
def test_fit_is_the_best_of_a_dense_scan(has_offset):
    rng = np.random.default_rng(0)
    model = SeparableModel(exponential_curve(TIMES), has_offset, -1, (20.0, 5000.0))
    signals = rng.uniform(0, 100, 50) * has_offset - 80 * np.exp(-TIMES[:, None] / rng.uniform(80, 900, 50))
    signals = signals + rng.standard_normal(signals.shape)

    fit = fit_separable(signals, model)

    for voxel in range(15):
        scan = []
        for T in np.geomspace(20, 5000, 3000):
            phi = np.exp(-TIMES / T)
            design = np.stack([phi, np.ones(4)], axis=1) if has_offset else phi[:, None]
            unknowns = np.linalg.lstsq(design, signals[:, voxel], rcond=None)[0]
            scan.append(((signals[:, voxel] - design @ unknowns) ** 2).sum() if unknowns[0] <= 0 else np.inf)
        assert fit.sse[voxel] <= min(scan) * (1 + 1e-9) + 1e-12
        assert fit.sse[voxel] >= min(scan) * (1 - 1e-2) - 1e-3
    np.testing.assert_allclose(grid_sse(signals, model), fit.sse, atol=1e-3 * (signals**2).sum(axis=0).max())


def test_bounds_are_kept_and_told():
    model = SeparableModel(exponential_curve(TIMES), False, 1, (100.0, 1000.0))
    signals = 50 * np.exp(-TIMES[:, None] / np.array([40.0, 300.0, 9000.0]))

    fit = fit_separable(signals, model)

    np.testing.assert_allclose(np.exp(fit.log_time), [100, 300, 1000], rtol=1e-9)
    np.testing.assert_array_equal(fit.hit_bound, [True, False, True])


def test_the_amplitude_keeps_its_sign():
    model = SeparableModel(exponential_curve(TIMES), False, 1, (100.0, 1000.0))

    fit = fit_separable(-50 * np.exp(-TIMES[:, None] / 300.0), model)

    assert fit.amplitude[0] == 0
