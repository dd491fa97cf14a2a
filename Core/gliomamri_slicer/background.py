"""Work with files in a thread, for which the window waits a moment now and then, but never long.

Python threads get time in Slicer only while Python code runs in the window's thread; so each look at the work waits a
moment for it. The work must touch neither scene nor widgets.

Called by :mod:`gliomamri_slicer.late_job` and :mod:`gliomamri_slicer.result_loading`; tested by
Testing/scene/test_late_job.py and test_result_loading.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")

SLICE_SECONDS = 0.1
"""How long one look at the work takes at most: the window does not answer meanwhile."""


class Background(Generic[Found]):
    """One piece of work in a thread of its own.

    Parameters
    ----------
    work : callable
        Gives the result, or raises.
    name : str
        Of the thread.
    """

    def __init__(self, work: Callable[[], Found], name: str) -> None:
        self._work = work
        self._found: list[Found] = []
        self._error: Exception | None = None
        self._after: Callable[[], None] | None = None
        self._hasEnded = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self) -> bool:
        """Wait a moment; say whether the work has ended."""
        self._thread.join(SLICE_SECONDS)
        return not self._thread.is_alive()

    @property
    def hasSucceeded(self) -> bool:
        """True as soon as there is a result."""
        return bool(self._found)

    @property
    def result(self) -> Found:
        """What the work gave; raises what it raised. Ask when it has ended."""
        if self._error is not None:
            raise self._error
        return self._found[0]

    def afterwards(self, clean: Callable[[], None]) -> None:
        """Call ``clean`` once the work has ended, from the thread if need be; a later one replaces an earlier one."""
        with self._lock:
            self._after = clean
            if not self._hasEnded and self._thread.is_alive():
                return
        clean()

    def _run(self) -> None:
        try:
            self._found.append(self._work())
        except Exception as error:  # noqa: BLE001 - told by the thread of the window
            self._error = error
        with self._lock:
            self._hasEnded = True
            clean = self._after
        if clean is not None:
            clean()
