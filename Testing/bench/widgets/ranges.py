"""ctkRangeWidget: two values in one range, drawn as a bar with two handles between two spin boxes."""

from __future__ import annotations

import math
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from bench.widgets.scene_widgets import SceneHolder
from bench.widgets.standin import StandIn, stored


class RangeBar(QtWidgets.QWidget):
    """Draws the chosen part of a range; it takes no input."""

    def __init__(self, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self.fractions = (0.0, 1.0)
        self.setMinimumSize(80, 16)

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:
        """Draw groove, chosen part and handles."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        middle, span = self.height / 2, self.width - 12
        first, last = (6 + span * fraction for fraction in self.fractions)
        painter.fillRect(QtCore.QRectF(6, middle - 2, span, 4), self.palette.mid())
        painter.fillRect(QtCore.QRectF(first, middle - 2, last - first, 4), self.palette.highlight())
        painter.setBrush(self.palette.button())
        painter.setPen(self.palette.dark().color())
        for position in (first, last):
            painter.drawEllipse(QtCore.QPointF(position, middle), 5, 5)
        painter.end()


class ctkRangeWidget(StandIn, QtWidgets.QWidget):
    """Lower and upper value, each within minimum and maximum, the lower never above the upper."""

    valuesChanged = QtCore.Signal(float, float)
    minimumValueChanged = QtCore.Signal(float)
    maximumValueChanged = QtCore.Signal(float)
    rangeChanged = QtCore.Signal(float, float)
    minimumValue = stored("minimumValue", 0.0)
    maximumValue = stored("maximumValue", 99.0)
    minimum = stored("minimum", 0.0)
    maximum = stored("maximum", 99.0)
    singleStep = stored("singleStep", 1.0)
    decimals = stored("decimals", 2)
    prefix = stored("prefix", "")
    suffix = stored("suffix", "")
    tracking = stored("tracking", True)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._lower, self._upper = QtWidgets.QDoubleSpinBox(self), QtWidgets.QDoubleSpinBox(self)
        self._bar = RangeBar(self)
        layout.addWidget(self._lower)
        layout.addWidget(self._bar, 1)
        layout.addWidget(self._upper)
        self._lower.valueChanged.connect(self._onLower)
        self._upper.valueChanged.connect(self._onUpper)
        self._draw()

    def setRange(self, minimum: float, maximum: float) -> None:
        """Set both bounds; the values follow."""
        self.maximum = maximum
        self.minimum = minimum

    def setValues(self, lower: float, upper: float) -> None:
        """Set both values with one valuesChanged."""
        before = (self.minimumValue, self.maximumValue)
        after = sorted(min(max(float(value), self.minimum), self.maximum) for value in (lower, upper))
        self._values["minimumValue"], self._values["maximumValue"] = after
        self._draw()
        if before != tuple(after):
            self.valuesChanged.emit(*after)

    def reset(self) -> None:
        """Choose the whole range."""
        self.setValues(self.minimum, self.maximum)

    def _onLower(self, value: float) -> None:
        self.minimumValue = value

    def _onUpper(self, value: float) -> None:
        self.maximumValue = value

    def _coerced(self, name: str, value: Any) -> Any:
        if name == "minimumValue":
            return min(max(value, self.minimum), self.maximumValue)
        if name == "maximumValue":
            return max(min(value, self.maximum), self.minimumValue)
        return value

    def _changed(self, name: str) -> None:
        if name in ("minimum", "maximum"):
            self.setValues(self.minimumValue, self.maximumValue)
            self.rangeChanged.emit(self.minimum, self.maximum)
        self._draw()
        if name in ("minimumValue", "maximumValue"):
            getattr(self, f"{name}Changed").emit(getattr(self, name))
            self.valuesChanged.emit(self.minimumValue, self.maximumValue)

    def _draw(self) -> None:
        for spinBox, value in ((self._lower, self.minimumValue), (self._upper, self.maximumValue)):
            blocker = QtCore.QSignalBlocker(spinBox)
            spinBox.setDecimals(self.decimals)
            spinBox.setRange(self.minimum, self.maximum)
            spinBox.setSingleStep(self.singleStep)
            spinBox.setSuffix(self.suffix)
            spinBox.setPrefix(self.prefix)
            spinBox.setValue(value)
            blocker.unblock()
        span = self.maximum - self.minimum
        if span > 0 and math.isfinite(span):
            values = (self.minimumValue, self.maximumValue)
            self._bar.fractions = tuple((value - self.minimum) / span for value in values)
        self._bar.update()


class qMRMLRangeWidget(SceneHolder, ctkRangeWidget):
    """ctkRangeWidget whose units may come from the scene; here it keeps its own suffix."""

    quantity = stored("quantity", "")
