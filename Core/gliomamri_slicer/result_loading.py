"""A job's result on its way into the scene: its files are read by a thread, its nodes added a few at a time.

At 512 x 512 x 24 voxels and forty maps both take seconds, in which the window must answer.

Called by :mod:`gliomamri_slicer.job_bridge`; tested by Testing/scene/test_result_loading.py.
"""

from __future__ import annotations

from collections.abc import Callable

from gliomamri.result import Result
from gliomamri_slicer.background import SLICE_SECONDS, Background
from gliomamri_slicer.results import ImportedResult, ResultImport

_READING = 0.5
"""Share of the work that reading is taken for."""


class ResultLoading:
    """Loads one result.

    Parameters
    ----------
    read : callable
        Reads the files; runs in a thread and must touch neither scene nor widgets.
    place : callable
        Makes the import of what was read; runs in the window's thread.
    """

    def __init__(self, read: Callable[[], Result], place: Callable[[Result], ResultImport]) -> None:
        self._reader = Background(read, "GliomaMRI reads results")
        self._place = place
        self._import: ResultImport | None = None
        self._reader.start()

    @property
    def fraction(self) -> float:
        """How much has been loaded, in [0, 1]."""
        return 0.0 if self._import is None else _READING + (1 - _READING) * self._import.fraction

    def advance(self) -> ImportedResult | None:
        """Go on for a moment; give what was added once everything is there.

        Raises
        ------
        UserError
            If a file cannot be read or a node not be added; nothing of the result is in the scene then.
        """
        if self._import is None:
            if not self._reader.wait():
                return None
            self._import = self._place(self._reader.result)
        self._import.advance(SLICE_SECONDS)
        return self._import.imported

    def stop(self, removeFiles: Callable[[], None], *, undo: bool = True) -> None:
        """Give up: take out what was added, and remove the files as soon as nobody reads them.

        Parameters
        ----------
        undo : bool
            False where the scene is being closed and takes everything with it.
        """
        if undo and self._import is not None:
            self._import.undo()
        self._reader.afterwards(removeFiles)
