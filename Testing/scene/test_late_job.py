"""A job whose inputs are still being written: polled, cancelled and failing meanwhile."""

from __future__ import annotations

import threading
import time

import pytest

from gliomamri.errors import UserError
from gliomamri.jobs import JobState, Outcome
from gliomamri_slicer.late_job import LateJob


class Folder:
    """Double of a job folder."""

    def __init__(self):
        self.removed = 0

    def remove(self):
        self.removed += 1


class FakeJob:
    """Double of a job; notes the thread that started it."""

    def __init__(self):
        self.folder, self.startedIn, self.cancelled = Folder(), None, False

    def start(self):
        self.startedIn = threading.current_thread()

    def poll(self):
        return JobState(0.5, "Fitting")

    def cancel(self):
        self.cancelled = True
        return JobState(0.5, "Cancelled.", Outcome.CANCELLED)


@pytest.fixture()
def slow():
    """A late job that is written until the test says so: late job, real job, event."""
    job, written = FakeJob(), threading.Event()

    def prepare():
        assert written.wait(20)
        if isinstance(job.folder, Exception):
            raise job.folder
        return job

    late = LateJob(prepare)
    yield late, job, written
    written.set()


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_small_inputs_are_written_and_started_at_once():
    job = FakeJob()
    late = LateJob(lambda: job)

    late.start()

    assert late.job is job
    assert job.startedIn is threading.current_thread()
    assert late.poll().message == "Fitting"


def test_large_inputs_hold_nobody_up_and_the_job_starts_when_they_are_written(slow):
    late, job, written = slow

    start = time.monotonic()
    late.start()
    state = late.poll()
    assert time.monotonic() - start < 1.0
    assert (state.message, state.outcome, late.job) == ("Copying the images", None, None)
    written.set()
    until(lambda: late.poll().message == "Fitting")

    assert job.startedIn is threading.current_thread()


def test_cancelled_while_writing_nothing_is_started_and_the_files_go(slow):
    late, job, written = slow
    late.start()

    assert late.cancel().outcome is Outcome.CANCELLED
    assert job.folder.removed == 0
    written.set()
    until(lambda: job.folder.removed == 1)

    assert job.startedIn is None


def test_a_started_job_is_cancelled_itself():
    job = FakeJob()
    late = LateJob(lambda: job)
    late.start()

    assert late.cancel().outcome is Outcome.CANCELLED
    assert job.cancelled


@pytest.mark.parametrize(
    ("error", "outcome", "sentence"),
    [
        (UserError("The disk is full.", "cause"), Outcome.USER_ERROR, "The disk is full."),
        (ValueError("odd"), Outcome.CRASHED, "The computation failed because of an error in the program"),
    ],
)
def test_what_goes_wrong_while_writing_is_told_by_poll(slow, error, outcome, sentence):
    late, job, written = slow
    late.start()
    job.folder = error
    written.set()

    until(lambda: late.poll().outcome is not None)

    assert late.poll().outcome is outcome
    assert late.poll().message.startswith(sentence)


def test_what_is_wrong_at_once_is_raised():
    def prepare():
        raise UserError("Longest T1 is -1 ms.")

    with pytest.raises(UserError, match="Longest T1"):
        LateJob(prepare).start()
