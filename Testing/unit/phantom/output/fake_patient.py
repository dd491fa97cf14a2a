"""A simulated patient of the right shape without a simulator: a small oblique head of noise, the same for one seed."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError

FIRST = int(np.random.SeedSequence(0, spawn_key=(0,)).generate_state(1, np.uint64)[0] >> 1)
"""Seed of the first patient of the cohort with seed 0."""
SHAPE = (12, 20, 16)
LATER, EARLIER = (170.0, 670.0, 1840.0, 3840.0), (22.0, 95.0)


@dataclass(frozen=True)
class FakeSeries:
    role: str
    images: tuple
    parameters: dict
    signed: bool


@dataclass(frozen=True)
class FakeTruth:
    labels: sitk.Image
    parts: sitk.Image
    part_names: dict
    tissue: sitk.Image
    tissue_names: dict
    annotation: sitk.Image
    maps: dict
    displacement: sitk.Image
    brain_mask: sitk.Image
    given_mask: sitk.Image
    lesions: tuple
    transforms: dict
    drawn: dict


@dataclass(frozen=True)
class FakePatient:
    series: tuple
    truth: FakeTruth
    settings: object
    seed: int


def image(array, *, vector=False):
    """On an oblique, anisotropic grid."""
    made = sitk.GetImageFromArray(array, isVector=vector)
    made.SetSpacing((0.9, 1.1, 3.0))
    made.SetOrigin((-12.5, 33.25, 7.125))
    c, s = np.cos(0.3), np.sin(0.3)
    made.SetDirection((1, 0, 0, 0, c, -s, 0, s, c))
    return made


def simulate_patient(settings, seed, progress=lambda *_: None):
    """As ``gliomamri.phantom.patient.simulate_patient``, in a millisecond."""
    generator = np.random.default_rng(seed)

    def noise(low, high):
        return generator.uniform(low, high, SHAPE).astype(np.float32)

    progress(0.5, "Faking")
    labels = generator.choice(np.array([0, 1, 2, 4], np.uint8), SHAPE, p=(0.7, 0.1, 0.1, 0.1))
    if settings.kind == "healthy":
        labels[:] = 0
    truth = FakeTruth(
        labels=image(labels),
        parts=image(labels),
        part_names={0: "none", 1: "necrosis", 2: "edema", 4: "enhancing core", 9: "cyst"},
        tissue=image(np.full(SHAPE, 300, np.uint16)),
        tissue_names={300: "white matter"},
        annotation=image((labels == 4).astype(np.uint8)),
        maps={
            "T1map": image(noise(300, 4000)),
            "T2map": image(noise(30, 2000)),
            "PDmap": image(noise(0, 100)),
            "ceT1map": image(noise(200, 4000)),
            "ceT2map": image(noise(30, 2000)),
            "ADC": image(noise(0.2, 3)),
            "concentration": image(noise(0, 1)),
            "lowdose concentration": image(noise(0, 0.25)),
            "infiltration": image(noise(0, 1)),
            "B1": image(noise(0.8, 1.2)),
            "something new": image(noise(0, 1)),
        },
        displacement=image(generator.normal(0, 3, (*SHAPE, 3)).astype(np.float32), vector=True),
        brain_mask=image(np.ones(SHAPE, np.uint8)),
        given_mask=image((noise(0, 1) > 0.1).astype(np.uint8)),
        lesions=(
            {
                "kind": "high-grade glioma",
                "center": np.array([1.0, -2.5, 3.0]),
                "axes": (10.0, 8.0, 7.5),
                "volumes": {"edema": np.float32(3.5), "enhancing core": 1.0},
                "enhancing": True,
            },
            {"kind": "white matter lesion", "center": (0.0, 1.0, 2.0), "enhancing": False},
        ),
        transforms={"T2w": np.eye(4).tolist()},
        drawn={
            "noise": np.float32(0.25),
            "shape": np.arange(3),
            "sequences": {"FLAIR": {"kind": "IR-SE"}},
            "artifacts": {"FLAIR": {"acquisition": {"thickness": 4.5}}, "T2w": {"acquisition": None}},
            "missing": ["T1w"],
        },
    )
    return FakePatient(tuple(_series(settings, noise)), truth, settings, seed)


def _series(settings, noise):
    about = {
        "T1w": {"repetition_time": 8.2, "echo_time": 3.2, "flip_angle": 12.0},
        "ceT1w": {"repetition_time": 8.2, "echo_time": 3.25, "flip_angle": 12.0},
        "lowdose_ceT1w": {"repetition_time": 8.2, "echo_time": 3.3, "flip_angle": 12.0},
        "T2w": {"repetition_time": 4500.0, "echo_time": 97.0},
        "FLAIR": {"repetition_time": 9000.0, "echo_time": 120.0, "inversion_time": 2400.0},
        "ADC": {},
    }
    for role in settings.roles:
        if role in about:
            parameters = {name: (value,) for name, value in about[role].items()}
            high = 3.0 if role == "ADC" else 900.0
            yield FakeSeries(role, (image(noise(0, high)),), parameters, False)
        elif role == "dwi":
            pairs = [(b, te) for te in (105.0, 93.0) for b in (0.0, 50.0, 1000.0)]
            parameters = {"b_value": tuple(b for b, _ in pairs), "echo_time": tuple(te for _, te in pairs)}
            yield FakeSeries(role, tuple(image(noise(0, 500)) for _ in pairs), parameters, False)
        else:
            pairs = [(ti, te) for te in EARLIER for ti in LATER]
            parameters = {
                "inversion_time": tuple(ti for ti, _ in pairs),
                "echo_time": tuple(te for _, te in pairs),
                "repetition_time": (4000.0,) * len(pairs),
            }
            yield FakeSeries(role, tuple(image(noise(-400, 500)) for _ in pairs), parameters, True)


def simulate_badly(settings, seed, progress=lambda *_: None):
    """Of four patients, by their seed: a sentence, a crash, an end by the system, and one that works."""
    way = seed % 4
    if way == 0:
        raise UserError("The head has no brain.", "told by the test")
    if way == 1:
        raise RuntimeError("unforeseen")
    if way == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return simulate_patient(settings, seed, progress)


def simulate_slowly(settings, seed, progress=lambda *_: None):
    """Take a while for every patient but the first."""
    progress(0.25, "Slowly")
    made = simulate_patient(settings, seed, progress)
    if seed != FIRST:
        time.sleep(60)
    return made
