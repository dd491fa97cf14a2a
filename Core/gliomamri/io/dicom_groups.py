"""How DICOM volumes are grouped: by what they share, and by slices in common.

Called by :mod:`gliomamri.io.dicom_acquisitions` and :mod:`gliomamri.io.dicom_magic`; tested by
Testing/unit/io/test_dicom_acquisitions.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from gliomamri.io.dicom_stacks import Stack

_PRECISION = 2
"""Decimals of ms, degrees and s/mm2 within which parameters of volumes are the same."""


def count_values(stacks: Iterable[Stack], name: str) -> int:
    """How many different values of a parameter there are."""
    return len({rounded(stack, name) for stack in stacks})


def rounded(stack: Stack, name: str) -> float | None:
    """Parameter of a stack, alike for values that mean the same; None when it has none."""
    value = stack.parameters.get(name)
    return None if value is None else round(value, _PRECISION)


def protocol(stack: Stack, fixed: Iterable[str]) -> tuple:
    """Equal for stacks that may belong to one acquisition, if they have slices in common."""
    return stack.place[:3], stack.component, tuple(rounded(stack, name) for name in fixed)


def sharing_slices(stacks: Iterable[Stack]) -> list[list[Stack]]:
    """Group stacks that have slices in common, directly or through others."""
    groups: list[list[Stack]] = []
    for stack in stacks:
        touching = [group for group in groups if not stack.slice_places.isdisjoint(all_slices(group))]
        groups = [group for group in groups if group not in touching]
        groups.append([*(one for group in touching for one in group), stack])
    return groups


def all_slices(stacks: Iterable[Stack]) -> frozenset:
    """Places of the slices of all stacks together."""
    return frozenset().union(*(stack.slice_places for stack in stacks))


def split_by(stacks: Iterable[Stack], key: Callable[[Stack], Any]) -> list[list[Stack]]:
    """Split stacks by a key, keeping the order of first appearance."""
    groups = defaultdict(list)
    for stack in stacks:
        groups[key(stack)].append(stack)
    return list(groups.values())
