"""A whole patient: images and truth agree with each other and with the settings, and repeat byte by byte."""

import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.phantom.deformation import draw_deformation
from gliomamri.phantom.draw import STANDARD_HEADS, draw_patient
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.streams import Streams

pytestmark = pytest.mark.usefixtures("toy_anatomy")


def arrays(patient):
    images = {f"{s.role} {n}": i for s in patient.series for n, i in enumerate(s.images)}
    truth = patient.truth
    images |= {"labels": truth.labels, "parts": truth.parts, "displacement": truth.displacement, **truth.maps}
    return {name: sitk.GetArrayFromImage(image) for name, image in images.items()}


@pytest.fixture(scope="module")
def ideal(toy_anatomy, small_settings):
    """A high-grade glioma without any flaw."""
    return simulate_patient(small_settings(kind="high-grade-glioma", artifacts="off"), 11)


def test_grid_is_the_one_asked_for(ideal):
    for image in (ideal.series[0].images[0], ideal.truth.labels, ideal.truth.maps["T1map"]):
        assert image.GetSize() == (56, 64, 60)
        assert image.GetSpacing() == pytest.approx((2.0, 1.7, 1.9))
        # The middle of the grid is the origin of the head frame.
        middle = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])
        assert middle == pytest.approx((0, 0, 0), abs=1e-4)


def test_same_seed_gives_the_same_bytes(small_settings):
    settings = small_settings(kind="glioma", artifacts="hard")

    first, second = (arrays(simulate_patient(settings, 5)) for _ in range(2))

    assert first.keys() == second.keys()
    for name, values in first.items():
        assert values.tobytes() == second[name].tobytes(), name


@pytest.mark.parametrize("threads", ["1", "3"])
def test_bytes_do_not_depend_on_threads(small_settings, monkeypatch, threads):
    settings = small_settings(kind="metastases")
    expected = arrays(simulate_patient(settings, 6))
    monkeypatch.setenv("GLIOMAMRI_THREADS", threads)

    found = arrays(simulate_patient(settings, 6))

    assert all(values.tobytes() == found[name].tobytes() for name, values in expected.items())


def test_another_seed_gives_another_patient(small_settings):
    first, second = (arrays(simulate_patient(small_settings(), seed))["T1w 0"] for seed in (1, 2))

    assert np.mean(first != second) > 0.15


def test_asking_for_more_images_leaves_the_patient_as_it_was(small_settings):
    few = arrays(simulate_patient(small_settings(artifacts="off"), 8))
    more = arrays(simulate_patient(small_settings(artifacts="off", magic=True, low_dose_image=True), 8))

    np.testing.assert_array_equal(few["labels"], more["labels"])
    np.testing.assert_allclose(few["T2w 0"], more["T2w 0"], rtol=1e-4, atol=1e-5)


def test_labels_volumes_and_lesion_list_agree(ideal):
    labels = sitk.GetArrayFromImage(ideal.truth.labels)
    annotation = sitk.GetArrayFromImage(ideal.truth.annotation)
    volume = float(np.prod(ideal.truth.labels.GetSpacing())) / 1000

    assert set(np.unique(labels)) <= {0, 1, 2, 4}
    np.testing.assert_array_equal(annotation > 0, np.isin(labels, (1, 4)))
    tumors = [lesion for lesion in ideal.truth.lesions if lesion["kind"] == "high-grade glioma"]
    core = sum(lesion["volumes"]["core"] for lesion in tumors)
    assert core == pytest.approx(annotation.sum() * volume, rel=0.25)
    index = ideal.truth.labels.TransformPhysicalPointToIndex(tumors[0]["center"])
    inside = np.argwhere(annotation)
    assert np.abs(inside - index[::-1]).sum(1).min() < 6


def test_true_maps_explain_the_images(ideal):
    maps = {name: sitk.GetArrayFromImage(image) for name, image in ideal.truth.maps.items()}
    labels = sitk.GetArrayFromImage(ideal.truth.labels)
    series = {s.role: sitk.GetArrayFromImage(s.images[0]) for s in ideal.series}
    enhancing = labels == 4

    assert all(np.isfinite(values).all() for values in maps.values())
    assert maps["concentration"][enhancing].mean() > 0.08
    assert np.all(maps["ceT1map"] <= maps["T1map"] + 1e-2)
    assert np.median(series["ceT1w"][enhancing]) > np.median(series["ceT1w"][labels == 2])
    assert 0 <= maps["infiltration"].min() <= maps["infiltration"].max() <= 1


def test_contrast_agent_follows_the_dose(small_settings):
    half, full = (
        sitk.GetArrayFromImage(
            simulate_patient(small_settings(artifacts="off", dose=dose), 3).truth.maps["concentration"]
        )
        for dose in (0.05, 0.1)
    )

    np.testing.assert_allclose(full, 2 * half, rtol=1e-4, atol=1e-7)
    assert full.max() > 0.1


