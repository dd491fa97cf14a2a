"""Every input that cannot be fitted is refused with one helpful sentence."""

import numpy as np
import pytest

from gliomamri.relaxometry.inversion_recovery import fit_inversion_recovery
from gliomamri.relaxometry.multi_echo import fit_multi_echo

TI = [50.0, 400.0, 1100.0, 3000.0]
TE = [10.0, 20.0, 30.0, 40.0]
SIGNALS = np.arange(8.0).reshape(2, 4) + 1


@pytest.mark.parametrize(
    ("signals", "times", "settings", "sentence"),
    [
        (SIGNALS[:, :3], TI[:3], {}, "needs at least 4 images; got 3"),
        (SIGNALS, [50, 50, 400, 400], {}, "4 different inversion times; got 2: 50, 50, 400, 400 ms"),
        (SIGNALS, [-50, 50, 400, 800], {}, "must be positive numbers in ms; got -50"),
        (SIGNALS, [50, np.nan, 400, 800], {}, "must be positive numbers in ms"),
        (SIGNALS, 50.0, {}, "must be a list of numbers"),
        (SIGNALS[:, :3], TI, {}, "3 images but 4 times"),
        (SIGNALS[0], TI, {}, r"shape \(voxels, images\)"),
        (SIGNALS.astype(complex), TI, {}, "must be real numbers"),
        (SIGNALS, TI, {"model": "barral"}, "must be one of free_efficiency, full_inversion; got 'barral'"),
        (SIGNALS, TI, {"polarity": "phase"}, "must be one of signed, magnitude"),
        (SIGNALS, TI, {"model": "full_inversion"}, "needs the repetition time"),
        (SIGNALS, TI, {"repetition_time": 2000.0}, "must be longer than every inversion time"),
        (SIGNALS, TI, {"repetition_time": -1.0}, "repetition time must be a positive number"),
        (SIGNALS, TI, {"repetition_time": [4000.0, 5000.0]}, "one number or one per image"),
        (SIGNALS, TI, {"repetition_time": [4000.0, 5000.0, 5000.0, 5000.0]}, "use the full inversion model"),
        (SIGNALS, TI, {"noise_sd": 0.0}, "noise standard deviation must be a positive"),
        (SIGNALS, TI, {"bounds": (4000, 50)}, "bounds of T1 .* low before high"),
        (SIGNALS, TI, {"kappa_range": (-2, 0)}, "range of kappa"),
        (SIGNALS, TI, {"noise_mask": [True]}, "one value per voxel"),
        (-SIGNALS, TI, {"polarity": "magnitude"}, "choose signed polarity"),
    ],
)
def test_inversion_recovery(signals, times, settings, sentence):
    with pytest.raises(ValueError, match=sentence) as failure:
        fit_inversion_recovery(signals, times, **settings)
    assert str(failure.value).endswith(".")


@pytest.mark.parametrize(
    ("signals", "times", "settings", "sentence"),
    [
        (SIGNALS[:, :2], TE[:2], {}, "needs at least 3 images; got 2"),
        (SIGNALS[:, :3], TE[:3], {"skip_first_echo": True}, "needs at least 4 images; got 3"),
        (SIGNALS, [10, 10, 10, 20], {}, "3 different echo times; got 2"),
        (SIGNALS, [0, 10, 20, 30], {}, "must be positive numbers"),
        (SIGNALS, TE, {"noise_model": "poisson"}, "must be one of rician, gaussian"),
        (-SIGNALS, TE, {}, "choose the Gaussian noise model"),
        (
            SIGNALS,
            [10, 20, 30, 50],
            {"stimulated_echo": True},
            "equally spaced echoes.* got 10, 20, 30, 50 ms",
        ),
        (SIGNALS, [30, 40, 50, 60], {"stimulated_echo": True}, "equally spaced echoes"),
        (SIGNALS, TE, {"stimulated_echo": True, "refocusing_angle": 200.0}, "at most 180 degrees; got 200"),
        (
            SIGNALS,
            TE,
            {"stimulated_echo": True, "B1": [1.0, 1.0, 1.0]},
            "B1 map must have one value per voxel",
        ),
        (SIGNALS, TE, {"stimulated_echo": True, "B1": [1.0, np.nan]}, "positive ratio"),
        (SIGNALS, TE, {"stimulated_echo": True, "B1_bounds": (1.2, 0.8)}, "bounds of B1"),
        (SIGNALS, TE, {"stimulated_echo": True, "assumed_T1": 0.0}, "assumed T1 must be a positive"),
        (SIGNALS, TE, {"bounds": (0, 100)}, "bounds of T2"),
    ],
)
def test_multi_echo(signals, times, settings, sentence):
    with pytest.raises(ValueError, match=sentence) as failure:
        fit_multi_echo(signals, times, **settings)
    assert str(failure.value).endswith(".")


def test_no_usable_voxel_is_no_error():
    fractions = []

    inversion = fit_inversion_recovery(np.full((3, 4), np.nan), TI, progress=fractions.append)
    echo = fit_multi_echo(np.zeros((3, 4)), TE)

    assert not inversion.valid.any()
    assert not echo.valid.any()
    assert not echo.T2.any()
    assert fractions == [1.0]
