"""How a value of each type lies in the parameter node; names and texts equal Slicer's."""

from __future__ import annotations

import enum
import pathlib
import types
import typing
from collections.abc import Callable, Iterable, MutableSequence
from typing import Any

import slicer

from bench.slicer_python.parameters.annotations import IsInstance, NotNone, Validator, split


class Storage:
    """One parameter type. Derived classes override; `checks` run before a value is written."""

    checks: tuple[Validator, ...] = ()

    def default(self) -> Any:
        """Return the value that a parameter has where none was given."""
        raise NotImplementedError

    def isIn(self, node: Any, name: str) -> bool:
        """Return whether the node holds a value of that name."""
        return bool(node.HasParameter(name))

    def check(self, value: Any) -> None:
        """Raise ValueError or TypeError if the value is not allowed."""
        for validator in self.checks:
            validator.validate(value)

    def write(self, node: Any, name: str, value: Any) -> None:
        """Check and store a value."""
        self.check(value)
        self.put(node, name, value)

    def put(self, node: Any, name: str, value: Any) -> None:
        """Store a checked value."""
        raise NotImplementedError

    def read(self, node: Any, name: str) -> Any:
        """Return the stored value."""
        raise NotImplementedError

    def remove(self, node: Any, name: str) -> None:
        """Forget the value."""
        node.UnsetParameter(name)


class TextStorage(Storage):
    """A value kept as one text."""

    def __init__(
        self,
        kind: Any,
        default: Any,
        toText: Callable[[Any], str] = str,
        fromText: Callable[[str], Any] | None = None,
    ) -> None:
        self.kind = kind
        self.checks = (NotNone(), IsInstance((int, float) if kind is float else kind))
        self._default = default
        self._toText = toText
        self._fromText = fromText or kind

    def default(self) -> Any:
        """Return the type's own default."""
        return self._default

    def put(self, node: Any, name: str, value: Any) -> None:
        """Store the text."""
        node.SetParameter(name, self._toText(value))

    def read(self, node: Any, name: str) -> Any:
        """Return the value of the text."""
        return self._fromText(node.GetParameter(name))


