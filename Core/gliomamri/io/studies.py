"""Read a patient's images by role, from a folder, from named files, or both."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io import bids, dicom
from gliomamri.io.images import natural_order
from gliomamri.io.memory import check_memory, image_bytes
from gliomamri.io.patients import check_one_patient
from gliomamri.io.pieces import Pieces, call, from_file, from_stacks, to_series
from gliomamri.io.quantities import to_our_unit
from gliomamri.io.segmentations import read_segments
from gliomamri.roles import ROLES
from gliomamri.series import Series
from gliomamri.study import Segments, Study


@dataclass(frozen=True)
class _Sources:
    """Where the images of one role are: groups of DICOM stacks that are numbered together, then files."""

    stacks: tuple[tuple[dicom.Stack, ...], ...] = ()
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    def read(self, role: str) -> Pieces:
        parts = [Pieces((), self.notes), *(from_stacks(group, role) for group in self.stacks)]
        for number, path in enumerate(self.files, start=1):
            parts.append(from_file(path, call(role, number if len(self.files) > 1 else None)))
        return Pieces.join(parts)


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
        BIDS subject or session, flat folder of NIfTI or NRRD with BIDS-like names, or DICOM (subfolders too).
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
    found = {role: _named(role, files) for role, files in paths.items() if role != "segmentation"}
    segmentation = _single_file("segmentation", paths["segmentation"]) if "segmentation" in paths else None
    notes: list[str] = []
    if folder is not None:
        more, labels = _scan(Path(folder), wanted, session, anything_else=bool(paths))
        found |= more
        segmentation = segmentation or labels
    _check_sources([*found.values(), _Sources(files=() if segmentation is None else (segmentation,))])
    series, singles = {}, {}
    for role, sources in found.items():
        pieces = sources.read(role)
        if ROLES[role].is_series:
            series[role], extra = to_series(role, pieces)
        else:
            singles[role], extra = _single(role, pieces)
        notes += extra
    segments = () if segmentation is None else (read_segments(segmentation),)
    return _ordered(singles, series, segments, notes)


def _check_sources(sources: Sequence[_Sources]) -> None:
    """Make sure, by headers only, that all is of one patient and fits into memory."""
    stacks = [stack for one in sources for group in one.stacks for stack in group]
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


def _named(role: str, paths: list[Path]) -> _Sources:
    """Find the images in the files and folders that the user named for one role."""
    slices = [path for path in paths if path.is_file() and dicom.is_dicom(path)]
    others = [path for path in paths if path not in slices]
    groups = [slices] if slices else []
    files = [file for path in others for file in (_files_in(role, path) if path.is_dir() else [path])]
    folders = [path for path in others if path.is_dir() and not bids.image_files(path)]
    groups += [dicom.dicom_files(folder) for folder in folders]
    chosen = [_choose_stacks(role, group) for group in groups]
    return _Sources(
        tuple(group for one in chosen for group in one.stacks),
        tuple(files),
        tuple(note for one in chosen for note in one.notes),
    )


def _files_in(role: str, folder: Path) -> list[Path]:
    """Image files of a folder that was named for one role: those of that name, else all of them."""
    files = bids.image_files(folder)
    if not files and not dicom.dicom_files(folder):
        raise UserError(
            f"The folder given for the {ROLES[role].title} holds no images; choose another.", str(folder)
        )
    named = [path for path in files if bids.role_of(path) == role]
    return natural_order(named or files)


def _single_file(role: str, paths: list[Path]) -> Path:
    if len(paths) != 1 or paths[0].is_dir():
        raise UserError(f"The {ROLES[role].title} must be one file.", ", ".join(map(str, paths)))
    return paths[0]


def _choose_stacks(role: str, files: list[Path]) -> _Sources:
    """Pick the stacks that a role means among DICOM files that the user named for it."""
    stacks = dicom.scan(files)
    acquisitions = [found for found in dicom.find_acquisitions(stacks) if found.role == role]
    if acquisitions:
        return _only(role, acquisitions)
    if not stacks:
        raise UserError(
            f"The DICOM files of the {ROLES[role].title} hold no image; choose others.", str(files[:1])
        )
    if len(stacks) > 1 and not ROLES[role].is_series:
        raise UserError(
            f"The DICOM files of the {ROLES[role].title} hold {len(stacks)} volumes; give the folder of one.",
            str(files[0].parent),
        )
    return _Sources((tuple(stacks),))


def _only(role: str, acquisitions: list[dicom.Acquisition]) -> _Sources:
    """Make sure that one acquisition remains and is whole; magnitude images win over real ones."""
    magnitude = [found for found in acquisitions if found.stacks[0].component != "real"]
    chosen = magnitude or acquisitions
    if len(chosen) > 1:
        raise UserError(
            f"The DICOM folder holds {len(chosen)} series of {ROLES[role].title}; give the folder of one "
            f"(--image {role}=FOLDER).",
            ", ".join(str(found.stacks[0].frames[0].path.parent) for found in chosen),
        )
    check_one_patient(frame.patient for stack in chosen[0].stacks for frame in stack.frames)
    dicom.check_slices(chosen[0])
    return _Sources((chosen[0].stacks,), notes=dicom.left_out_notes(chosen[0]))


def _scan(
    folder: Path, wanted: list[str], session: str, *, anything_else: bool
) -> tuple[dict[str, _Sources], Path | None]:
    """Find the wanted roles in a folder; give their sources and the segmentation's file."""
    if not folder.is_dir():
        raise UserError("The folder of the patient is missing; check its name.", str(folder))
    files = bids.image_files(folder)
    named = bids.find_files(folder, wanted, session=session) if files else {}
    segmentation = named.pop("segmentation", (None,))[0]
    slices = [] if named else dicom.dicom_files(folder)
    found = {role: _Sources(files=tuple(paths)) for role, paths in named.items()}
    acquisitions = dicom.find_acquisitions(dicom.scan(slices))
    for role in wanted:
        candidates = [one for one in acquisitions if one.role == role]
        if candidates:
            found[role] = _only(role, candidates)
    if not found and segmentation is None and not anything_else:
        raise _nothing_found(folder, wanted, has_images=bool(files or slices))
    return found, segmentation


def _nothing_found(folder: Path, wanted: list[str], *, has_images: bool) -> UserError:
    if not has_images:
        return UserError("The folder holds no NIfTI, NRRD or DICOM images; choose another.", str(folder))
    return UserError(
        f"The folder holds images, but none could be recognized as {' or '.join(wanted)}; name them "
        "(--image ROLE=FILE).",
        str(folder),
    )


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
