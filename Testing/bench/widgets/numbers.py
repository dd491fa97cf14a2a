"""Sliders and spin boxes of CTK: one value within a range, shown with a suffix."""

from __future__ import annotations

import math
from typing import Any

from PySide6 import QtCore, QtWidgets

from bench.widgets.scene_widgets import SceneHolder
from bench.widgets.standin import StandIn, stored

SLIDER_STEPS = 1000
# An infinite bound is allowed for the real classes; QDoubleSpinBox wants a number.
LARGEST = 1e12


class OneValue(StandIn):
    """Value kept within minimum and maximum; the spin box inside shows it and takes the user's changes."""

    def _addSpinBox(self, layout: QtWidgets.QLayout) -> None:
        self._spinBox = QtWidgets.QDoubleSpinBox(self)
        layout.addWidget(self._spinBox)
        self._spinBox.valueChanged.connect(self._onUserValue)
        self._draw()

    def _onUserValue(self, value: float) -> None:
        self.value = value

    def _coerced(self, name: str, value: Any) -> Any:
        if name == "value":
            return min(max(value, self.minimum), self.maximum)
        return value

    def _changed(self, name: str) -> None:
        if name in ("minimum", "maximum"):
            self.value = self.value
        self._draw()
        if name == "value":
            self.valueChanged.emit(self.value)

    def _draw(self) -> None:
        spinBox = self._spinBox
        blocker = QtCore.QSignalBlocker(spinBox)
        spinBox.setDecimals(self.decimals)
        spinBox.setRange(max(self.minimum, -LARGEST), min(self.maximum, LARGEST))
        spinBox.setSingleStep(self.singleStep)
        spinBox.setSuffix(self.suffix)
        spinBox.setPrefix(self.prefix)
        spinBox.setValue(self.value)
        blocker.unblock()


class ctkSliderWidget(OneValue, QtWidgets.QWidget):
    """Slider and spin box side by side."""

    valueChanged = QtCore.Signal(float)
    valueIsChanging = QtCore.Signal(float)
    value = stored("value", 0.0)
    minimum = stored("minimum", 0.0)
    maximum = stored("maximum", 99.0)
    singleStep = stored("singleStep", 1.0)
    pageStep = stored("pageStep", 1.0)
    decimals = stored("decimals", 2)
    prefix = stored("prefix", "")
    suffix = stored("suffix", "")
    tracking = stored("tracking", True)
    tickInterval = stored("tickInterval", 0.0)
    spinBoxVisible = stored("spinBoxVisible", True)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal, self)
        self._slider.setRange(0, SLIDER_STEPS)
        self._slider.valueChanged.connect(self._onSlider)
        layout.addWidget(self._slider, 1)
        self._addSpinBox(layout)

    def reset(self) -> None:
        """Return to zero, or to the nearest bound."""
        self.value = 0.0

    def _onSlider(self, position: int) -> None:
        self.value = self.minimum + (self.maximum - self.minimum) * position / SLIDER_STEPS

    def _draw(self) -> None:
        super()._draw()
        self._spinBox.setVisible(self.spinBoxVisible)
        span = self.maximum - self.minimum
        blocker = QtCore.QSignalBlocker(self._slider)
        if span > 0 and math.isfinite(span):
            self._slider.setValue(round(SLIDER_STEPS * (self.value - self.minimum) / span))
        blocker.unblock()


class ctkDoubleSpinBox(OneValue, QtWidgets.QWidget):
    """Spin box of floats."""

    valueChanged = QtCore.Signal(float)
    value = stored("value", 0.0)
    minimum = stored("minimum", 0.0)
    maximum = stored("maximum", 99.99)
    singleStep = stored("singleStep", 1.0)
    decimals = stored("decimals", 2)
    prefix = stored("prefix", "")
    suffix = stored("suffix", "")
    readOnly = stored("readOnly", False)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._addSpinBox(layout)


class qMRMLSliderWidget(SceneHolder, ctkSliderWidget):
    """ctkSliderWidget whose units may come from the scene; here it keeps its own suffix."""

    quantity = stored("quantity", "")


class qMRMLSpinBox(SceneHolder, ctkDoubleSpinBox):
    """ctkDoubleSpinBox whose units may come from the scene; here it keeps its own suffix."""

    quantity = stored("quantity", "")
