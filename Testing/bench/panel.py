"""Opens a scripted module as Slicer does, with its real .ui and widget class, and takes a picture of its panel."""

from __future__ import annotations

import functools
import gc
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from bench import headless, layout, messages, pythonqt, qt_application, slicer_python, widgets
from bench.dicom_database import DicomDatabase

# Names under which modules import what a desktop Slicer has in several libraries.
KIT_NAMES = (
    "MRMLCorePython",
    "MRMLLogicPython",
    "mrml",
    "vtkAddon",
    "vtkITK",
    "vtkSegmentationCore",
    "vtkTeem",
)
PANEL_WIDTH = 460  # pixels, the usual width of Slicer's module panel


@functools.cache
def boot() -> Any:
    """Start everything that a panel needs: scene, Qt, stand-ins, application, slice views; return `slicer`."""
    headless.boot()
    pythonqt.install()
    widgets.install()
    import qt

    from bench.ui_loader import UiLoader

    qt.QUiLoader = UiLoader
    qt_application.install()
    messages.install()
    slicer_python.install()
    slicer.dicomDatabase = DicomDatabase()
    slicer.qSlicerScriptedLoadableModule = ScriptedModule
    for name in KIT_NAMES:
        sys.modules.setdefault(name, slicer)
    layout.install()
    _applyLook()
    return slicer


class ScriptedModule:
    """Stands for qSlicerScriptedLoadableModule, the ``parent`` of a module object."""

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name
        self.title = self.helpText = self.acknowledgementText = self.defaultDocumentationLink = ""
        self.categories: list[str] = []
        self.dependencies: list[str] = []
        self.contributors: list[str] = []
        self.associatedNodeTypes: list[str] = []
        self.hidden = False
        self.widgetRepresentationCreationEnabled = True
        self.icon = None
        self.index = -1
        self.host: Any = None

    def logic(self) -> None:
        """Return None: a scripted module's logic is its widget's."""

    def widgetRepresentation(self) -> Any:
        """Return the host of the module's panel; its ``self()`` is the module's widget."""
        return self.host


class Panel:
    """An opened module.

    Attributes
    ----------
    module : ScriptedLoadableModule
    widget : ScriptedLoadableModuleWidget
    host : qSlicerScriptedLoadableModuleWidget
        The widget that the panel fills: take its picture, call its ``exit`` and ``enter`` as a user would who
        changes modules.
    """

    def __init__(self, name: str, module: Any, widget: Any, host: Any) -> None:
        self.name = name
        self.module = module
        self.widget = widget
        self.host = host
        self._closed = False

    def close(self) -> None:
        """Leave and unload the module as Slicer does on exit, then delete its widgets.

        Raises
        ------
        AssertionError
            If the module's cleanup left observers behind.
        """
        if self._closed:
            return
        self._closed = True
        self.host.exit()
        slicer.app.moduleManager().moduleAboutToBeUnloaded.emit(self.name)
        left = [(obj.GetClassName(), event) for obj, event, *_ in getattr(self.widget, "Observations", ())]
        self._forget()
        _disturbScene()
        assert not left, f"{self.name}: cleanup left observers on {left}; call removeObservers()"

    def abandon(self) -> None:
        """Take a panel away whose setup failed, without the module's help."""
        self._closed = True
        if hasattr(self.widget, "removeObservers"):
            self.widget.removeObservers()
        handler = getattr(self.widget, "_onModuleAboutToBeUnloaded", None)
        slicer.app.moduleManager().disconnect("moduleAboutToBeUnloaded(QString)", handler)
        self._forget()

    def _forget(self) -> None:
        for name in (self.name.lower(), f"{self.name}Widget", f"{self.name}Instance"):
            vars(slicer.modules).pop(name, None)
        self.host.delete()


def openModule(path: str | Path) -> Panel:
    """Import a module file and build its panel, in the order of qSlicerScriptedLoadableModule.

    Parameters
    ----------
    path : path of ``<Module>.py``; the module's folder joins sys.path, as in Slicer.

    Raises
    ------
    Whatever the module raises, and `bench.ui_loader.UiError` for faults of its .ui.
    """
    boot()
    path = Path(path).resolve()
    name = path.stem
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    code = importlib.util.module_from_spec(spec)
    sys.modules[name] = code
    spec.loader.exec_module(code)
    parent = ScriptedModule(str(path), name)
    headless.addModule(parent)
    module = getattr(code, name)(parent)
    setattr(slicer.modules, f"{name}Instance", module)
    host = parent.host = slicer.qSlicerScriptedLoadableModuleWidget()
    host.setLayout(QtWidgets.QVBoxLayout())
    host.setMRMLScene(slicer.mrmlScene)
    widget = getattr(code, f"{name}Widget")(host)
    setattr(slicer.modules, f"{name}Widget", widget)
    host._panel = widget
    panel = Panel(name, module, widget, host)
    try:
        widget.setup()
        host.show()
        host.enter()
    except Exception:
        panel.abandon()
        raise
    return panel


def waitUntil(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Run the event loop until `condition()` holds.

    Raises
    ------
    TimeoutError
        If it does not hold within `seconds`.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not so within {seconds} s")
        QtWidgets.QApplication.processEvents()
        time.sleep(0.005)


def picture(widget: Any, path: str | Path, width: int = PANEL_WIDTH) -> Path:
    """Write a PNG of a widget at a panel's width and its natural height; return its path."""
    widget.show()
    for _pass in range(2):  # labels say how they wrap when they have got their width
        QtWidgets.QApplication.processEvents()
        # The height that the contents want at this width, labels wrapped.
        wanted = widget.heightForWidth(width)
        widget.resize(width, max(wanted, widget.sizeHint().height()))
    QtWidgets.QApplication.processEvents()
    if not widget.grab().save(str(path)):
        raise OSError(f"cannot write {path}")
    return Path(path)


def _disturbScene() -> None:
    """Send the events after which a forgotten observer would reach for deleted widgets."""
    gc.collect()
    scene = slicer.mrmlScene
    for node in [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]:
        if node.IsA("vtkMRMLScriptedModuleNode"):
            node.Modified()
    for event in (scene.StartCloseEvent, scene.EndCloseEvent, scene.EndImportEvent):
        scene.InvokeEvent(event)


def _applyLook() -> None:
    """Give the application Slicer's light look, with a font that is the same on every machine where possible."""
    application = QtWidgets.QApplication.instance()
    application.setStyle("Fusion")
    palette = QtGui.QPalette(QtGui.QColor("#f0f0f0"), QtGui.QColor("#f0f0f0"))
    palette.setColor(QtGui.QPalette.ColorRole.Base, QtGui.QColor("#ffffff"))
    palette.setColor(QtGui.QPalette.ColorRole.Highlight, QtGui.QColor("#3d7ab8"))
    application.setPalette(palette)
    spec = importlib.util.find_spec("matplotlib")
    if spec is not None:
        font = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        QtGui.QFontDatabase.addApplicationFont(str(font))
        application.setFont(QtGui.QFont("DejaVu Sans", 9))
    QtCore.QLocale.setDefault(QtCore.QLocale.c())
