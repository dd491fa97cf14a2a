"""qSlicerScriptedLoadableModuleWidget: the C++ widget that a scripted module's panel fills, its ``self.parent``."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtWidgets

from bench.widgets.standin import StandIn, StoredProperty


def _readEntered(self: Any) -> bool:
    return self._values.get("isEntered", False)


def _refuseEntered(_self: Any, _value: Any) -> None:
    raise AttributeError("isEntered cannot be set; enter() and exit() change it")


class qSlicerScriptedLoadableModuleWidget(StandIn, QtWidgets.QWidget):
    """Host of a panel; tells the module when the user comes and goes."""

    mrmlSceneChanged = QtCore.Signal(object)
    isEntered = StoredProperty(bool, _readEntered, _refuseEntered)

    def __init__(self, *arguments: Any) -> None:
        self.__dict__["_scene"] = self.__dict__["_panel"] = None
        super().__init__(*arguments)

    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene; the same one again changes nothing."""
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)

    def self(self) -> Any:
        """Return the module's ScriptedLoadableModuleWidget."""
        return self._panel

    def enter(self) -> None:
        """The user chose the module."""
        self._values["isEntered"] = True
        if hasattr(self._panel, "enter"):
            self._panel.enter()

    def exit(self) -> None:
        """The user left for another module."""
        self._values["isEntered"] = False
        if hasattr(self._panel, "exit"):
            self._panel.exit()
