"""Whatever the signals, nothing infinite or NaN comes out and no warning is raised."""

import warnings

import numpy as np
import pytest

from gliomamri.relaxometry.inversion_recovery import fit_inversion_recovery
from gliomamri.relaxometry.multi_echo import fit_multi_echo

TI = [50.0, 100.0, 200.0, 500.0, 2000.0, 4000.0]
TE = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]


def signals_of(kind, rng):
    noise = np.abs(rng.standard_normal((60, 6)))
    return {
        "noise": noise,
        "constant": np.full((60, 6), 5.0),
        "rising": noise.cumsum(axis=1),
        "falling": np.sort(noise, axis=1)[:, ::-1],
        "spike": np.eye(6)[rng.integers(0, 6, 60)],
        "small integers": rng.integers(0, 4, (60, 6)).astype(np.int16),
    }[kind]


def assert_finite(fit):
    for name, values in vars(fit).items():
        assert np.isfinite(values).all(), name
    assert (fit.valid <= ~fit.hit_bound).all()


@pytest.fixture(autouse=True)
def _no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("kind", ["noise", "constant", "rising", "falling", "spike", "small integers"])
@pytest.mark.parametrize("scale", [1, 1e-9, 1e9])
def test_inversion_recovery(kind, scale):
    signals = signals_of(kind, np.random.default_rng(0)) * scale

    for polarity in ("signed", "magnitude"):
        for model in ("free_efficiency", "full_inversion"):
            assert_finite(
                fit_inversion_recovery(signals, TI, repetition_time=5000.0, model=model, polarity=polarity)
            )


@pytest.mark.parametrize("kind", ["noise", "constant", "rising", "falling", "spike", "small integers"])
@pytest.mark.parametrize("scale", [1, 1e-9, 1e9])
def test_multi_echo(kind, scale):
    signals = signals_of(kind, np.random.default_rng(0)) * scale

    for noise_sd in (None, 0.1 * scale, 10.0 * scale):
        for stimulated_echo in (False, True):
            assert_finite(fit_multi_echo(signals, TE, noise_sd=noise_sd, stimulated_echo=stimulated_echo))


def test_integer_and_single_precision_images_give_the_same_maps():
    signals = np.rint(900 * np.exp(-np.array(TE) / np.array([[40.0], [90.0]])))

    whole = fit_multi_echo(signals, TE, noise_sd=1.0)

    for kind in (np.int16, np.float32, np.uint16):
        np.testing.assert_allclose(
            fit_multi_echo(signals.astype(kind), TE, noise_sd=1.0).T2, whole.T2, rtol=1e-6
        )
