"""Observation of a scene or node by a widget, ended by itself when the widget dies."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import shiboken6


class Observation:
    """Calls ``getattr(widget, method)()`` on events of a VTK object until `stop` or the widget's death.

    Parameters
    ----------
    widget : QObject
    caller : vtkObject
    events : iterable of int
    method : str
    """

    def __init__(self, widget: Any, caller: Any, events: Iterable[int], method: str) -> None:
        self._widget = weakref.ref(widget)
        self._method = method
        self._caller = caller
        self._tags = [caller.AddObserver(event, self._onEvent) for event in events]

    def stop(self) -> None:
        """Observe no longer."""
        for tag in self._tags:
            self._caller.RemoveObserver(tag)
        self._tags = []

    def _onEvent(self, *_arguments: Any) -> None:
        widget = self._widget()
        if widget is None or not shiboken6.isValid(widget):
            self.stop()
            return
        getattr(widget, self._method)()
