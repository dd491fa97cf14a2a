"""What may stand in ``Annotated[type, ...]``: validators, the default value, and hints for the widget."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Validator:
    """Base of all checks; derived classes raise ValueError or TypeError in ``validate``."""

    def validate(self, value: Any) -> None:
        """Raise if `value` is not allowed."""
        raise NotImplementedError


class NotNone(Validator):
    """The value is not None."""

    def validate(self, value: Any) -> None:
        """Raise ValueError for None."""
        if value is None:
            raise ValueError("Value must not be None")


@dataclass(frozen=True)
class IsInstance(Validator):
    """The value is None or of a class."""

    classtype: Any

    def validate(self, value: Any) -> None:
        """Raise TypeError for another class."""
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"Value must be of type {self.classtype}, is {value!r}")


@dataclass(frozen=True)
class WithinRange(Validator):
    """minimum <= value <= maximum."""

    minimum: Any
    maximum: Any

    def validate(self, value: Any) -> None:
        """Raise ValueError outside."""
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"Value must be within range [{self.minimum}, {self.maximum}], is {value}")


@dataclass(frozen=True)
class Minimum(Validator):
    """minimum <= value."""

    minimum: Any

    def validate(self, value: Any) -> None:
        """Raise ValueError below."""
        if value < self.minimum:
            raise ValueError(f"Value must be at least {self.minimum}, is {value}")


@dataclass(frozen=True)
class Maximum(Validator):
    """value <= maximum."""

    maximum: Any

    def validate(self, value: Any) -> None:
        """Raise ValueError above."""
        if value > self.maximum:
            raise ValueError(f"Value must be at most {self.maximum}, is {value}")


@dataclass(frozen=True)
class Choice(Validator):
    """The value is one of some."""

    choices: Any

    def validate(self, value: Any) -> None:
        """Raise ValueError for another."""
        if value not in self.choices:
            raise ValueError(f"Value {value!r} must be one of {self.choices}")


@dataclass(frozen=True)
class Exclude(Validator):
    """The value is none of some."""

    excludedValues: Any

    def validate(self, value: Any) -> None:
        """Raise ValueError for one of them."""
        if value in self.excludedValues:
            raise ValueError(f"Value {value!r} must not be one of {self.excludedValues}")


@dataclass(frozen=True)
class RangeBounds(Validator):
    """A range (with ``minimum`` and ``maximum``) lies within bounds."""

    minimum: Any
    maximum: Any

    def validate(self, value: Any) -> None:
        """Raise ValueError outside."""
        if not (self.minimum <= value.minimum and value.maximum <= self.maximum):
            raise ValueError(f"Range {value} must lie within [{self.minimum}, {self.maximum}]")


class Default:
    """The default value, or a function that makes it."""

    def __init__(self, value: Any = None, *, generator: Callable[[], Any] | None = None) -> None:
        self._value = value
        self._generator = generator

    @property
    def value(self) -> Any:
        """The default; made anew each time where a generator was given."""
        return self._generator() if self._generator else self._value


@dataclass(frozen=True)
class Decimals:
    """Decimal places of a slider or spin box."""

    value: int


@dataclass(frozen=True)
class SingleStep:
    """Step of a slider or spin box."""

    value: float


def split(hint: Any) -> tuple[Any, tuple]:
    """Return the type of a possibly annotated hint, and its annotations."""
    if typing.get_origin(hint) is typing.Annotated:
        kind, *annotations = typing.get_args(hint)
        return kind, tuple(annotations)
    return hint, ()


def first(annotations: tuple, kind: type) -> Any:
    """Return the first annotation of a class, or None."""
    return next((annotation for annotation in annotations if isinstance(annotation, kind)), None)
