"""Scores of models: perfect answers score 1, the truth is where the images are, and failures are told."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.networks.registry import build
from gliomamri.result import LabelMap, Result
from gliomamri.study import Segments, Study
from gliomamri.training import cases, simulated
from gliomamri.training.cases import Case, dataset_cases, simulated_cases
from gliomamri.training.evaluation import Scores, evaluate, write_scores
from gliomamri.training.export import export_model
from gliomamri.training.recipes import Recipe
from gliomamri.training.simulated import kind_of, training_settings

SIZE = (40, 44, 36)
CMRI = ("ceT1w", "T1w", "FLAIR", "T2w")


def image(values):
    made = sitk.GetImageFromArray(values)
    made.SetSpacing((2.0, 2.0, 2.5))
    made.SetOrigin((5.0, -3.0, 11.0))
    return made


def a_case(name="p", seed=0, tumor=True, roles=CMRI):
    x, y, z = (axis.transpose(2, 1, 0) for axis in np.meshgrid(*(np.arange(n) for n in SIZE), indexing="ij"))
    brain = ((x - 20) / 17) ** 2 + ((y - 22) / 19) ** 2 + ((z - 18) / 15) ** 2 < 1
    distance = np.sqrt((x - 14) ** 2 + (y - 25) ** 2 + (z - 20) ** 2)
    labels = np.select([distance < 3, distance < 4.5, distance < 7], [1, 4, 2], 0).astype(np.uint8) * tumor
    noise = np.random.default_rng(seed)
    images = {
        role: image((brain * (100 + 80 * (labels > 0) + noise.normal(0, 3, brain.shape))).astype(np.float32))
        for role in roles
    }
    images["brain_mask"] = image(brain.astype(np.uint8))
    segments = Segments(image(labels.astype(np.uint8)), {1: "core", 2: "edema", 4: "enhancing"})
    return Case(name, "glioma", Study(images, {}, (segments,)))


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Make the package of an untrained network."""

    def make(**changes):
        values = {
            "task": "segment",
            "design": "volume",
            "width": 0.25,
            "patch": (32, 32, 32),
            "voxel_size": 3.0,
        }
        recipe = Recipe(**{**values, "patients": 1, **changes})
        folder = tmp_path_factory.mktemp("package") / "model"
        return export_model(recipe, build(recipe.network.network, **recipe.arguments), 1, folder)

    return make


@pytest.fixture
def perfect(monkeypatch):
    """Let the segmentation give the truth of the case."""
    truth = {}

    def run(study, settings, context):
        assert not study.segments  # the model is not told
        (labels,) = (case for case in truth.values() if case.images["FLAIR"] is study.images["FLAIR"])
        return Result(labels=(LabelMap("tumor", labels.segments[0], "", "FLAIR"),))

    monkeypatch.setattr("gliomamri.tumor.segmentation.task.run", run)

    def use(*given):
        truth.update({case.name: case.study for case in given})
        return given

    return use


def test_perfect_answers_score_1(package, perfect):
    scores = evaluate(package(), perfect(a_case("a"), a_case("b", 1)), 2)
    assert set(scores.patients) == {"a", "b"}
    for row in scores.patients.values():
        assert row["whole_dice"] == row["core_dice"] == row["enhancing_dice"] == 1
        assert row["whole_hd95_mm"] == 0
    # The threshold finds this bright tumor too.
    assert all(0.5 < row["whole_dice"] <= 1 for row in scores.baseline.values())


def test_volumes_are_in_ml(package, perfect):
    (case,) = perfect(a_case())
    row = evaluate(package(), [case], 1).patients["p"]
    labels = sitk.GetArrayFromImage(case.study.segments[0].image)
    assert row["whole_truth_ml"] == pytest.approx(np.count_nonzero(labels) * 2 * 2 * 2.5 / 1000)


def test_an_untrained_network_runs_all_the_way(package):
    told = []
    scores = evaluate(package(), [a_case()], 1, lambda share, words: told.append(share))
    row = scores.patients["p"]
    assert 0 <= row["whole_dice"] < 0.5
    assert told[-1] == 1.0


