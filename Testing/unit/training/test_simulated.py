"""Simulated patients as examples: scaled, cut, labeled, and the same for the same seed."""

from __future__ import annotations

import collections

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.phantom.patient import simulate_patient
from gliomamri.training import simulated
from gliomamri.training.example import CLASSES
from gliomamri.training.simulated import SHARES, kind_of, simulated_example, training_settings

pytestmark = pytest.mark.usefixtures("toy_head")
GLIOMA = next(seed for seed in range(1, 50) if kind_of(seed) == "glioma")


@pytest.fixture(autouse=True)
def _small_head(monkeypatch):
    monkeypatch.setattr(simulated, "_EXTENT", (96.0, 104.0, 100.0))


@pytest.fixture
def settings():
    return training_settings(voxel_size=3.0)


def test_channels_are_as_a_network_wants_them(settings):
    example = simulated_example(settings, GLIOMA)

    assert set(example.roles) <= {
        *simulated.CONVENTIONAL,
        *simulated.QUANTITATIVE,
        *simulated.CONTRAST_ENHANCED,
    }
    assert {"T1map", "cePDmap"} <= set(example.roles)
    assert example.channels.dtype == np.float16
    assert np.isfinite(example.channels.astype(np.float32)).all()
    assert not example.channels[:, ~example.brain].any()
    for role, values in zip(example.roles, example.channels.astype(float), strict=True):
        if role in simulated.CONVENTIONAL:
            assert abs(values[example.brain].mean()) < 0.1
    assert example.has_tumor
    assert not example.classes[~example.brain].any()
    assert example.classes.max() < len(CLASSES)
    assert (example.kind, example.voxel_size) == ("glioma", 3.0)


def test_labels_are_the_patients_own(settings):
    example = simulated_example(settings, GLIOMA, maps=False)
    truth = simulate_patient(training_settings(voxel_size=3.0), GLIOMA).truth
    labels = sitk.GetArrayFromImage(truth.labels) * (sitk.GetArrayFromImage(truth.given_mask) > 0)
    wanted = {label: int((labels == label).sum()) for label in CLASSES[1:]}
    found = {label: int((example.classes == place).sum()) for place, label in enumerate(CLASSES) if label}
    assert found == wanted


def test_same_seed_same_bits_and_maps_do_not_change_images(settings):
    one, other = (simulated_example(settings, GLIOMA, maps=maps) for maps in (True, False))
    again = simulated_example(settings, GLIOMA)
    assert np.array_equal(one.channels, again.channels)
    for role in other.roles:
        assert np.array_equal(one.channels[one.roles.index(role)], other.channels[other.roles.index(role)])
    assert not set(other.roles) & set(simulated.QUANTITATIVE)


def test_kinds_come_in_their_shares():
    counts = collections.Counter(kind_of(seed) for seed in range(2000))
    for kind, share in SHARES.items():
        assert counts[kind] / 2000 == pytest.approx(share, abs=0.03)
    assert sum(SHARES.values()) == pytest.approx(1)


def test_finer_acquired_voxels_only_make_it_slower(settings, monkeypatch):
    quick = simulated_example(settings, GLIOMA, maps=False)
    monkeypatch.setattr(simulated, "_FINEST", 0.0)
    slow = simulated_example(settings, GLIOMA, maps=False)
    assert np.array_equal(quick.classes, slow.classes)
    assert np.array_equal(quick.brain, slow.brain)
    for one, other in zip(quick.channels, slow.channels, strict=True):
        assert np.corrcoef(one[quick.brain], other[quick.brain])[0, 1] > 0.9


def test_grid_is_even_and_has_the_extent():
    settings = training_settings(voxel_size=1.5)
    assert settings.problems() == []
    assert all(edge % 2 == 0 for edge in settings.matrix)
