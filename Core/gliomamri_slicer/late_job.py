"""A job whose inputs are written to disk in a thread, so that the window stays usable while large images are copied.

Python threads get time in Slicer only while Python code runs in the window's thread; so each look at the job waits
a moment for the writer. The child process is started from the window's thread: it ends with the thread that started it.

Called by :mod:`gliomamri_slicer.job_bridge`; tested by Testing/scene/test_late_job.py.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from gliomamri.errors import UserError
from gliomamri.jobs import Job, JobFolder, JobState, Outcome
from gliomamri.jobs.outcome import SENTENCES

_LOGGER = logging.getLogger(__name__)

_SLICE_SECONDS = 0.1
"""How long one call waits for the writer: the window does not answer meanwhile."""

_COPYING = JobState(message="Copying the images")


class LateJob:
    """Stands for a :class:`gliomamri.jobs.Job` that is not there yet.

    Parameters
    ----------
    prepare : callable
        Writes the inputs and gives a job that is not yet started; runs in a thread and must touch neither scene nor
        widgets.

    Attributes
    ----------
    job : Job or None
        The real job, once it has been started.
    """

    def __init__(self, prepare: Callable[[], Job]) -> None:
        self.job: Job | None = None
        self._prepare = prepare
        self._prepared: Job | None = None
        self._error: Exception | None = None
        self._abandoned = False
        self._lock = threading.Lock()
        self._writer = threading.Thread(target=self._write, name="GliomaMRI copies images", daemon=True)

    @property
    def folder(self) -> JobFolder | None:
        """The job's folder, as soon as it is written."""
        return self._prepared.folder if self._prepared is not None else None

    def removeFolder(self) -> None:
        """Remove what was written, or will have been when the writer has ended."""
        with self._lock:
            self._abandoned = True
            folder = self.folder
        if folder is not None:
            folder.remove()

    def start(self) -> None:
        """Begin to write; small inputs are written and their job is started when this returns.

        Raises
        ------
        UserError
            If inputs or settings cannot be used and that was found out at once; later :meth:`poll` tells it.
        """
        self._writer.start()
        self._go()

    def poll(self) -> JobState:
        """Say where the job stands; starts it when its inputs are written."""
        if self.job is None:
            try:
                self._go()
            except UserError as error:
                return JobState(0.0, error.sentence, Outcome.USER_ERROR, error.details)
            except Exception as error:
                _LOGGER.exception("The job could not be started")
                return JobState(0.0, SENTENCES[Outcome.CRASHED], Outcome.CRASHED, repr(error))
        return self.job.poll() if self.job is not None else _COPYING

    def cancel(self) -> JobState:
        """End the job; a writer that is at work removes its files when it is done."""
        if self.job is not None:
            return self.job.cancel()
        self.removeFolder()
        return JobState(0.0, SENTENCES[Outcome.CANCELLED], Outcome.CANCELLED)

    def _write(self) -> None:
        """Runs in the thread."""
        try:
            prepared = self._prepare()
        except Exception as error:  # noqa: BLE001 - told by the thread of the window
            self._error = error
            return
        with self._lock:
            self._prepared = prepared
            isWanted = not self._abandoned
        if not isWanted:
            prepared.folder.remove()

    def _go(self) -> None:
        """Give the writer a moment; start the job if it is there."""
        self._writer.join(_SLICE_SECONDS)
        if self._writer.is_alive():
            return
        if self._error is not None:
            raise self._error
        assert self._prepared is not None
        self._prepared.start()
        self.job = self._prepared
