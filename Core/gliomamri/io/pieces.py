"""Pieces of a study: 3-D images with what their sidecar or header says, and how they make a series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.geometry import describe_difference, take_geometry
from gliomamri.imaging.sign import holds_negative_signal
from gliomamri.io import bids, dicom, sidecars
from gliomamri.io.diffusion_tables import read_b_values
from gliomamri.io.images import Reading, read_file
from gliomamri.roles import ROLES
from gliomamri.series import PARAMETERS, Series


@dataclass(frozen=True)
class Piece:
    """One 3-D image, its acquisition parameters (:data:`gliomamri.series.PARAMETERS`), sign and unit if known."""

    image: sitk.Image
    parameters: Mapping[str, float] = field(default_factory=dict)
    signed: bool | None = None
    unit: str = ""


@dataclass(frozen=True)
class Pieces:
    """Several pieces and the notes of reading them."""

    pieces: tuple[Piece, ...]
    notes: tuple[str, ...] = ()

    @staticmethod
    def join(parts: Iterable[Pieces]) -> Pieces:
        """Put several together, in order."""
        parts = tuple(parts)
        return Pieces(
            tuple(piece for part in parts for piece in part.pieces),
            tuple(n for part in parts for n in part.notes),
        )


def call(role: str, number: int | None = None) -> str:
    """Give the words for one image of a role, such as "inversion-recovery image 3"."""
    title = ROLES[role].title.replace("weighted", "weighted image").replace("FLAIR", "FLAIR image")
    title = title.removesuffix("s") if ROLES[role].is_series else title
    return title if number is None else f"{title} {number}"


def from_file(path: Path, what: str, role: str = "") -> Pieces:
    """Read a 3-D or 4-D file with its sidecar; ``role`` tells which of several repetition times is meant.

    Raises
    ------
    UserError
        If the file, its sidecar or its b-values cannot be used, or their lists do not fit the number of volumes.
    """
    reading = read_file(path, what=what)
    facts = sidecars.facts(bids.sidecar_fields(path, what=what), what=what, spoiled=role == "VFA")
    count = len(reading.images)
    parameters = dict(facts.parameters)
    b_values = read_b_values(path, what=what)
    if b_values:
        parameters["b_value"] = b_values
    for name, values in parameters.items():
        if len(values) not in (1, count):
            file = "bval" if name == "b_value" else "json"
            raise UserError(
                f"The {file} file beside the {what} gives {len(values)} values of {name.replace('_', ' ')} for "
                f"{count} "
                "images; give one per image.",
                str(path),
            )
    signed = facts.signed if facts.signed is not None else _signed_by_name(path)
    return Pieces(
        tuple(
            Piece(
                image,
                {name: v[index] if len(v) > 1 else v[0] for name, v in parameters.items()},
                signed,
                facts.units,
            )
            for index, image in enumerate(reading.images)
        ),
        reading.notes,
    )


def from_stacks(stacks: Sequence[dicom.Stack], role: str) -> Pieces:
    """Read DICOM stacks, one piece each."""
    parts = []
    for number, stack in enumerate(stacks, start=1):
        what = call(role, number if len(stacks) > 1 else None)
        reading: Reading = dicom.read_stack(stack, what=what)
        parts.append(Pieces((Piece(reading.images[0], stack.parameters, stack.signed),), reading.notes))
    return Pieces.join(parts)


def to_series(role: str, found: Pieces) -> tuple[Series, tuple[str, ...]]:
    """Make a series of the pieces; give it and the notes.

    Images that differ in geometry by less than the tolerance take that of the first exactly.

    Raises
    ------
    UserError
        If the images lie on different grids.
    """
    first = found.pieces[0].image
    images = []
    for number, piece in enumerate(found.pieces, start=1):
        difference = describe_difference(first, piece.image)
        if difference:
            raise UserError(
                f"The {call(role, 1)} and {call(role, number)} do not lie on the same grid. {difference} "
                "Choose images of one acquisition or resample them first."
            )
        images.append(take_geometry(piece.image, first))
    parameters, notes = {}, list(found.notes)
    for name in PARAMETERS:
        known = [piece.parameters[name] for piece in found.pieces if name in piece.parameters]
        if len(known) == len(images):
            parameters[name] = tuple(known)
        elif known:
            notes.append(
                f"The {name.replace('_', ' ')} is known of only {len(known)} of the {len(images)} "
                f"{ROLES[role].title} and was left out."
            )
    signs = {piece.signed for piece in found.pieces}
    signed = signs.pop() if len(signs) == 1 else None
    if signed is not True and any(holds_negative_signal(image) for image in images):
        if signed is False:
            notes.append(
                f"The {ROLES[role].title} hold negative values although they are said to be magnitude images."
            )
        signed = True
    return Series(tuple(images), parameters, signed), tuple(notes)


def _signed_by_name(path: Path) -> bool | None:
    return {"mag": False, "real": True}.get(bids.parse_name(path).entities.get("part", ""))
