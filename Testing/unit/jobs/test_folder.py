"""Job folders are private, nameless and cleaned up."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import fake_tasks
import pytest

from gliomamri import tasks
from gliomamri.errors import UserError
from gliomamri.jobs import JobFolder, create_job, remove_stale_jobs
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


def test_failing_while_inputs_are_written_leaves_no_folder(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gliomamri.io.job_inputs.write_inputs", fail)

    with pytest.raises(OSError, match="No space"):
        make(tmp_path)

    assert list((tmp_path / "jobs").iterdir()) == []


def test_only_jobs_whose_owner_is_gone_are_stale(tmp_path):
    mine, orphan = make(tmp_path), make(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    description = json.loads(orphan.job_file.read_text()) | {"owner": gone.pid}
    orphan.job_file.write_text(json.dumps(description))

    removed = remove_stale_jobs(tmp_path / "jobs")

    assert removed == 1
    assert mine.path.exists()
    assert not orphan.path.exists()


def test_a_half_written_folder_becomes_stale_after_an_hour(tmp_path):
    young, old = tmp_path / "job-young", tmp_path / "job-old"
    young.mkdir()
    old.mkdir()
    os.utime(old, (1, 1))

    assert remove_stale_jobs(tmp_path) == 1
    assert young.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}'])
def test_unreadable_job_is_told_in_a_sentence(tmp_path, content):
    (tmp_path / "job.json").write_text(content)

    with pytest.raises(UserError, match="job"):
        JobFolder(tmp_path).description()
