"""Frozen dataclasses from plain JSON values and back, with errors that name the field and what was expected there.

    FieldError: inputs[2].role is 'T1'; expected one of T1w, ceT1w, ...

Used by :mod:`gliomamri.modelstore.metadata`; tested by Testing/unit/modelstore/test_metadata.py.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar

from gliomamri.errors import UserError

T = TypeVar("T")

_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
_LONGEST_SHOWN = 60


class FieldError(UserError):
    """A field holds what it must not.

    Parameters
    ----------
    field : str
        Its path, ``inputs[2].role``.
    problem : str
        End of the sentence, "is 'T1'; expected one of T1w, ceT1w".
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"The model's metadata cannot be used: {field} {problem}.")
        self.field = field
        self.problem = problem


def wrong(field: str, value: Any, expected: str) -> FieldError:
    """Make the error of a field whose value is not what is ``expected``."""
    shown = repr(value)
    shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."
    return FieldError(field, f"is {shown}; expected {expected}")


def demand(condition: bool, field: str, value: Any, expected: str) -> None:
    """Raise :class:`FieldError` unless the condition holds."""
    if not condition:
        raise wrong(field, value, expected)


@contextmanager
def inside(where: str) -> Iterator[None]:
    """Within it, the fields that errors name lie inside ``where``."""
    try:
        yield
    except FieldError as error:
        joint = "" if not where or error.field.startswith("[") or not error.field else "."
        raise FieldError(f"{where}{joint}{error.field}", error.problem) from error


def from_plain(kind: type[T], value: Any) -> T:
    """Build a dataclass from a JSON object.

    Fields are bool, int, float, str, dataclasses, ``tuple[X, ...]``, tuples of fixed length, ``X | None``,
    ``Mapping[str, X]`` and ``Any``.

    Raises
    ------
    FieldError
        On a key that is missing or unknown, on a value of another type, and whatever the dataclass itself objects to.
    """
    if not isinstance(value, Mapping):
        raise wrong("", value, "an object with named fields")
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for name in value:
        if name not in known:
            raise FieldError(str(name)[:_LONGEST_SHOWN], f"is unknown; known here are {', '.join(known)}")
    for name, f in known.items():
        if name not in value and f.default is MISSING and f.default_factory is MISSING:
            raise FieldError(name, "is missing")
    made = {}
    for name, item in value.items():
        with inside(name):
            made[name] = _convert(hints[name], item)
    return kind(**made)


def to_plain(value: Any) -> Any:
    """Turn a dataclass into values that JSON knows; tuples become lists."""
    if is_dataclass(value):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    return [to_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _convert(kind: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return _frozen(value)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _convert(next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        return _convert_tuple(arguments, value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise wrong("", value, "an object")
        return {
            key: _within(f"[{key[:_LONGEST_SHOWN]!r}]", arguments[1], item) for key, item in value.items()
        }
    if is_dataclass(kind):
        return from_plain(kind, value)
    return _convert_scalar(kind, value)


def _convert_tuple(arguments: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise wrong("", value, "a list")
    if arguments[-1] is Ellipsis:
        arguments = (arguments[0],) * len(value)
    elif len(arguments) != len(value):
        raise wrong("", value, f"a list of {len(arguments)}")
    return tuple(
        _within(f"[{place}]", one, item)
        for place, (one, item) in enumerate(zip(arguments, value, strict=True))
    )


def _within(where: str, kind: Any, value: Any) -> Any:
    with inside(where):
        return _convert(kind, value)


def _convert_scalar(kind: type, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float and is_number and math.isfinite(value):
        return float(value)
    if kind is int and is_number and not isinstance(value, float):
        return value
    if kind in (bool, str) and isinstance(value, kind):
        return value
    raise wrong("", value, _KINDS[kind])


def _frozen(value: Any) -> Any:
    """Keep plain values as they are, lists as tuples."""
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value
