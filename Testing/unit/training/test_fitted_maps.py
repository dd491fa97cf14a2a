"""Maps with the flaws of fits: sizes of the errors as drawn, means kept, place and slices right."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.training.fitted_maps import MapFlaws, as_fitted, draw_flaws

NONE = {"T1map": 0.0, "T2map": 0.0, "PDmap": 0.0}
SHAPE = (30, 36, 28)


def flaws(thickness=0.0, noise=NONE, smooth=NONE, shift=(0.0, 0.0, 0.0)):
    return MapFlaws(thickness, {**NONE, **noise}, {**NONE, **smooth}, np.array(shift))


def test_without_flaws_nothing_changes():
    values = np.random.default_rng(0).uniform(300, 3000, SHAPE).astype(np.float32)
    found = as_fitted({"T1map": values, "PDmap": values / 40}, flaws(), 1.5, np.random.default_rng(1))
    np.testing.assert_allclose(found["T1map"], values, rtol=1e-5)
    np.testing.assert_allclose(found["PDmap"], values / 40, rtol=1e-5)


def test_noise_and_smooth_errors_are_as_large_as_drawn():
    values = np.full(SHAPE, 1000, np.float32)
    noisy = as_fitted({"ceT1map": values}, flaws(noise={"T1map": 0.03}), 1.5, np.random.default_rng(1))[
        "ceT1map"
    ]
    error = np.log(noisy / 1000)
    assert error.std() == pytest.approx(0.03, rel=0.03)
    assert np.corrcoef(error[:, :, 1:].ravel(), error[:, :, :-1].ravel())[0, 1] == pytest.approx(0, abs=0.03)

    shaded = as_fitted({"T2map": values}, flaws(smooth={"T2map": 0.02}), 3.0, np.random.default_rng(1))[
        "T2map"
    ]
    error = np.log(shaded / 1000)
    assert error.std() == pytest.approx(0.02, rel=0.02)
    assert error.mean() == pytest.approx(0, abs=1e-4)
    assert np.corrcoef(error[:, :, 1:].ravel(), error[:, :, :-1].ravel())[0, 1] > 0.98


def test_shift_is_in_mm_along_z_y_x():
    values = np.zeros(SHAPE, np.float32)
    values[10, 20, 14] = 80.0
    found = as_fitted({"PDmap": values}, flaws(shift=(3.0, -1.5, 0.75)), 1.5, np.random.default_rng(0))[
        "PDmap"
    ]
    where = np.array([(found * axis).sum() / found.sum() for axis in np.indices(SHAPE)])
    np.testing.assert_allclose(where, (12.0, 19.0, 14.5), atol=1e-4)


def test_a_slice_is_the_mean_of_rates_over_its_thickness():
    """A step of R1 from 1 to 0.5 per second, seen by slices 3 voxels thick, is between and not beyond."""
    times = np.full(SHAPE, 1000, np.float32)
    times[17:] = 2000
    found = as_fitted({"T1map": times}, flaws(thickness=4.5), 1.5, np.random.default_rng(0))["T1map"][:, 9, 9]
    rates = 1000 / found
    assert rates[:14] == pytest.approx(1.0, abs=1e-4)
    assert rates[20:] == pytest.approx(0.5, abs=1e-4)
    assert np.all(np.diff(rates) <= 1e-6)
    # Slices' middles lie at 0, 3, 6 ... voxels: that at 15 holds 14 to 16, that at 18 holds 17 to 19.
    assert rates[15] == pytest.approx(1.0, abs=1e-4)
    assert rates[16] == pytest.approx(1.0 - 0.5 / 3, abs=1e-3)
    assert rates[18] == pytest.approx(0.5, abs=1e-4)
    assert rates.sum() == pytest.approx(17 + 0.5 * 13, abs=0.3)


def test_nothing_stays_nothing_and_all_is_finite():
    values = np.zeros(SHAPE, np.float32)
    values[5:25, 5:30, 5:20] = 900
    drawn = draw_flaws(np.random.default_rng(3))
    found = as_fitted({"T1map": values, "T2map": values / 10}, drawn, 1.5, np.random.default_rng(4))
    for made in found.values():
        assert np.isfinite(made).all()
        assert made.dtype == np.float32
        assert not made[:, :2].any()


def test_same_seed_same_maps():
    values = np.random.default_rng(0).uniform(300, 3000, SHAPE).astype(np.float32)

    def made(seed):
        generator = np.random.default_rng(seed)
        return as_fitted({"T1map": values}, draw_flaws(generator), 1.5, generator)["T1map"]

    assert np.array_equal(made(5), made(5))
    assert not np.array_equal(made(5), made(6))


def test_drawn_flaws_are_those_of_real_fits():
    drawn = [draw_flaws(np.random.default_rng(seed)) for seed in range(300)]
    thick = np.array([one.thickness for one in drawn])
    assert np.mean(thick == 0) == pytest.approx(0.3, abs=0.08)
    assert 3 <= thick[thick > 0].min() <= thick.max() <= 6
    assert 0.004 < min(one.noise["T1map"] for one in drawn) < max(one.noise["T1map"] for one in drawn) < 0.041
    assert np.std([one.shift for one in drawn]) == pytest.approx(0.4, rel=0.15)
