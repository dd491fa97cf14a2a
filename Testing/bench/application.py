"""Stands for ``slicer.app`` (qSlicerApplication) as far as slicer.util and a module's logic use it without Qt.

The Qt half (settings, signals, cursor) is added by `bench.qt_application`, the views by `bench.layout`.
"""

from __future__ import annotations

import importlib.metadata
import tempfile
from typing import Any

from bench.file_manager import FileManager


class Application:
    """The running application: scene, application logic, file manager; no views until a layout is given.

    Parameters
    ----------
    scene : vtkMRMLScene
    logic : vtkSlicerApplicationLogic
    """

    applicationName = "Slicer bench"

    def __init__(self, scene: Any, logic: Any) -> None:
        self._scene = scene
        self._logic = logic
        self._files = FileManager(logic)
        self._layoutManager = None
        self.layoutLogic = None
        self.temporaryPath = tempfile.mkdtemp(prefix="slicer-bench-")
        version = importlib.metadata.version("slicer-core")
        self.applicationVersion = version
        self.majorVersion, self.minorVersion = (int(part) for part in version.split(".")[:2])
        self.revision = version.rpartition(".")[2]

    def mrmlScene(self) -> Any:
        """Return the one scene."""
        return self._scene

    def applicationLogic(self) -> Any:
        """Return the vtkSlicerApplicationLogic."""
        return self._logic

    def coreIOManager(self) -> FileManager:
        """Return what reads and writes files for slicer.util.load* and save*."""
        return self._files

    ioManager = coreIOManager

    def layoutManager(self) -> Any:
        """Return the layout manager; None where no views were made, as in Slicer started without main window."""
        return self._layoutManager

    def setLayoutManager(self, layoutManager: Any) -> None:
        """Give the application views (bench only; see `bench.layout`)."""
        self._layoutManager = layoutManager

    def mainWindow(self) -> None:
        """Return None: the bench has no main window."""

    def testingEnabled(self) -> bool:
        """Return True, so that slicer.util never waits for a user."""
        return True

    def processEvents(self, *_flags: Any) -> None:
        """Do nothing; with Qt this runs its event loop once."""

    def pauseRender(self) -> None:
        """Do nothing: the bench draws only when asked."""

    def resumeRender(self) -> None:
        """Do nothing: the bench draws only when asked."""

    def setOverrideCursor(self, *_cursor: Any) -> None:
        """Do nothing: there is no pointer."""

    def restoreOverrideCursor(self) -> None:
        """Do nothing: there is no pointer."""

    def translate(self, _context: str, text: str, *_rest: Any) -> str:
        """Return `text`: the bench speaks the source language."""
        return text
