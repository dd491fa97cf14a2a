"""What can be wrong with a sequence, in sentences that begin with the role of its image.

Called by ``problems()`` of the classes in :mod:`gliomamri.phantom.sequences` and
:mod:`gliomamri.phantom.image_series`.

Tested by Testing/unit/phantom/test_sequences.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gliomamri.errors import UserError

if TYPE_CHECKING:
    from gliomamri.phantom.image_series import DiffusionSeries, MagicSeries
    from gliomamri.phantom.sequences import Sequence

KINDS = {
    "SPGR": "spoiled gradient echo",
    "MPRAGE": "magnetization-prepared gradient echo",
    "SE": "spin echo",
    "TSE": "turbo spin echo",
    "IR-SE": "inversion-prepared (turbo) spin echo",
}
"""Kinds of sequences, and the words for them."""

ORIENTATIONS = ("axial", "sagittal", "coronal")
"""Planes of slices."""

_INVERTING = ("MPRAGE", "IR-SE")


def raise_first(found: list[str]) -> None:
    """Raise a UserError with the first sentence, the others as its details; do nothing where there is none."""
    if found:
        raise UserError(found[0], " ".join(found[1:]))


def wrong_choices(role: str, kind: str, orientation: str) -> list[str]:
    """Say which words are not among those known."""
    found = []
    if kind not in KINDS:
        found.append(f"{role}: there is no sequence '{kind}'; choose one of {', '.join(KINDS)}.")
    if orientation not in ORIENTATIONS:
        found.append(f"{role}: the orientation is '{orientation}'; choose one of {', '.join(ORIENTATIONS)}.")
    return found


def impossible_times(sequence: Sequence) -> list[str]:
    """Say which single times cannot be."""
    role, found = sequence.role, []
    for words, time in (("repetition time", sequence.repetition_time), ("echo time", sequence.echo_time)):
        if not 0 < time < math.inf:
            found.append(f"{role}: the {words} is {time:g} ms; it must be above 0.")
    if not 0 <= sequence.inversion_time < math.inf:
        found.append(
            f"{role}: the inversion time is {sequence.inversion_time:g} ms; it must not be negative."
        )
    elif sequence.kind in _INVERTING and sequence.inversion_time == 0:
        found.append(f"{role}: {KINDS[sequence.kind]} needs an inversion time above 0 ms.")
    elif sequence.kind not in _INVERTING and sequence.inversion_time > 0:
        found.append(
            f"{role}: a {KINDS.get(sequence.kind, 'sequence')} has no inversion; its TI must be 0 ms."
        )
    if not 0 <= sequence.preparation_time < math.inf:
        found.append(
            f"{role}: the T2 preparation is {sequence.preparation_time:g} ms; it must not be negative."
        )
    if sequence.train < 1 or (sequence.train > 1 and not 0 < sequence.spacing < math.inf):
        found.append(
            f"{role}: a train of {sequence.train} with {sequence.spacing:g} ms between is impossible; "
            "it needs 1 or more, and a spacing above 0 ms."
        )
    return found


def clashing_times(sequence: Sequence) -> list[str]:
    """Say which times do not fit into each other."""
    role, TR, TE, TI = sequence.role, sequence.repetition_time, sequence.echo_time, sequence.inversion_time
    if TE >= TR:
        return [f"{role}: TE {TE:g} ms must be shorter than TR {TR:g} ms."]
    if sequence.preparation_time + TI + TE >= TR:
        return [f"{role}: TI {TI:g} ms and TE {TE:g} ms do not fit in TR {TR:g} ms."]
    if sequence.kind == "SPGR" or sequence.train == 1:
        return []
    return _clashing_pulses(sequence) if sequence.kind == "MPRAGE" else _clashing_echoes(sequence)


def _clashing_pulses(sequence: Sequence) -> list[str]:
    """Say how the pulses of a magnetization-prepared gradient echo do not fit."""
    role, TR, TE, TI = sequence.role, sequence.repetition_time, sequence.echo_time, sequence.inversion_time
    length = sequence.train * sequence.spacing
    before = TI - sequence.train // 2 * sequence.spacing
    if sequence.spacing <= TE:
        return [f"{role}: TE {TE:g} ms must be shorter than the {sequence.spacing:g} ms between pulses."]
    if before < 0 or before + length > TR:
        return [f"{role}: a train of {length:g} ms around TI {TI:g} ms does not fit in TR {TR:g} ms."]
    return []


def _clashing_echoes(sequence: Sequence) -> list[str]:
    """Say how the echoes of a train do not fit."""
    role, TR, TE, TI = sequence.role, sequence.repetition_time, sequence.echo_time, sequence.inversion_time
    length = sequence.train * sequence.spacing
    if TI + length > TR:
        return [f"{role}: TI {TI:g} ms and an echo train of {length:g} ms do not fit in TR {TR:g} ms."]
    if length < TE:
        return [f"{role}: TE {TE:g} ms lies beyond the echo train of {length:g} ms."]
    return []


def impossible_geometry(image: Sequence | MagicSeries | DiffusionSeries) -> list[str]:
    """Say which lengths cannot be."""
    found = [
        f"{image.role}: the {words} is {length:g} mm; it must be above 0 and at most 20."
        for words, length in (
            ("voxel edge in the plane", image.in_plane),
            ("slice thickness", image.slice_thickness),
        )
        if not 0 < length <= 20
    ]
    if not 0 <= image.slice_gap <= 20:
        found.append(f"{image.role}: the gap between slices is {image.slice_gap:g} mm; it must be 0 to 20.")
    return found


def impossible_angles(role: str, angles: Mapping[str, float]) -> list[str]:
    """Say which of the named angles (degrees) turn nothing or more than half a turn."""
    return [
        f"{role}: the {words} is {angle:g} degrees; it must be above 0 and at most 180."
        for words, angle in angles.items()
        if not 0 < angle <= 180
    ]
