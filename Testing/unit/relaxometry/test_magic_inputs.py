"""A sentence for every MAGIC series that cannot be fitted."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.relaxometry.magic_fit import fit_magic
from unit.relaxometry.magic_heads import DELAYS, ECHOES

SIGNALS = np.ones((4, 8))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"inversion_times": np.full(8, 500.0)},
            "at least 3 different inversion times to tell T1 and B1; got 1",
        ),
        (
            {"inversion_times": np.full(8, 500.0), "B1": 1.0},
            "at least 2 different inversion times to tell T1; got 1",
        ),
        ({"inversion_times": DELAYS[:7]}, "7 inversion times but 8 echo times"),
        ({"inversion_times": np.where(DELAYS > 3000, np.nan, DELAYS)}, "must be positive numbers in ms"),
        ({"repetition_time": 3000.0}, "must be longer than every inversion and echo time"),
        ({"repetition_time": 0.0}, "repetition time must be a positive number"),
        ({"signals": SIGNALS[:, :5]}, "each image needs its own time"),
        ({"signals": -SIGNALS, "polarity": "magnitude", "B1": 1.0}, "Magnitude signals cannot be negative"),
        ({"signals": np.zeros((4, 8)), "mask": np.ones((1, 2, 2), bool)}, "no signal in the mask"),
        ({"saturation_angle": 0.0}, "saturation angle must be above 0"),
        ({"flip_angle": 190.0}, "flip angle must be above 0"),
        ({"B1": "guess"}, "B1 must be one of smooth, per_voxel"),
        ({"B1": np.ones(3)}, "one value per voxel"),
        ({"B1": -1.0}, "positive ratio near 1"),
        ({}, "needs to know where the voxels lie"),
        ({"mask": np.ones((1, 2, 3), bool)}, "hold the 4 voxels"),
        ({"mask": np.ones((1, 2, 2), bool), "spacing": (1.0, 0.0, 1.0)}, "three positive numbers in mm"),
        ({"polarity": "upside down"}, "polarity must be one of"),
        ({"noise_sd": -1.0}, "noise standard deviation must be a positive number"),
        ({"T1_bounds": (100.0, 50.0)}, "bounds of T1"),
    ],
)
def test_wrong_inputs_are_told_in_a_sentence(changes, sentence):
    given = {
        "signals": SIGNALS, "inversion_times": DELAYS, "echo_times": ECHOES, "repetition_time": 4000.0,
    } | changes  # fmt: skip

    with pytest.raises(ValueError, match=sentence):
        fit_magic(**given)


def test_echoes_without_a_delay_in_common_cannot_be_told_from_T1():
    delays, echoes = np.array([100.0, 500, 1500, 3000]), np.array([20.0, 20, 90, 90])

    with pytest.raises(ValueError, match="no inversion time in common"):
        fit_magic(np.ones((3, 4)), delays, echoes, 4000.0, B1=1.0, noise_sd=1.0)


def test_too_few_images_for_noise_are_told():
    delays, echoes = np.array([100.0, 500, 1500]), np.full(3, 20.0)

    with pytest.raises(ValueError, match="at least 4 images; got 3"):
        fit_magic(np.ones((3, 3)), delays, echoes, 4000.0, B1="per_voxel")


def test_images_that_are_no_magic_have_no_B1():
    falling = np.tile(np.linspace(1000, 300, 8), (64, 1))

    with pytest.raises(ValueError, match="B1 could not be found in these images"):
        fit_magic(falling, DELAYS, ECHOES, 4000.0, mask=np.ones((4, 4, 4), bool), noise_sd=1.0)
