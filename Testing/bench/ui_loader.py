"""``qt.QUiLoader`` of the bench: reads a module's real .ui with the stand-ins, strictly.

Stricter than Qt, which prints a warning and goes on: an unknown widget class, property, or connection raises.
The connections of a .ui are made here, since the signals of stand-ins carry Python objects.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from PySide6 import QtCore, QtUiTools

from bench import manifest, widgets


class UiError(RuntimeError):
    """A .ui file names something that does not exist; the message lists all such places."""


class UiLoader(QtUiTools.QUiLoader):
    """Loads .ui files with the bench's widgets."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._faults: list[str] = []
        self._made: list[Any] = []

    def createWidget(self, className: str, parent: Any = None, name: str = "") -> Any:
        """Make one widget; called by Qt for every ``<widget>`` of the file."""
        if className in widgets.modelled():
            try:
                widget = widgets.modelled()[className](*([parent] if parent is not None else []))
            except Exception as error:
                # Qt called this function: it must get a widget, or the process dies.
                self._faults.append(f"{name}: {error!r}")
                return super().createWidget("QWidget", parent, name)
            widget.setObjectName(name)
            # Qt owns the widget; its Python half, with state and observers, must live as long.
            self._made.append(widget)
            return widget
        if className.startswith(manifest.WIDGET_PREFIXES):
            known = className in manifest.classes()
            fault = "is not modelled by the bench" if known else "is no class of Slicer or CTK"
            self._faults.append(f"{name}: {className} {fault}")
            return super().createWidget("QWidget", parent, name)
        widget = super().createWidget(className, parent, name)
        if widget is None:
            self._faults.append(f"{name}: {className} is no class of Qt")
        return widget

    def load(self, source: Any, parent: Any = None) -> Any:
        """Return the widget of a .ui, given as open QFile or as path.

        Raises
        ------
        UiError
            If the file names a widget class, property, signal, slot or object that does not exist.
        """
        data = bytes(source.readAll().data()) if hasattr(source, "readAll") else Path(source).read_bytes()
        root = ElementTree.fromstring(data)
        self._faults, self._made = [], []
        connections = root.find("connections")
        if connections is not None:
            root.remove(connections)
        buffer = QtCore.QBuffer()
        buffer.setData(QtCore.QByteArray(ElementTree.tostring(root)))
        buffer.open(QtCore.QIODevice.OpenModeFlag.ReadOnly)
        widget = super().load(buffer, parent)
        if widget is None:
            raise UiError(self.errorString())
        self._checkProperties(root, widget)
        for connection in connections if connections is not None else ():
            self._connect(
                widget, *(connection.findtext(tag) for tag in ("sender", "signal", "receiver", "slot"))
            )
        if self._faults:
            raise UiError("; ".join(self._faults))
        widget.__dict__["_made"] = self._made
        return widget

    def _checkProperties(self, root: ElementTree.Element, top: Any) -> None:
        for element in root.iter("widget"):
            widget = _named(top, element.get("name"))
            for entry in element.findall("property") if widget is not None else ():
                dynamic = entry.get("stdset") == "0"
                if not dynamic and widget.metaObject().indexOfProperty(entry.get("name")) < 0:
                    className, name = element.get("class"), entry.get("name")
                    self._faults.append(f"{element.get('name')}: {manifest.explainAbsent(className, name)}")

    def _connect(self, top: Any, sender: str, signal: str, receiver: str, slot: str) -> None:
        source, target = _named(top, sender), _named(top, receiver)
        if source is None or target is None:
            self._faults.append(f"connection from {sender} to {receiver}: no such object")
            return
        try:
            method = getattr(target, slot.partition("(")[0])
            source.connect(signal, method)
        except (AttributeError, ValueError, NotImplementedError) as error:
            self._faults.append(str(error))


def _named(top: Any, name: str) -> Any:
    return top if top.objectName == name else top.findChild(QtCore.QObject, name)
