"""A patient on disk: read back completely, in our units; whole or not at all."""

from __future__ import annotations

import errno
import json
import stat
from dataclasses import replace
from pathlib import Path

import fake_patient
import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import same_grid
from gliomamri.io.studies import read_study
from gliomamri.phantom.output import patient_folder
from gliomamri.phantom.output.bids_files import raw_files
from gliomamri.phantom.output.patient_folder import (
    read_provenance,
    remove_partial_patients,
    truth_folder,
    write_patient,
)
from gliomamri.phantom.output.products import TUMOR_LABELS
from gliomamri.roles import ROLES


@pytest.fixture
def dataset(a_patient, tmp_path):
    write_patient(a_patient, tmp_path, "sub-0001")
    return tmp_path


def array(image):
    return sitk.GetArrayFromImage(image)


def test_every_image_is_read_back_with_its_parameters(dataset, a_patient):
    roles = [series.role for series in a_patient.series]

    study = read_study(dataset / "sub-0001", roles=roles)

    assert study.notes == ()
    for series in a_patient.series:
        is_series = ROLES[series.role].is_series
        found = study.series[series.role].images if is_series else (study.images[series.role],)
        assert len(found) == len(series.images)
        for image in found:
            assert same_grid(image, series.images[0])
    parameters = study.series["MAGIC"].parameters
    wanted = next(series for series in a_patient.series if series.role == "MAGIC")
    pairs = list(zip(wanted.parameters["inversion_time"], wanted.parameters["echo_time"], strict=True))
    times = zip(parameters["inversion_time"], parameters["echo_time"], strict=True)
    for pair, image in zip(times, study.series["MAGIC"].images, strict=True):
        original = wanted.images[pairs.index(tuple(round(time, 6) for time in pair))]
        np.testing.assert_allclose(array(image), array(original), atol=0.05)
    assert study.series["MAGIC"].signed is True
    assert study.series["ceMAGIC"].signed is True
    assert np.allclose(parameters["repetition_time"], 4000)


def test_diffusion_images_are_read_back_from_one_file_per_echo_time(dataset, a_patient):
    series = next(series for series in a_patient.series if series.role == "dwi")

    found = read_study(dataset / "sub-0001", roles=["dwi"]).series["dwi"]

    assert len(list((dataset / "sub-0001" / "dwi").glob("*acq-TE*_dwi.nii.gz"))) == 2
    times = [round(time, 6) for time in found.parameters["echo_time"]]
    keys = list(zip(found.parameters["b_value"], times, strict=True))
    wanted = list(zip(series.parameters["b_value"], series.parameters["echo_time"], strict=True))
    assert sorted(keys) == sorted(wanted)
    for key, image in zip(keys, found.images, strict=True):
        np.testing.assert_allclose(array(image), array(series.images[wanted.index(key)]), atol=0.05)


def test_the_plain_images_keep_their_roles_apart(dataset, a_patient):
    study = read_study(dataset / "sub-0001", roles=["T1w", "ceT1w", "lowdose_ceT1w", "ADC"])

    for series in a_patient.series:
        if series.role in study.images:
            np.testing.assert_allclose(
                array(study.images[series.role]), array(series.images[0]), rtol=1e-3, atol=0.05
            )
    assert len(study.images) == 4


def test_sidecars_speak_bids(dataset):
    about = json.loads((dataset / "sub-0001/anat/sub-0001_FLAIR.json").read_text())
    after = json.loads((dataset / "sub-0001/anat/sub-0001_ce-gadlow_T1w.json").read_text())

    assert about["RepetitionTime"] == 9.0
    assert about["EchoTime"] == 0.12
    assert about["InversionTime"] == 2.4
    assert about["PulseSequenceType"] == "inversion-prepared (turbo) spin echo"
    assert "SliceThickness" not in about
    assert "ContrastBolusIngredient" not in about
    assert after["FlipAngle"] == 12
    assert after["ContrastBolusIngredient"] == "GADOLINIUM"
    assert after["ContrastDose"] == 0.025
    assert "Signed" not in about


def test_images_as_acquired_say_how_thick_their_slices_are(a_patient):
    acquired = replace(a_patient, settings=replace(a_patient.settings, geometry="acquired"))

    sidecars = {file.path: file.sidecar for file in raw_files(acquired, "sub-0001").images}

    assert sidecars["anat/sub-0001_FLAIR"]["SliceThickness"] == 4.5
    assert "SliceThickness" not in sidecars["anat/sub-0001_T2w"]


def test_truth_is_read_back_in_our_units(dataset, a_patient):
    roles = ["T1map", "T2map", "PDmap", "ceT1map", "ceT2map", "ADC", "brain_mask", "segmentation"]

    study = read_study(truth_folder(dataset, "sub-0001"), roles=roles)

    for role in roles[:6]:
        np.testing.assert_allclose(array(study.images[role]), array(a_patient.truth.maps[role]), rtol=2**-11)
    (segments,) = study.segments
    assert np.array_equal(array(segments.image), array(a_patient.truth.labels))
    assert dict(segments.names) == TUMOR_LABELS
    assert segments.colors[4] == pytest.approx((0.95, 0.85, 0.20), abs=0.003)
    assert np.array_equal(array(study.images["brain_mask"]) != 0, array(a_patient.truth.brain_mask) != 0)


