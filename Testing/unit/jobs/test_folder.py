"""Job folders are private, nameless and cleaned up."""

from __future__ import annotations

import errno
import getpass
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import fake_tasks
import pytest

from gliomamri import tasks
from gliomamri.errors import UserError
from gliomamri.jobs import JobFolder, create_job, locks, remove_stale_jobs
from gliomamri.jobs.private_folder import _is_private
from gliomamri.study import Study


@pytest.fixture(autouse=True)
def fake_task(monkeypatch):
    monkeypatch.setitem(tasks.TASKS, fake_tasks.TASK.name, fake_tasks.TASK)


def make(tmp_path):
    return create_job(
        "misbehave", fake_tasks.one_image_study(), fake_tasks.Settings(), parent=tmp_path / "jobs"
    )


def test_folder_is_private_and_says_what_is_needed_to_repeat_the_job(tmp_path):
    folder = make(tmp_path)

    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    description = json.loads(folder.job_file.read_text())
    assert description["task"] == "misbehave"
    assert description["settings"] == {"way": "succeed", "note": "", "seconds": 0.0}
    assert description["seed"] == 0
    assert {"gliomamri", "python", "numpy", "SimpleITK"} <= set(description["versions"])
    assert [entry["role"] for entry in description["inputs"]] == ["T1w"]


def test_patient_name_in_image_metadata_does_not_reach_the_folder(tmp_path):
    study = fake_tasks.one_image_study()
    study.images["T1w"].SetMetaData("0010|0010", "Doe^Jane")
    study.images["T1w"].SetMetaData("descrip", "Doe^Jane")

    folder = create_job("misbehave", study, fake_tasks.Settings(), parent=tmp_path / "jobs")

    content = b"".join(path.read_bytes() for path in folder.path.rglob("*") if path.is_file())
    assert b"Doe" not in content


def test_wrong_settings_and_missing_inputs_leave_no_folder(tmp_path):
    with pytest.raises(UserError, match="Select T1-weighted"):
        create_job("misbehave", Study(), fake_tasks.Settings(), parent=tmp_path / "jobs")
    with pytest.raises(UserError, match=r"Time is -1\.0 s"):
        create_job(
            "misbehave",
            fake_tasks.one_image_study(),
            fake_tasks.Settings(seconds=-1.0),
            parent=tmp_path / "jobs",
        )

    assert not (tmp_path / "jobs").exists() or not list((tmp_path / "jobs").iterdir())


@pytest.mark.parametrize("broken", ["job_inputs.write_inputs", "new_files.write_text"])
def test_full_disk_is_told_in_a_sentence_and_leaves_no_folder(broken, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"gliomamri.io.{broken}", fail)

    with pytest.raises(UserError, match=r"The disk is full \(.* free\)"):
        make(tmp_path)

    assert list((tmp_path / "jobs").iterdir()) == []


def test_read_only_disk_is_told_in_a_sentence_and_leaves_no_folder(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("gliomamri.jobs.locks.hold", fail)

    with pytest.raises(UserError, match="read-only"):
        make(tmp_path)

    assert list((tmp_path / "jobs").iterdir()) == []


OWNER = """
import sys, time
sys.path[:0] = [sys.argv[1], *sys.argv[3:]]
import fake_tasks
from pathlib import Path
from gliomamri import tasks
from gliomamri.jobs import create_job
tasks.TASKS["misbehave"] = fake_tasks.TASK
job = create_job("misbehave", fake_tasks.one_image_study(), fake_tasks.Settings(), parent=Path(sys.argv[2]))
print(job.path, flush=True)
time.sleep(60)
"""


def test_only_jobs_whose_owner_is_gone_are_stale(tmp_path):
    mine = make(tmp_path)
    here = str(Path(fake_tasks.__file__).parent)
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, here, str(tmp_path / "jobs"), *sys.path],
        stdout=subprocess.PIPE,
        text=True,
    )
    others = Path(owner.stdout.readline().strip())

    removed_while_owned = remove_stale_jobs(tmp_path / "jobs")
    found_while_owned = others.exists()
    owner.kill()
    owner.wait()
    removed_afterwards = remove_stale_jobs(tmp_path / "jobs")

    assert (removed_while_owned, found_while_owned) == (0, True)
    assert removed_afterwards == 1
    assert not others.exists()
    assert mine.job_file.exists()


def test_a_number_of_a_living_process_in_job_json_does_not_keep_a_folder(tmp_path):
    folder = make(tmp_path)
    copy = folder.path.with_name("job-copy")
    shutil.copytree(folder.path, copy)
    description = json.loads(folder.job_file.read_text()) | {"owner": os.getpid()}
    (copy / "job.json").write_text(json.dumps(description))

    assert remove_stale_jobs(tmp_path / "jobs") == 1
    assert folder.path.exists()
    assert not copy.exists()


def test_a_removed_folder_gives_its_lock_back(tmp_path):
    folder = make(tmp_path)
    same_file = tmp_path / "lock"
    same_file.hardlink_to(folder.lock_file)
    assert locks.is_held(same_file)

    folder.remove()
    folder.remove()

    assert not locks.is_held(same_file)
    assert not folder.path.exists()


def test_a_half_written_folder_becomes_stale_after_an_hour(tmp_path):
    young, old = tmp_path / "job-young", tmp_path / "job-old"
    young.mkdir()
    old.mkdir()
    os.utime(old, (1, 1))

    assert remove_stale_jobs(tmp_path) == 1
    assert young.exists()


def open_to_the_group(usual):
    usual.mkdir()
    usual.chmod(0o770)


def a_link(usual):
    (usual.parent / "elsewhere").mkdir(mode=0o700)
    usual.symlink_to(usual.parent / "elsewhere")


@pytest.mark.parametrize("prepare", [open_to_the_group, a_link])
def test_a_folder_that_somebody_else_may_have_prepared_is_not_used(prepare, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    usual = tmp_path / f"gliomamri-jobs-{getpass.getuser()}"
    prepare(usual)

    first, second = (
        create_job("misbehave", fake_tasks.one_image_study(), fake_tasks.Settings()) for _ in "ab"
    )

    assert list(usual.iterdir()) == []
    assert stat.S_IMODE(first.path.parent.stat().st_mode) == 0o700
    assert first.path.parent == second.path.parent


def test_a_folder_of_another_user_is_not_private(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    assert _is_private(tmp_path)

    monkeypatch.setattr("os.getuid", lambda: tmp_path.stat().st_uid + 1)

    assert not _is_private(tmp_path)


def test_stale_jobs_are_found_in_the_folder_that_was_used_instead(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    open_to_the_group(tmp_path / f"gliomamri-jobs-{getpass.getuser()}")
    folder = create_job("misbehave", fake_tasks.one_image_study(), fake_tasks.Settings())
    assert remove_stale_jobs() == 0

    locks.release(folder.lock_file)

    assert remove_stale_jobs() == 1
    assert not folder.path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}'])
def test_unreadable_job_is_told_in_a_sentence(tmp_path, content):
    (tmp_path / "job.json").write_text(content)

    with pytest.raises(UserError, match="job"):
        JobFolder(tmp_path).description()
