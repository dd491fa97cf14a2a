"""What every stand-in shares: stored Qt properties, and refusal of names that the real class lacks.

A stand-in bears the real class's name, derives from the same Qt class, keeps state, emits signals and draws itself well
enough for a picture. Names follow the real header (`bench.manifest`):

- a name that the real class lacks raises AttributeError and says so;
- a name that the real class has but the bench does not model raises NotImplementedError.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from PySide6 import QtCore

from bench import manifest


class StoredProperty(QtCore.Property):
    """A Qt property, readable by the .ui loader, whose value lies in the stand-in's ``_values``.

    Assigning from Python goes straight to the setter, so that its exceptions reach the caller.
    """

    def __init__(self, kind: Any, getter: Callable, setter: Callable) -> None:
        super().__init__(kind, getter, setter)
        self._setter = setter

    def __set__(self, instance: Any, value: Any) -> None:
        self._setter(instance, value)


def stored(name: str, default: Any) -> StoredProperty:
    """Return a property of the default's type: bool, int, float, str, or list for a QStringList.

    A QStringList is read as a tuple, as PythonQt gives it.
    """
    kind = "QStringList" if isinstance(default, list) else type(default)
    convert = list if isinstance(default, list) else type(default)

    def getter(self: Any) -> Any:
        value = self._values.get(name, default)
        return tuple(value) if isinstance(value, list) else value

    def setter(self: Any, value: Any) -> None:
        self._store(name, self._coerced(name, convert(value)), default)

    return StoredProperty(kind, getter, setter)


class StandIn:
    """Mixin in front of a Qt class; derived classes bear the real class's name and override the ``_`` hooks."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        exposed = manifest.exposedNames(cls.__name__)
        for name, attribute in list(vars(cls).items()):
            setterName = f"set{name[0].upper()}{name[1:]}"
            if (
                isinstance(attribute, StoredProperty)
                and setterName in exposed
                and setterName not in vars(cls)
            ):
                setattr(cls, setterName, _setterMethod(name))

    def __init__(self, *arguments: Any) -> None:
        self.__dict__["_values"] = {}
        super().__init__(*arguments)

    def _store(self, name: str, value: Any, default: Any) -> None:
        if self._values.get(name, default) != value:
            self._values[name] = value
            self._changed(name)

    def _coerced(self, _name: str, value: Any) -> Any:
        """Return the value as the real class would keep it, for instance within its range."""
        return value

    def _changed(self, name: str) -> None:
        """Redraw and emit after the stored property `name` got a new value."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not _isStandIn(type(self)):
            raise AttributeError(f"{type(self).__name__} has no {name!r}")
        raise manifest.explainAbsent(type(self).__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        attribute = inspect.getattr_static(type(self), name, None)
        if hasattr(type(attribute), "__set__"):
            attribute.__set__(self, value)
        elif name.startswith("_") or not _isStandIn(type(self)):
            self.__dict__[name] = value
        else:
            raise manifest.explainAbsent(type(self).__name__, name)


def _isStandIn(cls: type) -> bool:
    # A module's own class derived from a stand-in may carry attributes of its own.
    return cls.__module__.startswith("bench.")


def _setterMethod(name: str) -> Callable:
    def setter(self: Any, value: Any) -> None:
        setattr(self, name, value)

    return setter
