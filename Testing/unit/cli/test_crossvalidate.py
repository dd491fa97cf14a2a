"""``gliomamri crossvalidate``: options to recipe and scheme; an earlier run needs the word."""

from __future__ import annotations

import pytest

from gliomamri.cli import main
from gliomamri.training import crossvalidation
from gliomamri.training.crossvalidation import SPLITS, Scheme
from gliomamri.training.evaluation import Scores


@pytest.fixture
def asked(monkeypatch):
    calls = []

    def crossvalidate(recipe, folder, scheme, progress, **more):
        calls.append((recipe, scheme, more))
        folder.mkdir(exist_ok=True)
        return Scores("tumor.segmentation", {"a": {"whole_dice": 0.75}})

    monkeypatch.setattr(crossvalidation, "crossvalidate", crossvalidate)
    return calls


def test_options_become_recipe_and_scheme(asked, tmp_path, capsys):
    words = f"crossvalidate segment --data {tmp_path} --config qMRI --folds 4 --repetitions 2 --seed 5 --processes 3"
    assert main([*words.split(), "--device", "cpu", "--out", str(tmp_path / "cv")]) == 0
    ((recipe, scheme, more),) = asked
    assert (recipe.config, recipe.seed, recipe.data) == ("qMRI", 5, str(tmp_path.resolve()))
    assert scheme == Scheme(4, 2, 5)
    assert more == {"device": "cpu", "at_a_time": 3}
    assert "whole_dice" in capsys.readouterr().out
    assert (tmp_path / "cv" / "summary.csv").is_file()


def test_published_scheme(asked, tmp_path):
    words = (
        f"crossvalidate detect --data {tmp_path} --scheme published --repetitions 10 --out {tmp_path / 'cv'}"
    )
    assert main(words.split()) == 0
    assert asked[0][1] == Scheme(5, 10, 0, published=True)


def test_an_earlier_run_needs_the_word(asked, tmp_path, capsys):
    (tmp_path / SPLITS).write_text("{}")
    words = ["crossvalidate", "detect", "--data", str(tmp_path), "--out", str(tmp_path)]
    assert main(words) == 2
    assert "add --resume" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 0


def test_simulated_patients_are_not_cross_validated(tmp_path, capsys):
    assert main(["crossvalidate", "segment", "--simulate", "5", "--out", str(tmp_path / "cv")]) == 2
    assert "for a data set" in capsys.readouterr().err
