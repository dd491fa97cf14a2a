"""Qt properties as attributes: ``button.text = "Apply"`` instead of ``button.setText("Apply")``.

PythonQt shows every Q_PROPERTY of every class so, and refuses to invent attributes: a misspelled one is an error.
"""

from __future__ import annotations

import inspect
from typing import Any

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

# PythonQt shows these as methods, or Qt itself calls them as virtual functions.
METHODS = frozenset({"layout", "parent", "style", "sizeHint", "minimumSizeHint"})
# PythonQt converts what it is given; PySide wants the exact type.
LOOSE_CONVERSIONS = {"bool": bool, "int": int, "double": float, "QString": str}


class PropertyAttribute:
    """Descriptor of one Qt property.

    Parameters
    ----------
    name : str
    method : callable or None
        PySide's method of the same name, if any. The class attribute stays the method, since a static function may bear
        a property's name (``QTimer.singleShot``).
    """

    def __init__(self, name: str, method: Any) -> None:
        self.name = name
        self.method = method

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self if self.method is None else self.method
        value = instance.property(self.name)
        return self.method(instance) if value is None and self.method is not None else value

    def __set__(self, instance: Any, value: Any) -> None:
        setter = getattr(instance, f"set{self.name[0].upper()}{self.name[1:]}", None)
        try:
            self._assign(instance, setter, value)
        except TypeError:
            meta = instance.metaObject()
            typeName = meta.property(meta.indexOfProperty(self.name)).typeName()
            if typeName not in LOOSE_CONVERSIONS:
                raise
            self._assign(instance, setter, LOOSE_CONVERSIONS[typeName](value))

    def _assign(self, instance: Any, setter: Any, value: Any) -> None:
        if callable(setter):
            setter(value)
        elif not instance.setProperty(self.name, value):
            raise AttributeError(
                f"{instance.metaObject().className()}.{self.name} cannot be set to {value!r}"
            )


def qtClasses() -> list[type]:
    """Return PySide's QObject classes, bases before what derives from them."""
    # By dir and getattr: PySide makes its classes when they are first asked for.
    modules = (QtCore, QtGui, QtWidgets, QtUiTools)
    everything = [getattr(module, name) for module in modules for name in dir(module)]
    found = {item for item in everything if isinstance(item, type) and issubclass(item, QtCore.QObject)}
    return sorted(found, key=lambda cls: (len(cls.__mro__), cls.__name__))


def install() -> None:
    """Put a `PropertyAttribute` on every class for every property, and refuse unknown attributes."""
    known: dict[type, set[str]] = {}
    for cls in qtClasses():
        meta = cls.staticMetaObject
        own = {meta.property(i).name() for i in range(meta.propertyOffset(), meta.propertyCount())}
        inherited = set().union(*(known.get(base, set()) for base in cls.__mro__[1:]))
        known[cls] = own | inherited
        # A method of a derived class hides the attribute that its base was given: put it back.
        for name in own | (inherited & set(vars(cls))):
            _expose(cls, name)
    QtCore.QObject.name = PropertyAttribute("objectName", None)
    for cls in qtClasses():
        if cls is QtCore.QObject or "__setattr__" in vars(cls):
            cls.__setattr__ = _setKnownAttribute


def _expose(cls: type, name: str) -> None:
    if name in METHODS or name.startswith("_"):
        return
    if isinstance(inspect.getattr_static(cls, name, None), PropertyAttribute) and name not in vars(cls):
        return
    method = getattr(cls, name, None)
    if not isinstance(method, (QtCore.Signal, PropertyAttribute)):
        setattr(cls, name, PropertyAttribute(name, method))


def _setKnownAttribute(self: Any, name: str, value: Any) -> None:
    owner = type(self)
    attribute = inspect.getattr_static(owner, name, None)
    if hasattr(type(attribute), "__set__"):
        attribute.__set__(self, value)
    # Classes derived in Python may carry attributes of their own, in PythonQt too.
    elif attribute is None and owner.__module__.startswith("PySide6"):
        raise AttributeError(f"{owner.__name__} has no property {name!r} to be set")
    else:
        self.__dict__[name] = value
