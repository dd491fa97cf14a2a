"""Acquisition parameters of an image (TI, TE, TR, flip angle, b) and how each of them is known."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gliomamri.series import PARAMETERS


class Source(enum.Enum):
    """Where a value comes from; the words are shown to the user."""

    TYPED = "typed"
    DICOM = "DICOM header"
    SIDECAR = "json file"
    SEQUENCE = "sequence"
    MULTIVOLUME = "multi-volume"
    NAME = "name (guess)"


@dataclass(frozen=True)
class FoundParameter:
    """One value, in the unit of :data:`gliomamri.series.PARAMETERS`, and its source."""

    value: float
    source: Source

    @property
    def isGuess(self) -> bool:
        """True when the user should look at the value before using it."""
        return self.source is Source.NAME


Parameters = Mapping[str, FoundParameter]

_ABBREVIATIONS = {
    "ti": "inversion_time",
    "ir": "inversion_time",
    "inversiontime": "inversion_time",
    "te": "echo_time",
    "echotime": "echo_time",
    "tr": "repetition_time",
    "repetitiontime": "repetition_time",
    "fa": "flip_angle",
    "flipangle": "flip_angle",
    "b": "b_value",
    "bvalue": "b_value",
    "diffusionbvalue": "b_value",
}
_TIMES = {name for name, unit in PARAMETERS.items() if unit == "ms"}
_MILLISECONDS = {
    "ms": 1.0,
    "msec": 1.0,
    "milliseconds": 1.0,
    "s": 1e3,
    "sec": 1e3,
    "seconds": 1e3,
    "us": 1e-3,
}
_IN_NAME = re.compile(
    r"(?<![A-Za-z0-9])(TI|IR|TE|TR|FA|b)[ _=:-]*(\d+(?:[.,]\d+)?)[ _]*(ms|msec|us|s|sec|deg)?(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def parameterName(words: str) -> str:
    """Name of a parameter by what it is called elsewhere (``TE``, ``EchoTime``, ``echo time``); empty if unknown."""
    key = re.sub(r"[^a-z]", "", words.lower())
    return _ABBREVIATIONS.get(key, "")


def inOurUnit(name: str, value: float, unit: str) -> float | None:
    """Convert a value to the unit of :data:`gliomamri.series.PARAMETERS`; None if the unit does not fit.

    Times without a unit are taken as ms, the unit of DICOM headers.
    """
    if not math.isfinite(value):
        return None
    if name not in _TIMES:
        return value
    factor = _MILLISECONDS.get(unit.strip().lower(), 1.0 if not unit.strip() else None)
    return None if factor is None else value * factor


def guessFromName(name: str) -> dict[str, FoundParameter]:
    """Guess parameters from a node's name: ``TI_50ms``, ``IR 0.05s``, ``TE=95``.

    Without a unit, a time below 1 is read as seconds and any other as ms; ``IR`` counts only with a unit, since
    ``IR_2`` is mostly the second image.
    """
    found: dict[str, FoundParameter] = {}
    for letters, number, unit in _IN_NAME.findall(name):
        parameter = parameterName(letters)
        value = float(number.replace(",", "."))
        if letters.lower() == "ir" and not unit:
            continue
        isTime = parameter in _TIMES
        if isTime == (unit.lower() == "deg") and unit:
            continue
        if isTime:
            value = inOurUnit(parameter, value, unit or ("s" if 0 < value < 1 else "ms")) or value
        found.setdefault(parameter, FoundParameter(value, Source.NAME))
    return found
