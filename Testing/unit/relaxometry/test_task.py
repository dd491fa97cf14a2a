"""The relaxometry task on images: maps, units, regions, and a sentence for every wrong input."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.phantom.raw_slices import (
    ECHO_TIMES,
    INVERSION_TIMES,
    IR_REPETITION_TIME,
    SEGMENTS,
    simulate_raw_slices,
)
from gliomamri.relaxometry.settings import Settings
from gliomamri.series import Series
from gliomamri.study import Segments, Study
from gliomamri.tasks import Context, find_task

TASK = find_task("relaxometry")


@pytest.fixture(scope="module")
def slices():
    return simulate_raw_slices(seed=3)


@pytest.fixture
def study(slices):
    n = len(INVERSION_TIMES)
    ir = Series(
        slices.inversion_recovery,
        {"inversion_time": INVERSION_TIMES, "repetition_time": (IR_REPETITION_TIME,) * n},
        signed=True,
    )
    segments = Segments(slices.segmentation, dict(enumerate(SEGMENTS, start=1)))
    return Study(
        series={"IRT1": ir, "MESE": Series(slices.spin_echo, {"echo_time": ECHO_TIMES})}, segments=(segments,)
    )


def run(study, **settings):
    return TASK.run(study, Settings(**settings))


def array(result, name):
    return sitk.GetArrayFromImage({m.name: m for m in result.maps}[name].image)


def test_maps_have_the_simulated_values_on_the_input_grid(study, slices):
    result = run(study)

    white = sitk.GetArrayFromImage(slices.segmentation) == 1
    gray = sitk.GetArrayFromImage(slices.segmentation) == 2
    assert np.median(array(result, "T1map")[white]) == pytest.approx(830, rel=0.01)
    assert np.median(array(result, "T1map")[gray]) == pytest.approx(1400, rel=0.01)
    assert np.median(array(result, "T2map")[white]) == pytest.approx(72, rel=0.01)
    assert np.median(array(result, "R2map")[gray]) == pytest.approx(1000 / 83, rel=0.01)
    assert np.median(array(result, "IR_efficiency")[white]) == pytest.approx(0.975, abs=0.01)
    for m in result.maps:
        assert m.image.GetDirection() == slices.T1.GetDirection()
        assert m.image.GetOrigin() == slices.T1.GetOrigin()
        assert np.isfinite(sitk.GetArrayFromImage(m.image)).all()


def test_standard_errors_cover_the_simulated_truth(study, slices):
    result = run(study)

    for label, T1, T2 in ((1, 830.0, 72.0), (2, 1400.0, 83.0)):
        inside = sitk.GetArrayFromImage(slices.segmentation) == label
        for name, truth in (("T1", T1), ("T2", T2), ("R1", 1000 / T1), ("R2", 1000 / T2)):
            z = (array(result, f"{name}map") - truth)[inside] / array(result, f"{name}_standard_error")[
                inside
            ]
            assert np.mean(np.abs(z) < 1) == pytest.approx(0.68, abs=0.06), name


def test_regions_get_rows_and_histograms(study):
    result = run(study)

    tables = {table.name: table for table in result.tables}
    assert list(tables["R1_regions"].columns["region"]) == [*SEGMENTS, "all measured"]
    rim = SEGMENTS.index("enhancing rim")
    assert tables["T1_regions"].columns["median"][rim] == pytest.approx(1600, rel=0.02)
    assert tables["T1_regions"].header("median") == "median (ms)"
    assert tables["R1_regions"].columns["median"][rim] == pytest.approx(1000 / 1600, rel=0.02)
    assert {chart.name for chart in result.charts} == {"R1_histogram", "R2_histogram"}
    assert set(SEGMENTS) < set(tables["R2_histogram"].columns)


def test_magnitude_images_give_the_same_T1_and_a_warning(study, slices):
    magnitude = tuple(sitk.Abs(image) for image in slices.inversion_recovery)
    series = Series(magnitude, study.series["IRT1"].parameters)

    result = run(Study(series={"IRT1": series}))

    white = sitk.GetArrayFromImage(slices.segmentation) == 1
    assert np.median(array(result, "T1map")[white]) == pytest.approx(830, rel=0.015)
    assert any("magnitude" in warning for warning in result.warnings)


def test_order_of_the_images_plays_no_part(study):
    order = [3, 0, 5, 1, 4, 2]
    series = study.series["IRT1"]
    shuffled = Series(
        tuple(series.images[i] for i in order),
        {name: tuple(values[i] for i in order) for name, values in series.parameters.items()},
        signed=True,
    )

    first, second = run(Study(series={"IRT1": series})), run(Study(series={"IRT1": shuffled}))

    assert np.abs(array(first, "T1map") - array(second, "T1map")).max() < 0.01


def test_brain_mask_limits_the_fit_and_air_is_left_out_without_one(study, slices):
    mask = slices.segmentation == 1

    masked = run(Study(series=study.series, images={"brain_mask": mask}))
    automatic = run(study)

    inside = sitk.GetArrayFromImage(mask) > 0
    assert not array(masked, "T1map")[~inside].any()
    assert (array(masked, "T1map")[inside] > 0).mean() > 0.99
    air = sitk.GetArrayFromImage(slices.T1) == 0
    assert (array(automatic, "T1map")[air] > 0).mean() < 0.02


def test_typed_times_go_before_those_of_the_series(study):
    doubled = tuple(2 * t for t in ECHO_TIMES)

    once, twice = (
        run(Study(series={"MESE": study.series["MESE"]})),
        run(Study(series={"MESE": study.series["MESE"]}), echo_times=doubled, longest_T2=4000.0),
    )

    ratio = twice.numbers["T2_median"].value / once.numbers["T2_median"].value
    assert ratio == pytest.approx(2.0, rel=0.02)


def test_progress_rises_from_nothing_to_all(study):
    seen = []

    TASK.run(study, Settings(), Context(lambda fraction, message: seen.append((fraction, message))))

    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < 0.5
    assert 0.9 < fractions[-1] <= 1
    assert {message.split(" in ")[0] for _, message in seen} >= {"Fitting T1", "Fitting T2"}


def test_main_maps_are_the_times_and_rates(study):
    assert [m.name for m in run(study).maps if m.main] == ["T1map", "R1map", "T2map", "R2map"]


def test_given_noise_sets_the_standard_errors(study):
    quiet, loud = (run(Study(series=study.series), noise_sd=sd) for sd in (1.0, 2.0))

    for name in ("T1", "T2"):
        ratio = array(loud, f"{name}_standard_error") / np.maximum(
            array(quiet, f"{name}_standard_error"), 1e-9
        )
        measured = array(loud, f"{name}_valid") > 0
        assert np.median(ratio[measured]) == pytest.approx(2.0, rel=0.02)


def test_skipped_first_echo_plays_no_part(study):
    series = study.series["MESE"]
    spoiled = Series((series.images[0] * 0.75, *series.images[1:]), series.parameters)

    plain = run(Study(series={"MESE": spoiled}))
    skipped = run(Study(series={"MESE": spoiled}), skip_first_echo=True)

    assert skipped.numbers["T2_median"].value == pytest.approx(
        run(study).numbers["T2_median"].value, rel=0.05
    )
    assert plain.numbers["T2_median"].value > 1.05 * skipped.numbers["T2_median"].value


def test_a_few_values_below_zero_leave_a_magnitude_series_what_it_is(study):
    magnitude = [sitk.Abs(image) for image in study.series["IRT1"].images]
    magnitude[2][3, 4, 1] = -0.01

    result = run(Study(series={"IRT1": Series(tuple(magnitude), study.series["IRT1"].parameters)}))

    assert any("magnitude images" in warning for warning in result.warnings)
    assert result.numbers["T1_share"].value > 90


def test_uncertain_times_are_no_measurement(study):
    result = run(Study(series=study.series), noise_sd=60.0)

    measured = array(result, "T2_valid") > 0
    assert measured.any()
    error, time = array(result, "T2_standard_error")[measured], array(result, "T2map")[measured]
    assert (error < 0.5 * time).all()
    assert result.numbers["T2_share"].value < 99


def test_mask_and_segmentation_of_another_grid_are_resampled_and_it_is_said(study, slices):
    coarse = sitk.Resample(
        slices.segmentation, [72, 88, 5], sitk.Transform(), sitk.sitkNearestNeighbor,
        slices.segmentation.GetOrigin(), [2.4, 2.4, 5.0], slices.segmentation.GetDirection(),
    )  # fmt: skip
    segments = Segments(coarse, dict(enumerate(SEGMENTS, start=1)))

    result = run(Study(series=study.series, images={"brain_mask": coarse > 0}, segments=(segments,)))

    assert any("brain mask was resampled" in warning for warning in result.warnings)
    assert any("segmentation was resampled" in warning for warning in result.warnings)
    medians = {table.name: table for table in result.tables}["T1_regions"].columns["median"]
    assert medians[0] == pytest.approx(830, rel=0.02)


def test_segmentation_without_a_region_is_said(study):
    empty = Segments(study.segments[0].image * 0, {})

    result = run(Study(series=study.series, segments=(empty,)))

    assert any("holds no region" in warning for warning in result.warnings)


def doubts(series):
    """What the user is told to check, as warning or as error."""
    try:
        return [text for text in run(Study(series={"IRT1": series})).warnings if "check that" in text]
    except UserError as error:
        return [error.sentence]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.with_parameter("inversion_time", (50, 150, 400, 3500, 1800, 900)),
        lambda s: s.with_parameter("inversion_time", s.parameters["inversion_time"][::-1]),
        lambda s: Series((*s.images[:3], s.images[0], *s.images[4:]), s.parameters, True),
    ],
    ids=["late times swapped", "all times reversed", "one image twice"],
)
def test_images_and_times_that_do_not_belong_together_raise_doubts(study, spoil):
    assert doubts(spoil(study.series["IRT1"]))


def test_spin_echoes_given_as_inversion_recovery_raise_doubts(study):
    assert doubts(Series(study.series["MESE"].images, {"inversion_time": ECHO_TIMES}))


def test_good_images_raise_no_doubts(study):
    assert not any("check that" in warning for warning in run(study).warnings)


def other_grid(image):
    moved = sitk.Image(image)
    moved.SetOrigin([c + 5 for c in image.GetOrigin()])
    return moved


@pytest.mark.parametrize(
    ("spoil", "settings", "sentence"),
    [
        (lambda s: Series(s.images), {}, "The images do not say their inversion times; type them"),
        (lambda s: s, {"inversion_times": (1.0, 2.0)}, "6 images but 2 values of inversion time"),
        (
            lambda s: Series((*s.images[:-1], other_grid(s.images[-1])), s.parameters),
            {},
            "do not lie on one grid",
        ),
        (
            lambda s: s.with_parameter("repetition_time", [8000] * 5 + [4000]),
            {},
            "different repetition times",
        ),
        (
            lambda s: Series(s.images, s.parameters, False),
            {},
            "hold negative signal but are taken as magnitude",
        ),
        (
            lambda s: Series(tuple(i * 0 for i in s.images), s.parameters, True),
            {},
            "T1 could be measured in 0% of the voxels only",
        ),
    ],
)
def test_wrong_series_are_told_in_a_sentence(study, spoil, settings, sentence):
    spoiled = Study(series={"IRT1": spoil(study.series["IRT1"])})

    with pytest.raises(UserError, match=sentence):
        run(spoiled, **settings)


def test_empty_brain_mask_is_told_in_a_sentence(study, slices):
    with pytest.raises(UserError, match="brain mask holds no voxel"):
        run(Study(series=study.series, images={"brain_mask": slices.segmentation * 0}))


def test_settings_that_contradict_each_other_are_told():
    both = Settings(skip_first_echo=True, stimulated_echo=True)

    assert both.problems() == [
        "Either skip the first echo or model stimulated echoes: the model needs the whole train."
    ]
