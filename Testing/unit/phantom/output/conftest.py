"""The fake simulator, in the place of the real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import fake_patient

from gliomamri.phantom.settings import Settings

EVERYTHING = {"low_dose_image": True, "adc": True, "magic": True, "diffusion_relaxation": True}


@pytest.fixture
def everything():
    """Settings that ask for every image."""
    return Settings(**EVERYTHING)


@pytest.fixture
def a_patient(everything):
    """A fake patient with every image."""
    return fake_patient.simulate_patient(everything, 7)


@pytest.fixture
def fake_simulator(monkeypatch):
    """Make ``gliomamri.phantom.patient`` the fake, in this process."""
    monkeypatch.setitem(sys.modules, "gliomamri.phantom.patient", fake_patient)
    return fake_patient
