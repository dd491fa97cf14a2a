"""qMRMLWidget, the scene-carrying widget at the top of every module's .ui, and what it shares with other widgets."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtWidgets

from bench.widgets.standin import StandIn


class SceneHolder(StandIn):
    """Keeps a scene; derived classes override ``_sceneSet``."""

    def __init__(self, *arguments: Any) -> None:
        self.__dict__["_scene"] = None
        super().__init__(*arguments)

    def mrmlScene(self) -> Any:
        """Return the vtkMRMLScene, or None."""
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        """Take a scene; the same one again changes nothing."""
        if scene is self._scene:
            return
        self._scene = scene
        self._sceneSet(scene)
        signal = getattr(type(self), "mrmlSceneChanged", None)
        if signal is not None:
            self.mrmlSceneChanged.emit(scene)

    def _sceneSet(self, scene: Any) -> None:
        """React to a new scene, before mrmlSceneChanged is emitted."""


class qMRMLWidget(SceneHolder, QtWidgets.QWidget):
    """Passes its scene on through ``mrmlSceneChanged``, to which a .ui connects its selectors."""

    mrmlSceneChanged = QtCore.Signal(object)
