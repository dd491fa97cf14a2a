"""MAGIC in the relaxometry task: maps, names, roles, units, choices, and a sentence for every wrong input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings as PatientSettings
from gliomamri.relaxometry import magic_task, transmit_field
from gliomamri.relaxometry.proton_density import proton_density
from gliomamri.relaxometry.settings import Settings
from gliomamri.roles import ROLES
from gliomamri.series import Series
from gliomamri.study import Segments, Study
from gliomamri.tasks import Context, find_task

TASK = find_task("relaxometry")
MAPS = [
    *("T1map", "R1map", "T1_standard_error", "R1_standard_error", "T1_valid"),
    *("T2map", "R2map", "T2_standard_error", "R2_standard_error", "T2_valid"),
    *("PDmap", "PD_standard_error", "M0", "B1map", "B1_standard_error", "MAGIC_residual"),
]


@pytest.fixture(scope="module")
def patient():
    return simulate_patient(
        PatientSettings(
            kind="high-grade-glioma", magic=True, conventional=False, artifacts="off", receive_field="hard",
            transmit_field="clinical", field_strength=3.0, matrix=(54.0, 64.0, 34.0), spacing=(3.0, 3.0, 4.5),
        ),
        seed=2,
    )  # fmt: skip


@pytest.fixture(scope="module")
def study(patient):
    """Both series at SNR 100, oblique, with the tumor's annotation."""
    brain = array(patient.truth.brain_mask) > 0
    series = {}
    for one in patient.series:
        white = (array(patient.truth.tissue) == 1) & brain
        sigma = max(np.abs(np.median(array(image)[white])) for image in one.images) / 100
        rng, images = np.random.default_rng(len(series)), []
        for image in one.images:
            noisy = array(image) + sigma * rng.standard_normal(brain.shape) * brain
            images.append(tilted(like(noisy.astype(np.float32), image)))
        series[one.role] = Series(tuple(images), one.parameters, True)
    annotation = Segments(tilted(patient.truth.annotation), {1: "annotation"})
    return Study(
        series=series, images={"brain_mask": tilted(patient.truth.brain_mask)}, segments=(annotation,)
    )


@pytest.fixture(scope="module")
def result(study):
    return TASK.run(study, Settings())


def array(image):
    return sitk.GetArrayFromImage(image)


def like(values, image):
    made = sitk.GetImageFromArray(values)
    made.CopyInformation(image)
    return made


def tilted(image):
    """The image in an oblique position."""
    made = sitk.Image(image)
    c, s = np.cos(0.3), np.sin(0.3)
    made.SetDirection((1, 0, 0, 0, c, -s, 0, s, c))
    made.SetOrigin((-80.0, 31.0, 7.0))
    return made


def named(result):
    return {m.name: m for m in result.maps}


def test_both_series_give_all_maps_with_their_prefix(result, study):
    assert {m.name for m in result.maps} == {p + name for p in ("", "ce") for name in MAPS}
    assert [m.name for m in result.maps if m.main] == [
        p + name for p in ("", "ce") for name in ("T1map", "R1map", "T2map", "R2map", "PDmap")
    ]
    for m in result.maps:
        grid = study.series["ceMAGIC" if m.name.startswith("ce") else "MAGIC"].images[0]
        assert m.image.GetDirection() == grid.GetDirection()
        assert m.image.GetOrigin() == grid.GetOrigin()
        assert np.isfinite(array(m.image)).all()


def test_roles_name_what_a_map_can_fill_and_its_unit_is_the_role_s(result):
    roles = {m.role: m for m in result.maps if m.role}

    assert set(roles) == {
        *("T1map", "T2map", "PDmap", "R1error", "R2error", "B1map"),
        *("ceT1map", "ceT2map", "cePDmap", "ceR1error", "ceR2error"),
    }
    for role, m in roles.items():
        assert m.unit == ROLES[role].unit
    assert roles["ceR1error"].name == "ceR1_standard_error"


@pytest.mark.parametrize(("prefix", "limit"), [("", 0.03), ("ce", 0.035)])
def test_values_are_those_of_the_simulated_patient(result, patient, prefix, limit):
    maps, brain = named(result), array(patient.truth.brain_mask) > 0
    truth = {name: array(image) for name, image in patient.truth.maps.items()}

    R1 = 1e3 / truth[f"{prefix}T1map"][brain]
    assert np.median(np.abs(array(maps[f"{prefix}R1map"].image)[brain] / R1 - 1)) < 0.025
    T2 = truth[f"{prefix}T2map"][brain]
    assert np.median(np.abs(array(maps[f"{prefix}T2map"].image)[brain] / T2 - 1)) < 0.035
    PD = array(maps[f"{prefix}PDmap"].image)[brain]
    assert np.median(np.abs(PD / truth["PDmap"][brain] - 1)) < limit
    assert np.median(np.abs(array(maps[f"{prefix}B1map"].image)[brain] - truth["B1"][brain])) < 0.01


