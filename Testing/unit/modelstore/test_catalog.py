"""The models there are, by task and by the images of a patient."""

from __future__ import annotations

import shutil

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.catalog import find_model, find_models, list_models, models_of
from gliomamri.modelstore.write import write_package
from unit.modelstore.example_model import FIELDS, build, metadata, states

torch = pytest.importorskip("torch")
OPTIONAL = [{**channel, "optional": True} for channel in FIELDS["inputs"]]


@pytest.fixture
def all_models(written, models, tmp_path):
    """One that comes with GliomaMRI, two of the user's."""
    shutil.copytree(written, tmp_path / "shipped" / "tiny-tumor")
    dropout = metadata(name="a-dropout", inputs=OPTIONAL, sufficient=[["ceT1w", "FLAIR"], ["T1map"]])
    write_package(dropout, states(), models / "a-dropout-1.2.0", builder=build)
    write_package(
        metadata(name="finder", task="tumor.detection"), states(), models / "finder-1.2.0", builder=build
    )


def names(packages):
    return [package.metadata.name for package in packages]


def test_what_comes_with_gliomamri_is_listed_first(all_models):
    assert [(entry.name, entry.shipped) for entry in list_models()] == [
        ("tiny-tumor", True),
        ("a-dropout", False),
        ("finder", False),
    ]


def test_models_fit_a_task_and_the_patients_images(all_models):
    both = {"ceT1w", "FLAIR", "T2w", "brain_mask"}
    assert names(find_models("tumor.segmentation", both)) == ["tiny-tumor", "a-dropout"]
    assert names(find_models("tumor.segmentation", {"T1map"})) == ["a-dropout"]
    assert names(find_models("tumor.segmentation", {"ceT1w", "T1map"})) == ["a-dropout"]
    assert names(find_models("tumor.segmentation", {"FLAIR"})) == []
    assert names(find_models("tumor.detection", both)) == ["finder"]
    assert names(models_of("tumor.segmentation")) == ["tiny-tumor", "a-dropout"]


def test_a_broken_model_hides_no_other(all_models, models):
    (models / "a-dropout-1.2.0" / "README.md").unlink()
    (models / "notes.txt").write_text("x")
    (models / ".gliomamri-half").mkdir()
    listed = {entry.name: entry.problem for entry in list_models()}
    assert set(listed) == {"tiny-tumor", "finder", "a-dropout-1.2.0"}
    assert "'README.md' is missing" in listed["a-dropout-1.2.0"]
    with pytest.raises(UserError, match=r"'a-dropout-1.2.0' cannot be used. The model package is not whole"):
        find_model("a-dropout-1.2.0")


def test_an_unknown_name_suggests_one(all_models):
    assert find_model("finder").metadata.task == "tumor.detection"
    with pytest.raises(UserError, match="no model 'fnder'; did you mean 'finder'"):
        find_model("fnder")


def test_a_users_model_whose_name_came_to_be_taken_is_not_used(written, all_models, models):
    shutil.copytree(written, models / "tiny-tumor-1.2.0")
    found = {entry.name: entry for entry in list_models()}
    assert found["tiny-tumor"].shipped
    assert "has its name by now" in found["tiny-tumor-1.2.0"].problem


def test_listing_reads_no_weights(all_models, monkeypatch):
    read = []
    real = find_model.__globals__["read_package"].__globals__["list_package"].__globals__["open_file"]

    def noting(folder, name, size):
        read.append(name)
        return real(folder, name, size)

    monkeypatch.setattr("gliomamri.modelstore.manifest.open_file", noting)
    list_models()
    assert set(read) == {"manifest.json", "metadata.json"}


def test_no_models(models):
    assert list_models() == []
    assert find_models("tumor.segmentation", {"T1w"}) == []
