"""``@parameterNodeWrapper``: a class of typed parameters around a vtkMRMLScriptedModuleNode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
import vtk

from bench.slicer_python.parameters.annotations import split
from bench.slicer_python.parameters.connectors import Connector, createGuiConnector
from bench.slicer_python.parameters.pack import Parameter, declared, isParameterPack, refuseReserved

SlicerParameterNamePropertyName = "SlicerParameterName"


class WrapperMethods:
    """What the decorator adds to the class.

    Parameters
    ----------
    parameterNode : vtkMRMLScriptedModuleNode
    prefix : str, optional
        Put before every name in the node.
    """

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        self.parameterNode = parameterNode
        self._prefix = prefix or ""
        self._connectors: dict[int, dict[str, Connector]] = {}
        self._observerTags: dict[int, int] = {}
        self._nextTag = 0
        self._updatingGui = False
        for parameter in type(self).allParameters.values():
            if not parameter.storage.isIn(parameterNode, self._prefix + parameter.name):
                self._write(parameter, parameter.default.value)

    def default(self, name: str) -> Any:
        """Return the Default of a parameter."""
        _requireParameter(type(self), name)
        return type(self).allParameters[name].default

    @classmethod
    def dataType(cls, name: str) -> Any:
        """Return the annotated type of a parameter, dotted for a pack's member."""
        _requireParameter(cls, name)
        top, _, rest = name.partition(".")
        hint = cls.allParameters[top].unalteredType
        return split(hint)[0].dataType(rest) if rest else hint

    def getValue(self, name: str) -> Any:
        """Return a value by its name, dotted for a pack's member."""
        _requireParameter(type(self), name)
        top, _, rest = name.partition(".")
        value = getattr(self, top)
        return value.getValue(rest) if rest else value

    def setValue(self, name: str, value: Any) -> None:
        """Set a value by its name, dotted for a pack's member."""
        _requireParameter(type(self), name)
        top, _, rest = name.partition(".")
        if rest:
            getattr(self, top).setValue(rest, value)
        else:
            setattr(self, top, value)

    def connectGui(self, gui: Any) -> int:
        """Bind every widget that has the property SlicerParameterName; `gui` is a widget or an object of widgets.

        Returns
        -------
        int
            Tag for `disconnectGui`.

        Raises
        ------
        ValueError
            If a widget names a parameter that does not exist.
        RuntimeError
            If a widget cannot stand for its parameter's type.
        """
        isWidget = getattr(gui, "isWidgetType", lambda: False)()
        widgets = gui.findChildren("QWidget") if isWidget else list(vars(gui).values())
        named = {widget.property(SlicerParameterNamePropertyName): widget for widget in widgets}
        return self.connectParametersToGui({name: widget for name, widget in named.items() if name})

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        """Bind widgets (or connectors) to parameters by name; see `connectGui`."""
        for name in mapping:
            _requireParameter(type(self), name)
        connectors = {
            name: item if isinstance(item, Connector) else createGuiConnector(item, self.dataType(name))
            for name, item in mapping.items()
        }
        tag, self._nextTag = self._nextTag, self._nextTag + 1
        self._connectors[tag] = connectors
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.onChanged(self._callbackFor(name, connector))
        self._observerTags[tag] = self.AddObserver(vtk.vtkCommand.ModifiedEvent, self._updateGui)
        return tag

    def disconnectGui(self, tag: int) -> None:
        """Undo `connectGui`; an unknown tag is ignored."""
        for connector in self._connectors.pop(tag, {}).values():
            connector.onChanged(None)
        if tag in self._observerTags:
            self.RemoveObserver(self._observerTags.pop(tag))

    def _callbackFor(self, name: str, connector: Connector) -> Callable[[], None]:
        def callback() -> None:
            if not self._updatingGui:
                with slicer.util.NodeModify(self):
                    self.setValue(name, connector.read())

        return callback

    def _updateGui(self, *_event: Any) -> None:
        if self._updatingGui:
            return
        self._updatingGui = True
        try:
            with slicer.util.NodeModify(self):
                for connectors in self._connectors.values():
                    for name, connector in connectors.items():
                        connector.write(self.getValue(name))
        finally:
            self._updatingGui = False

    def _write(self, parameter: Parameter, value: Any) -> None:
        with slicer.util.NodeModify(self.parameterNode):
            parameter.storage.write(self.parameterNode, self._prefix + parameter.name, value)

    def _read(self, parameter: Parameter) -> Any:
        name = self._prefix + parameter.name
        if not parameter.storage.isIn(self.parameterNode, name):
            self._write(parameter, parameter.default.value)
        return parameter.storage.read(self.parameterNode, name)

    def StartModify(self) -> Any:
        """Hold back the node's events."""
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified: Any) -> None:
        """Send the node's events."""
        self.parameterNode.EndModify(wasModified)

    def AddObserver(self, event: Any, callback: Callable, priority: float = 0.0) -> int:
        """Observe the node."""
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        """Observe the node no longer."""
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        """Say that the node changed."""
        self.parameterNode.Modified()


def _requireParameter(cls: type, name: str) -> None:
    top, _, rest = name.partition(".")
    if top not in cls.allParameters:
        raise ValueError(
            f"Cannot find a param with the given name: {top}; there are {list(cls.allParameters)}"
        )
    kind = split(cls.allParameters[top].unalteredType)[0]
    while rest:
        if not isParameterPack(kind):
            raise ValueError(f"{kind} is not a parameter pack but expects to have '{rest}'")
        member, _, rest = rest.partition(".")
        kind = split(kind.dataType(member))[0]


def _property(parameter: Parameter) -> property:
    return property(lambda self: self._read(parameter), lambda self, value: self._write(parameter, value))


def parameterNodeWrapper(cls: type | None = None) -> Any:
    """Class decorator, with or without parentheses."""
    if cls is None:
        return parameterNodeWrapper
    parameters = declared(cls)
    public = tuple(name for name in vars(WrapperMethods) if not name.startswith("_"))
    refuseReserved(cls, parameters, ("allParameters", *public))
    body = {
        name: value
        for name, value in vars(cls).items()
        if name not in ("__dict__", "__weakref__", *parameters)
    }
    body.update({name: _property(parameter) for name, parameter in parameters.items()})
    body.update(allParameters=parameters, _is_parameter_node_wrapper=True)
    return type(cls.__name__, (WrapperMethods,), body)


def isParameterNodeWrapper(item: Any) -> bool:
    """Return whether a class or object is a parameter node wrapper."""
    return getattr(item, "_is_parameter_node_wrapper", False)


def findChildWidgetForParameter(widget: Any, name: str) -> Any:
    """Return the widget under `widget` that is bound to a parameter, or None."""
    for child in widget.findChildren("QWidget"):
        if child.property(SlicerParameterNamePropertyName) == name:
            return child
    return None
