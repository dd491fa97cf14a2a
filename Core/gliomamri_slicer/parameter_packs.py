"""Parameter packs generated from a task's settings, so that settings are declared once.

A module's parameter node has one pack per task; the panel's widgets bind to ``pack.setting`` through
``SlicerParameterName``. Tuples of numbers (inversion times ...) are no parameters: they belong to the images and
are kept with them (:mod:`gliomamri_slicer.series_selection`).
"""

from __future__ import annotations

import enum
import typing
from typing import Annotated, Any

from gliomamri.settings import SettingInfo, Settings

_NO_LIMIT = 1e9
"""Stands for "no limit": Slicer's spin boxes want a finite range."""


class _LabeledChoice(enum.Enum):
    """Choices of a setting: the name is the setting's value, the value the words shown in the combo box."""

    def label(self) -> str:
        """Words that Slicer's combo box shows."""
        return self.value


def makeParameterPack(settingsClass: type[Settings], name: str) -> type:
    """Make a ``@parameterPack`` class with the fields, defaults, ranges and choices of a settings dataclass.

    Parameters
    ----------
    settingsClass : type of Settings
        A task's settings.
    name : str
        Name of the class.
    """
    from slicer.parameterNodeWrapper import parameterPack

    fields: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for info in _bindable(settingsClass):
        fields[info.name], defaults[info.name] = _field(info)
    return parameterPack(type(name, (), {"__annotations__": fields, **defaults}))


def settingsFromPack(pack: Any, settingsClass: type[Settings], **others: Any) -> Settings:
    """Give the settings that a pack holds.

    Parameters
    ----------
    pack : parameterPack instance
        From a parameter node.
    settingsClass : type of Settings
        The class the pack was made from.
    others
        Values of settings that a pack cannot hold.
    """
    values = {info.name: _plain(getattr(pack, info.name)) for info in _bindable(settingsClass)}
    return settingsClass.from_dict(values | others)


def _bindable(settingsClass: type[Settings]) -> list[SettingInfo]:
    return [info for info in settingsClass.describe() if typing.get_origin(info.type) is not tuple]


def _field(info: SettingInfo) -> tuple[Any, Any]:
    """Type annotation and default of one setting."""
    if info.choices:
        choices = _LabeledChoice(f"{info.name.title().replace('_', '')}Choice", dict(info.choices))
        return choices, choices[info.default]
    if info.type in (int, float):
        from slicer.parameterNodeWrapper import WithinRange

        low = -_NO_LIMIT if info.minimum is None else info.minimum
        high = _NO_LIMIT if info.maximum is None else info.maximum
        return Annotated[info.type, WithinRange(info.type(low), info.type(high))], info.default
    return info.type, info.default


def _plain(value: Any) -> Any:
    return value.name if isinstance(value, enum.Enum) else value
