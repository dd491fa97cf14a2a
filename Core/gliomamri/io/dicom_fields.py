"""Elements of DICOM headers as plain numbers, whatever the file holds.

Called by :mod:`gliomamri.io.dicom_headers` and :mod:`gliomamri.io.dicom_signal`; tested by
Testing/unit/io/test_dicom.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset


def private(dataset: Dataset, group: int, creator: str, element: int) -> float | None:
    """Number of a vendor's private element; None where it is absent or no number."""
    try:
        value = dataset.private_block(group, creator)[element].value
    except KeyError:
        return None
    if isinstance(value, bytes):  # implicit little endian without a dictionary entry: "800\\8\\0\\0"
        value = value.decode("ascii", "ignore").split("\\")[0]
    elif not isinstance(value, str) and isinstance(value, Iterable):
        value = next(iter(value), None)
    return finite(value)


def item(groups: tuple[Dataset, ...] | Dataset | None, name: str) -> Dataset | None:
    """First item of a sequence in the first group that has it."""
    for group in groups if isinstance(groups, tuple) else (groups,):
        sequence = None if group is None else group.get(name)
        if sequence:
            return sequence[0]
    return None


def number(dataset: Dataset | None, name: str) -> float | None:
    """Number of an element; None where it is absent, no number or not finite."""
    return None if dataset is None else finite(dataset.get(name))


def floats(dataset: Dataset, name: str, count: int) -> tuple[Any, ...] | None:
    """Numbers of an element that must have so many; None otherwise."""
    values = dataset.get(name)
    if values is None or isinstance(values, str) or not isinstance(values, Iterable) or len(values) != count:
        return None
    return tuple(float(value) for value in values)


def finite(value: Any) -> float | None:
    """A value as a finite number; None when it is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None
