"""A job whose inputs are written to disk in a thread, so that the window stays usable while large images are copied.

The child process is started from the window's thread: it ends with the thread that started it.

Called by :mod:`gliomamri_slicer.job_bridge`; tested by Testing/scene/test_late_job.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from gliomamri.errors import UserError
from gliomamri.jobs import Job, JobFolder, JobState, Outcome
from gliomamri.jobs.outcome import SENTENCES
from gliomamri_slicer.background import Background

_LOGGER = logging.getLogger(__name__)

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
        self._writer = Background(prepare, "GliomaMRI copies images")

    @property
    def folder(self) -> JobFolder | None:
        """The job's folder, as soon as it is written."""
        return self._writer.result.folder if self._writer.hasSucceeded else None

    def removeFolder(self) -> None:
        """Remove what was written, or will have been when the writer has ended."""
        self._writer.afterwards(self._removeWritten)

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

    def _removeWritten(self) -> None:
        """Runs in the thread, where that is still writing."""
        if (folder := self.folder) is not None:
            folder.remove()

    def _go(self) -> None:
        """Give the writer a moment; start the job if it is there."""
        if not self._writer.wait():
            return
        prepared = self._writer.result
        prepared.start()
        self.job = prepared
