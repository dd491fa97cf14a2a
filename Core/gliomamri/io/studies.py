"""Read a patient's images by role, from a folder, from named files, or both."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.memory import check_memory, image_bytes
from gliomamri.io.patients import check_one_patient
from gliomamri.io.pieces import Pieces, call, to_series
from gliomamri.io.quantities import to_our_unit
from gliomamri.io.study_sources import (
    RegionFile,
    RegionSource,
    Source,
    Sources,
    folder_sources,
    named_sources,
)
from gliomamri.roles import ROLES
from gliomamri.series import Series
from gliomamri.study import Segments, Study


def read_study(
    folder: Path | None,
    images: Sequence[tuple[str, Path]] = (),
    *,
    roles: Sequence[str],
    session: str = "",
) -> Study:
    """Read what a task can use.

    Parameters
    ----------
    folder : pathlib.Path or None
        BIDS subject or session, flat folder of NIfTI or NRRD with BIDS-like names, DICOM (subfolders too), or the
        result folder of an earlier task.
    images : sequence of (role, path)
        Named files, which win over the folder. The role of a series may come several times; its path may be a
        3-D file, a 4-D file, or a folder.
    roles : sequence of str
        The roles to read; anything else in the folder is left alone.
    session : str
        Label of the BIDS session to take when the folder holds several.

    Returns
    -------
    Study
        Its notes name images by role and number only, never by file.

    Raises
    ------
    UserError
        With one sentence, for whatever cannot be used, images of different patients, or images that do not fit
        into the memory that is free.
    """
    paths = _by_role(images, roles)
    wanted = [role for role in roles if role not in paths]
    found: dict[str, Source] = {
        role: named_sources(role, files) for role, files in paths.items() if role != "segmentation"
    }
    regions: tuple[RegionSource, ...] = ()
    if "segmentation" in paths:
        regions = (RegionFile(_single_file("segmentation", paths["segmentation"])),)
    notes: list[str] = []
    if folder is not None:
        more = folder_sources(Path(folder), wanted, session, anything_else=bool(paths))
        found |= more.images
        regions = regions or more.regions
    _check_sources([*found.values(), *regions])
    series, singles = {}, {}
    for role, sources in found.items():
        pieces = sources.read(role)
        if ROLES[role].is_series:
            series[role], extra = to_series(role, pieces)
        else:
            singles[role], extra = _single(role, pieces)
        notes += extra
    segments = tuple(one.read_segments() for one in regions)
    return _ordered(singles, series, segments, notes)


def _check_sources(sources: Sequence[Source | RegionSource]) -> None:
    """Make sure, by headers only, that all is of one patient and fits into memory."""
    groups = [group for one in sources if isinstance(one, Sources) for group in one.stacks]
    stacks = [stack for group in groups for stack in group]
    check_one_patient(frame.patient for stack in stacks for frame in stack.frames)
    files = [path for one in sources for path in one.files]
    check_memory(sum(stack.stored_bytes for stack in stacks) + sum(image_bytes(path) for path in files))


def _ordered(
    singles: dict[str, sitk.Image],
    series: dict[str, Series],
    segments: tuple[Segments, ...],
    notes: list[str],
) -> Study:
    """Order everything by the table of roles, so that the same inputs give the same study."""
    return Study(
        images={role: singles[role] for role in ROLES if role in singles},
        series={role: series[role] for role in ROLES if role in series},
        segments=segments,
        notes=tuple(dict.fromkeys(notes)),
    )


def _by_role(images: Sequence[tuple[str, Path]], roles: Sequence[str]) -> dict[str, list[Path]]:
    paths = defaultdict(list)
    for role, path in images:
        if role not in roles:
            raise UserError(_unknown_role(role, roles))
        if paths[role] and not ROLES[role].is_series:
            raise UserError(f"The {ROLES[role].title} was given twice; give one file.")
        if not Path(path).exists():
            number = len(paths[role]) + 1 if ROLES[role].is_series else None
            raise UserError(f"The file of the {call(role, number)} is missing; check its name.", str(path))
        paths[role].append(Path(path))
    return dict(paths)


def _unknown_role(role: str, roles: Sequence[str]) -> str:
    if role in ROLES:
        return f"The task does not use the role '{role}'; it uses {', '.join(roles)}."
    lower = {name.lower(): name for name in roles}
    close = difflib.get_close_matches(role.lower(), lower, n=1)
    hint = f"did you mean '{lower[close[0]]}'?" if close else f"known are {', '.join(roles)}."
    return f"There is no role '{role}'; {hint}"


def _single_file(role: str, paths: list[Path]) -> Path:
    if len(paths) != 1 or paths[0].is_dir():
        raise UserError(f"The {ROLES[role].title} must be one file.", ", ".join(map(str, paths)))
    return paths[0]


def _single(role: str, found: Pieces) -> tuple[sitk.Image, tuple[str, ...]]:
    if len(found.pieces) != 1:
        raise UserError(
            f"The {call(role)} must be one three-dimensional image, but {len(found.pieces)} were given; "
            "choose one."
        )
    piece = found.pieces[0]
    if role == "brain_mask":
        mask = piece.image != 0
        if not sitk.GetArrayViewFromImage(mask).any():
            raise UserError("The brain mask is empty; choose another one or none.")
        return mask, ()
    image, notes = to_our_unit(piece.image, role, piece.unit)
    return image, (*found.notes, *notes)
