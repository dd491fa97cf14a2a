"""The Qt half of ``slicer.app``: settings, cursor, module manager, and the event loop."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from bench.application import Application
from bench.messages import messages

DOCUMENTATION = "https://slicer.readthedocs.io/en/latest/"


class ApplicationSignals(QtCore.QObject):
    """Signals of qSlicerApplication to which modules connect."""

    startupCompleted = QtCore.Signal()
    aboutToQuit = QtCore.Signal()


class ModuleManager(QtCore.QObject):
    """``slicer.app.moduleManager()``."""

    moduleAboutToBeUnloaded = QtCore.Signal(str)
    moduleLoaded = QtCore.Signal(str)

    def module(self, name: str) -> Any:
        """Return a loaded module, or None."""
        return getattr(slicer.modules, name.lower(), None)

    def isModuleLoaded(self, name: str) -> bool:
        """Return whether a module of that name is loaded."""
        return self.module(name) is not None


class QtApplication(Application):
    """`Application` with Qt; `install` makes the running one of this class."""

    documentationBaseUrl = DOCUMENTATION

    @functools.cached_property
    def _signals(self) -> ApplicationSignals:
        return ApplicationSignals()

    @functools.cached_property
    def _moduleManager(self) -> ModuleManager:
        return ModuleManager()

    def connect(self, *arguments: Any) -> Any:
        """Connect to a signal of the application, ``startupCompleted()`` for instance."""
        return self._signals.connect(*arguments)

    def disconnect(self, *arguments: Any) -> Any:
        """Undo `connect`."""
        return self._signals.disconnect(*arguments)

    def completeStartup(self) -> None:
        """Emit startupCompleted (bench only)."""
        self._signals.startupCompleted.emit()

    def moduleManager(self) -> ModuleManager:
        """Return the module manager."""
        return self._moduleManager

    def testingEnabled(self) -> bool:
        """Return False, so that messages go where a user would see them; the bench records them."""
        return False

    def processEvents(self, *_flags: Any) -> None:
        """Run Qt's event loop once."""
        QtWidgets.QApplication.processEvents()

    def settings(self) -> QtCore.QSettings:
        """Return the settings, in a file of this process that goes with it."""
        return QtCore.QSettings()

    userSettings = revisionUserSettings = settings

    def setOverrideCursor(self, cursor: Any) -> None:
        """Show a cursor over the whole application."""
        QtWidgets.QApplication.setOverrideCursor(QtGui.QCursor(cursor))

    def restoreOverrideCursor(self) -> None:
        """Undo the latest `setOverrideCursor`."""
        QtWidgets.QApplication.restoreOverrideCursor()

    def topLevelWidgets(self) -> list:
        """Return the widgets without parent."""
        return QtWidgets.QApplication.topLevelWidgets()

    def moduleDocumentationUrl(self, name: str) -> str:
        """Return the address of a module's page in Slicer's documentation."""
        return f"{DOCUMENTATION}user_guide/modules/{name.lower()}.html"

    def restart(self) -> None:
        """Refuse: a test process cannot restart."""
        raise NotImplementedError("the bench does not model restart")


def install() -> QtApplication:
    """Turn ``slicer.app`` into a `QtApplication`, with settings of its own and dialogs recorded."""
    application = slicer.app
    if not isinstance(application, QtApplication):
        application.__class__ = QtApplication
        folder = Path(application.temporaryPath) / "settings"
        QtCore.QSettings.setPath(
            QtCore.QSettings.Format.IniFormat, QtCore.QSettings.Scope.UserScope, str(folder)
        )
        messages.clear()
    return application
