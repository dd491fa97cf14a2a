"""ctkPathLineEdit and ctkDirectoryButton: a file or folder, typed or browsed."""

from __future__ import annotations

import os
from typing import Any

from PySide6 import QtCore, QtWidgets

from bench.widgets.standin import StandIn, stored


class ctkPathLineEdit(StandIn, QtWidgets.QWidget):
    """Line edit with a browse button; filters are QDir's, by the enumeration's values in the header."""

    Dirs, Files, Drives, NoSymLinks = 0x001, 0x002, 0x004, 0x008
    Readable, Writable, Executable = 0x010, 0x020, 0x040
    Hidden, System, NoDotDot, NoDot = 0x100, 0x200, 0x4000, 0x2000
    NoDotAndDotDot = NoDot | NoDotDot

    currentPathChanged = QtCore.Signal(str)
    validInputChanged = QtCore.Signal(bool)
    currentPath = stored("currentPath", "")
    filters = stored("filters", 0)
    label = stored("label", "")
    nameFilters = stored("nameFilters", [])
    settingKey = stored("settingKey", "")
    showBrowseButton = stored("showBrowseButton", True)
    showHistoryButton = stored("showHistoryButton", True)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._lineEdit = QtWidgets.QLineEdit(self)
        self._browse = QtWidgets.QToolButton(self)
        self._browse.setText("...")
        layout.addWidget(self._lineEdit, 1)
        layout.addWidget(self._browse)
        self._lineEdit.textChanged.connect(self._onText)

    def addCurrentPathToHistory(self) -> None:
        """Do nothing: the bench keeps no history."""

    def retrieveHistory(self) -> None:
        """Do nothing: the bench keeps no history."""

    def _onText(self, text: str) -> None:
        self.currentPath = text

    def _changed(self, name: str) -> None:
        if name == "currentPath":
            if self._lineEdit.text != self.currentPath:
                self._lineEdit.text = self.currentPath
            self.currentPathChanged.emit(self.currentPath)
        self._browse.setVisible(self.showBrowseButton)


class ctkDirectoryButton(StandIn, QtWidgets.QWidget):
    """Button that shows a folder; a relative one is made absolute."""

    directoryChanged = QtCore.Signal(str)
    directorySelected = QtCore.Signal(str)
    directory = stored("directory", "")
    text = stored("text", "")
    caption = stored("caption", "")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._button = QtWidgets.QPushButton(self)
        layout.addWidget(self._button)

    def _coerced(self, name: str, value: Any) -> Any:
        relative = name == "directory" and value not in ("", ".")
        return os.path.abspath(value) if relative else value  # noqa: PTH100 - as QDir does, links kept

    def _changed(self, name: str) -> None:
        self._button.text = self.text or self.directory
        if name == "directory":
            self.directoryChanged.emit(self.directory)
