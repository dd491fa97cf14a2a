"""Fixtures of the model store's tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gliomamri.modelstore.write import write_package
from unit.modelstore import example_model


@pytest.fixture(scope="session")
def written(tmp_path_factory) -> Path:
    """The example's package; not to be changed."""
    folder = tmp_path_factory.mktemp("written") / "tiny"
    write_package(
        example_model.metadata(),
        example_model.states(),
        folder,
        figures={"scores.png": example_model.PNG},
        builder=example_model.build,
    )
    return folder


@pytest.fixture
def package(written, tmp_path) -> Path:
    """A copy of the example's package, to be changed."""
    return shutil.copytree(written, tmp_path / "package")


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch) -> Path:
    """The user's models, in a folder that does not exist yet; nothing comes with GliomaMRI."""
    monkeypatch.setenv("GLIOMAMRI_MODELS", str(tmp_path / "data" / "models"))
    monkeypatch.setattr("gliomamri.modelstore.catalog.shipped_models_folder", lambda: tmp_path / "shipped")
    return tmp_path / "data" / "models"
