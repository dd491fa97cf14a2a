"""Maps on their way through the analysis: saturated values, rates, and what counts as a map."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.quantitative.maps import given_maps, maps_of, on_one_water_scale, rate_maps
from gliomamri.result import Map
from gliomamri.study import Study


def image(values):
    made = sitk.GetImageFromArray(np.asarray(values, np.float32))
    made.SetSpacing((0.5, 0.7, 3.0))
    made.SetDirection((0, 1, 0, 1, 0, 0, 0, 0, -1))
    return made


@pytest.fixture
def T1():
    values = np.random.default_rng(0).uniform(800, 1500, (4, 9, 11))
    values[1, 2, 3] = 4300.0
    values[2, 5, 7] = 5000.0
    return image(values)


def test_saturated_voxels_of_a_given_map_are_no_measurement(T1):
    given = given_maps(Study({"ceT1map": T1}))

    values = sitk.GetArrayFromImage(given.study.images["ceT1map"])
    assert values[1, 2, 3] == values[2, 5, 7] == 0
    assert np.count_nonzero(values) == values.size - 2
    assert given.study.images["ceT1map"].GetDirection() == T1.GetDirection()
    assert any("saturated at 4300 ms in 2 voxels" in note for note in given.notes)


def test_a_map_that_was_fitted_knows_its_errors_and_keeps_long_times(T1):
    given = given_maps(Study({"T1map": T1, "R1error": image(np.ones((4, 9, 11)))}))

    assert np.array_equal(sitk.GetArrayFromImage(given.study.images["T1map"]), sitk.GetArrayFromImage(T1))
    assert given.notes == ()


def test_errors_alone_are_no_maps(T1):
    assert maps_of(Study({"R1error": T1, "FLAIR": T1})) == {}
    assert list(maps_of(Study({"R1error": T1, "FLAIR": T1, "cePDmap": T1}))) == ["cePDmap", "R1error"]


def test_a_rate_map_is_the_inverse_and_0_stays_0(T1):
    values = sitk.GetArrayFromImage(T1)
    values[0, 0, 0] = 0
    times = image(values)
    about = Map("ceT2map", times, "T2", "ms", "", "navia", (0.0, 200.0), "FLAIR", role="ceT2map")

    (rate,) = rate_maps(about)

    assert (rate.name, rate.quantity, rate.unit, rate.reference) == ("ceR2map", "R2", "1/s", "FLAIR")
    found = sitk.GetArrayFromImage(rate.image)
    assert found[0, 0, 0] == 0
    assert np.allclose(found[values > 0], 1000 / values[values > 0], rtol=1e-6)
    assert rate.image.GetDirection() == times.GetDirection()
    assert rate_maps(Map("T1w", T1, "image", "", "", "gray", (0.0, 1.0), role="T1w")) == []


def test_proton_density_after_contrast_takes_the_scale_of_that_before():
    rng = np.random.default_rng(3)
    before = rng.uniform(60, 90, (6, 9, 8))
    after = before / 1.06 + rng.normal(0, 0.5, before.shape)
    after[2:4, 2:5, 2:5] += 9  # a lesion whose water content did change
    after[0] = 0
    study = Study({"PDmap": image(before), "cePDmap": image(after), "ceT1map": image(after)})

    scaled = on_one_water_scale(study)

    values = sitk.GetArrayFromImage(scaled.study.images["cePDmap"])
    assert np.median(values[1:] / before[1:]) == pytest.approx(1.0, abs=0.002)
    assert not values[0].any()
    assert "factor 1.0" in scaled.notes[0]
    assert scaled.study.images["ceT1map"] is study.images["ceT1map"]
    assert on_one_water_scale(scaled.study).notes == ()
    assert on_one_water_scale(Study({"PDmap": image(before)})).notes == ()
