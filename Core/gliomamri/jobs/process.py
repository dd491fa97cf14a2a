"""The parent's side of a job: start the child, poll it, cancel it. No timer, no thread of the user's interface."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import gliomamri
from gliomamri.errors import UserError
from gliomamri.jobs.events import Event
from gliomamri.jobs.folder import JobFolder
from gliomamri.jobs.outcome import SENTENCES, Outcome, oom_kill_count, outcome_of_exit


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

    The child also ends when this process goes away, whatever the reason: it watches its standard input.
    """

    def __init__(self, folder: JobFolder, *, python: str | None = None) -> None:
        self.folder = folder
        self._python = python or child_python()
        self._child: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._state = JobState()
        self._oom_kills_before = 0

    def start(self) -> None:
        """Start the child.

        Raises
        ------
        UserError
            If no Python can be started.
        """
        environment = dict(os.environ)
        core = str(Path(gliomamri.__file__).resolve().parent.parent)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (core, environment.get("PYTHONPATH"))))
        environment["PYTHONUNBUFFERED"] = "1"
        self._oom_kills_before = oom_kill_count()
        self._log = self.folder.log_file.open("w", encoding="utf-8", errors="replace")
        command = [self._python, "-P", "-m", "gliomamri", "job", "--watch-parent", str(self.folder.path)]
        group = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
            if os.name == "nt"
            else {"start_new_session": True}
        )
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=environment,
                cwd=self.folder.path,
                **group,
            )
        except OSError as error:
            self._log.close()
            raise UserError(
                "The computation could not be started: Python was not found.", str(error)
            ) from error
        threading.Thread(target=self._listen, args=(self._child,), daemon=True).start()

    def poll(self) -> JobState:
        """Say where the job stands; never blocks."""
        if self._child is None or not self._state.running:
            return self._state
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                if self._child.poll() is not None:
                    self._kill()  # what the child had started may still hold its output open
                return self._state
            if event is None:
                return self._finish(None)
            if event.kind == "ended":
                return self._finish(event)
            self._state = replace(self._state, fraction=event.fraction, message=event.message)

    def wait(self, timeout: float | None = None) -> JobState:
        """Block until the child ends, or for ``timeout`` seconds; then poll."""
        if self._child is not None:
            try:
                self._child.wait(timeout)
            except subprocess.TimeoutExpired:
                return self.poll()
            while self.poll().running:
                threading.Event().wait(0.005)
        return self._state

    def cancel(self) -> JobState:
        """End the child with everything it started, and remove what it has written; safe at any moment."""
        if self._child is not None and self._state.running:
            self._kill()
            shutil.rmtree(self.folder.result, ignore_errors=True)
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

    def _finish(self, ended: Event | None) -> JobState:
        """Settle the outcome when the child has said its last word, or has gone without one."""
        assert self._child is not None
        if ended is None:
            code = self._exit_code()
        self._kill()
        if ended is not None:
            state = JobState(1.0, ended.message, Outcome(ended.outcome), ended.details)
        else:
            outcome = outcome_of_exit(code, oom_kills_during_job=oom_kill_count() - self._oom_kills_before)
            outcome = Outcome.CRASHED if outcome is Outcome.SUCCEEDED else outcome
            state = JobState(self._state.fraction, SENTENCES[outcome], outcome, self._log_tail(code))
        if state.outcome is not Outcome.SUCCEEDED:
            shutil.rmtree(self.folder.result, ignore_errors=True)
        return self._close(state)

    def _exit_code(self) -> int:
        """Exit code of a child that has closed its output, and so is ending."""
        assert self._child is not None
        try:
            return self._child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return -signal.SIGTERM

    def _close(self, state: JobState) -> JobState:
        shutil.rmtree(self.folder.unfinished_result, ignore_errors=True)
        if self._log is not None:
            self._log.close()
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
        self._state = state
        return state

    def _log_tail(self, code: int) -> str:
        try:
            log = self.folder.log_file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            log = ""
        return f"The child ended with code {code}.\n{log[-4000:]}"

    def _kill(self) -> None:
        """End the whole process group, also grandchildren of a child that is gone already."""
        child = self._child
        assert child is not None
        if os.name == "nt":
            taskkill = ["taskkill", "/F", "/T", "/PID", str(child.pid)]
            subprocess.run(taskkill, capture_output=True, check=False)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=10)


def child_python() -> str:
    """Path of the Python that runs jobs: PythonSlicer inside Slicer (whose own executable is the application)."""
    if Path(sys.executable).stem.lower().startswith("python"):
        return sys.executable
    beside = shutil.which("PythonSlicer", path=str(Path(sys.executable).parent))
    return beside or shutil.which("PythonSlicer") or sys.executable
