"""Small methods that PythonQt gives every QObject: className, delete, findChild and findChildren by class name."""

from __future__ import annotations

from typing import Any

import shiboken6
from PySide6 import QtCore, QtGui

_findChildren = QtCore.QObject.findChildren
_colorName = QtGui.QColor.name


def findChildren(self: QtCore.QObject, kind: Any = QtCore.QObject, name: str = "", *_options: Any) -> list:
    """Return the descendants of a class, given as class or as its name, optionally of one object name."""
    found = _findChildren(self, QtCore.QObject)
    if isinstance(kind, str):
        found = [child for child in found if child.inherits(kind)]
    else:
        found = [child for child in found if isinstance(child, kind)]
    return [child for child in found if not name or child.objectName == name]


def findChild(self: QtCore.QObject, kind: Any = QtCore.QObject, name: str = "", *options: Any) -> Any:
    """Return the first of `findChildren`, or None."""
    return next(iter(findChildren(self, kind, name, *options)), None)


def _className(self: QtCore.QObject) -> str:
    return self.metaObject().className()


def _delete(self: QtCore.QObject) -> None:
    shiboken6.delete(self)


def _plainColorName(self: QtGui.QColor, form: int = 0) -> str:
    return _colorName(self, QtGui.QColor.NameFormat(form) if isinstance(form, int) else form)


def install() -> None:
    """Put the methods on QObject; QColor.name takes a plain integer as PythonQt's enumerations are."""
    QtCore.QObject.findChildren = findChildren
    QtCore.QObject.findChild = findChild
    QtCore.QObject.className = _className
    QtCore.QObject.delete = _delete
    QtGui.QColor.name = _plainColorName
