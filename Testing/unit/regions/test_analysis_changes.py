"""What the analysis is told of noise that resampling made alike reaches the z-score."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.regions.analysis import analyze_regions
from gliomamri.regions.settings import Settings
from unit.regions.small_patient import make_patient

QUICK = Settings(bootstrap_samples=200, mirror=False)


@pytest.fixture(scope="module")
def patient():
    return make_patient()


def z_against_zero(patient, **told):
    result = analyze_regions(**patient.arguments(), settings=QUICK, **told)
    return sitk.GetArrayFromImage(next(one.image for one in result.maps if one.name == "dR1_z_against_zero"))


def test_correlated_noise_leaves_more_of_the_gradient_and_lowers_the_score(patient):
    asked = []

    def alike(box):
        asked.append(box)
        return tuple(np.full([part.stop - part.start for part in box], 0.9, np.float32) for _ in range(3))

    none, one, both = (
        np.abs(z_against_zero(patient, noise_correlation=told))
        for told in ({}, {"ceR1error": alike}, {"R1error": alike, "ceR1error": alike})
    )

    assert len(asked) == 3  # not for a map that stayed where it was
    assert all(len(box) == 3 for box in asked)
    assert (both <= one + 1e-4).all()
    assert (one <= none + 1e-4).all()
    assert both.sum() < one.sum() < 0.9995 * none.sum()
