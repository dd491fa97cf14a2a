"""The module ``qt``: all Qt classes in one namespace, without the names that only PySide has."""

from __future__ import annotations

import sys
import types

from PySide6 import QtCore, QtGui, QtWidgets

# A module that uses them would run here and fail in Slicer.
PYSIDE_ONLY = (
    "ClassInfo", "Property", "QEnum", "QFlag", "SIGNAL", "SLOT", "Signal", "SignalInstance", "Slot",
)  # fmt: skip


def install() -> None:
    """Register ``qt`` in sys.modules and prepare the application object that widgets need."""
    qt = types.ModuleType("qt")
    for module in (QtCore, QtGui, QtWidgets):
        qt.__dict__.update({name: getattr(module, name) for name in dir(module) if not name.startswith("__")})
    for name in PYSIDE_ONLY:
        qt.__dict__.pop(name, None)
    sys.modules["qt"] = qt
    QtCore.QCoreApplication.setOrganizationName("SlicerBench")
    QtCore.QCoreApplication.setApplicationName("SlicerBench")
    QtCore.QSettings.setDefaultFormat(QtCore.QSettings.IniFormat)
    if QtWidgets.QApplication.instance() is None:
        # Kept for the life of the process: Qt dies with it.
        qt._application = QtWidgets.QApplication(["SlicerBench"])
