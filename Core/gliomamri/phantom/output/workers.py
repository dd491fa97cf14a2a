"""Processes that simulate patients side by side and write them.

Not :class:`concurrent.futures.ProcessPoolExecutor`, because one worker that the system ends (memory) breaks that whole
pool; here only its patient is lost. Each worker is a fresh Python (``spawn``) with one thread per numerical library, so
that results depend neither on the number of processes nor on that of the cores.

Used by :mod:`gliomamri.phantom.output.cohort`; tested by Testing/unit/phantom/output/test_cohort.py.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal, Self

from gliomamri.errors import UserError

THREADS_VARIABLE = "GLIOMAMRI_THREADS"
"""Environment variable: threads that one patient may use."""

_LIBRARIES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
_CONTEXT = multiprocessing.get_context("spawn")
_CRASHED = "The computation of this patient failed; see the details."
_ENDED = (
    "The process of this patient was ended, most likely because the memory ran out; "
    "use fewer processes (--processes) and run again with --resume."
)


@dataclass(frozen=True)
class PatientTask:
    """One patient to be made: BIDS name, settings (:meth:`gliomamri.settings.Settings.to_dict`) and seed."""

    subject: str
    settings: dict[str, Any]
    seed: int


@dataclass(frozen=True)
class News:
    """What a worker says of its patient.

    Attributes
    ----------
    subject : str
        BIDS name.
    kind : {"progress", "whole", "failed", "unwritable"}
        ``unwritable`` says that the next patients cannot be written either.
    fraction : float
        Done so far.
    sentence, details : str
        What went wrong.
    """

    subject: str
    kind: Literal["progress", "whole", "failed", "unwritable"]
    fraction: float = 0.0
    sentence: str = ""
    details: str = ""


class Workers:
    """A fixed number of processes; leaving the ``with`` block ends them, whatever they are doing."""

    def __init__(
        self, count: int, dataset: Path, threads: int, simulate: Callable[..., Any] | None = None
    ) -> None:
        """Prepare; ``simulate`` replaces the simulator (it must be importable by name)."""
        self._arguments = (dataset, threads, simulate)
        self._count = count
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, _Worker] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in (*self._idle, *self._busy.values()):
            worker.end()

    @property
    def free(self) -> int:
        """Patients that could be begun now."""
        return self._count - len(self._busy)

    @property
    def busy(self) -> bool:
        """True while a patient is being made."""
        return bool(self._busy)

    def begin(self, task: PatientTask) -> None:
        """Give a patient to a free worker."""
        worker = self._idle.pop() if self._idle else _Worker(*self._arguments)
        worker.subject = task.subject
        self._busy[worker.connection] = worker
        with contextlib.suppress(BrokenPipeError):  # it has ended already: news() tells
            worker.connection.send(task)

    def news(self) -> Iterator[News]:
        """Wait until a worker says something, at most a second, and give what was said."""
        for connection in wait(list(self._busy), timeout=1.0):
            worker = self._busy[connection]
            try:
                news = connection.recv()
            except (EOFError, OSError):
                news = News(worker.subject, "failed", 1.0, _ENDED, f"exit code {worker.end()}")
                del self._busy[connection]
            else:
                if news.kind != "progress":
                    self._idle.append(self._busy.pop(connection))
            yield news


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, dataset: Path, threads: int, simulate: Callable[..., Any] | None) -> None:
        self.subject = ""
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_work, args=(theirs, dataset, threads, simulate), daemon=True)
        with _thread_limits(threads), _interrupts_held_back():
            self._process.start()
        theirs.close()

    def end(self) -> int | None:
        """End the process; give its exit code."""
        self._process.kill()
        self._process.join(10)
        self.connection.close()
        return self._process.exitcode


@contextlib.contextmanager
def _thread_limits(threads: int) -> Iterator[None]:
    """Set what a child reads when it loads its libraries; more than one thread could change their last digits."""
    wanted = {**dict.fromkeys(_LIBRARIES, "1"), THREADS_VARIABLE: str(threads)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """A child inherits that Ctrl-C does not reach it: its parent decides what becomes of the patient."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, dataset: Path, threads: int, simulate: Callable[..., Any] | None) -> None:
    """Run in the child: make patients until the pipe is closed."""
    import SimpleITK as sitk

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            task = connection.recv()
            connection.send(_make(task, dataset, threads, simulate, connection))


def _make(
    task: PatientTask,
    dataset: Path,
    threads: int,
    simulate: Callable[..., Any] | None,
    connection: Connection,
) -> News:
    from gliomamri.phantom.output.patient_folder import write_patient
    from gliomamri.phantom.settings import Settings

    def progress(fraction: float, _message: str) -> None:
        connection.send(News(task.subject, "progress", 0.9 * fraction))

    failure = "failed"
    try:
        if simulate is None:
            from gliomamri.phantom.patient import simulate_patient as simulate
        patient = simulate(Settings.from_dict(task.settings), task.seed, progress)
        failure = "unwritable"
        write_patient(patient, dataset, task.subject, threads=threads)
    except UserError as error:
        return News(task.subject, failure, 1.0, error.sentence, error.details)
    except Exception:  # noqa: BLE001  (the child's outermost frame: one patient must not stop the others)
        return News(task.subject, "failed", 1.0, _CRASHED, traceback.format_exc())
    return News(task.subject, "whole", 1.0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
