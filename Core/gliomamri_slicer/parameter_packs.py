"""Parameter packs generated from a task's settings, so that settings are declared once.

A module's parameter node has one pack per task; the panel's widgets bind to ``pack.setting``
(:mod:`gliomamri_widgets.settings_form`). A tuple of numbers is kept as text, ``0, 5, 10``, because no widget of Slicer
stands for a list; :class:`gliomamri_widgets.numbers_line.NumbersLine` checks what is typed.

Used by the modules' parameter nodes; tested by Testing/panel/test_parameter_packs.py.
"""

from __future__ import annotations

import enum
import typing
from collections.abc import Iterable
from typing import Annotated, Any

import slicer

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
    for info in settingsClass.describe():
        fields[info.name], defaults[info.name] = _field(info)
    return parameterPack(type(name, (), {"__annotations__": fields, **defaults}))


def makeImagesPack(roles: Iterable[str], name: str) -> type:
    """Make a ``@parameterPack`` class with one volume per role, none chosen; MRML keeps node references of them."""
    from slicer.parameterNodeWrapper import parameterPack

    fields = dict.fromkeys(roles, slicer.vtkMRMLScalarVolumeNode)
    return parameterPack(type(name, (), {"__annotations__": fields}))


def settingsFromPack(pack: Any, settingsClass: type[Settings], **others: Any) -> Settings:
    """Give the settings that a pack holds.

    Parameters
    ----------
    pack : parameterPack instance
        From a parameter node.
    settingsClass : type of Settings
        The class the pack was made from.
    others
        Values that go before those of the pack.

    Raises
    ------
    UserError
        If a text that stands for numbers holds something else.
    """
    values = {info.name: _plain(getattr(pack, info.name)) for info in settingsClass.describe()}
    return settingsClass.from_dict(values | others)


def isNumbers(info: SettingInfo) -> bool:
    """Tell whether a setting is a tuple of numbers, which a pack keeps as text."""
    return typing.get_origin(info.type) is tuple


def numbersText(numbers: Iterable[float]) -> str:
    """Write numbers as the user reads and types them, ``0, 5, 10``."""
    return ", ".join(f"{number:g}" for number in numbers)


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
    if isNumbers(info):
        return str, numbersText(info.default)
    return info.type, info.default


def _plain(value: Any) -> Any:
    return value.name if isinstance(value, enum.Enum) else value
