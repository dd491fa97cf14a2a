"""Which DICOM volumes make a series of inversion times, echo times or flip angles, and whether any of it is missing.

Volumes belong together when they share size, voxels, orientation, kind of signal and repetition time and have
slices in common; a volume that lacks a slice is thus found rather than taken for something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gliomamri.errors import UserError
from gliomamri.io.dicom_groups import all_slices, count_values, protocol, sharing_slices, split_by
from gliomamri.io.dicom_magic import VARYING as MAGIC_VARYING
from gliomamri.io.dicom_magic import magic_groups
from gliomamri.io.dicom_stacks import Stack
from gliomamri.series import PARAMETERS

FEWEST_IMAGES = 3
"""Volumes below which varying inversion or echo times are no relaxometry series."""
_FEWEST_ANGLES = 2
"""Gradient echoes alike in all but the flip angle are acquired for nothing else than T1; two of them suffice."""


@dataclass(frozen=True)
class Acquisition:
    """Stacks that differ in one parameter or two, ordered by it.

    Attributes
    ----------
    role : str
        The role they look like, such as "IRT1" or "MESE".
    varying : tuple of str
        The parameters, names of :data:`gliomamri.series.PARAMETERS`.
    stacks : tuple of Stack
        On one grid, unless slices are missing (:func:`check_slices`).
    left_out : tuple of Stack
        What looks related but was acquired differently.
    """

    role: str
    varying: tuple[str, ...]
    stacks: tuple[Stack, ...]
    left_out: tuple[Stack, ...] = ()


def find_acquisitions(stacks: Sequence[Stack]) -> list[Acquisition]:
    """Recognize relaxometry series.

    Varying TI at several TE is MAGIC, varying TI is IRT1, varying TE at one TR without inversion is MESE, varying
    flip angle of gradient echoes at one TR and TE is VFA. The stacks of one may come from one DICOM series or from
    several, as scanners differ in this. Phase and imaginary images are left aside; magnitude and real images form
    separate acquisitions, and so do MAGIC images before and after contrast agent.
    """
    usable = [stack for stack in stacks if stack.component not in ("phase", "imaginary")]
    inverted = [stack for stack in usable if "inversion_time" in stack.parameters]
    plain = [
        stack
        for stack in usable
        if "inversion_time" not in stack.parameters
        and "echo_time" in stack.parameters
        and not stack.parameters.get("b_value")
    ]
    echoes = [stack for stack in plain if not stack.frames[0].is_gradient_echo]
    angles = [
        stack for stack in plain if stack.frames[0].is_gradient_echo and "flip_angle" in stack.parameters
    ]
    magic = [
        Acquisition(role, MAGIC_VARYING, group)
        for role, group in magic_groups([stack for stack in inverted if "echo_time" in stack.parameters])
    ]
    one_echo = [
        stack for stack in inverted if not any(stack is one for found in magic for one in found.stacks)
    ]
    found = [
        *magic,
        *_acquisitions("IRT1", "inversion_time", ("repetition_time", "echo_time"), one_echo),
        *_acquisitions("MESE", "echo_time", ("repetition_time", "flip_angle"), echoes),
        *_acquisitions("VFA", "flip_angle", ("repetition_time", "echo_time"), angles, _FEWEST_ANGLES),
    ]
    used = {id(stack) for one in found for stack in one.stacks}
    rest = [stack for stack in usable if id(stack) not in used]
    alike = {"IRT1": inverted, "MESE": echoes, "VFA": angles, "MAGIC": inverted, "ceMAGIC": inverted}
    return [
        replace(one, left_out=tuple(stack for stack in rest if _is_related(stack, one, alike[one.role])))
        for one in found
    ]


def check_slices(acquisition: Acquisition) -> None:
    """Make sure that all images of an acquisition have the same slices.

    Raises
    ------
    UserError
        Naming those that have fewer by what varies.
    """
    complete = len(all_slices(acquisition.stacks))
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
    """Name what was left out by what varies, in one sentence if there is any."""
    if not acquisition.left_out:
        return ()
    images, were = ("image", "was") if len(acquisition.left_out) == 1 else ("images", "were")
    note = (
        f"The {images} with {_times(acquisition, acquisition.left_out)} {were} left out: other slices, repetition "
        "time, echo time or flip angle than the rest of the series."
    )
    return (note,)


def _acquisitions(
    role: str, varying: str, fixed: tuple[str, ...], candidates: list[Stack], fewest: int = FEWEST_IMAGES
) -> list[Acquisition]:
    groups = []
    for similar in split_by(candidates, lambda stack: protocol(stack, fixed)):
        for cluster in sharing_slices(similar):
            groups += [
                group for group in _one_or_several(cluster, varying) if count_values(group, varying) >= fewest
            ]
    return [
        Acquisition(role, (varying,), tuple(sorted(group, key=lambda stack: stack.parameters[varying])))
        for group in groups
    ]


def _one_or_several(cluster: list[Stack], varying: str) -> list[list[Stack]]:
    """Give the acquisitions in stacks that have slices in common; those with missing slices stay together."""
    grids = split_by(cluster, lambda stack: stack.place)
    is_one = count_values(cluster, varying) == len(cluster) and (
        max(map(len, grids)) > 1 or len({stack.frames[0].series for stack in cluster}) == 1
    )
    return [cluster] if is_one else grids


def _is_related(stack: Stack, acquisition: Acquisition, alike: Iterable[Stack]) -> bool:
    """Of the same kind of signal, and of the same DICOM series or alike on the same slices."""
    group = acquisition.stacks
    if stack.component != group[0].component:
        return False
    if stack.frames[0].series in {one.frames[0].series for one in group}:
        return True
    same_slices = stack.place[:3] == group[0].place[:3] and not stack.slice_places.isdisjoint(
        all_slices(group)
    )
    return same_slices and any(stack is one for one in alike)


def _times(acquisition: Acquisition, stacks: Sequence[Stack]) -> str:
    """Give inversion times, echo times or flip angles as words; a stack may have none."""
    words = []
    for name in acquisition.varying:
        numbers = sorted({stack.parameters.get(name, 0.0) for stack in stacks})
        plural = name.replace("_", " ") + ("s" if len(numbers) > 1 else "")
        unit = PARAMETERS[name].replace("degree", "degrees")
        words.append(f"{plural} {', '.join(f'{number:g}' for number in numbers)} {unit}")
    return " and ".join(words)
