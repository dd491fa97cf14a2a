"""The whole analysis: from raw MAGIC or from maps, against what is true of simulated patients."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import same_grid
from gliomamri.phantom.output.study import to_study
from gliomamri.phantom.patient import simulate_patient
from gliomamri.phantom.settings import Settings as PhantomSettings
from gliomamri.series import Series
from gliomamri.study import Study
from gliomamri.tasks import Context, find_task

TASK = find_task("quantitative")


@pytest.fixture(scope="module")
def patient():
    settings = PhantomSettings(
        kind="high-grade-glioma",
        core_volume=35.0,
        field_strength=3.0,
        matrix=(60.0, 72.0, 56.0),
        spacing=(2.8, 2.8, 2.8),
        magic=True,
        motion_within="off",
    )
    return simulate_patient(settings, seed=21)


@pytest.fixture(scope="module")
def result(patient):
    told = []
    settings = TASK.settings(bootstrap_samples=400)
    found = TASK.run(to_study(patient), settings, Context(lambda *news: told.append(news), seed=1))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0.95
    return found


def array(result, name):
    return sitk.GetArrayFromImage(next(one.image for one in result.maps if one.name == name))


def rows(result, name):
    table = next(one for one in result.tables if one.name == name)
    lines = zip(*table.columns.values(), strict=True)
    return {line[0]: dict(zip(table.columns, line, strict=True)) for line in lines}


def test_everything_lies_on_one_grid_and_is_finite(patient, result):
    grid = next(one.images[0] for one in patient.series if one.role == "ceT1w")

    for one in result.maps:
        assert same_grid(one.image, grid)
        assert np.isfinite(sitk.GetArrayViewFromImage(one.image)).all()
    assert {"R1map", "ceR1map", "R2map", "ceR2map", "dR1", "dR1_z"} <= {
        one.name for one in result.maps if one.main
    }
    assert {"lesion_regions", "mirror_regions", "normal_regions", "brain_mask", "dR1_significant"} <= {
        one.name for one in result.labels
    }


def test_rates_are_the_true_ones_in_healthy_white_matter(patient, result):
    names = {name: label for label, name in patient.truth.tissue_names.items()}
    white = sitk.GetArrayFromImage(patient.truth.tissue) == names["white matter"]
    white &= sitk.GetArrayFromImage(patient.truth.parts) == 0
    for name, truth, tolerance in (
        ("R1map", "T1map", 0.05),
        ("ceR1map", "ceT1map", 0.06),
        ("R2map", "T2map", 0.06),
    ):
        true_times = sitk.GetArrayFromImage(patient.truth.maps[truth])
        rates = array(result, name)
        measured = white & (rates > 0)
        assert measured.sum() > 0.8 * white.sum()
        assert np.median(rates[measured] * true_times[measured] / 1000) == pytest.approx(1.0, abs=tolerance)


def test_the_annotation_enhances_and_its_mirror_does_not(result):
    change = rows(result, "dR1_regions")

    assert change["annotation"]["median low"] > change["mirror of annotation"]["median high"]
    assert change["annotation"]["mirror delta low"] > 0.3
    assert abs(change["mirror of annotation"]["median"]) < 0.1
    assert change["shell 0-5 mm"]["median"] > change["shell 10-20 mm"]["median"]


def test_few_healthy_voxels_are_called_changed(patient, result):
    """The z-map at the nominal 5 % and 1 %, where there is neither lesion nor vessel beside a voxel (acceptance 3)."""
    z, edge = array(result, "dR1_z"), array(result, "dR1_edge") > 0
    concentration = sitk.GetArrayFromImage(patient.truth.maps["concentration"])
    healthy = (sitk.GetArrayFromImage(patient.truth.parts) == 0) & (array(result, "dR1_valid") > 0) & ~edge
    names = {name: label for label, name in patient.truth.tissue_names.items()}
    enhancing = np.isin(
        sitk.GetArrayFromImage(patient.truth.tissue),
        [names[name] for name in ("vein", "artery", "dura", "falx", "choroid plexus") if name in names],
    ) | (concentration > 0.04)
    near = sitk.GetArrayFromImage(
        sitk.BinaryDilate(sitk.GetImageFromArray(enhancing.astype(np.uint8)), [1, 1, 1])
    )
    healthy &= near == 0
    assert healthy.sum() > 5000
    for nominal, quantile in ((0.05, 1.6449), (0.01, 2.3263)):
        assert np.mean(z[healthy] > quantile) <= nominal + 0.01


def test_points_lie_outside_the_annotation_and_carry_rates(result):
    (points,) = result.points

    assert points.labels
    assert {"R1", "R2", "ceR1", "dR1", "dR1 z", "distance"} <= set(points.values)
    assert min(points.values["distance"]) > 0
    assert min(points.values["dR1 z"]) > 1.6


def test_tissue_volumes_are_those_of_a_brain(result):
    volumes = rows(result, "tissue_volumes")

    assert 300 < volumes["white matter"]["volume"] < 800
    assert 400 < volumes["gray matter"]["volume"] < 1000


def test_finished_maps_give_the_same_analysis_without_a_fit(patient):
    truth = patient.truth.maps
    seconds = {role: truth[role] / 1000.0 for role in ("T1map", "ceT1map")}
    study = Study(
        {**seconds, "T2map": truth["T2map"], "PDmap": truth["PDmap"], "brain_mask": patient.truth.brain_mask},
        segments=to_study(patient).segments,
    )

    found = TASK.run(study, TASK.settings(bootstrap_samples=300), Context(seed=1))

    assert any("taken as s from its values" in text for text in found.notes)
    assert "prepared_images" in {table.name for table in found.tables}
    change = rows(found, "dR1_regions")
    assert change["annotation"]["median"] > change["mirror of annotation"]["median"] + 0.05
    assert not any(name.startswith("ceR2") for name in (table.name for table in found.tables))


def test_maps_before_contrast_agent_alone_are_described(patient):
    found = TASK.run(
        Study({"T1map": patient.truth.maps["T1map"], "brain_mask": patient.truth.brain_mask}),
        TASK.settings(bootstrap_samples=300),
        Context(),
    )

    assert "normal-appearing white matter" in rows(found, "R1_regions")
    assert not [one for one in found.maps if one.name.startswith("dR1")]
    assert any("no annotation" in text for text in found.warnings)


def test_a_map_and_its_raw_images_are_refused(patient):
    study = to_study(patient)
    both = Study({**study.images, "T1map": patient.truth.maps["T1map"]}, study.series)

    with pytest.raises(UserError, match="Raw images are given for the T1 map"):
        TASK.run(both, TASK.settings(), Context())


def test_nothing_to_measure_is_told(patient):
    study = to_study(patient)

    with pytest.raises(UserError, match="Select one of these: MAGIC images"):
        TASK.run(Study(study.images), TASK.settings(), Context())


def test_the_same_inputs_and_seed_give_the_same_numbers(patient):
    maps = {role: patient.truth.maps[role] for role in ("T1map", "ceT1map")}
    study = Study({**maps, "brain_mask": patient.truth.brain_mask}, segments=to_study(patient).segments)
    settings = TASK.settings(bootstrap_samples=300)

    first, second = (rows(TASK.run(study, settings, Context(seed=5)), "dR1_regions") for _ in range(2))

    assert str(first) == str(second)


def test_stopping_from_the_progress_ends_the_work(patient):
    def stop(fraction, words):
        if fraction > 0.2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TASK.run(to_study(patient), TASK.settings(), Context(stop))


def test_a_series_without_echo_times_gets_a_sentence(patient):
    series = to_study(patient).series["MAGIC"]
    bare = Series(series.images, {"inversion_time": series.parameters["inversion_time"]}, signed=True)

    with pytest.raises(UserError, match="echo time"):
        TASK.run(Study({}, {"MAGIC": bare}), TASK.settings(), Context())


def test_the_analysis_is_told_what_resampling_made_of_the_noise(monkeypatch):
    """Maps before contrast agent lie half a voxel beside those after it, which are the reference."""
    rng = np.random.default_rng(4)
    told = {}

    def on_grid(values, shift):
        image = sitk.GetImageFromArray(values.astype(np.float32))
        image.SetSpacing((1.5, 1.2, 3.0))
        image.SetOrigin((shift, 0.0, 0.0))
        return image

    shape = (12, 30, 28)
    brain = np.zeros(shape)
    brain[2:-2, 4:-4, 4:-4] = 1
    images = {"brain_mask": sitk.Cast(on_grid(brain, 0.0), sitk.sitkUInt8)}
    for prefix, shift in (("", 0.75), ("ce", 0.0)):
        images[f"{prefix}T1map"] = on_grid(rng.uniform(900, 1100, shape), shift)
        images[f"{prefix}R1error"] = on_grid(np.full(shape, 0.02), shift)

    def stopped(maps, *arguments):
        told.update(maps=maps, correlation=arguments[-1])
        raise KeyboardInterrupt

    monkeypatch.setattr("gliomamri.quantitative.task.analyze_regions", stopped)
    with pytest.raises(KeyboardInterrupt):
        TASK.run(Study(images), TASK.settings(registration="off"), Context())

    assert list(told["correlation"]) == ["R1error"]
    _, _, x = told["correlation"]["R1error"]((slice(3, 8), slice(5, 20), slice(6, 20)))
    assert x == pytest.approx(0.25, abs=0.03)  # cubic spline, half a voxel
    errors = sitk.GetArrayFromImage(told["maps"]["R1error"])[4:-4, 6:-6, 6:-6]
    assert errors == pytest.approx(0.02 * np.sqrt(0.756), rel=0.02)
    assert sitk.GetArrayFromImage(told["maps"]["ceR1error"])[6, 15, 14] == pytest.approx(0.02)
