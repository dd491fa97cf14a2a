"""A series: several images of one acquisition and the parameter that each was taken with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gliomamri.errors import UserError
from gliomamri.roles import ROLES

if TYPE_CHECKING:
    import SimpleITK as sitk

PARAMETERS: dict[str, str] = {
    "inversion_time": "ms",
    "echo_time": "ms",
    "repetition_time": "ms",
    "flip_angle": "degree",
    "b_value": "s/mm2",
}
"""Acquisition parameters an image can carry, with their units."""


@dataclass(frozen=True)
class Series:
    """Images of one acquisition, in any order.

    Attributes
    ----------
    images : tuple of SimpleITK.Image
        3-D scalar images.
    parameters : mapping of str to tuple of float
        Per-image values, keyed by a name of :data:`PARAMETERS`, in its unit. A name that is absent is unknown.
    signed : bool or None
        True when the signal keeps its sign, False for magnitude images, None when the source does not say.

    Raises
    ------
    UserError
        If there is no image, or a parameter has not one value per image.
    """

    images: tuple[sitk.Image, ...]
    parameters: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    signed: bool | None = None

    def __post_init__(self) -> None:
        if not self.images:
            raise UserError("The series holds no image; select at least one.")
        for name, values in self.parameters.items():
            if name not in PARAMETERS:
                raise ValueError(f"unknown acquisition parameter {name!r}; known: {', '.join(PARAMETERS)}")
            if len(values) != len(self.images):
                words = name.replace("_", " ")
                raise UserError(
                    f"The series has {len(self.images)} images but {len(values)} values of {words}; give one per image."
                )

    def __len__(self) -> int:
        return len(self.images)

    def with_parameter(self, name: str, values: Sequence[float]) -> Series:
        """Return a copy in which parameter ``name`` has the given per-image values (unit: :data:`PARAMETERS`)."""
        return Series(self.images, {**self.parameters, name: tuple(float(v) for v in values)}, self.signed)


def image_names(role: str, parameters: Mapping[str, tuple[float, ...]], count: int) -> list[str]:
    """Give a name to each image of a series, the role and, of several, what tells them apart (``MAGIC_TI170_TE22``)."""
    if count == 1:
        return [role]
    short = {"inversion_time": "TI", "echo_time": "TE", "b_value": "b", "flip_angle": "FA"}
    varying = [name for name in ROLES[role].varying if name in parameters]
    words = ["_".join(f"{short[n]}{parameters[n][index]:g}" for n in varying) for index in range(count)]
    if len(set(words)) < count:
        words = [f"{index + 1:02d}" for index in range(count)]
    return [f"{role}_{word}" for word in words]
