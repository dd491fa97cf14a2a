"""``gliomamri train``: options to recipes, sentences for what cannot be done."""

from __future__ import annotations

import pytest

from gliomamri.cli import main
from gliomamri.networks import packages
from gliomamri.training import runs
from gliomamri.training.recipes import Recipe


@pytest.fixture
def asked(monkeypatch):
    """Recipes and options that are asked for; nothing is trained."""
    calls = []
    monkeypatch.setattr(
        runs, "train", lambda recipe, folder, progress, **more: calls.append((recipe, folder, more))
    )
    return calls


def test_options_become_a_recipe(asked, tmp_path):
    words = "train segment --simulate 12 --config any --network volume --width 0.5 --steps 70 --seed 3 --device cpu"
    more = f"--anatomy {tmp_path} --first-patient 100 --voxel-size 2 --patch 32,48,64 --batch 3 --learning-rate 0.01"
    assert main([*words.split(), *more.split(), "--out", str(tmp_path / "run"), "--processes", "2"]) == 0
    ((recipe, folder, options),) = asked
    assert recipe == Recipe(
        *("segment", "any", "volume", 0.5, 70, 3, 12, 100),
        anatomy=str(tmp_path.resolve()),
        voxel_size=2.0,
        learning_rate=0.01,
        batch=3,
        patch=(32, 48, 64),
    )
    assert folder == tmp_path / "run"
    assert options == {"device": "cpu", "processes": 2}


def test_data_in_place_of_simulated_patients(asked, tmp_path):
    assert (
        main(["train", "detect", "--data", str(tmp_path), "--config", "both", "--out", str(tmp_path / "run")])
        == 0
    )
    recipe = asked[0][0]
    assert (recipe.task, recipe.config, recipe.data, recipe.patients) == (
        "detect",
        "both",
        str(tmp_path.resolve()),
        0,
    )
    assert recipe.network.name == "sdm4"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--simulate 0", "either a number of simulated patients or a folder"),
        ("--simulate 3 --width 9", "The width of the network is 9"),
        ("--simulate 3 --patch a,b", "three whole numbers"),
        ("--data . --anatomy .", "--anatomy is for simulated patients"),
        ("--simulate 3 --anatomy none", "label maps does not exist"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(tmp_path, capsys, words, sentence, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "segment", *words.split(), "--out", str(tmp_path / "run"), "--device", "cpu"]) == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith("Error: ")
    assert sentence in error


def test_an_earlier_run_needs_the_word(asked, tmp_path, capsys):
    (tmp_path / runs.RECIPE).write_text(Recipe(patients=3).to_json(), "utf-8")
    words = ["train", "segment", "--simulate", "3", "--out", str(tmp_path)]
    assert main(words) == 2
    assert "add --resume" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 0
    assert len(asked) == 1


def test_without_torch_it_is_told_what_to_install(tmp_path, capsys, monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name}")

    monkeypatch.setattr(packages, "import_module", missing)
    assert main(["train", "segment", "--simulate", "3", "--out", str(tmp_path / "run")]) == 2
    assert "PyTorch, which is not installed" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_is_told(tmp_path, capsys, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert (
        main(["train", "segment", "--simulate", "3", "--out", str(tmp_path / "run"), "--device", "cuda"]) == 2
    )
    assert "finds no GPU" in capsys.readouterr().err
