"""Cross-validation: nobody is tested by a model that saw him; folds that are whole are kept; leaks are told."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pytest

from gliomamri.errors import UserError
from gliomamri.training import crossvalidation
from gliomamri.training.crossvalidation import Scheme, crossvalidate, merged
from gliomamri.training.evaluation import Scores
from gliomamri.training.recipes import Recipe

PATIENTS = [f"sub-{number:02d}" for number in range(9)]


@pytest.fixture
def dataset(tmp_path):
    folder = tmp_path / "data"
    for name in PATIENTS:
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}_FLAIR.nii.gz").write_bytes(name.encode())
    return folder


@pytest.fixture
def trained(monkeypatch):
    """Who trained and who was tested, per fold; nothing is computed."""
    calls = []

    def train(recipe, folder, progress, *, device, examples):
        folder.mkdir(parents=True, exist_ok=True)
        calls.append([folder.name, recipe.subjects, None])
        return SimpleNamespace()

    def evaluate(package, cases, count, progress, *, device):
        calls[-1][2] = tuple(cases)
        assert count == len(calls[-1][2])
        scores = {name: {"whole_dice": 0.1 * int(name[-1])} for name in calls[-1][2]}
        return Scores("tumor.segmentation", scores, kinds=dict.fromkeys(scores, "real"))

    monkeypatch.setattr(crossvalidation, "train", train)
    monkeypatch.setattr(crossvalidation, "evaluate", evaluate)
    monkeypatch.setattr(crossvalidation, "make_examples", lambda *_, **__: [])
    monkeypatch.setattr(crossvalidation, "dataset_cases", lambda data, roles, subjects: iter(subjects))
    return calls


def recipe(dataset, **changes):
    return Recipe(**{"data": str(dataset), "steps": 5, **changes})


def test_every_patient_is_tested_once_by_a_model_that_never_saw_him(dataset, trained, tmp_path):
    told = []
    scores = crossvalidate(
        recipe(dataset), tmp_path / "cv", Scheme(3, seed=4), lambda share, words: told.append(share)
    )

    assert sorted(scores.patients) == PATIENTS
    tested = [name for _, _, test in trained for name in test]
    assert sorted(tested) == PATIENTS
    for _, train, test in trained:
        assert not set(train) & set(test)
        assert sorted({*train, *test}) == PATIENTS
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
    splits = json.loads((tmp_path / "cv" / "splits.json").read_text())["splits"]
    assert [(one["repetition"], one["fold"], one["seed"]) for one in splits] == [
        (0, 0, 4),
        (0, 1, 4),
        (0, 2, 4),
    ]


def test_repetitions_are_averaged_per_patient(dataset, trained, tmp_path):
    scores = crossvalidate(recipe(dataset), tmp_path / "cv", Scheme(3, repetitions=2))
    assert len(trained) == 6
    assert scores.patients["sub-07"]["whole_dice"] == pytest.approx(0.7)
    assert len(scores.patients) == 9


def test_folds_that_are_whole_are_kept(dataset, trained, tmp_path):
    crossvalidate(recipe(dataset), tmp_path / "cv", Scheme(3))
    (tmp_path / "cv" / "fold-0-1" / "scores.json").unlink()
    trained.clear()
    scores = crossvalidate(recipe(dataset), tmp_path / "cv", Scheme(3))
    assert [name for name, _, _ in trained] == ["fold-0-1"]
    assert sorted(scores.patients) == PATIENTS


@pytest.mark.parametrize("change", ["recipe", "scheme", "patients"])
def test_other_settings_or_patients_are_refused(dataset, trained, tmp_path, change):
    crossvalidate(recipe(dataset), tmp_path / "cv", Scheme(3))
    if change == "patients":
        (dataset / "sub-99").mkdir()
    changed = recipe(dataset, steps=9) if change == "recipe" else recipe(dataset)
    scheme = Scheme(3, seed=1) if change == "scheme" else Scheme(3)
    with pytest.raises(UserError, match="other settings or patients"):
        crossvalidate(changed, tmp_path / "cv", scheme)


def test_one_patient_under_two_names_is_a_leak(dataset, trained, tmp_path):
    twin = dataset / "sub-05" / "sub-05_FLAIR.nii.gz"
    twin.write_bytes((dataset / "sub-02" / "sub-02_FLAIR.nii.gz").read_bytes())
    with pytest.raises(UserError, match="under two names"):
        crossvalidate(recipe(dataset), tmp_path / "cv", Scheme(9))
    assert not trained


def test_published_scheme_tests_three(dataset, trained, tmp_path):
    scores = crossvalidate(recipe(dataset), tmp_path / "cv", Scheme(published=True))
    assert len(trained) == 5
    assert len(scores.patients) == 3


def test_what_cannot_be_cross_validated_is_told(dataset, trained, tmp_path):
    with pytest.raises(UserError, match="for a data set"):
        crossvalidate(Recipe(patients=5), tmp_path / "cv", Scheme(3))
    with pytest.raises(UserError, match="too few"):
        crossvalidate(recipe(dataset), tmp_path / "cv", Scheme(20))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "other.txt").write_text("mine")
    with pytest.raises(UserError, match="other files"):
        crossvalidate(recipe(dataset), tmp_path / "full", Scheme(3))


def test_undefined_scores_are_left_out_of_a_patients_mean():
    one, other = (
        Scores("tumor.segmentation", {"a": {"x": value, "y": math.nan}}) for value in (math.nan, 0.4)
    )
    found = merged([one, other]).patients["a"]
    assert found["x"] == pytest.approx(0.4)
    assert math.isnan(found["y"])