def test_regions_and_numbers_have_the_prefix_too(result):
    tables = {table.name for table in result.tables}

    assert {"T1_regions", "R2_histogram", "ceT1_regions", "ceR1_histogram"} <= tables
    assert {"T1_median", "ceT1_median", "PD_median", "cePD_median"} <= set(result.numbers)
    assert result.numbers["ceT1_median"].value < result.numbers["T1_median"].value


def alone(study, **changes):
    """The series before contrast agent, with some of its parts replaced."""
    series = changes.pop("series", study.series["MAGIC"])
    return Study(series={"MAGIC": series} | changes.pop("others", {}), images=dict(study.images) | changes)


def test_magnitude_images_give_the_same_and_a_warning(study, result):
    series = study.series["MAGIC"]
    magnitude = Series(tuple(sitk.Abs(image) for image in series.images), series.parameters)

    found = TASK.run(alone(study, series=magnitude), Settings())

    assert any("MAGIC images are magnitude images" in text for text in found.warnings)
    a, b = (array(named(one)["T1map"].image) for one in (found, result))
    assert np.median(np.abs(a / np.maximum(b, 1) - 1)[b > 0]) < 0.01


def test_a_given_B1_map_is_used_resampled_and_taken_as_percent(study, patient):
    true = sitk.Cast(tilted(patient.truth.maps["B1"]), sitk.sitkFloat32)
    coarse = sitk.Resample(
        true * 100, [27, 32, 34], sitk.Transform(), sitk.sitkLinear, true.GetOrigin(), (6.1, 6.1, 4.5),
        true.GetDirection(), 100.0,
    )  # fmt: skip

    found = TASK.run(alone(study, B1map=coarse), Settings())

    brain = array(patient.truth.brain_mask) > 0
    B1 = array(named(found)["B1map"].image)[brain]
    assert np.median(np.abs(B1 - array(true)[brain])) < 0.005
    assert not array(named(found)["B1_standard_error"].image).any()
    assert any("B1 map was resampled" in text for text in found.warnings)
    assert any("taken as percent" in text for text in found.warnings)


def test_nominal_B1_and_uncalibrated_PD(study):
    found = TASK.run(alone(study), Settings(magic_B1="one", pd_calibration="none"))

    maps = named(found)
    assert set(np.unique(array(maps["B1map"].image))) == {0.0, 1.0}
    assert maps["PDmap"].unit == "image units"
    assert maps["PDmap"].role == ""
    assert "uncalibrated" in maps["PDmap"].description


def test_a_transmit_field_that_did_not_settle_is_a_warning(study, result, monkeypatch):
    sentence = "transmit field (B1) was still changing"
    monkeypatch.setattr(transmit_field, "_MAX_ITERATIONS", 1)

    found = TASK.run(alone(study), Settings())

    assert sum(sentence in text for text in found.warnings) == 1
    assert not any(sentence in text for text in result.warnings)


def test_the_scale_of_PD_is_named_and_its_error_is_in_every_voxel(result):
    assert "white matter (70 %) together" in named(result)["PDmap"].description
    error = result.numbers["PD_scale_error"].value
    assert 0.3 < error < 100 * 0.017 / 0.70
    PD, of_PD = (array(named(result)[name].image) for name in ("PDmap", "PD_standard_error"))
    assert (of_PD[PD > 0] >= 0.999 * error / 100 * PD[PD > 0]).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"method": "both"}, None),
        ({"method": "both", "disagreement": 0.12}, "would be 12% lower than by white matter"),
        ({"method": "both", "disagreement": -0.12}, "would be 12% higher than by white matter"),
        ({"method": "tissue"}, "Too little cerebrospinal fluid was found to set the scale"),
        ({"method": "water"}, "White matter was not recognized"),
        ({"method": "none"}, "Too little white and gray matter was found to calibrate proton density"),
    ],
)
def test_what_the_scale_of_PD_rests_on_is_told(study, monkeypatch, change, sentence):
    def changed(*arguments, **options):
        return replace(proton_density(*arguments, **options), **change)

    monkeypatch.setattr(magic_task, "proton_density", changed)

    found = TASK.run(alone(study), Settings(magic_B1="one"))

    assert [text for text in found.warnings if sentence and sentence in text] or sentence is None
    if change == {"method": "both"}:
        assert not any("proton density" in text for text in found.warnings)
        assert "white matter (70 %) together" in named(found)["PDmap"].description


