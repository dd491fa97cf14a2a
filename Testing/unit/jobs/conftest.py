"""Fixtures of the job tests."""

from __future__ import annotations

import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import fake_tasks

from gliomamri import tasks
from gliomamri.jobs import Job, create_job


@pytest.fixture
def a_python(tmp_path: Path) -> str:
    """A Python in which ``-m gliomamri`` knows the fake tasks."""
    script = tmp_path / "python-with-fake-tasks"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake_tasks.__file__}" "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)


@pytest.fixture
def a_launcher(tmp_path: Path) -> str:
    """A Python behind a launcher that stays in between and, as PythonSlicer, gives 1 whatever its program died of."""
    script = tmp_path / "launcher-with-fake-tasks"
    script.write_text(
        f'#!/bin/sh\n"{sys.executable}" "{fake_tasks.__file__}" "$@"\n'
        "code=$?\n[ $code -gt 128 ] && exit 1\nexit $code\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)


@pytest.fixture
def a_job(a_python, tmp_path, monkeypatch):
    """Factory of jobs that go wrong in the given way."""
    monkeypatch.setitem(tasks.TASKS, fake_tasks.TASK.name, fake_tasks.TASK)
    made = []

    def make(way: str, *, python: str = a_python, seed: int = 0, notes=(), **settings) -> Job:
        chosen = fake_tasks.Settings(way=way, **settings)
        study = replace(fake_tasks.one_image_study(), notes=tuple(notes))
        folder = create_job("misbehave", study, chosen, seed=seed, parent=tmp_path / "jobs")
        made.append(Job(folder, python=python))
        return made[-1]

    yield make
    for job in made:
        job.cancel()