def test_detection_is_scored_per_slice(package):
    detector = package(task="detect", design="sdm4", width=0.05, patch=(1, 32, 32))
    scores = evaluate(detector, [a_case("a"), a_case("b", 1, tumor=False)], 2)
    truth, probability = scores.slices["a"]
    labels = sitk.GetArrayFromImage(a_case().study.segments[0].image)
    assert truth.sum() == labels.any((1, 2)).sum()
    assert not scores.slices["b"][0].any()
    assert ((probability >= 0) & (probability <= 1)).all()
    table = scores.summary()
    assert "model, all slices together" in table.columns["method"]


def test_summary_is_the_mean_over_patients():
    scores = Scores(
        "tumor.segmentation",
        {"a": {"whole_dice": 0.9}, "b": {"whole_dice": 0.7}, "c": {"whole_dice": math.nan}},
        {"a": {"whole_dice": 0.5}},
    )
    table = scores.summary()
    rows = list(zip(*table.columns.values(), strict=True))
    assert rows[0] == ("model", "whole_dice", pytest.approx(0.8), pytest.approx(math.sqrt(0.02)), 2)
    assert rows[1][:3] == ("FLAIR threshold", "whole_dice", pytest.approx(0.5))


def test_scores_as_json_and_back(package):
    detector = package(task="detect", design="sdm4", width=0.05, patch=(1, 32, 32))
    scores = evaluate(detector, [a_case("a")], 1)
    again = Scores.from_json(scores.to_json())
    assert again.patients.keys() == scores.patients.keys()
    assert np.array_equal(again.slices["a"][1], scores.slices["a"][1])
    assert again.summary().columns["score"] == scores.summary().columns["score"]


def test_tables_are_written(tmp_path, package, perfect):
    write_scores(evaluate(package(), perfect(a_case("a")), 1), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "summary.csv",
        "patients.csv",
        "baseline.csv",
    }
    with (tmp_path / "out" / "patients.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["patient"] == "a"
    assert float(row["whole_dice"]) == 1


def test_missing_images_are_told_by_patient(package):
    with pytest.raises(UserError, match=r"^p: .*FLAIR"):
        evaluate(package(), [a_case(roles=("ceT1w", "T1w", "T2w"))], 1)
    with pytest.raises(UserError, match="no patient"):
        evaluate(package(), [], 0)


def test_patients_of_a_data_set(tmp_path):
    case = a_case()
    folder = tmp_path / "sub-1"
    folder.mkdir()
    sitk.WriteImage(case.study.images["FLAIR"], str(folder / "sub-1_FLAIR.nii.gz"))
    with pytest.raises(UserError, match=r"^sub-1: There is no segmentation"):
        list(dataset_cases(tmp_path, CMRI))
    labels = sitk.GetArrayFromImage(case.study.segments[0].image)
    newer = image(np.where(labels == 4, 3, labels).astype(np.uint8))
    sitk.WriteImage(newer, str(folder / "sub-1_dseg.nii.gz"))
    (found,) = dataset_cases(tmp_path, CMRI)
    assert np.array_equal(sitk.GetArrayFromImage(found.study.segments[0].image), labels)
    sitk.WriteImage(newer[1:], str(folder / "sub-1_dseg.nii.gz"))
    with pytest.raises(UserError, match="one grid"):
        list(dataset_cases(tmp_path, CMRI))


@pytest.mark.usefixtures("toy_head")
def test_simulated_patients_are_not_those_of_the_training(monkeypatch):
    monkeypatch.setattr(simulated, "_EXTENT", (96.0, 104.0, 100.0))
    settings = training_settings(voxel_size=4.0)
    roles = ("FLAIR", "T2w", "T1map", "ceT1map")
    (case,) = simulated_cases(settings, roles, 1)
    seed = int(case.name.removeprefix("simulated-"))
    assert seed == cases.FIRST_PATIENT
    assert case.kind == kind_of(seed)
    assert set(case.study.images) <= {*roles, "brain_mask"}
    assert {"T1map", "ceT1map", "brain_mask"} <= set(case.study.images)
    brain = sitk.GetArrayFromImage(case.study.images["brain_mask"]) > 0
    values = sitk.GetArrayFromImage(case.study.images["T1map"])
    assert not values[~brain].any()
    assert 300 < np.median(values[brain]) < 4000
    assert set(np.unique(sitk.GetArrayFromImage(case.study.segments[0].image))) <= {0, 1, 2, 4}
