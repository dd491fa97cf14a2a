"""A job's ends are told apart, and none leaves a partial result or a stray process."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gliomamri.errors import UserError
from gliomamri.io.results import read_result
from gliomamri.jobs import Job, JobFolder, Outcome, execute
from gliomamri.jobs.outcome import SENTENCES

LONG = 60.0


def is_running(pid: int) -> bool:
    """True while a process exists that is not just waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_job_gives_its_result_and_says_how_far_it_is(a_job):
    job = a_job("succeed", seconds=0.2)
    seen = []

    job.start()
    while (state := job.poll()).running:
        seen.append(state.fraction)
        time.sleep(0.005)

    assert state.outcome is Outcome.SUCCEEDED
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    result = read_result(job.folder.result)
    assert result.numbers["answer"].value == 42.0
    assert result.maps[0].image[1, 2, 1] == 2.0
    assert (job.folder.result / "report.html").stat().st_size > 1000


def test_what_libraries_print_does_not_reach_the_parent(a_job):
    job = a_job("print")

    job.start()
    state = job.wait(LONG)

    assert state.outcome is Outcome.SUCCEEDED
    assert job.folder.result.exists()


@pytest.mark.parametrize(
    ("way", "outcome", "cause"),
    [
        ("user_error", Outcome.USER_ERROR, "astrology"),
        ("crash", Outcome.CRASHED, "ZeroDivisionError: cause"),
        ("memory", Outcome.OUT_OF_MEMORY, "Unable to allocate"),
        ("segfault", Outcome.CRASHED, "code -11"),
        ("kill", Outcome.KILLED, "code -9"),
        ("exit", Outcome.CRASHED, "code 0"),
        ("mute", Outcome.UNEXPLAINED, "code -9"),
    ],
)
def test_ends_are_told_apart(a_job, way, outcome, cause):
    job = a_job(way)

    job.start()
    state = job.wait(LONG)

    expected = "The moon is in the wrong house." if way == "user_error" else SENTENCES[outcome]
    assert (state.outcome, state.message) == (outcome, expected)
    assert cause in state.details
    assert not job.folder.result.exists()
    assert not job.folder.unfinished_result.exists()


@pytest.mark.parametrize(
    ("way", "outcome"),
    [
        ("user_error", Outcome.USER_ERROR),
        ("crash", Outcome.CRASHED),
        ("kill", Outcome.UNEXPLAINED),
        ("segfault", Outcome.UNEXPLAINED),
    ],
)
def test_no_more_is_claimed_than_a_launcher_in_between_lets_through(a_job, a_launcher, way, outcome):
    job = a_job(way, python=a_launcher)

    job.start()

    assert job.wait(LONG).outcome is outcome


@pytest.mark.parametrize("launched", [False, True])
def test_a_kill_of_the_kernel_for_memory_is_told_as_such(a_job, a_python, a_launcher, launched, monkeypatch):
    counts = iter([12, 13])
    monkeypatch.setattr("gliomamri.jobs.process.oom_kill_count", lambda: next(counts))
    job = a_job("kill", python=a_launcher if launched else a_python)

    job.start()

    assert job.wait(LONG).outcome is Outcome.OUT_OF_MEMORY


def test_kernel_kills_from_before_the_job_do_not_count(a_job, monkeypatch):
    monkeypatch.setattr("gliomamri.jobs.process.oom_kill_count", lambda: 12)
    job = a_job("kill")

    job.start()

    assert job.wait(LONG).outcome is Outcome.KILLED


def test_a_process_outside_the_group_that_keeps_the_output_open_does_not_keep_the_job(a_job, tmp_path):
    note = tmp_path / "outsider"
    job = a_job("outsider", note=str(note))
    job.start()
    wait_until(lambda: note.exists() and note.read_text())
    outsider = int(note.read_text())

    start = time.monotonic()
    state = job.wait()
    took = time.monotonic() - start

    try:
        assert is_running(outsider), "the test needs a process that holds the output open"
        assert state.outcome is Outcome.UNEXPLAINED
        assert took < 5.0
        assert "code 7" in state.details
    finally:
        os.kill(outsider, signal.SIGKILL)


@pytest.mark.parametrize("way", ["succeed", "kill", "crash", "exit"])
def test_the_group_is_only_ended_while_its_number_is_ours(a_job, way, monkeypatch):
    job = a_job(way)
    reaped = []
    kill_group = os.killpg
    monkeypatch.setattr(
        "os.killpg",
        lambda *arguments: (reaped.append(job._child.returncode is not None), kill_group(*arguments)),
    )

    job.start()
    job.wait(LONG)
    job.cancel()

    assert reaped
    assert not any(reaped)


def test_cancel_drops_a_result_that_was_finished_but_not_told_yet(a_job):
    job = a_job("succeed")
    job.start()
    wait_until(job.folder.result.exists, LONG)

    state = job.cancel()

    assert state.outcome is Outcome.CANCELLED
    assert not job.folder.result.exists()


