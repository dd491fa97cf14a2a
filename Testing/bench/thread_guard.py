"""Finds MRML and widgets touched from a thread other than the main one.

In Slicer that crashes, at times, hours later; on the bench it would pass unnoticed. The guard watches every call into
C code that Python makes in threads started while it is active, and keeps those whose object is a node, a scene, a
logic or a widget. Reads count as well as writes. Not seen: calls through the class (``vtkMRMLNode.GetName(node)``), and
threads that no Python code started.
"""

from __future__ import annotations

import threading
import traceback
from dataclasses import dataclass
from typing import Any

import slicer
import vtk
from PySide6 import QtGui, QtWidgets

GUARDED = (
    slicer.vtkMRMLNode,
    slicer.vtkMRMLScene,
    slicer.vtkMRMLAbstractLogic,
    slicer.vtkSegmentation,
    slicer.vtkSegment,
    vtk.vtkRenderWindow,
    QtWidgets.QWidget,
    QtGui.QPixmap,
)


@dataclass(frozen=True)
class Trespass:
    """One forbidden call: ``Class.method``, the thread's name, and the stack of the worker at that moment."""

    call: str
    thread: str
    stack: str

    def __str__(self) -> str:
        return f"{self.call} called in thread {self.thread}:\n{self.stack}"


class ThreadGuard:
    """Context manager; `trespasses` lists what it found, one entry per kind of call.

    Examples
    --------
    >>> with ThreadGuard() as guard:
    ...     runTheModule()
    >>> assert guard.trespasses == []
    """

    def __init__(self) -> None:
        self._found: dict[str, Trespass] = {}
        self._active = False
        self._before: Any = None

    @property
    def trespasses(self) -> list[Trespass]:
        """What was found so far."""
        return list(self._found.values())

    def __enter__(self) -> ThreadGuard:
        self._active = True
        self._before = threading.getprofile()
        threading.setprofile(self._onCall)
        return self

    def __exit__(self, *_details: object) -> None:
        self._active = False
        threading.setprofile(self._before)

    def clear(self) -> None:
        """Forget what was found, where a test expects it."""
        self._found.clear()

    def _onCall(self, frame: Any, event: str, argument: Any) -> None:
        if event != "c_call" or not self._active:
            return
        owner = getattr(argument, "__self__", None)
        if isinstance(owner, GUARDED) or (isinstance(owner, type) and issubclass(owner, GUARDED)):
            cls = owner if isinstance(owner, type) else type(owner)
            call = f"{cls.__name__}.{argument.__name__}"
            if call not in self._found:
                stack = "".join(traceback.format_stack(frame, limit=6))
                self._found[call] = Trespass(call, threading.current_thread().name, stack)
