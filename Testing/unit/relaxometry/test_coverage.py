"""Standard errors must cover the truth in 68 +- 5 % of voxels at SNR 100 (white-matter signal / sigma)."""

import numpy as np
import pytest

from gliomamri.relaxometry.epg import cpmg_echoes
from gliomamri.relaxometry.inversion_recovery import fit_inversion_recovery
from gliomamri.relaxometry.multi_echo import fit_multi_echo
from gliomamri.relaxometry.signals import inversion_recovery

VOXELS = 20000
TI, TR = np.array([50.0, 100.0, 200.0, 500.0, 2000.0, 4000.0]), 15000.0
TE = np.array([10.0, 25.0, 50.0, 90.0, 150.0, 250.0])


@pytest.fixture
def rng():
    return np.random.default_rng(40)


def noisy(rng, signals, sigma, *, signed=False):
    if signed:
        return signals + sigma * rng.standard_normal(signals.shape)
    return np.abs(
        signals + sigma * (rng.standard_normal(signals.shape) + 1j * rng.standard_normal(signals.shape))
    )


def covered(estimate, error, truth, valid):
    assert valid.mean() > 0.99
    return (np.abs(estimate - truth) < error)[valid].mean()


@pytest.mark.parametrize("given", [False, True], ids=["pooled noise", "given noise"])
@pytest.mark.parametrize("polarity", ["signed", "magnitude"])
def test_inversion_recovery(rng, polarity, given):
    T1, M0 = rng.uniform(600, 2500, VOXELS), rng.uniform(900, 1300, VOXELS)
    signals = inversion_recovery(TI, TR, M0[:, None], T1[:, None], rng.uniform(-1, -0.8, (VOXELS, 1)))

    fit = fit_inversion_recovery(
        noisy(rng, signals, 10.0, signed=polarity == "signed"),
        TI,
        repetition_time=TR,
        polarity=polarity,
        noise_sd=10.0 if given else None,
    )

    assert fit.noise_sd == pytest.approx(10.0, rel=0.03)
    assert covered(fit.T1, fit.T1_standard_error, T1, fit.valid) == pytest.approx(0.683, abs=0.05)
    assert covered(fit.M0, fit.M0_standard_error, M0, fit.valid) == pytest.approx(0.683, abs=0.05)


@pytest.mark.parametrize("given", [False, True], ids=["pooled noise", "given noise"])
@pytest.mark.parametrize("sigma", [10.0, 50.0], ids=["SNR 100", "SNR 20, late echoes at the floor"])
def test_multi_echo(rng, sigma, given):
    T2, M0 = rng.uniform(50, 200, VOXELS), rng.uniform(900, 1300, VOXELS)
    signals = noisy(rng, M0[:, None] * np.exp(-TE / T2[:, None]), sigma)

    fit = fit_multi_echo(signals, TE, noise_sd=sigma if given else None)

    assert covered(fit.T2, fit.T2_standard_error, T2, fit.valid) == pytest.approx(0.683, abs=0.05)
    assert covered(fit.M0, fit.M0_standard_error, M0, fit.valid) == pytest.approx(0.683, abs=0.05)


def test_stimulated_echo(rng):
    T2, M0, B1 = rng.uniform(50, 200, 6000), rng.uniform(900, 1300, 6000), rng.uniform(0.75, 0.95, 6000)
    signals = noisy(rng, (M0 * cpmg_echoes(T2, 1000.0, 12.0, 10, 180 * B1)).T, 10.0)

    fit = fit_multi_echo(signals, 12.0 * np.arange(1, 11), stimulated_echo=True, noise_sd=10.0)

    assert covered(fit.T2, fit.T2_standard_error, T2, fit.valid) == pytest.approx(0.683, abs=0.05)