def test_one_echo_time_gives_no_T2_and_says_so(study):
    series = study.series["MAGIC"]
    first = Series(series.images[:4], {k: v[:4] for k, v in series.parameters.items()}, True)

    found = TASK.run(alone(study, series=first), Settings())

    assert not {"T2map", "PDmap"} & set(named(found))
    assert {"T1map", "M0", "B1map"} <= set(named(found))
    assert any("one echo time only" in text for text in found.warnings)


def test_progress_rises(study):
    seen = []

    TASK.run(alone(study), Settings(), Context(lambda fraction, message: seen.append((fraction, message))))

    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert 0.9 < fractions[-1] <= 1
    assert any("Calibrating" in message for _, message in seen)


def moved(image):
    made = sitk.Image(image)
    made.SetOrigin([c + 4 for c in image.GetOrigin()])
    return made


def without(series, name):
    return Series(series.images, {k: v for k, v in series.parameters.items() if k != name}, series.signed)


@pytest.mark.parametrize(
    ("spoil", "settings", "sentence"),
    [
        (lambda s: without(s, "echo_time"), {}, "do not say their echo times; type them.*magic_echo_times"),
        (lambda s: without(s, "inversion_time"), {}, "do not say their inversion times.*magic_inversion_times"),
        (lambda s: without(s, "repetition_time"), {}, "do not say their repetition time; type it in ms"),
        (lambda s: s.with_parameter("inversion_time", [500] * 8), {}, "3 different inversion times"),
        (lambda s: s, {"magic_repetition_time": 2000.0}, "must be longer than every inversion and echo time"),
        (lambda s: s, {"magic_echo_times": (22.0, 95.0)}, "8 images but 2 values of echo time"),
        (lambda s: s.with_parameter("repetition_time", [4000] * 7 + [5000]), {}, "different repetition times"),
        (lambda s: Series((*s.images[:7], moved(s.images[7])), s.parameters, True), {}, "do not lie on one grid"),
        (
            lambda s: Series((*s.images[:7], s.images[7][:, :, :20]), s.parameters, True),
            {},
            "do not lie on one grid",
        ),
        (
            lambda s: Series((*s.images[:7], sitk.JoinSeries([s.images[7]] * 2)), s.parameters, True),
            {},
            "not three-dimensional",
        ),
        (lambda s: Series(s.images, s.parameters, False), {}, "hold negative signal but are taken as magnitude"),
        (lambda s: Series(tuple(i * 0 for i in s.images), s.parameters, True), {}, "hold no signal in the mask"),
        (
            lambda s: Series(tuple(i * float("nan") for i in s.images), s.parameters, True),
            {},
            "hold no signal in the mask",
        ),
        (lambda s: s, {"magic_B1": "given"}, "There is no B1 map"),
    ],
)  # fmt: skip
def test_wrong_series_are_told_in_a_sentence(study, spoil, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        TASK.run(alone(study, series=spoil(study.series["MAGIC"])), Settings(**settings))


def test_wrong_masks_and_B1_maps_are_told_in_a_sentence(study):
    mask = study.images["brain_mask"]

    with pytest.raises(UserError, match="brain mask holds no voxel"):
        TASK.run(alone(study, brain_mask=mask * 0), Settings())
    with pytest.raises(UserError, match="holds values in 0% of the voxels"):
        TASK.run(alone(study, B1map=sitk.Cast(mask, sitk.sitkFloat32) * 0), Settings())
    with pytest.raises(UserError, match="actual over the nominal flip angle"):
        TASK.run(alone(study, B1map=sitk.Cast(mask, sitk.sitkFloat32) * 5), Settings())


@pytest.mark.parametrize(("role", "symbol"), [("IRT1", "T1"), ("VFA", "T1"), ("MESE", "T2")])
def test_two_sources_of_one_map_are_refused(study, role, symbol):
    with pytest.raises(UserError, match=f"would each give a {symbol} map; select one of them"):
        TASK.run(alone(study, others={role: study.series["MAGIC"]}), Settings())


def test_a_few_spoiled_voxels_are_left_out(study):
    series = study.series["MAGIC"]
    values = array(series.images[2])
    values[10:12, 20:24] = np.nan
    images = (*series.images[:2], like(values, series.images[2]), *series.images[3:])

    found = TASK.run(alone(study, series=Series(images, series.parameters, True)), Settings())

    assert not array(named(found)["T1map"].image)[10:12, 20:24].any()
    assert found.numbers["T1_share"].value > 95
