"""``gliomamri evaluate``: which patients, where the tables go, and what is said of them."""

from __future__ import annotations

import pytest

from gliomamri.cli import main
from gliomamri.cli.evaluate import lines
from gliomamri.modelstore.metadata import NOTICE_SIMULATED
from gliomamri.networks.registry import build
from gliomamri.result import Table
from gliomamri.training import evaluation
from gliomamri.training.evaluation import Scores
from gliomamri.training.export import export_model
from gliomamri.training.recipes import Recipe


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    recipe = Recipe("detect", width=0.05, patients=1)
    folder = tmp_path_factory.mktemp("model") / "model"
    export_model(recipe, build("sdm4", **recipe.arguments), 1, folder)
    return str(folder)


@pytest.fixture
def asked(monkeypatch):
    """Numbers of patients that are asked for; nobody is measured."""
    calls = []

    def evaluate(package, cases, count, progress, *, device):
        calls.append((package.metadata.name, count, device))
        return Scores("tumor.segmentation", {"a": {"whole_dice": 0.75}})

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    return calls


def test_simulated_patients(asked, model, tmp_path, capsys):
    code = main(["evaluate", model, "--simulate", "7", "--preset", "shifted", "--out", str(tmp_path / "out")])
    assert code == 0
    assert asked == [("tumor-detection-cmri-sdm4", 7, "auto")]
    told = capsys.readouterr().out
    assert "whole_dice  0.750" in told
    assert NOTICE_SIMULATED in told
    assert (tmp_path / "out" / "summary.csv").is_file()


def test_patients_of_a_data_set_are_counted(asked, model, tmp_path):
    for name in ("sub-1", "sub-2"):
        (tmp_path / "data" / name).mkdir(parents=True)
    assert main(["evaluate", model, "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]) == 0
    assert asked[0][1] == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--simulate 0", "it must be 1 or more"),
        ("--data none", "is missing"),
        ("--data empty", "holds no patient"),
    ],
)
def test_what_is_wrong_is_told(asked, model, tmp_path, capsys, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(["evaluate", model, *words.split(), "--out", str(tmp_path / "out")]) == 2
    assert sentence in capsys.readouterr().err
    assert not asked


def test_a_folder_that_holds_files_is_refused_before_the_work(asked, model, tmp_path, capsys):
    (tmp_path / "other.txt").write_text("mine")
    assert main(["evaluate", model, "--simulate", "2", "--out", str(tmp_path)]) == 2
    assert not asked


def test_an_unknown_model_is_told(tmp_path, capsys):
    assert main(["evaluate", "no-such-model", "--simulate", "2", "--out", str(tmp_path / "out")]) == 2
    assert "no-such-model" in capsys.readouterr().err


def test_tables_are_aligned_and_what_is_undefined_is_empty():
    found = lines(Table("t", "T", {"method": ["model", "x"], "mean": [0.5, float("nan")], "n": [3, 4]}))
    assert found == ["method  mean   n", "model   0.500  3", "x              4"]