class NodeStorage(Storage):
    """A node or None, kept as node reference; the empty text of the same name says that it was set."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.checks = (IsInstance(kind),)

    def default(self) -> None:
        """Return None."""

    def put(self, node: Any, name: str, value: Any) -> None:
        """Store the reference."""
        node.SetParameter(name, "")
        node.SetNodeReferenceID(name, value.GetID() if value is not None else None)

    def read(self, node: Any, name: str) -> Any:
        """Return the node, or None where it left the scene."""
        return node.GetNodeReference(name)

    def remove(self, node: Any, name: str) -> None:
        """Forget text and reference."""
        node.UnsetParameter(name)
        node.RemoveNodeReferenceIDs(name)


class NoneStorage(Storage):
    """The None of an Optional."""

    kind = type(None)
    checks = (IsInstance(type(None)),)

    def default(self) -> None:
        """Return None."""

    def put(self, node: Any, name: str, _value: Any) -> None:
        """Store that it is None."""
        node.SetParameter(name, "True")

    def read(self, _node: Any, _name: str) -> None:
        """Return None."""


class ListStorage(Storage):
    """A list: ``name.len`` and ``name.0``, ``name.1`` ..."""

    kind = list
    checks = (NotNone(),)

    def __init__(self, element: Storage) -> None:
        self._element = element

    def default(self) -> list:
        """Return an empty list."""
        return []

    def isIn(self, node: Any, name: str) -> bool:
        """Return whether a length is stored."""
        return bool(node.HasParameter(f"{name}.len"))

    def check(self, value: Any) -> None:
        """Check every element."""
        super().check(value)
        for element in value:
            self._element.check(element)

    def put(self, node: Any, name: str, value: Iterable) -> None:
        """Store length and elements; elements beyond the new length go."""
        elements = list(value)
        with slicer.util.NodeModify(node):
            before = self._length(node, name)
            for index, element in enumerate(elements):
                self._element.put(node, f"{name}.{index}", element)
            for index in range(len(elements), before):
                self._element.remove(node, f"{name}.{index}")
            node.SetParameter(f"{name}.len", str(len(elements)))

    def read(self, node: Any, name: str) -> ObservedList:
        """Return a list whose changes go into the node."""
        elements = [self._element.read(node, f"{name}.{index}") for index in range(self._length(node, name))]
        return ObservedList(elements, lambda changed: self.write(node, name, changed))

    def remove(self, node: Any, name: str) -> None:
        """Forget length and elements."""
        with slicer.util.NodeModify(node):
            for index in range(self._length(node, name)):
                self._element.remove(node, f"{name}.{index}")
            node.UnsetParameter(f"{name}.len")

    def _length(self, node: Any, name: str) -> int:
        return int(node.GetParameter(f"{name}.len")) if self.isIn(node, name) else 0


class ObservedList(MutableSequence):
    """A list that is written back whenever it changes."""

    def __init__(self, elements: list, save: Callable[[list], None]) -> None:
        self._elements = elements
        self._save = save

    def __getitem__(self, index: Any) -> Any:
        return self._elements[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._elements[index] = value
        self._save(self._elements)

    def __delitem__(self, index: Any) -> None:
        del self._elements[index]
        self._save(self._elements)

    def __len__(self) -> int:
        return len(self._elements)

    def insert(self, index: int, value: Any) -> None:
        """Insert before `index`."""
        self._elements.insert(index, value)
        self._save(self._elements)

    def __eq__(self, other: object) -> bool:
        return self._elements == (other._elements if isinstance(other, ObservedList) else other)

    __hash__ = None

    def __repr__(self) -> str:
        return f"ObservedList({self._elements})"


class UnionStorage(Storage):
    """One of several types: ``name.<index of the type>``."""

    def __init__(self, members: list[Storage]) -> None:
        self._members = members
        self.kind = tuple(member.kind for member in members)

    def default(self) -> Any:
        """Return None for an Optional, else the first type's default."""
        optional = len(self._members) == 2 and isinstance(self._members[1], NoneStorage)
        return None if optional else self._members[0].default()

    def isIn(self, node: Any, name: str) -> bool:
        """Return whether any of the types has a value."""
        return self._present(node, name) is not None

    def check(self, value: Any) -> None:
        """Raise TypeError if no type takes the value."""
        super().check(value)
        self._memberFor(value).check(value)

    def put(self, node: Any, name: str, value: Any) -> None:
        """Store under the index of the value's type."""
        member = self._memberFor(value)
        with slicer.util.NodeModify(node):
            self.remove(node, name)
            member.put(node, f"{name}.{self._members.index(member)}", value)

    def read(self, node: Any, name: str) -> Any:
        """Return the value of whichever type is stored."""
        index = self._present(node, name)
        if index is None:
            raise KeyError(name)
        return self._members[index].read(node, f"{name}.{index}")

    def remove(self, node: Any, name: str) -> None:
        """Forget the value of every type."""
        for index, member in enumerate(self._members):
            member.remove(node, f"{name}.{index}")

    def _present(self, node: Any, name: str) -> int | None:
        indices = range(len(self._members))
        return next((index for index in indices if self._members[index].isIn(node, f"{name}.{index}")), None)

    def _memberFor(self, value: Any) -> Storage:
        for member in self._members:
            # By the exact type first: True is an int to Python.
            if isinstance(value, member.kind) and (not isinstance(value, bool) or member.kind is bool):
                return member
        raise TypeError(f"{value!r} is of none of the types {self.kind}")


TEXT_TYPES = {
    bool: TextStorage(bool, False, lambda value: "True" if value else "False", lambda text: text == "True"),
    int: TextStorage(int, 0),
    float: TextStorage(float, 0),
    str: TextStorage(str, ""),
}


def storageFor(hint: Any) -> tuple[Storage, tuple]:
    """Return the storage of a possibly annotated type, and the annotations that are no validators.

    Raises
    ------
    TypeError
        For a type that the replacement does not store.
    """
    kind, annotations = split(hint)
    storage = _plainStorage(kind)
    validators = tuple(a for a in annotations if isinstance(a, Validator))
    if validators:
        storage = _withChecks(storage, validators)
    return storage, tuple(a for a in annotations if not isinstance(a, Validator))


def _plainStorage(kind: Any) -> Storage:
    origin = typing.get_origin(kind)
    if kind in TEXT_TYPES:
        return TEXT_TYPES[kind]
    if kind is type(None):
        return NoneStorage()
    if origin is list:
        return ListStorage(storageFor(typing.get_args(kind)[0])[0])
    if origin in (typing.Union, types.UnionType):
        return UnionStorage([storageFor(argument)[0] for argument in typing.get_args(kind)])
    if isinstance(kind, type) and issubclass(kind, pathlib.PurePath):
        return TextStorage(kind, kind())
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return TextStorage(kind, next(iter(kind)), lambda value: value.name, kind.__getitem__)
    if isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode):
        return NodeStorage(kind)
    if getattr(kind, "_is_parameterPack", False):
        return kind.packStorage()
    raise TypeError(f"the bench's replacement of parameterNodeWrapper does not store {kind}")


def _withChecks(storage: Storage, validators: tuple) -> Storage:
    checked = type(storage).__new__(type(storage))
    checked.__dict__.update(storage.__dict__)
    checked.checks = (*storage.checks, *validators)
    return checked
