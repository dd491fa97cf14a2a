"""What a network may be asked for: the type and range of each argument.

A model package is a file from elsewhere. Its network's arguments are checked here before anything is built, so that
none can ask for a thousand million channels. Called by :mod:`gliomamri.networks.registry`; tested by
Testing/unit/networks/test_registry.py.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gliomamri.errors import UserError


@dataclass(frozen=True)
class Argument:
    """One argument of a network, plain enough for JSON.

    Parameters
    ----------
    type : type
        ``int``, ``float``, ``bool``, ``str``, or ``tuple`` for a list of whole numbers.
    help : str
        What it is, in a few words.
    default : plain value, optional
        Absent: the argument must be given.
    minimum, maximum : float, optional
        Closed range of a number, and of each number of a list.
    choices : tuple of str, optional
        Allowed texts.
    shortest, longest : int, optional
        Closed range of the length of a list.
    """

    type: type
    help: str
    default: Any = None
    minimum: float = 0
    maximum: float = 0
    choices: tuple[str, ...] = ()
    shortest: int = 1
    longest: int = 1

    @property
    def wanted(self) -> str:
        """What the argument must be, as the end of a sentence."""
        if self.type is str:
            return f"one of {', '.join(self.choices)}"
        if self.type is bool:
            return "true or false"
        limits = f"{self.minimum:g} and {self.maximum:g}"
        if self.type is tuple:
            return f"a list of {self.shortest} to {self.longest} whole numbers between {limits}"
        return f"a {'whole ' if self.type is int else ''}number between {limits}"

    def accepts(self, value: Any) -> bool:
        """Tell whether a plain value has the type and lies in the range."""
        if self.type is str:
            return isinstance(value, str) and value in self.choices
        if self.type is bool:
            return isinstance(value, bool)
        if self.type is tuple:
            listed = isinstance(value, list | tuple) and self.shortest <= len(value) <= self.longest
            return listed and all(self._holds(number, whole=True) for number in value)
        return self._holds(value, whole=self.type is int)

    def _holds(self, number: Any, *, whole: bool) -> bool:
        # `bool` is an `int` in Python; NaN fails both comparisons.
        if isinstance(number, bool) or not isinstance(number, int if whole else int | float):
            return False
        return self.minimum <= number <= self.maximum


def checked(network: str, known: Mapping[str, Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all arguments of a network, defaults filled in, lists as tuples.

    Raises
    ------
    UserError
        If an argument is unknown, is missing, has the wrong type or lies outside its range.
    """
    for name in given:
        if name not in known:
            raise UserError(
                f"The network '{network}' has no argument {reprlib.repr(name)}; known are {', '.join(known)}."
            )
    complete = {}
    for name, argument in known.items():
        value = given.get(name, argument.default)
        if name not in given and value is None:
            raise UserError(f"The network '{network}' needs {name}: {argument.wanted}.")
        if not argument.accepts(value):
            raise UserError(
                f"The network '{network}' cannot be built with {name} = {reprlib.repr(value)}: it must be "
                f"{argument.wanted}."
            )
        complete[name] = tuple(value) if argument.type is tuple else value
    return complete
