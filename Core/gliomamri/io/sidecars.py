"""BIDS json sidecars: acquisition parameters in seconds on disk, in milliseconds with us.

Source: BIDS specification 1.10, MRI metadata (``InversionTime``, ``EchoTime``, ``RepetitionTime*`` in s,
``FlipAngle`` in degrees). ``Signed`` is our extension: true when the signal keeps its sign.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gliomamri.errors import UserError
from gliomamri.io.images import stem

MS_PER_S = 1000.0

_SECONDS = {
    "inversion_time": ("InversionTime",),
    "echo_time": ("EchoTime",),
    # The interval between inversions (preparations), where told apart, is the one the signal equations mean.
    "repetition_time": ("RepetitionTimePreparation", "RepetitionTime", "RepetitionTimeExcitation"),
}
"""Fields in seconds, the preferred first."""

_WRITTEN = {"inversion_time": "InversionTime", "echo_time": "EchoTime", "repetition_time": "RepetitionTime"}

_LONGEST_S = {"inversion_time": 30.0, "echo_time": 5.0, "repetition_time": 120.0}
"""No such time is longer; a larger number was surely given in milliseconds."""


@dataclass(frozen=True)
class SidecarFacts:
    """What a sidecar says of an image, in our units.

    Attributes
    ----------
    parameters : mapping of str to tuple of float
        Keyed by :data:`gliomamri.series.PARAMETERS`, in its unit; one value for the file, or one per volume of a
        4-D file.
    signed : bool or None
        None when the sidecar does not say.
    units : str
        Unit of the voxel values, empty when the sidecar does not say.
    """

    parameters: Mapping[str, tuple[float, ...]]
    signed: bool | None = None
    units: str = ""


def sidecar_path(image: Path) -> Path:
    """Path of the json file that belongs to an image file."""
    return image.with_name(f"{stem(image)}.json")


def read_sidecar(path: Path, *, what: str = "image") -> dict[str, Any]:
    """Read a sidecar; an absent one is empty.

    Raises
    ------
    UserError
        If the file is there but is no JSON object.
    """
    if not path.is_file():
        return {}
    try:
        fields = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"The json file beside the {what} cannot be read; correct or remove it.", f"{path}: {error}"
        ) from error
    if not isinstance(fields, dict):
        raise UserError(
            f"The json file beside the {what} holds no named fields; correct or remove it.", str(path)
        )
    return fields


def facts(fields: Mapping[str, Any], *, what: str = "image", spoiled: bool = False) -> SidecarFacts:
    """Convert BIDS fields to our names and units.

    Parameters
    ----------
    fields : mapping
        Content of the json file.
    what : str
        How sentences call the image.
    spoiled : bool
        True for spoiled gradient echoes at several flip angles: their repetition time is that between excitations.

    Raises
    ------
    UserError
        If a time is no positive number or so long that it must be in milliseconds.
    """
    parameters = {}
    for name, keys in _SECONDS.items():
        if spoiled and name == "repetition_time":
            keys = keys[::-1]
        key = next((key for key in keys if fields.get(key) is not None), None)
        if key is not None:
            parameters[name] = tuple(value * MS_PER_S for value in _times(fields[key], name, key, what))
    if fields.get("FlipAngle") is not None:
        parameters["flip_angle"] = _numbers(fields["FlipAngle"], "FlipAngle", what)
    signed = fields.get("Signed")
    return SidecarFacts(
        parameters, signed if isinstance(signed, bool) else None, str(fields.get("Units") or "")
    )


def to_fields(parameters: Mapping[str, float], signed: bool | None = None) -> dict[str, Any]:
    """Convert our parameters of one image (ms, degrees) to BIDS fields (s, degrees)."""
    fields: dict[str, Any] = {
        key: parameters[name] / MS_PER_S for name, key in _WRITTEN.items() if name in parameters
    }
    if "flip_angle" in parameters:
        fields["FlipAngle"] = parameters["flip_angle"]
    if signed is not None:
        fields["Signed"] = signed
    return fields


def _times(value: Any, name: str, key: str, what: str) -> tuple[float, ...]:
    seconds = _numbers(value, key, what)
    for time in seconds:
        if time < 0:
            raise UserError(f"The json file beside the {what} gives a negative {key} ({time:g}); correct it.")
        if time > _LONGEST_S[name]:
            raise UserError(
                f"The json file beside the {what} gives {key} {time:g} s; BIDS wants seconds, so write "
                f"{time / MS_PER_S:g} if {time:g} ms is meant."
            )
    return seconds


def _numbers(value: Any, key: str, what: str) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    for item in values:
        if isinstance(item, bool) or not isinstance(item, int | float) or not math.isfinite(item):
            raise UserError(
                f"The json file beside the {what} gives {key} '{item}', which is no number; correct it."
            )
    return tuple(float(item) for item in values)