def test_cancel_ends_the_child_and_its_children_within_two_seconds(a_job, tmp_path):
    note = tmp_path / "grandchild"
    job = a_job("children", note=str(note))
    job.start()
    wait_until(lambda: note.exists() and note.read_text())
    grandchild = int(note.read_text())
    assert is_running(grandchild)

    start = time.monotonic()
    state = job.cancel()
    took = time.monotonic() - start

    assert state.outcome is Outcome.CANCELLED
    assert took <= 2.0
    wait_until(lambda: not is_running(grandchild), 1.0)
    assert job.poll() is state


def test_a_killed_child_takes_its_children_along(a_job, tmp_path):
    note = tmp_path / "grandchild"
    job = a_job("children", note=str(note))
    job.start()
    wait_until(lambda: note.exists() and note.read_text())

    os.kill(job._child.pid, signal.SIGKILL)
    wait_until(lambda: not job.poll().running)

    assert job.poll().outcome is Outcome.KILLED
    wait_until(lambda: not is_running(int(note.read_text())), 1.0)


def test_killing_at_fifty_random_moments_leaves_nothing_behind(a_job):
    chance = random.Random(7)
    jobs = [a_job("succeed", seconds=0.3) for _ in range(50)]
    whole = killed = 0
    for first in range(0, 50, 5):
        batch = jobs[first : first + 5]
        moments = {}
        for job in batch:
            job.start()
            moments[job] = time.monotonic() + chance.uniform(0.0, 3.0)
        while moments:
            for job, moment in list(moments.items()):
                if time.monotonic() >= moment or not job.poll().running:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(job._child.pid, signal.SIGKILL)
                    del moments[job]
            time.sleep(0.005)
        for job in batch:
            state = job.wait(LONG)
            assert not is_running(job._child.pid)
            assert not job.folder.unfinished_result.exists()
            if state.outcome is Outcome.SUCCEEDED:
                assert read_result(job.folder.result).numbers["answer"].value == 42.0
                whole += 1
            else:
                assert state.outcome is Outcome.KILLED
                assert not job.folder.result.exists()
                killed += 1

    assert killed >= 10
    assert whole + killed == 50


@pytest.mark.parametrize("launched", [False, True])
def test_the_child_ends_when_its_parent_is_gone(a_job, a_python, a_launcher, launched, tmp_path):
    job = a_job("children", note=str(tmp_path / "grandchild"))
    program = """
import sys, time
from pathlib import Path
from gliomamri.jobs import Job, JobFolder
job = Job(JobFolder(Path(sys.argv[1])), python=sys.argv[2])
job.start()
print(job._child.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(job.folder.path), a_launcher if launched else a_python],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    child = int(parent.stdout.readline())
    wait_until(lambda: (tmp_path / "grandchild").exists() and (tmp_path / "grandchild").read_text())

    parent.kill()
    parent.wait()

    wait_until(lambda: not is_running(child), 2.0)
    wait_until(lambda: not is_running(int((tmp_path / "grandchild").read_text())), 2.0)


def test_a_folder_without_a_job_is_told_in_a_sentence(a_job, tmp_path):
    (tmp_path / "empty").mkdir()
    job = Job(JobFolder(tmp_path / "empty"))

    job.start()
    state = job.wait(LONG)

    assert state.outcome is Outcome.USER_ERROR
    assert "no job to run" in state.message


def test_a_log_that_cannot_be_written_is_told_in_a_sentence(a_job):
    job = a_job("succeed")
    job.folder.log_file.mkdir()

    with pytest.raises(UserError, match="Writing to the folder"):
        job.start()

    assert job.wait(0.0).running


def test_a_job_runs_once_and_keeps_its_result(a_job):
    job = a_job("succeed")
    job.start()
    job.wait(LONG)
    before = (job.folder.result / "result.json").read_bytes()
    events = []

    with pytest.raises(UserError, match="make a new job"):
        Job(job.folder).start()
    outcome = execute(job.folder, events.append)

    assert outcome is Outcome.USER_ERROR
    assert "make a new job" in events[-1].message
    assert (job.folder.result / "result.json").read_bytes() == before


@pytest.mark.parametrize("name", ["drawn", "drawn_globally"])
def test_one_seed_one_result(a_job, name):
    drawn = []
    for seed in (1, 1, 2):
        job = a_job("succeed", seed=seed)
        job.start()
        assert job.wait(LONG).outcome is Outcome.SUCCEEDED
        drawn.append(read_result(job.folder.result).numbers[name].value)

    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_notes_on_the_inputs_come_before_the_warnings_of_the_task(a_job):
    job = a_job("succeed", notes=("The mask was resampled.", "Something is odd."))

    job.start()
    job.wait(LONG)

    warnings = read_result(job.folder.result).warnings
    assert warnings == ("The mask was resampled.", "Something is odd.")
