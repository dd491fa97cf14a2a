"""The number of times a fit asks for is the number it can do with."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gliomamri.relaxometry.inversion_recovery import fit_inversion_recovery
from gliomamri.relaxometry.magic import magic_images
from gliomamri.relaxometry.magic_fit import fit_magic
from gliomamri.relaxometry.multi_echo import fit_multi_echo
from gliomamri.relaxometry.protocol import fewest_times
from gliomamri.relaxometry.settings import Settings
from gliomamri.relaxometry.variable_flip_angle import fit_variable_flip_angle


def accepts(fit) -> bool:
    try:
        fit()
    except ValueError as error:
        assert "at least" in str(error)
        return False
    return True


@pytest.mark.parametrize(
    ("model", "polarity", "noise"),
    list(itertools.product(("free_efficiency", "full_inversion"), ("signed", "magnitude"), (0.0, 1.0))),
)
def test_inversion_recovery(model, polarity, noise):
    fewest = fewest_times("IRT1", Settings(ir_model=model, ir_polarity=polarity, noise_sd=noise))

    def fit(count):
        times = 100.0 * 2 ** np.arange(count)
        signals = np.abs(1 - 2 * np.exp(-times / 900))[None]
        return lambda: fit_inversion_recovery(
            signals, times, repetition_time=1e5, model=model, polarity=polarity, noise_sd=noise or None
        )

    assert accepts(fit(fewest))
    assert not accepts(fit(fewest - 1))


@pytest.mark.parametrize(
    ("noise", "skip", "stimulated"), [(n, s, e) for n in (0.0, 1.0) for s, e in ((0, 0), (1, 0), (0, 1))]
)
def test_multi_echo(noise, skip, stimulated):
    settings = Settings(noise_sd=noise, skip_first_echo=bool(skip), stimulated_echo=bool(stimulated))
    fewest = fewest_times("MESE", settings)

    def fit(count):
        times = 20.0 * np.arange(1, count + 1)
        return lambda: fit_multi_echo(
            100 * np.exp(-times / 80)[None], times, noise_sd=noise or None,
            skip_first_echo=bool(skip), stimulated_echo=bool(stimulated),
        )  # fmt: skip

    assert accepts(fit(fewest))
    assert not accepts(fit(fewest - 1))


@pytest.mark.parametrize(
    ("B1", "polarity", "noise"),
    list(itertools.product(("smooth", "per_voxel", "one"), ("signed", "magnitude"), (0.0, 1.0))),
)
def test_magic(B1, polarity, noise):
    fewest = fewest_times("ceMAGIC", Settings(magic_B1=B1, magic_polarity=polarity, noise_sd=noise))
    where = {"mask": np.ones((4, 4, 4), bool)}
    field = 1.0 if B1 == "one" else B1

    def fit(count):
        delays = 150.0 * 2 ** np.arange(count)
        T1 = np.linspace(700, 1500, 64)
        times = {"inversion_times": tuple(delays), "echo_times": (20.0,), "repetition_time": 9e3}
        signals = magic_images(900.0, 1e3 / T1, 12.0, **times).T
        signals = np.abs(signals) if polarity == "magnitude" else signals
        return lambda: fit_magic(
            signals,
            delays,
            np.full(count, 20.0),
            9e3,
            B1=field,
            polarity=polarity,
            noise_sd=noise or None,
            **where,
        )

    assert accepts(fit(fewest))
    assert not accepts(fit(fewest - 1))


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_variable_flip_angle(noise):
    fewest = fewest_times("VFA", Settings(noise_sd=noise))

    def fit(count):
        angles = 3.0 * np.arange(1, count + 1)
        return lambda: fit_variable_flip_angle(np.ones((2, count)), angles, 15.0, noise_sd=noise or None)

    assert accepts(fit(fewest))
    assert not accepts(fit(fewest - 1))
