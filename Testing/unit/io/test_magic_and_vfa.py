"""MAGIC and variable-flip-angle series as files: BIDS as the phantom writes it and as others do, and DICOM."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.studies import read_study
from unit.io.dicom_writer import write_series

DELAYS = (170.0, 670.0, 1840.0, 3840.0)
ECHOES = (22.0, 95.0)
PAIRS = list(itertools.product(DELAYS, ECHOES))
ROLES = ("MAGIC", "ceMAGIC", "VFA", "IRT1", "MESE", "T1w")
REAL = ["ORIGINAL", "PRIMARY", "R", "IR"]


@pytest.fixture
def write(make_image, tmp_path):
    """Write an image of one value with its json fields."""

    def write(name, value, **fields):
        path = tmp_path / "sub-01" / "anat" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.arange(120.0).reshape(4, 5, 6) - 60 + 1000 * value
        sitk.WriteImage(make_image(values), str(path))
        path.with_name(name.replace(".nii.gz", ".json")).write_text(json.dumps(fields))

    return write


@pytest.fixture
def write_magic(oblique_direction, tmp_path):
    """Write eight DICOM volumes; ``series`` gives the series of a pair of times, ``skip`` pairs left out."""

    def write(folder="dicom", series=lambda _delay, _echo: None, skip=(), offset=0, **fields):
        for number, (delay, echo) in enumerate(PAIRS):
            if (delay, echo) not in skip:
                volume = np.arange(3 * 6 * 7).reshape(3, 6, 7) + 200 * number - 500 + offset
                about = {
                    "InversionTime": delay,
                    "EchoTime": echo,
                    "RepetitionTime": 4000.0,
                    "ImageType": REAL,
                } | fields
                write_series(
                    tmp_path / folder, oblique_direction, volume, series=series(delay, echo), **about
                )
        return tmp_path / folder

    return write


def first_values(series):
    return [float(sitk.GetArrayViewFromImage(image)[0, 0, 0]) for image in series.images]


def test_magic_as_the_phantom_writes_it(tmp_path):
    """The real writer, the real reader: every parameter and the sign come back, before and after contrast agent."""
    from gliomamri.phantom.output.patient_folder import write_patient
    from gliomamri.phantom.patient import simulate_patient
    from gliomamri.phantom.settings import Settings

    settings = Settings(
        magic=True, artifacts="off", truth_maps=False, matrix=(24.0, 30.0, 20.0), spacing=(7.0, 6.5, 8.0)
    )
    patient = simulate_patient(settings, 3)
    write_patient(patient, tmp_path, "sub-0001")

    study = read_study(tmp_path, roles=("MAGIC", "ceMAGIC", "T1w"))

    for role in ("MAGIC", "ceMAGIC"):
        (truth,) = (one for one in patient.series if one.role == role)
        found = study.series[role]
        order = np.lexsort((truth.parameters["echo_time"], truth.parameters["inversion_time"]))
        assert len(found) == len(truth.images) == 8
        assert found.signed is True
        for name in ("inversion_time", "echo_time", "repetition_time"):
            assert found.parameters[name] == pytest.approx([truth.parameters[name][i] for i in order])
        for image, index in zip(found.images, order, strict=True):
            expected = sitk.GetArrayFromImage(truth.images[index])
            np.testing.assert_allclose(
                sitk.GetArrayFromImage(image), expected, atol=1e-3 * np.abs(expected).max()
            )
    assert first_difference(study) > 0


def first_difference(study):
    """Largest difference between images before and after contrast agent: the two series must not be mixed up."""
    pre, post = (sitk.GetArrayFromImage(study.series[role].images[2]) for role in ("MAGIC", "ceMAGIC"))
    return float(np.abs(pre - post).max())


@pytest.mark.parametrize("tr", ["RepetitionTimeExcitation", "RepetitionTime"])
def test_flip_angles_as_bids_names_them(write, tmp_path, tr):
    for number, angle in enumerate((3, 10, 20), start=1):
        write(f"sub-01_flip-{number}_VFA.nii.gz", number, FlipAngle=angle, EchoTime=0.0025, **{tr: 0.0152})

    series = read_study(tmp_path, roles=ROLES).series["VFA"]

    assert series.parameters["flip_angle"] == (3.0, 10.0, 20.0)
    assert series.parameters["repetition_time"] == pytest.approx((15.2,) * 3)
    assert first_values(series) == [940.0, 1940.0, 2940.0]


def test_flip_angles_with_shared_fields_in_one_file_above(write, tmp_path):
    """The inheritance principle: what all images share stands once."""
    for number, angle in enumerate((4, 18), start=1):
        write(f"sub-01_flip-{number}_VFA.nii.gz", number, FlipAngle=angle)
    (tmp_path / "sub-01" / "anat" / "sub-01_VFA.json").write_text('{"RepetitionTimeExcitation": 0.02}')

    series = read_study(tmp_path, roles=ROLES).series["VFA"]

    assert series.parameters == {"flip_angle": (4.0, 18.0), "repetition_time": (20.0, 20.0)}


def test_excitation_is_the_interval_of_a_spoiled_gradient_echo(write, tmp_path):
    for number, angle in enumerate((4, 18), start=1):
        write(
            f"sub-01_flip-{number}_VFA.nii.gz",
            number,
            FlipAngle=angle,
            RepetitionTime=2.3,
            RepetitionTimePreparation=2.3,
            RepetitionTimeExcitation=0.02,
        )

    series = read_study(tmp_path, roles=ROLES).series["VFA"]

    assert series.parameters["repetition_time"] == (20.0, 20.0)


@pytest.mark.parametrize("kind", ["one", "by delay", "each"])
def test_magic_in_one_or_several_dicom_series(write_magic, kind):
    series = {
        "one": lambda _delay, _echo: "1.2.3",
        "by delay": lambda delay, _echo: f"1.2.{delay:.0f}",
        "each": lambda _delay, _echo: None,
    }[kind]

    study = read_study(write_magic(series=series), roles=ROLES)

    found = study.series["MAGIC"]
    assert study.roles == {"MAGIC"}
    assert list(zip(found.parameters["inversion_time"], found.parameters["echo_time"], strict=True)) == PAIRS
    assert found.parameters["repetition_time"] == (4000.0,) * 8
    assert found.signed is True
    assert first_values(found) == [200.0 * number - 500 for number in range(8)]


@pytest.mark.parametrize(
    "agent",
    [
        ({}, {"ContrastBolusAgent": "Dotarem"}),
        ({"ContrastBolusAgent": "NONE"}, {"ContrastBolusAgent": "Gadovist"}),
        ({"SeriesDescription": "MAGiC"}, {"SeriesDescription": "MAGiC +C"}),
        (
            {"SeriesDescription": "MAGIC pre Gd", "ContrastBolusAgent": "Dotarem"},
            {"SeriesDescription": "MAGIC post Gd", "ContrastBolusAgent": "Dotarem"},
        ),
    ],
)
def test_magic_after_contrast_agent_is_told_from_that_before(write_magic, agent, tmp_path):
    before, after = agent
    write_magic("dicom/b", **before)
    write_magic("dicom/a", offset=7, **after)

    study = read_study(tmp_path / "dicom", roles=ROLES)

    assert set(study.series) == {"MAGIC", "ceMAGIC"}
    assert first_values(study.series["MAGIC"])[0] == -500.0
    assert first_values(study.series["ceMAGIC"])[0] == -493.0


def test_two_magic_series_that_nothing_tells_apart_have_to_be_chosen(write_magic, tmp_path):
    write_magic("dicom/a", series=lambda *_: "1.2.3")
    write_magic("dicom/b", series=lambda *_: "1.2.4")

    with pytest.raises(UserError, match="2 series of MAGIC images; give the folder of one"):
        read_study(tmp_path / "dicom", roles=ROLES)
    chosen = read_study(None, [("MAGIC", tmp_path / "dicom" / "b")], roles=ROLES)
    assert len(chosen.series["MAGIC"]) == 8


def test_magic_image_that_lacks_a_slice_is_named(write_magic, oblique_direction, tmp_path):
    folder = write_magic(skip=[(670.0, 95.0)])
    volume = np.ones((3, 6, 7))
    about = {"InversionTime": 670.0, "EchoTime": 95.0, "RepetitionTime": 4000.0, "ImageType": REAL}
    write_series(folder, oblique_direction, volume, keep=(0, 2), **about)

    with pytest.raises(UserError, match="inversion time 670 ms and echo time 95 ms has 2 of 3 slices"):
        read_study(folder, roles=ROLES)


def test_inversion_recovery_with_one_stray_echo_time_is_no_magic(oblique_direction, tmp_path):
    volume = np.random.default_rng(1).integers(0, 900, (3, 6, 7))
    for delay, echo in [(50.0, 12.0), (400.0, 12.0), (1500.0, 12.0), (3000.0, 12.0), (400.0, 40.0)]:
        write_series(
            tmp_path, oblique_direction, volume, InversionTime=delay, EchoTime=echo, RepetitionTime=9000.0
        )

    study = read_study(tmp_path, roles=ROLES)

    assert study.roles == {"IRT1"}
    assert study.series["IRT1"].parameters["inversion_time"] == (50.0, 400.0, 1500.0, 3000.0)


@pytest.mark.parametrize("series", [None, "1.2.3"])
def test_flip_angles_in_one_or_several_dicom_series(oblique_direction, tmp_path, series):
    for angle in (15.0, 2.0, 5.0):
        volume = np.arange(3 * 6 * 7).reshape(3, 6, 7) + 100 * angle
        write_series(
            tmp_path, oblique_direction, volume, series=series, FlipAngle=angle, EchoTime=2.1, RepetitionTime=5.4,
            ScanningSequence="GR", SeriesDescription="Ax 3D SPGR VFA", ImageType=["ORIGINAL", "PRIMARY", "M"],
        )  # fmt: skip

    study = read_study(tmp_path, roles=ROLES)

    found = study.series["VFA"]
    assert study.roles == {"VFA"}
    assert found.parameters["flip_angle"] == (2.0, 5.0, 15.0)
    assert found.parameters["repetition_time"] == (5.4,) * 3
    assert found.signed is False
    assert first_values(found) == [200.0, 500.0, 1500.0]


@pytest.mark.parametrize("change", [{"RepetitionTime": 8.0}, {"EchoTime": 4.4}, {"ScanningSequence": "SE"}])
def test_gradient_echoes_that_differ_otherwise_are_no_flip_angle_series(oblique_direction, tmp_path, change):
    for angle, more in ((5.0, {}), (15.0, change)):
        about = {"EchoTime": 2.1, "RepetitionTime": 5.4, "ScanningSequence": "GR", "FlipAngle": angle} | more
        write_series(tmp_path, oblique_direction, np.ones((3, 6, 7)) * angle, **about)

    with pytest.raises(UserError, match="none could be recognized"):
        read_study(tmp_path, roles=ROLES)
