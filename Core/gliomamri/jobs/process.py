"""The parent's side of a job: start the child, poll it, cancel it. No timer, no thread of the user's interface."""

from __future__ import annotations

import queue
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, replace
from typing import IO

from gliomamri.errors import UserError
from gliomamri.io.new_files import write_error
from gliomamri.jobs.child import child_python, end_group, has_exited, reap, start_child
from gliomamri.jobs.events import Event
from gliomamri.jobs.folder import JobFolder
from gliomamri.jobs.outcome import SENTENCES, Outcome, oom_kill_count, outcome_of_exit

_LAST_WORDS = 1.0
"""Seconds between the child's exit and the end of its output, whichever comes first, after which a job is settled."""


@dataclass(frozen=True)
class JobState:
    """What :meth:`Job.poll` knows.

    Attributes
    ----------
    fraction : float
        Done so far, in [0, 1].
    message : str
        What is going on, or how it ended, in one sentence for the user.
    outcome : Outcome or None
        None while it runs.
    details : str
        The cause behind an error, for "details".
    """

    fraction: float = 0.0
    message: str = "Starting"
    outcome: Outcome | None = None
    details: str = ""

    @property
    def running(self) -> bool:
        """True until the child has ended and its end is known."""
        return self.outcome is None


class Job:
    """A job folder being executed by a child process in a process group of its own.

    The child also ends when this process goes away, whatever the reason: it watches its parent.
    """

    def __init__(self, folder: JobFolder, *, python: str | None = None) -> None:
        self.folder = folder
        self._python = python
        self._child: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._output_has_ended = False
        self._deadline: float | None = None
        self._state = JobState()
        self._oom_kills_before = 0

    def start(self) -> None:
        """Start the child.

        Raises
        ------
        UserError
            If the job has its result already, no Python can be started or the folder cannot be written.
        """
        self.folder.check_not_done()
        python = self._python or child_python()
        self._oom_kills_before = oom_kill_count()
        try:
            self._log = self.folder.log_file.open("w", encoding="utf-8", errors="replace")
        except OSError as error:
            raise write_error(error, self.folder.path) from error
        try:
            self._child = start_child(python, self.folder.path, self._log)
        except UserError:
            self._log.close()
            raise
        threading.Thread(target=self._listen, args=(self._child,), daemon=True).start()

    def poll(self) -> JobState:
        """Say where the job stands; does not wait for a child that works."""
        if self._child is None or not self._state.running:
            return self._state
        ended = self._hear()
        if ended is not None:
            return self._close(JobState(1.0, ended.message, Outcome(ended.outcome), ended.details))
        exited = has_exited(self._child)
        if exited:
            end_group(self._child)  # what the child had started may still hold its output open
        if exited or self._output_has_ended:
            # A process that left the group can hold the output open for ever, so nobody waits for long.
            self._deadline = self._deadline or time.monotonic() + _LAST_WORDS
            if (exited and self._output_has_ended) or time.monotonic() >= self._deadline:
                return self._settle(exited)
        return self._state

    def wait(self, timeout: float | None = None) -> JobState:
        """Block until the job ends, or for ``timeout`` seconds; then say where it stands."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll().running and self._child is not None and (end is None or time.monotonic() < end):
            time.sleep(0.01)
        return self._state

    def cancel(self) -> JobState:
        """End the child with everything it started, and remove what it has written; safe at any moment."""
        if self._child is not None and self._state.running:
            self._close(JobState(self._state.fraction, SENTENCES[Outcome.CANCELLED], Outcome.CANCELLED))
        return self._state

    def _listen(self, child: subprocess.Popen[str]) -> None:
        """Runs in a thread: turn lines into events; None marks the end of the child's output."""
        assert child.stdout is not None
        with child.stdout as lines:
            for line in lines:
                event = Event.from_line(line)
                if event is not None:
                    self._events.put(event)
        self._events.put(None)

    def _hear(self) -> Event | None:
        """Take in what the child has said since the last call; give its last word once it has said it."""
        while not self._events.empty():
            event = self._events.get_nowait()
            if event is None:
                self._output_has_ended = True
            elif event.kind == "ended":
                return event
            else:
                self._state = replace(self._state, fraction=event.fraction, message=event.message)
        return None

    def _settle(self, exited: bool) -> JobState:
        """Judge a child that has gone, or has closed its output for good, without a last word."""
        assert self._child is not None
        end_group(self._child)
        code = reap(self._child)
        outcome = outcome_of_exit(
            code if exited else None, oom_kills_during_job=oom_kill_count() - self._oom_kills_before
        )
        return self._close(JobState(self._state.fraction, SENTENCES[outcome], outcome, self._log_tail(code)))

    def _close(self, state: JobState) -> JobState:
        """Take over the job's last state, end what still runs, and remove what is not a result."""
        assert self._child is not None
        end_group(self._child)
        reap(self._child)
        if state.outcome is not Outcome.SUCCEEDED:
            shutil.rmtree(self.folder.result, ignore_errors=True)
        shutil.rmtree(self.folder.unfinished_result, ignore_errors=True)
        for stream in (self._log, self._child.stdin):
            if stream is not None:
                stream.close()
        self._state = state
        return state

    def _log_tail(self, code: int | None) -> str:
        try:
            log = self.folder.log_file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            log = ""
        return f"The child ended with code {code}.\n{log[-4000:]}"
