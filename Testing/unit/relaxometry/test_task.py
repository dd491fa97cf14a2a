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
from gliomamri.tasks import find_task

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
    return TASK.run(study, Settings(**settings), lambda *_: None)


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
    assert list(tables["R1_regions"].columns["region"]) == ["all fitted", *SEGMENTS]
    rim = SEGMENTS.index("enhancing rim") + 1
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

    TASK.run(study, Settings(), lambda fraction, message: seen.append((fraction, message)))

    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < 0.1
    assert 0.9 < fractions[-1] <= 1
    assert {"Fitting T1", "Fitting T2"} <= {message for _, message in seen}


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
        (lambda s: Series(s.images, s.parameters, False), {}, "Magnitude signals cannot be negative"),
        (
            lambda s: Series(tuple(i * 0 for i in s.images), s.parameters, True),
            {},
            "No voxel could be fitted",
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