def test_relaxation_times_are_seconds_on_disk(dataset, a_patient):
    stem = truth_folder(dataset, "sub-0001") / "anat" / "sub-0001_ce-gad_T1map"

    stored = sitk.GetArrayFromImage(sitk.ReadImage(f"{stem}.nii.gz"))

    assert json.loads(Path(f"{stem}.json").read_text())["Units"] == "s"
    np.testing.assert_allclose(1000 * stored, array(a_patient.truth.maps["ceT1map"]), rtol=2**-11)


def test_everything_else_that_is_true_is_there(dataset, a_patient):
    anat = truth_folder(dataset, "sub-0001") / "anat"

    lesions = (anat / "sub-0001_lesions.tsv").read_text().splitlines()
    field = sitk.ReadImage(str(anat / "sub-0001_desc-masseffect_displacement.nii.gz"))
    transforms = json.loads((anat / "sub-0001_transforms.json").read_text())
    made = read_provenance(dataset, "sub-0001")

    assert lesions[0].startswith("lesion\tkind\tcenter_x")
    assert lesions[2].split("\t")[:3] == ["2", "white matter lesion", "0"]
    assert "n/a" in lesions[2]
    np.testing.assert_allclose(array(field), array(a_patient.truth.displacement), atol=0.51 / 128)
    assert transforms["Transforms"]["T2w"][0] == [1, 0, 0, 0]
    assert (made["Seed"], made["Drawn"]["noise"], made["Settings"]["kind"]) == (7, 0.25, "glioma")
    table = (anat / "sub-0001_seg-tissue_dseg.tsv").read_text()
    assert table == "index\tname\n300\twhite matter\n"
    for name in (
        "seg-parts_dseg",
        "desc-annotation_mask",
        "desc-skullstrip_mask",
        "label-infiltration_probseg",
        "ce-gadlow_concentration",
        "TB1map",
        "desc-somethingnew_simulated",
    ):
        assert (anat / f"sub-0001_{name}.nii.gz").is_file()


def test_every_image_file_has_a_sidecar_and_no_file_is_empty(dataset):
    files = [path for path in dataset.rglob("*") if path.is_file()]

    assert all(path.stat().st_size for path in files)
    for path in files:
        if path.name.endswith(".nii.gz"):
            assert path.with_name(path.name.replace(".nii.gz", ".json")).is_file()


def test_without_truth_maps_labels_still_come(everything, tmp_path):

    write_patient(
        fake_patient.simulate_patient(replace(everything, truth_maps=False), 1), tmp_path, "sub-0002"
    )

    names = {path.name for path in truth_folder(tmp_path, "sub-0002").rglob("*.nii.gz")}
    assert "sub-0002_dseg.nii.gz" in names
    assert not any("map" in name or "displacement" in name for name in names)


def test_the_anatomys_folder_stays_private(a_patient, tmp_path):
    patient = replace(a_patient, settings=replace(a_patient.settings, anatomy=str(tmp_path / "heads")))
    write_patient(patient, tmp_path, "sub-0001")

    assert read_provenance(tmp_path, "sub-0001")["Settings"]["anatomy"] == "heads"
    assert not any(str(tmp_path) in path.read_text() for path in tmp_path.rglob("*.json"))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize("step", ["write_one", "rename"])
def test_a_failure_leaves_nothing_and_gets_a_sentence(number, step, a_patient, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(number, "no")

    if step == "rename":
        rename = Path.rename
        monkeypatch.setattr(
            Path, "rename", lambda self, to: fail() if self.name == "raw" else rename(self, to)
        )
    else:
        monkeypatch.setattr(patient_folder, "write_one", fail)

    with pytest.raises(UserError, match=r"disk is full|read-only"):
        write_patient(a_patient, tmp_path, "sub-0001")

    assert [path for path in tmp_path.rglob("*") if "0001" in path.name] == []


def test_too_small_a_disk_is_told_before_anything_is_written(a_patient, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())

    with pytest.raises(UserError, match="too full"):
        write_patient(a_patient, tmp_path, "sub-0001")

    assert list(tmp_path.iterdir()) == []


def test_what_an_ended_process_left_is_removed_and_whole_patients_stay(dataset):
    (dataset / ".gliomamri-partial-sub-0002" / "raw").mkdir(parents=True)
    truth_folder(dataset, "sub-0003").mkdir()

    remove_partial_patients(dataset)

    assert not list(dataset.glob(".gliomamri*"))
    assert [path.name for path in (dataset / "derivatives" / "truth").iterdir()] == ["sub-0001"]
    assert read_provenance(dataset, "sub-0001")
    assert read_provenance(dataset, "sub-0003") == {}


def test_files_can_be_read_by_others(dataset):
    mode = (dataset / "sub-0001").stat().st_mode

    assert mode & stat.S_IRGRP or not (Path.cwd().stat().st_mode & stat.S_IRGRP)
