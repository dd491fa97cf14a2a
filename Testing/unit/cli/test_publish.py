"""Results appear whole, readable as the user's other files, and never over somebody's."""

from __future__ import annotations

import os
import shutil
import stat

import pytest

from gliomamri.errors import UserError
from gliomamri.io.publish import check_output_folder, publish


@pytest.fixture
def a_result(tmp_path):
    result = tmp_path / "job" / "result"
    result.mkdir(mode=0o700, parents=True)
    (result / "maps").mkdir()
    (result / "maps" / "T1map.nii.gz").write_bytes(b"voxels")
    (result / "result.json").write_text("{}")
    return result


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


WHOLE = ["maps", "maps/T1map.nii.gz", "result.json"]


def test_a_new_folder_below_missing_ones_has_the_users_permissions(a_result, tmp_path):
    out = tmp_path / "missing" / "too" / "out"

    check_output_folder(out)
    assert not out.exists()
    publish(a_result, out)

    assert names(out) == WHOLE
    assert stat.S_IMODE(out.stat().st_mode) == 0o755
    assert names(out.parent) == ["out", *(f"out/{name}" for name in WHOLE)]


def test_an_empty_folder_is_filled_in_its_place(a_result, tmp_path):
    out = tmp_path / "out"
    out.mkdir(mode=0o750)
    before = out.stat().st_ino

    check_output_folder(out)
    publish(a_result, out)

    assert names(out) == WHOLE
    assert out.stat().st_ino == before
    assert stat.S_IMODE(out.stat().st_mode) == 0o750


@pytest.mark.parametrize("existed", [False, True])
def test_of_two_runs_into_one_folder_the_second_reads_why(existed, a_result, tmp_path):
    out = tmp_path / "out"
    if existed:
        out.mkdir()
    check_output_folder(out)
    check_output_folder(out)
    publish(a_result, out)
    (a_result / "result.json").write_text("second")

    with pytest.raises(UserError, match="was filled by something else while the task ran"):
        publish(a_result, out)

    assert (out / "result.json").read_text() == "{}"
    assert names(out) == WHOLE


def test_a_folder_that_appears_between_copy_and_rename_is_kept(a_result, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr("gliomamri.io.publish._umask", lambda: out.mkdir() or 0o022)

    with pytest.raises(UserError, match="was filled by something else"):
        publish(a_result, out)

    assert names(tmp_path) == ["job", "job/result", *(f"job/result/{name}" for name in WHOLE), "out"]


@pytest.mark.parametrize(
    ("failure", "told"), [(OSError(28, "No space left"), UserError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_a_failure_half_way_leaves_an_existing_folder_empty(failure, told, a_result, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    rename = type(out).rename

    def fail_last(self, target):
        if self.name == "result.json":
            raise failure
        return rename(self, target)

    monkeypatch.setattr(type(out), "rename", fail_last)

    with pytest.raises(told):
        publish(a_result, out)

    assert names(out) == []


def test_a_file_that_appears_in_the_folder_while_it_is_filled_stays_alone(a_result, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    copy = shutil.copytree

    def copy_while_somebody_writes(*arguments, **options):
        (out / "result.json").write_text("somebody's")
        return copy(*arguments, **options)

    monkeypatch.setattr("gliomamri.io.publish.shutil.copytree", copy_while_somebody_writes)

    with pytest.raises(UserError, match="was filled by something else"):
        publish(a_result, out)

    assert (out / "result.json").read_text() == "somebody's"
    assert names(out) == ["result.json"]


def test_the_index_comes_last_so_that_a_folder_with_it_is_whole(a_result, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (a_result / "tables").mkdir()
    order = []
    rename = type(out).rename
    monkeypatch.setattr(type(out), "rename", lambda path, to: (order.append(path.name), rename(path, to))[1])

    publish(a_result, out)

    assert order[-1] == "result.json"
    assert set(order) == {"maps", "tables", "result.json"}


def test_a_name_the_disk_cannot_take_is_refused_before_any_work(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        check_output_folder(tmp_path / ("x" * 300))

    assert names(tmp_path) == []
