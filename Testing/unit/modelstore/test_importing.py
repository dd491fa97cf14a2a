"""Models come whole or not at all, versions follow each other, and the user's folder is where it belongs."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from pathlib import Path

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.catalog import find_model, list_models
from gliomamri.modelstore.folders import shipped_models_folder, user_models_folder
from gliomamri.modelstore.importing import import_model, remove_model
from gliomamri.modelstore.write import write_package
from unit.modelstore.example_model import build, metadata, states, tree

torch = pytest.importorskip("torch")


@pytest.fixture
def made(tmp_path):
    """Factory of packages."""

    def make(folder: str, seeds=(1, 2), **changes) -> Path:
        write_package(metadata(**changes), states(seeds), tmp_path / folder, builder=build)
        return tmp_path / folder

    return make


def test_an_imported_model_is_whole_and_works(written, models):
    found = import_model(written, build)
    assert found.sentence == "The model 'Tiny tumor model' 1.2.0 was imported."
    assert found.package.folder == models / "tiny-tumor-1.2.0"
    assert tree(models / "tiny-tumor-1.2.0") == tree(written)
    assert not any(path.name.startswith(".") for path in models.iterdir())
    mine = find_model("tiny-tumor")
    mine.verify()
    assert len(mine.build(build)) == 2
    assert mine.digest == found.package.digest


@pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing there")
def test_others_may_read_it_as_the_users_other_files(written, models):
    import_model(written, build)
    assert stat.S_IMODE((models / "tiny-tumor-1.2.0").stat().st_mode) == 0o755


def test_the_same_model_again_says_so_and_changes_nothing(written, models):
    import_model(written, build)
    before = {path: path.stat().st_mtime_ns for path in models.rglob("*")}
    assert import_model(written, build).sentence == "The model 'Tiny tumor model' is there already."
    assert {path: path.stat().st_mtime_ns for path in models.rglob("*")} == before


def test_a_newer_version_takes_the_place_of_an_older(written, made, models):
    import_model(written, build)
    found = import_model(made("newer", version="1.10.0"), build)
    assert found.sentence == "The model 'Tiny tumor model' 1.10.0 replaces version 1.2.0."
    assert [path.name for path in models.iterdir()] == ["tiny-tumor-1.10.0"]
    assert find_model("tiny-tumor").metadata.version == "1.10.0"


def test_an_older_version_is_refused(written, made, models):
    import_model(made("newer", version="1.10.0"), build)
    before = tree(models)
    with pytest.raises(
        UserError, match=r"A newer version .* is there \(1.10.0, this is 1.2.0\); remove it first"
    ):
        import_model(written, build)
    assert tree(models) == before


def test_an_equal_version_with_other_weights_is_refused(written, made, models):
    import_model(written, build)
    before = find_model("tiny-tumor").digest
    with pytest.raises(UserError, match=r"Another model 'tiny-tumor' 1.2.0 is there"):
        import_model(made("other", seeds=(3, 4)), build)
    assert find_model("tiny-tumor").digest == before


def test_a_name_that_comes_with_gliomamri_is_refused(written, made, models, tmp_path):
    shutil.copytree(written, tmp_path / "shipped" / "tiny-tumor")
    with pytest.raises(UserError, match="called 'tiny-tumor' comes with GliomaMRI"):
        import_model(made("newer", version="2.0.0"), build)
    assert not models.exists()
    assert "is there already" in import_model(written, build).sentence
    assert not models.exists()


def test_a_broken_model_of_that_folder_is_replaced(written, models):
    import_model(written, build)
    (models / "tiny-tumor-1.2.0" / "README.md").unlink()
    assert list_models()[0].package is None
    import_model(written, build)
    find_model("tiny-tumor").verify()


def test_a_failure_half_way_leaves_nothing(written, models, tmp_path, monkeypatch):
    before = tree(tmp_path)
    rename = Path.rename

    def full(self, target):
        if target == models / "tiny-tumor-1.2.0":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(UserError, match="disk is full"):
        import_model(written, build)
    assert tree(tmp_path) == before


def test_cancelling_leaves_nothing(written, tmp_path):
    before = tree(tmp_path)

    def cancelled(*_, **__):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_model(written, cancelled)
    assert tree(tmp_path) == before


def test_a_crash_between_new_and_old_leaves_the_newer(written, made, models):
    """Both lie there; the newer one is listed, and removing takes both."""
    import_model(written, build)
    shutil.copytree(made("newer", version="1.3.0"), models / "tiny-tumor-1.3.0")
    assert [entry.package.metadata.version for entry in list_models()] == ["1.3.0"]
    remove_model("tiny-tumor")
    assert list_models() == []
    assert list(models.iterdir()) == []


def test_what_a_power_cut_left_is_removed_by_a_later_import(written, models):
    for name, age in ((".gliomamri-old", 2 * 86400), (".gliomamri-running", 60)):
        (models / name).mkdir(parents=True)
        then = time.time() - age
        os.utime(models / name, (then, then))
    import_model(written, build)
    assert tree(models)[:2] == [".gliomamri-running", "tiny-tumor-1.2.0"]


def test_removing(written, models, tmp_path):
    import_model(written, build)
    assert remove_model("tiny-tumor") == "The model 'tiny-tumor' was removed."
    assert list(models.iterdir()) == []
    with pytest.raises(UserError, match="There is no model 'tiny-tumor'"):
        remove_model("tiny-tumor")
    with pytest.raises(UserError, match="There is no model"):
        remove_model("../../shipped")
    shutil.copytree(written, tmp_path / "shipped" / "tiny-tumor")
    with pytest.raises(UserError, match="comes with GliomaMRI and cannot be removed"):
        remove_model("tiny-tumor")


def test_a_link_in_the_models_folder_is_removed_without_what_it_leads_to(written, models):
    models.mkdir(parents=True)
    (models / "tiny-tumor-1.2.0").symlink_to(written)
    remove_model("tiny-tumor")
    assert (written / "README.md").exists()
    assert list(models.iterdir()) == []


def test_where_models_lie(monkeypatch, tmp_path):
    assert user_models_folder() == tmp_path / "data" / "models"
    monkeypatch.delenv("GLIOMAMRI_MODELS")
    monkeypatch.setattr("gliomamri.modelstore.folders.sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert user_models_folder() == tmp_path / "xdg" / "gliomamri" / "models"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # to be ignored, says the specification
    assert user_models_folder() == Path.home() / ".local" / "share" / "gliomamri" / "models"
    monkeypatch.setattr("gliomamri.modelstore.folders.sys.platform", "darwin")
    assert "Application Support" in user_models_folder().parts
    monkeypatch.setattr("gliomamri.modelstore.folders.sys.platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    assert user_models_folder() == tmp_path / "roaming" / "gliomamri" / "models"


def test_shipped_models_lie_in_the_package(repository):
    assert shipped_models_folder() == repository / "Core" / "gliomamri" / "models"
