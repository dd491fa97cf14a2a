"""How the child is started, and that nothing is ended that is not ours."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gliomamri.errors import UserError
from gliomamri.jobs import parent_watch
from gliomamri.jobs.child import child_command, child_python, end_group, has_exited, start_options


def test_command_of_posix_keeps_modules_of_the_current_folder_out_and_watches_standard_input():
    command = child_command("python", Path("/jobs/job-1"), on_windows=False)

    assert command == [
        *("python", "-P", "-m", "gliomamri", "job", "--watch-parent", "stdin"),
        str(Path("/jobs/job-1")),
    ]
    assert start_options(on_windows=False) == {"start_new_session": True, "stdin": subprocess.PIPE}


def test_windows_watches_the_parents_number_and_opens_no_window():
    command = child_command("python.exe", Path("job-1"), on_windows=True)
    options = start_options(on_windows=True)

    assert command[command.index("--watch-parent") + 1] == str(os.getpid())
    assert options["stdin"] == subprocess.DEVNULL
    assert (
        options["creationflags"] == 0x08000200
    )  # CREATE_NO_WINDOW and CREATE_NEW_PROCESS_GROUP of winbase.h


def test_a_number_is_waited_for_and_standard_input_is_left_alone(monkeypatch):
    seen = []
    monkeypatch.setattr(parent_watch, "_wait_for_process", seen.append)
    monkeypatch.setattr(parent_watch.os, "read", lambda *_: pytest.fail("standard input was read"))
    monkeypatch.setattr(parent_watch.os, "getpgrp", lambda: 1)
    monkeypatch.setattr(parent_watch.os, "getsid", lambda _: 2)
    monkeypatch.setattr(parent_watch.os, "_exit", seen.append)

    parent_watch._end_with_parent("4711")

    assert seen == [4711, 1]


def test_python_runs_jobs_outside_slicer(monkeypatch):
    monkeypatch.setattr(sys, "executable", "somewhere/python3.12")

    assert child_python() == "somewhere/python3.12"


def test_slicers_python_runs_jobs_inside_slicer(tmp_path, monkeypatch):
    (tmp_path / "PythonSlicer").write_text("#!/bin/sh\n")
    (tmp_path / "PythonSlicer").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "SlicerApp-real"))

    assert child_python() == str(tmp_path / "PythonSlicer")


@pytest.mark.parametrize("executable", ["Slicer/SlicerApp-real", "", None])
def test_the_application_itself_is_never_started_a_second_time(executable, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UserError, match="PythonSlicer"):
        child_python()


def test_an_exit_is_noticed_without_giving_the_number_free():
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    assert not has_exited(child)

    child.stdin.close()
    end = time.monotonic() + 10
    while not has_exited(child):
        assert time.monotonic() < end
        time.sleep(0.01)

    assert child.returncode is None
    assert Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    assert child.wait() == 0
    assert has_exited(child)


def test_nothing_is_killed_after_the_child_was_reaped(monkeypatch):
    child = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    child.wait()
    monkeypatch.setattr("os.killpg", lambda *_: pytest.fail("the number may be somebody else's by now"))

    end_group(child)


def test_a_child_that_somebody_else_reaped_counts_as_gone(monkeypatch):
    child = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    os.waitpid(child.pid, 0)
    monkeypatch.setattr("os.killpg", lambda *_: pytest.fail("the number may be somebody else's by now"))

    assert has_exited(child)
    end_group(child)
