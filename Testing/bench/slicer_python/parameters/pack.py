"""``@parameterPack``: several parameters under one name, for instance one pack per panel section."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

import slicer

from bench.slicer_python.parameters.annotations import Default, IsInstance, NotNone, first, split
from bench.slicer_python.parameters.storage import Storage, storageFor


@dataclass(frozen=True)
class Parameter:
    """One declared parameter: its name, the annotated type as written, its storage and its default."""

    name: str
    unalteredType: Any
    storage: Storage
    default: Default


def declared(cls: type) -> dict[str, Parameter]:
    """Return the parameters of a class by name, in order of declaration."""
    found = {}
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        storage, annotations = storageFor(hint)
        if hasattr(cls, name):
            default = Default(getattr(cls, name))
        else:
            default = first(annotations, Default) or Default(generator=storage.default)
        found[name] = Parameter(name, hint, storage, default)
    return found


def refuseReserved(cls: type, parameters: dict[str, Parameter], names: tuple[str, ...]) -> None:
    """Raise ValueError where a class declares a name that the decorator needs."""
    for name in names:
        if name in parameters or hasattr(cls, name):
            raise ValueError(f"Cannot use reserved name '{name}' in {cls.__name__}")


class PackMethods:
    """What the decorator adds. A pack read from a parameter node is bound: it writes its changes there."""

    _boundTo: tuple[Any, str] | None = None

    def getValue(self, name: str) -> Any:
        """Return a member by its dotted name."""
        top, _, rest = name.partition(".")
        _requireMember(self, top)
        value = getattr(self, top)
        return value.getValue(rest) if rest else value

    def setValue(self, name: str, value: Any) -> None:
        """Set a member by its dotted name."""
        top, _, rest = name.partition(".")
        _requireMember(self, top)
        if rest:
            getattr(self, top).setValue(rest, value)
        else:
            setattr(self, top, value)

    @classmethod
    def dataType(cls, name: str) -> Any:
        """Return the annotated type of a member by its dotted name."""
        top, _, rest = name.partition(".")
        _requireMember(cls, top)
        hint = cls.allParameters[top].unalteredType
        return split(hint)[0].dataType(rest) if rest else hint

    @classmethod
    def packStorage(cls) -> PackStorage:
        """Return how the pack lies in a parameter node."""
        return PackStorage(cls)

    def __eq__(self, other: object) -> bool:
        names = type(self).allParameters
        return isinstance(other, PackMethods) and all(
            getattr(self, name) == getattr(other, name, None) for name in names
        )

    __hash__ = None

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).allParameters)
        return f"{type(self).__name__}({members})"


class PackStorage(Storage):
    """A pack: ``name.<member>``."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.checks = (NotNone(), IsInstance(kind))

    def default(self) -> Any:
        """Return the pack of its members' defaults."""
        return self.kind()

    def isIn(self, node: Any, name: str) -> bool:
        """Return whether the first member is stored."""
        member = next(iter(self.kind.allParameters.values()))
        return member.storage.isIn(node, f"{name}.{member.name}")

    def put(self, node: Any, name: str, value: Any) -> None:
        """Store every member."""
        with slicer.util.NodeModify(node):
            for member in self.kind.allParameters.values():
                member.storage.write(node, f"{name}.{member.name}", _memberValue(value, member))

    def read(self, node: Any, name: str) -> Any:
        """Return a pack bound to the node."""
        pack = self.kind.__new__(self.kind)
        object.__setattr__(pack, "_boundTo", (node, name))
        return pack

    def remove(self, node: Any, name: str) -> None:
        """Forget every member."""
        for member in self.kind.allParameters.values():
            member.storage.remove(node, f"{name}.{member.name}")


def _memberValue(pack: Any, member: Parameter) -> Any:
    if pack._boundTo is not None:
        node, name = pack._boundTo
        return member.storage.read(node, f"{name}.{member.name}")
    return pack.__dict__[f"_{member.name}_value"]


def _setMemberValue(pack: Any, member: Parameter, value: Any) -> None:
    member.storage.check(value)
    if pack._boundTo is not None:
        node, name = pack._boundTo
        member.storage.write(node, f"{name}.{member.name}", value)
    else:
        pack.__dict__[f"_{member.name}_value"] = value


def _memberProperty(member: Parameter) -> property:
    return property(
        lambda pack: _memberValue(pack, member), lambda pack, value: _setMemberValue(pack, member, value)
    )


def _requireMember(pack: Any, name: str) -> None:
    if name not in pack.allParameters and not hasattr(pack, name):
        raise ValueError(f"{pack} has no member '{name}'")


def _initialize(self: Any, *values: Any, **named: Any) -> None:
    parameters = type(self).allParameters
    given = dict(zip(parameters, values, strict=False))
    for name, value in named.items():
        if name not in parameters:
            raise TypeError(f"__init__() got an unexpected keyword argument '{name}'")
        if name in given:
            raise TypeError(f"__init__() got multiple values for argument '{name}'")
        given[name] = value
    for name, parameter in parameters.items():
        _setMemberValue(self, parameter, given.get(name, parameter.default.value))


def parameterPack(cls: type | None = None) -> Any:
    """Class decorator, with or without parentheses."""
    if cls is None:
        return parameterPack
    parameters = declared(cls)
    if not parameters:
        raise ValueError("Unable to find any members in parameterPack")
    refuseReserved(cls, parameters, ("allParameters", "getValue", "setValue", "dataType"))
    body = {
        name: value
        for name, value in vars(cls).items()
        if name not in ("__dict__", "__weakref__", *parameters)
    }
    body.update({name: _memberProperty(parameter) for name, parameter in parameters.items()})
    body.update(allParameters=parameters, _is_parameterPack=True)
    own = vars(cls).get("__init__")

    def initialize(self: Any, *values: Any, **named: Any) -> None:
        if own is None:
            _initialize(self, *values, **named)
        else:
            _initialize(self)
            own(self, *values, **named)

    body["__init__"] = initialize
    pack = type(cls.__name__, (*(base for base in cls.__bases__ if base is not object), PackMethods), body)
    for parameter in parameters.values():
        parameter.storage.check(parameter.default.value)
    return pack


def isParameterPack(item: Any) -> bool:
    """Return whether a class or object is a parameter pack."""
    return getattr(split(item)[0], "_is_parameterPack", False)


def nestedParameterNames(pack: Any) -> list[str]:
    """Return the dotted names of all members, packs within packs taken apart."""
    names = []
    for name, parameter in split(pack)[0].allParameters.items():
        kind = split(parameter.unalteredType)[0]
        names += (
            [f"{name}.{inner}" for inner in nestedParameterNames(kind)] if isParameterPack(kind) else [name]
        )
    return names


@parameterPack
class FloatRange:
    """Lower and upper value of a range."""

    minimum: float
    maximum: float
