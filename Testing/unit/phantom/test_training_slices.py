"""Training slices are the patient's own slices."""

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.training_slices import training_slices

pytestmark = pytest.mark.usefixtures("toy_anatomy")


def test_shapes_and_names(small_settings):
    slices = training_slices(small_settings(), 3, count=5, step=2.5)

    assert slices.images.shape == (5, 4, 64, 56)
    assert slices.roles == ("T1w", "ceT1w", "T2w", "FLAIR")
    assert slices.labels.shape == slices.brain.shape == slices.infiltration.shape == (5, 64, 56)
    assert np.diff(slices.z) == pytest.approx(2.5)
    assert np.isfinite(slices.images).all()


def test_they_are_the_slices_of_the_volume(small_settings):
    settings = small_settings(artifacts="off", kind="high-grade-glioma")
    slices = training_slices(settings, 3, count=6, step=1.9, tumor_share=1.0)
    patient = simulate_patient(settings, 3)
    volume = sitk.GetArrayFromImage(patient.series[0].images[0])
    z = (np.arange(60) - 29.5) * 1.9

    for image, height in zip(slices.images[:, 0], slices.z, strict=True):
        near = np.searchsorted(z, height)
        low, high = volume[near - 1], volume[near]
        smallest, largest = np.minimum(low, high).mean(), np.maximum(low, high).mean()
        assert smallest * 0.93 < image.mean() < largest * 1.07
        assert np.corrcoef(image.ravel(), ((low + high) / 2).ravel())[0, 1] > 0.9


def test_runs_lie_on_the_tumor_as_often_as_asked(small_settings):
    found = [
        training_slices(small_settings(kind="high-grade-glioma"), seed, count=4, tumor_share=1.0).labels.any()
        for seed in range(4)
    ]

    assert sum(found) >= 3


def test_same_seed_same_slices(small_settings):
    first, second = (training_slices(small_settings(), 7, count=3) for _ in range(2))

    assert first.images.tobytes() == second.images.tobytes()


def test_a_missing_role_is_empty(small_settings):
    for seed in range(30):
        slices = training_slices(small_settings(missing_series="hard"), seed, count=1, step=4.0)
        empty = ~slices.images.any(axis=(0, 2, 3))
        if empty.any():
            break

    assert 0 < empty.sum() < 4
