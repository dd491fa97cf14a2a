"""``connect("clicked(bool)", f)`` and ``disconnect`` by a signature in a string, as PythonQt offers them.

A signature that the class lacks raises ValueError here; PythonQt prints a warning and returns False, unread.
For stand-ins of Slicer's and CTK's widgets the signature must be in the real class's header.
"""

from __future__ import annotations

import inspect
import types
import weakref
from typing import Any

from PySide6 import QtCore

from bench import manifest
from bench.pythonqt.properties import qtClasses

ARGUMENT_TYPES = {"int": int, "bool": bool, "QString": str, "double": float}

_connections: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_qtConnect = QtCore.QObject.connect
_qtDisconnect = QtCore.QObject.disconnect


def normalized(signature: str) -> str:
    """Return a signature without const, references and blanks."""
    return signature.replace("const ", "").replace("&", "").replace(" ", "")


def acceptedArguments(function: Any) -> int | None:
    """Return how many positional arguments a callable takes; None for any number or where it cannot be told."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in positional for parameter in parameters)


def signatures(sender: QtCore.QObject, name: str) -> list[str]:
    """Return the signatures under which `sender` emits `name`: the real header's if it is a stand-in, else Qt's."""
    real = [s for cls in type(sender).__mro__ for s in manifest.signals(cls.__name__, name)]
    if real:
        return [normalized(signature) for signature in real]
    meta = sender.metaObject()
    methods = (meta.method(i) for i in range(meta.methodCount()))
    return [
        normalized(bytes(method.methodSignature()).decode())
        for method in methods
        if method.methodType() == QtCore.QMetaMethod.Signal and bytes(method.name()).decode() == name
    ]


def findSignal(sender: QtCore.QObject, signature: str) -> tuple[Any, int]:
    """Return the bound signal and the number of its arguments.

    Raises
    ------
    ValueError
        If the sender has no signal of that signature; the message lists those it has.
    """
    wanted = normalized(signature)
    name = wanted.partition("(")[0]
    available = signatures(sender, name)
    signal = getattr(sender, name, None) if available else None
    if wanted not in available or not hasattr(signal, "connect"):
        className = sender.metaObject().className()
        raise ValueError(f"{className} has no signal {signature}; of that name it has {available}")
    arguments = [part for part in wanted.partition("(")[2].rstrip(")").split(",") if part]
    if len(available) > 1 and all(argument in ARGUMENT_TYPES for argument in arguments):
        signal = _overload(signal, tuple(ARGUMENT_TYPES[argument] for argument in arguments))
    return signal, len(arguments)


def _overload(signal: Any, kinds: tuple) -> Any:
    try:
        return signal[kinds if len(kinds) != 1 else kinds[0]]
    except (KeyError, IndexError):
        return signal  # a default argument gives Qt two signatures, PySide one signal


def connect(self: QtCore.QObject, *arguments: Any) -> Any:
    """Connect a signal given in a string to a callable, or to (receiver, "slot()")."""
    if not (arguments and isinstance(arguments[0], str)):
        return _qtConnect(*arguments)
    signature, function = arguments[0], arguments[1]
    if len(arguments) == 3:
        function = getattr(arguments[1], arguments[2].partition("(")[0])
    signal, count = findSignal(self, signature)
    accepted = acceptedArguments(function)
    passed = count if accepted is None else min(count, accepted)

    def adapter(*values: Any) -> None:
        function(*values[:passed])

    signal.connect(adapter)
    _connections.setdefault(self, []).append((normalized(signature), function, signal, adapter))
    return True


def disconnect(self: QtCore.QObject, *arguments: Any) -> Any:
    """Undo `connect` for one function, or for the latest of a signature; False where there was no such connection."""
    if not (arguments and isinstance(arguments[0], str)):
        return _qtDisconnect(*arguments)
    made = _connections.get(self, [])
    for connection in made:
        signature, function, signal, adapter = connection
        if signature == normalized(arguments[0]) and (len(arguments) == 1 or function == arguments[-1]):
            signal.disconnect(adapter)
            made.remove(connection)
            return True
    return False


def install() -> None:
    """Give every Qt class these two methods.

    Shiboken answers ``connect`` and ``disconnect`` before it looks at class attributes, and some classes (QFile,
    QTimer) do so in a function of their own; each such class is wrapped with its own original.
    """
    QtCore.QObject.connect, QtCore.QObject.disconnect = connect, disconnect
    for cls in qtClasses():
        if cls is QtCore.QObject or "__getattribute__" in vars(cls):
            _wrapGetAttribute(cls)


def _wrapGetAttribute(cls: type) -> None:
    original = cls.__getattribute__

    def getAttribute(self: Any, name: str) -> Any:
        if name == "connect":
            return types.MethodType(connect, self)
        if name == "disconnect":
            return types.MethodType(disconnect, self)
        return original(self, name)

    cls.__getattribute__ = getAttribute
