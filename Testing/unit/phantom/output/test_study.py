"""A simulated patient as a study: everything acquired, and an annotation that lies on its image."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.imaging.geometry import same_grid
from gliomamri.phantom.output.study import ANNOTATION, annotation_on, to_study
from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings


@pytest.fixture(scope="module")
def patient():
    settings = Settings(
        kind="high-grade-glioma",
        core_volume=40.0,
        matrix=(56.0, 68.0, 48.0),
        spacing=(3.0, 3.0, 3.0),
        magic=True,
        geometry="acquired",
        artifacts="off",
        motion_between="hard",
        field_strength=3.0,
    )
    return simulate_patient(settings, seed=3)


def test_images_series_and_their_parameters_are_there(patient):
    study = to_study(patient)

    assert {"T1w", "ceT1w", "T2w", "FLAIR", "MAGIC", "ceMAGIC", "segmentation"} <= study.roles
    assert len(study.series["ceMAGIC"]) == 8
    assert study.series["MAGIC"].signed
    assert len(set(study.series["MAGIC"].parameters["inversion_time"])) == 4
    assert to_study(patient, annotated_on="").segments == ()


@pytest.mark.parametrize("role", ["ceT1w", "FLAIR"])
def test_the_annotation_lies_on_its_image_where_the_head_lay_then(patient, role):
    drawn = annotation_on(patient, role)

    grid = next(one.images[0] for one in patient.series if one.role == role)
    assert same_grid(drawn.image, grid)
    assert list(drawn.names.values()) == [ANNOTATION]
    moved = np.asarray(patient.truth.transforms[role])
    expected = moved[:3, :3] @ _center(patient.truth.annotation) + moved[:3, 3]
    found = _center(drawn.image)
    assert np.linalg.norm(found - expected) < 1.0
    assert np.linalg.norm(found - expected) < 0.5 * np.linalg.norm(found - _center(patient.truth.annotation))
    volume = np.prod(grid.GetSpacing()) * sitk.GetArrayViewFromImage(drawn.image).sum() / 1000
    truth = (
        np.prod(patient.truth.annotation.GetSpacing())
        * sitk.GetArrayViewFromImage(patient.truth.annotation).sum()
    )
    assert volume == pytest.approx(truth / 1000, rel=0.15)


def test_an_image_that_was_not_taken_cannot_be_annotated(patient):
    with pytest.raises(KeyError, match="ADC"):
        annotation_on(patient, "ADC")


def _center(image: sitk.Image) -> np.ndarray:
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(image > 0)
    return np.array(shape.GetCentroid(1))
