"""CTK widgets that differ little from Qt's own."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from bench.widgets.standin import StandIn, StoredProperty, stored


class ctkCheckBox(StandIn, QtWidgets.QCheckBox):
    """QCheckBox."""


class ctkComboBox(StandIn, QtWidgets.QComboBox):
    """QComboBox with a text shown while nothing is chosen."""

    defaultText = stored("defaultText", "")

    def _changed(self, _name: str) -> None:
        self.setPlaceholderText(self.defaultText)


class ctkPushButton(StandIn, QtWidgets.QPushButton):
    """QPushButton."""


class ctkCheckablePushButton(StandIn, QtWidgets.QPushButton):
    """QPushButton with a check box in it; the check box is not drawn."""

    checkBoxControlsButton = stored("checkBoxControlsButton", True)
    checkBoxControlsButtonToggleState = stored("checkBoxControlsButtonToggleState", True)


def _readColor(self: Any) -> QtGui.QColor:
    return self._values.get("color", QtGui.QColor(0, 0, 0))


def _writeColor(self: Any, color: QtGui.QColor) -> None:
    self._store("color", color, QtGui.QColor(0, 0, 0))


class ctkColorPickerButton(StandIn, QtWidgets.QPushButton):
    """Button filled with its color."""

    colorChanged = QtCore.Signal(QtGui.QColor)
    color = StoredProperty(QtGui.QColor, _readColor, _writeColor)
    displayColorName = stored("displayColorName", True)

    def _changed(self, name: str) -> None:
        swatch = QtGui.QPixmap(16, 16)
        swatch.fill(self.color)
        self.setIcon(QtGui.QIcon(swatch))
        self.text = self.color.name() if self.displayColorName else ""
        if name == "color":
            self.colorChanged.emit(self.color)
