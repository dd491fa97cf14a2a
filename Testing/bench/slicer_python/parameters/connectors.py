"""Which widget can stand for which type, and how its value is read, written and watched.

The pairs are Slicer's; a pair that Slicer refuses is refused here with the same exception class.
"""

from __future__ import annotations

import enum
import pathlib
import types
import typing
from collections.abc import Callable
from typing import Any

import slicer

from bench.slicer_python.parameters.annotations import (
    Choice,
    Decimals,
    Maximum,
    Minimum,
    RangeBounds,
    SingleStep,
    WithinRange,
    first,
    split,
)
from bench.slicer_python.parameters.pack import FloatRange

INTEGER_WIDGETS = ("QSlider", "QSpinBox")
FLOAT_WIDGETS = (
    "QDoubleSpinBox", "ctkSliderWidget", "qMRMLSliderWidget", "ctkDoubleSlider", "ctkDoubleSpinBox", "qMRMLSpinBox",
)  # fmt: skip
# Sliders have no place for an unbounded value.
BOUNDED = ("QSlider", "ctkSliderWidget", "qMRMLSliderWidget")
INT_LIMITS = (-(2**31), 2**31 - 1)


class Connector:
    """One widget bound to one parameter.

    Parameters
    ----------
    signal : str or None
        Name of the widget's signal of change; None for a widget that only shows.
    read : callable
        Returns the widget's value as the parameter's type.
    write : callable
        Shows a value.
    """

    def __init__(
        self, widget: Any, signal: str | None, read: Callable[[], Any], write: Callable[[Any], None]
    ) -> None:
        self._widget = widget
        self._signal = getattr(widget, signal) if signal else None
        self._callback: Callable[[], None] | None = None
        self.read = read
        self.write = write

    def widget(self) -> Any:
        """Return the widget."""
        return self._widget

    def onChanged(self, callback: Callable[[], None] | None) -> None:
        """Call `callback` on every change; None ends that."""
        if self._signal is not None:
            if callback is not None:
                self._signal.connect(self.changed)
            elif self._callback is not None:
                self._signal.disconnect(self.changed)
        self._callback = callback

    def changed(self, *_values: Any) -> None:
        """Pass a change on."""
        if self._callback is not None:
            self._callback()


def createGuiConnector(widget: Any, hint: Any) -> Connector:
    """Return the connector of a widget and a possibly annotated type.

    Raises
    ------
    RuntimeError
        If the widget cannot stand for the type.
    """
    kind, annotations = split(hint)
    name = type(widget).__name__
    if kind is bool and name in ("QCheckBox", "ctkCheckBox", "QPushButton", "ctkCheckablePushButton"):
        return _forBool(widget)
    if kind is int and name in INTEGER_WIDGETS:
        return _forNumber(widget, int, annotations)
    if kind in (int, float) and name in FLOAT_WIDGETS:
        return _forNumber(widget, kind, annotations)
    if name in ("QComboBox", "ctkComboBox"):
        return _forChoice(widget, kind, annotations)
    if kind is str and name in ("QLineEdit", "QLabel", "QTextEdit"):
        return _forText(widget, name)
    if kind is FloatRange and name in ("ctkRangeWidget", "qMRMLRangeWidget", "ctkDoubleRangeSlider"):
        return _forRange(widget, annotations)
    isPath = isinstance(kind, type) and issubclass(kind, pathlib.PurePath)
    if isPath and name in ("ctkPathLineEdit", "ctkDirectoryButton"):
        return _forPath(widget, kind)
    if name == "qMRMLNodeComboBox" and nodeClasses(kind):
        widget.nodeTypes = [cls().GetClassName() for cls in nodeClasses(kind)]
        return Connector(widget, "currentNodeChanged", widget.currentNode, widget.setCurrentNode)
    raise RuntimeError(f"Unable to create GUI connector from datatype {hint} to widget type {type(widget)}")


