"""Settings of a task: a frozen dataclass whose fields know their label, unit, range and help.

One declaration feeds the command line (``--set key=value``), the panel (parameter packs are generated from
it) and ``job.json``.

Examples
--------
>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class FitSettings(Settings):
...     longest_T1: float = setting(6000.0, label="Longest T1", unit="ms", minimum=100.0, help="Cap of the fit.")
>>> FitSettings(longest_T1=-1.0).problems()
['Longest T1 is -1.0 ms; it must be 100 or more.']
>>> FitSettings.from_text({"longest_T1": "5000"})
FitSettings(longest_T1=5000.0)
"""

from __future__ import annotations

import difflib
import math
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, Self

from gliomamri.errors import UserError


@dataclass(frozen=True)
class SettingInfo:
    """What is known of one setting; ``minimum``, ``maximum`` None where there is no limit."""

    name: str
    type: type
    default: Any
    label: str
    help: str
    unit: str
    minimum: float | None
    maximum: float | None
    choices: Mapping[str, str]
    section: str


def setting(
    default: Any,
    *,
    label: str,
    help: str,  # noqa: A002  (the field's own word)
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Mapping[str, str] | None = None,
    section: str = "Advanced",
) -> Any:
    """Declare one field of a :class:`Settings` dataclass.

    Parameters
    ----------
    default : bool, int, float, str or tuple of float
        The value used when the user says nothing.
    label, help : str
        The name shown in panels and messages; one sentence of explanation.
    unit : str, optional
        Physical unit of value, minimum and maximum.
    minimum, maximum : float, optional
        Closed range of a number (of each number of a tuple).
    choices : mapping of str to str, optional
        Allowed values of a text setting and the words shown for each.
    section : str, optional
        The panel section that shows it.
    """
    about = {
        "label": label,
        "help": help,
        "unit": unit,
        "minimum": minimum,
        "maximum": maximum,
        "choices": dict(choices or {}),
        "section": section,
    }
    return field(default=default, metadata=about)


@dataclass(frozen=True)
class Settings:
    """Base of every task's settings; subclasses add fields made by :func:`setting`."""

    @classmethod
    def describe(cls) -> list[SettingInfo]:
        """List the settings in order of declaration."""
        hints = typing.get_type_hints(cls)
        return [
            SettingInfo(name=f.name, type=hints[f.name], default=_default(f), **f.metadata)
            for f in fields(cls)
        ]

    def problems(self) -> list[str]:
        """List what is wrong, one sentence each; empty when the settings can be used.

        Subclasses extend the list with rules that join several fields.
        """
        found = []
        for info in self.describe():
            found += _problems(info, getattr(self, info.name))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON (tuples become lists)."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values.

        Raises
        ------
        UserError
            If a name is unknown or a value has the wrong type.
        """
        known = {info.name: info for info in cls.describe()}
        return cls(**{name: _convert(_known(known, name), value) for name, value in values.items()})

    @classmethod
    def from_text(cls, values: Mapping[str, str]) -> Self:
        """Build from the texts of ``--set key=value``; see :meth:`from_dict`."""
        return cls.from_dict(values)


def _default(f: Any) -> Any:
    return None if f.default is MISSING else f.default


def _known(known: Mapping[str, SettingInfo], name: str) -> SettingInfo:
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(known) or 'none'}."
    raise UserError(f"There is no setting '{name}'; {hint}")


def _convert(info: SettingInfo, value: Any) -> Any:
    """Turn a JSON value or a text into the setting's type."""
    try:
        if info.type is bool:
            return _boolean(value)
        if typing.get_origin(info.type) is tuple:
            parts = value.replace(";", ",").split(",") if isinstance(value, str) else value
            return tuple(float(part) for part in parts if str(part).strip())
        if info.type is int and float(value) != int(float(value)):
            raise ValueError("not a whole number")
        return info.type(float(value)) if info.type is int else info.type(value)
    except (TypeError, ValueError) as error:
        kinds = {bool: "yes or no", int: "a whole number", float: "a number", str: "a text"}
        wanted = kinds.get(info.type, "numbers separated by commas")
        raise UserError(f"{info.label} ({info.name}) must be {wanted}, not '{value}'.") from error


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "yes": True,
        "true": True,
        "on": True,
        "1": True,
        "no": False,
        "false": False,
        "off": False,
        "0": False,
    }
    if str(value).strip().lower() not in words:
        raise ValueError("neither yes nor no")
    return words[str(value).strip().lower()]


def _problems(info: SettingInfo, value: Any) -> list[str]:
    if info.choices:
        if value in info.choices:
            return []
        return [f"{info.label} is '{value}'; choose one of {', '.join(info.choices)}."]
    numbers = value if isinstance(value, tuple) else (value,)
    found = []
    for number in numbers:
        if isinstance(number, bool | str):
            continue
        low = -math.inf if info.minimum is None else info.minimum
        high = math.inf if info.maximum is None else info.maximum
        if not (math.isfinite(number) and low <= number <= high):
            unit = f" {info.unit}" if info.unit else ""
            found.append(f"{info.label} is {number}{unit}; it must be {_range(info.minimum, info.maximum)}.")
    return found


def _range(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f"between {minimum:g} and {maximum:g}"
    if minimum is not None:
        return f"{minimum:g} or more"
    return "a number" if maximum is None else f"{maximum:g} or less"
