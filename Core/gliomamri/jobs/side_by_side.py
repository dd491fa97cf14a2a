"""Several jobs, a few of them at a time: the patients of a cohort.

Called by the command ``cohort``; tested by Testing/unit/jobs/test_side_by_side.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gliomamri.errors import UserError
from gliomamri.jobs.folder import JobFolder
from gliomamri.jobs.outcome import Outcome
from gliomamri.jobs.process import Job, JobState
from gliomamri.tasks import Progress, no_progress

_PAUSE = 0.05
"""Seconds between two looks at the running jobs."""


@dataclass(frozen=True)
class PlannedJob:
    """A job that is made only when its turn comes, so that inputs of waiting jobs take no disk.

    Attributes
    ----------
    name : str
        Shown while it runs.
    make : callable
        Makes the job, not yet started; a UserError that it raises becomes the end of this job alone.
    """

    name: str
    make: Callable[[], Job]


@dataclass(frozen=True)
class EndedJob:
    """How a planned job ended; ``folder`` is None when it could not be made, and is the caller's until the next one."""

    name: str
    state: JobState
    folder: JobFolder | None


def run_side_by_side(
    planned: Iterable[PlannedJob], at_a_time: int, progress: Progress = no_progress
) -> Iterator[EndedJob]:
    """Run jobs in child processes and give each as it ends.

    A job folder is removed when the caller asks for the next job, and all of them when the caller stops: an exception
    inside the loop (Ctrl-C too) cancels what runs.

    Parameters
    ----------
    planned : iterable of PlannedJob
        In order of start.
    at_a_time : int
        Children that may run together, 1 or more.
    progress : callable
        Told how far all jobs together are.

    Raises
    ------
    ValueError
        If ``at_a_time`` is below 1.
    """
    if at_a_time < 1:
        raise ValueError(f"at_a_time must be 1 or more, not {at_a_time}")
    waiting = list(planned)
    total, done = len(waiting), 0
    running: dict[str, Job] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_a_time:
                one = waiting.pop(0)
                started = _start(one)
                if isinstance(started, Job):
                    running[one.name] = started
                    continue
                done += 1
                yield EndedJob(one.name, started, None)
            _tell(progress, running, done, total)
            for name in [name for name, job in running.items() if not job.poll().running]:
                job = running.pop(name)
                done += 1
                try:
                    yield EndedJob(name, job.poll(), job.folder)
                finally:
                    job.folder.remove()
            if running:
                time.sleep(_PAUSE)
    finally:
        for job in running.values():
            job.cancel()
            job.folder.remove()


def _start(planned: PlannedJob) -> Job | JobState:
    """Start a job, or say how it ended before it began."""
    try:
        job = planned.make()
    except UserError as error:
        return JobState(1.0, error.sentence, Outcome.USER_ERROR, error.details)
    try:
        job.start()
    except UserError as error:
        job.folder.remove()
        return JobState(1.0, error.sentence, Outcome.USER_ERROR, error.details)
    except BaseException:
        job.folder.remove()
        raise
    return job


def _tell(progress: Progress, running: dict[str, Job], done: int, total: int) -> None:
    states = {name: job.poll() for name, job in running.items()}
    fraction = (done + sum(state.fraction for state in states.values())) / total if total else 1.0
    words = "; ".join(f"{name}: {state.message}" for name, state in states.items())
    progress(fraction, words or f"{done} of {total} done")