def nodeClasses(kind: Any) -> tuple[type, ...]:
    """Return the node classes of a node type or of a union of node types and None; empty for anything else."""
    union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    kinds = [split(argument)[0] for argument in typing.get_args(kind)] if union else [kind]
    kinds = [member for member in kinds if member is not type(None)]
    if all(isinstance(member, type) and issubclass(member, slicer.vtkMRMLNode) for member in kinds):
        return tuple(kinds)
    return ()


def _setter(widget: Any, name: str) -> Callable[[Any], None]:
    return lambda value: setattr(widget, name, value)


def _forBool(widget: Any) -> Connector:
    if type(widget).__name__ == "QPushButton":
        widget.checkable = True
    return Connector(widget, "toggled", lambda: widget.checked, _setter(widget, "checked"))


def _forNumber(widget: Any, kind: type, annotations: tuple) -> Connector:
    within = first(annotations, WithinRange)
    minimum, maximum = first(annotations, Minimum), first(annotations, Maximum)
    bounds = (minimum and minimum.minimum, maximum and maximum.maximum)
    if within is not None:
        bounds = (within.minimum, within.maximum)
    if type(widget).__name__ in BOUNDED and None in bounds:
        raise RuntimeError(
            f"Cannot have a connection to {type(widget).__name__} where the number is unbounded"
        )
    integerWidget = type(widget).__name__ in INTEGER_WIDGETS
    decimals, step = first(annotations, Decimals), first(annotations, SingleStep)
    if not integerWidget and (kind is int or decimals is not None):
        widget.decimals = 0 if kind is int else decimals.value
    if step is not None:
        widget.singleStep = step.value
    limits = INT_LIMITS if integerWidget else (float("-inf"), float("inf"))
    widget.minimum = limits[0] if bounds[0] is None else bounds[0]
    widget.maximum = limits[1] if bounds[1] is None else bounds[1]
    return Connector(widget, "valueChanged", lambda: kind(widget.value), _setter(widget, "value"))


def _forChoice(widget: Any, kind: Any, annotations: tuple) -> Connector:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        values = list(kind)
        labels = [kind.label(value) if hasattr(kind, "label") else value.name for value in values]
    elif first(annotations, Choice) is not None:
        values = list(first(annotations, Choice).choices)
        labels = [str(value) for value in values]
    else:
        raise RuntimeError("A combo box needs an Enum, or the Choice annotation")
    selected = widget.currentIndex
    widget.clear()
    for label in labels:
        widget.addItem(label)
    widget.currentIndex = selected

    def write(value: Any) -> None:
        if value not in values:
            raise ValueError(f"Unable to find value {value} in choices {values}")
        widget.currentIndex = values.index(value)

    return Connector(widget, "currentIndexChanged", lambda: values[widget.currentIndex], write)


def _forText(widget: Any, name: str) -> Connector:
    if name == "QTextEdit":
        return Connector(widget, "textChanged", widget.toPlainText, widget.setPlainText)

    def write(value: str) -> None:
        # Writing the same text again would move the cursor while the user types.
        if widget.text != value:
            widget.text = value

    return Connector(widget, "textChanged" if name == "QLineEdit" else None, lambda: widget.text, write)


def _forRange(widget: Any, annotations: tuple) -> Connector:
    bounds = first(annotations, RangeBounds)
    if bounds is None:
        raise RuntimeError("A range widget needs the RangeBounds annotation")
    widget.setRange(bounds.minimum, bounds.maximum)
    return Connector(
        widget,
        "valuesChanged",
        lambda: FloatRange(widget.minimumValue, widget.maximumValue),
        lambda value: widget.setValues(value.minimum, value.maximum),
    )


def _forPath(widget: Any, kind: type) -> Connector:
    name = "currentPath" if type(widget).__name__ == "ctkPathLineEdit" else "directory"
    return Connector(
        widget,
        f"{name}Changed",
        lambda: kind(getattr(widget, name)),
        lambda value: setattr(widget, name, str(value)),
    )
