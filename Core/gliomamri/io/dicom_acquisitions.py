"""Which DICOM volumes make a series of inversion or echo times, and whether any of it is missing.

Volumes belong together when they share size, voxels, orientation, kind of signal and repetition time and have
slices in common; a volume that lacks a slice is thus found rather than taken for something else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gliomamri.errors import UserError
from gliomamri.io.dicom_stacks import Stack

FEWEST_IMAGES = 3
"""Volumes below which varying inversion or echo times are no relaxometry series."""

_PRECISION = 2  # decimals of ms within which times of slices are the same


@dataclass(frozen=True)
class Acquisition:
    """Stacks that differ in one parameter, ordered by it.

    Attributes
    ----------
    role : str
        The role they look like, "IRT1" or "MESE".
    varying : str
        The parameter, a name of :data:`gliomamri.series.PARAMETERS`.
    stacks : tuple of Stack
        On one grid, unless slices are missing (:func:`check_slices`).
    left_out : tuple of Stack
        What looks related but was acquired differently.
    """

    role: str
    varying: str
    stacks: tuple[Stack, ...]
    left_out: tuple[Stack, ...] = ()


def find_acquisitions(stacks: Sequence[Stack]) -> list[Acquisition]:
    """Recognize relaxometry series: varying TI is IRT1, varying TE at one TR without inversion is MESE.

    The stacks of one may come from one DICOM series or from several, as scanners differ in this. Phase and
    imaginary images are left aside; magnitude and real images form separate acquisitions.
    """
    usable = [stack for stack in stacks if stack.component not in ("phase", "imaginary")]
    inverted = [stack for stack in usable if "inversion_time" in stack.parameters]
    echoes = [
        stack
        for stack in usable
        if "inversion_time" not in stack.parameters
        and "echo_time" in stack.parameters
        and not stack.frames[0].is_gradient_echo
        and not stack.parameters.get("b_value")
    ]
    found = [
        *_acquisitions("IRT1", "inversion_time", "echo_time", inverted),
        *_acquisitions("MESE", "echo_time", "flip_angle", echoes),
    ]
    used = {id(stack) for one in found for stack in one.stacks}
    rest = [stack for stack in usable if id(stack) not in used]
    alike = {"IRT1": inverted, "MESE": echoes}
    return [
        replace(one, left_out=tuple(stack for stack in rest if _is_related(stack, one, alike[one.role])))
        for one in found
    ]


def check_slices(acquisition: Acquisition) -> None:
    """Make sure that all images of an acquisition have the same slices.

    Raises
    ------
    UserError
        Naming those that have fewer by their inversion or echo times.
    """
    complete = len(_all_slices(acquisition.stacks))
    short = [stack for stack in acquisition.stacks if len(stack.slice_places) < complete]
    if not short:
        return
    found = sorted({len(stack.slice_places) for stack in short})
    images = "image" if len(short) == 1 else "images"
    verb = "has" if len(short) == 1 else "have"
    counts = str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"
    raise UserError(
        f"The {images} with {_times(acquisition, short)} {verb} {counts} of {complete} slices; export the series "
        "again.",
        str(short[0].frames[0].path.parent),
    )


def left_out_notes(acquisition: Acquisition) -> tuple[str, ...]:
    """Name what was left out by its inversion or echo times, in one sentence if there is any."""
    if not acquisition.left_out:
        return ()
    images, were = ("image", "was") if len(acquisition.left_out) == 1 else ("images", "were")
    note = (
        f"The {images} with {_times(acquisition, acquisition.left_out)} {were} left out: other slices, repetition "
        "time, echo time or flip angle than the rest of the series."
    )
    return (note,)


def _acquisitions(role: str, varying: str, fixed: str, candidates: list[Stack]) -> list[Acquisition]:
    groups = []
    for similar in _split(candidates, lambda stack: _protocol(stack, fixed)):
        for cluster in _sharing_slices(similar):
            groups += _one_or_several(cluster, varying)
    return [
        Acquisition(role, varying, tuple(sorted(group, key=lambda stack: stack.parameters[varying])))
        for group in groups
    ]


def _one_or_several(cluster: list[Stack], varying: str) -> list[list[Stack]]:
    """Give the acquisitions in stacks that have slices in common; those with missing slices stay together."""
    grids = _split(cluster, lambda stack: stack.place)
    values = [round(stack.parameters[varying], _PRECISION) for stack in cluster]
    is_one = len(set(values)) == len(values) and (
        max(map(len, grids)) > 1 or len({stack.frames[0].series for stack in cluster}) == 1
    )
    groups = [cluster] if is_one else grids
    return [
        group
        for group in groups
        if len({round(stack.parameters[varying], _PRECISION) for stack in group}) >= FEWEST_IMAGES
    ]


def _protocol(stack: Stack, fixed: str) -> tuple:
    """Equal for stacks that may belong to one acquisition, if they have slices in common."""
    values = (stack.parameters.get("repetition_time"), stack.parameters.get(fixed))
    rounded = tuple(None if value is None else round(value, _PRECISION) for value in values)
    return stack.place[:3], stack.component, rounded


def _sharing_slices(stacks: Iterable[Stack]) -> list[list[Stack]]:
    """Group stacks that have slices in common, directly or through others."""
    groups: list[list[Stack]] = []
    for stack in stacks:
        touching = [group for group in groups if not stack.slice_places.isdisjoint(_all_slices(group))]
        groups = [group for group in groups if group not in touching]
        groups.append([*(one for group in touching for one in group), stack])
    return groups


def _is_related(stack: Stack, acquisition: Acquisition, alike: Iterable[Stack]) -> bool:
    """Of the same kind of signal, and of the same DICOM series or alike on the same slices."""
    group = acquisition.stacks
    if stack.component != group[0].component:
        return False
    if stack.frames[0].series in {one.frames[0].series for one in group}:
        return True
    same_slices = stack.place[:3] == group[0].place[:3] and not stack.slice_places.isdisjoint(
        _all_slices(group)
    )
    return same_slices and any(stack is one for one in alike)


def _all_slices(stacks: Iterable[Stack]) -> frozenset:
    return frozenset().union(*(stack.slice_places for stack in stacks))


def _times(acquisition: Acquisition, stacks: Iterable[Stack]) -> str:
    """Give the inversion or echo times as words; a stack may have none."""
    numbers = sorted({stack.parameters.get(acquisition.varying, 0.0) for stack in stacks})
    name = acquisition.varying.replace("_", " ") + ("s" if len(numbers) > 1 else "")
    return f"{name} {', '.join(f'{number:g}' for number in numbers)} ms"


def _split(stacks: Iterable[Stack], key: Callable[[Stack], Any]) -> list[list[Stack]]:
    groups = defaultdict(list)
    for stack in stacks:
        groups[key(stack)].append(stack)
    return list(groups.values())
