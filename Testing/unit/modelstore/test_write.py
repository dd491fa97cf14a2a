"""Written packages: the same input gives the same bytes, and what does not load does not appear."""

from __future__ import annotations

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.card import card_text
from gliomamri.modelstore.package import read_package
from gliomamri.modelstore.write import write_package
from unit.modelstore.example_model import FIELDS, PNG, build, metadata, states, tree

torch = pytest.importorskip("torch")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_same_input_gives_the_same_bytes(written, tmp_path):
    again = write_package(
        metadata(), states(), tmp_path / "again", figures={"scores.png": PNG}, builder=build
    )
    assert contents(tmp_path / "again") == contents(written)
    assert again.digest == read_package(written).digest


def test_float32_is_kept_when_asked_for(tmp_path):
    made = write_package(metadata(), states(), tmp_path / "whole", half=False, builder=build)
    for module, state in zip(made.build(build), states(), strict=True):
        assert all(torch.equal(module.state_dict()[key], state[key]) for key in state)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s[1]["0.weight"].fill_(float("nan")), "'second.safetensors' hold values"),
        (lambda s: s[1].pop("0.weight"), "'second.safetensors' do not fit the network"),
        (lambda s: s.pop(), "2 weights files, and 1 networks"),
    ],
)
def test_weights_that_do_not_load_leave_nothing(tmp_path, change, told):
    made = states()
    change(made)
    with pytest.raises(UserError) as caught:
        write_package(metadata(), made, tmp_path / "out", builder=build)
    assert told in caught.value.sentence
    assert tree(tmp_path) == []


def test_a_folder_that_holds_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UserError, match="holds files already"):
        write_package(metadata(), states(), tmp_path, builder=build)
    assert tree(tmp_path) == ["mine.txt"]


def test_a_figure_with_a_strange_name_is_refused(tmp_path):
    with pytest.raises(UserError, match="leads out"):
        write_package(metadata(), states(), tmp_path / "out", figures={"../a.png": PNG}, builder=build)
    assert tree(tmp_path) == []


def test_card_says_what_matters():
    text = card_text(metadata(), figures={"scores.png": "Dice per patient."})
    for words in (
        "Trained on simulated brains, for research, not for diagnosis.",
        "Knows no brain.",
        "| T1-weighted after contrast agent | required | 0 to 4000 | z-score |",
        "| T1 map | may be missing | any | percentiles |",
        "simulated brains: 60 simulated patients, CC0-1.0.",
        "0.5 (0.4 to 0.6)",
        "![Dice per patient.](scores.png)",
        "License of the weights: Apache-2.0.",
    ):
        assert words in text


def test_card_keeps_real_and_simulated_scores_apart():
    real = {"cohort": "hospital", "metric": "Dice", "value": 0.81, "n": 3, "kind": "real"}
    text = card_text(metadata(scores=[*FIELDS["scores"], real]))
    sections = text.split("### ")[1:]
    assert [section.splitlines()[0] for section in sections] == [
        "Real patients",
        "Simulated patients of the generator it was trained on",
        "Simulated patients of a generator unseen in training",
    ]
    assert [section.count("Dice") for section in sections] == [1, 1, 1]
    assert "Nothing was measured yet." in card_text(metadata(scores=[]))