def test_every_group_of_images(small_settings):
    asked = small_settings(low_dose_image=True, adc=True, magic=True, diffusion_relaxation=True)

    patient = simulate_patient(asked, 4)

    count = {series.role: len(series.images) for series in patient.series}
    assert count == {
        "T1w": 1, "ceT1w": 1, "T2w": 1, "FLAIR": 1, "lowdose_ceT1w": 1, "ADC": 1, "MAGIC": 8, "ceMAGIC": 8, "dwi": 21,
    }  # fmt: skip
    by_role = {series.role: series for series in patient.series}
    magic = by_role["MAGIC"]
    assert magic.signed
    assert min(sitk.GetArrayViewFromImage(image).min() for image in magic.images) < 0
    assert len(magic.parameters["inversion_time"]) == len(by_role["dwi"].parameters["b_value"]) - 13
    ADC = sitk.GetArrayFromImage(by_role["ADC"].images[0])
    brain = sitk.GetArrayFromImage(patient.truth.brain_mask) > 0
    assert 0.5 < np.median(ADC[brain]) < 1.5


def test_as_acquired_gives_each_series_its_own_oblique_grid(small_settings):
    patient = simulate_patient(small_settings(geometry="acquired"), 9)

    images = {series.role: series.images[0] for series in patient.series}
    grids = {(image.GetSize(), image.GetSpacing()) for image in images.values()}
    direction = np.array(images["T1w"].GetDirection()).reshape(3, 3)
    assert len(grids) > 1
    assert not np.allclose(direction, np.eye(3), atol=1e-3)
    np.testing.assert_allclose(direction @ direction.T, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("geometry", ["common", "acquired"])
def test_transforms_bring_each_series_onto_the_truth(small_settings, geometry):
    """Sampling a series at M p gives what the truth has at p, whether it lies tilted in the scanner or not."""
    still = small_settings(
        kind="healthy", core_volume=0.0, artifacts="off", skull_stripped=False, truth_maps=False
    )
    moving = replace(still, geometry=geometry, motion_between="hard")
    wanted = {s.role: sitk.GetArrayFromImage(s.images[0]) for s in simulate_patient(still, 12).series}

    patient = simulate_patient(moving, 12)

    assert len(patient.truth.transforms) == 3
    for series in patient.series[1:]:
        matrix = np.array(patient.truth.transforms[series.role])
        brought, wrong = (
            sitk.GetArrayFromImage(sitk.Resample(series.images[0], patient.truth.labels, affine(m)))
            for m in (matrix, np.linalg.inv(matrix))
        )
        # Two interpolations smooth; a wrong direction misplaces by mm.
        inside = (slice(8, -8),) * 3
        errors = [np.abs(found - wanted[series.role])[inside].mean() for found in (brought, wrong)]
        assert errors[0] < 0.7 * errors[1]
        np.testing.assert_allclose(
            middle(brought, patient.truth.labels),
            middle(wanted[series.role], patient.truth.labels),
            atol=0.05,
        )


def affine(matrix):
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    transform.SetTranslation(matrix[:3, 3].tolist())
    return transform


def middle(array, reference):
    """Middle of brightness in scanner coordinates, mm."""
    index = [
        (array.sum(axis=tuple({0, 1, 2} - {n}), dtype=float) * np.arange(array.shape[n])).sum()
        / array.sum(dtype=float)
        for n in (2, 1, 0)
    ]
    return reference.TransformContinuousIndexToPhysicalPoint(index)


def test_displacement_says_where_tissue_was_before_the_lesion(ideal):
    """The displaced head at p shows what the healthy head has at p + d."""
    head = draw_patient(ideal.settings, ideal.seed).head
    # The toy's map is rigid but for the random warp, so the push is what differs.
    healthy = draw_deformation(Streams(ideal.seed).generator("deformation"), STANDARD_HEADS.warp)
    displacement = sitk.GetArrayFromImage(ideal.truth.displacement)
    index = np.unravel_index(np.abs(displacement).sum(-1).argmax(), displacement.shape[:3])
    image = ideal.truth.labels
    here = np.array(image.TransformIndexToPhysicalPoint([int(n) for n in index[::-1]]))

    before = here + displacement[index]

    now, then = (
        deformation.at(Grid(*(np.array([v], np.float32) for v in point[::-1])))
        for deformation, point in ((head.deformation, here), (healthy, before))
    )
    np.testing.assert_allclose(now, then, atol=0.1)
    assert np.linalg.norm(displacement[index]) > 0.5


def test_drawn_values_can_be_written_as_json(ideal):
    text = json.dumps(ideal.truth.drawn, allow_nan=False)

    assert "high-grade glioma" in text
    assert "repetition_time" in text


def test_skull_stripping_can_be_left_out(small_settings):
    kept = simulate_patient(small_settings(skull_stripped=False), 2)
    image = sitk.GetArrayFromImage(kept.series[0].images[0])
    brain = sitk.GetArrayFromImage(kept.truth.given_mask) > 0

    assert (image[~brain] != 0).mean() > 0.5


def test_wrong_settings_are_told():
    with pytest.raises(UserError, match="ml"):
        simulate_patient(Settings(core_volume=900.0), 1)


def test_progress_grows_to_the_end(small_settings):
    told = []

    simulate_patient(small_settings(), 1, lambda fraction, words: told.append((fraction, words)))

    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert len({words for _, words in told}) >= 3
