"""Where the images of each role are: in files and folders that the user named, or in the patient's folder.

Nothing is read but names and headers. Called by :mod:`gliomamri.io.studies`; tested by
Testing/unit/io/test_studies.py, test_dicom_acquisitions.py and test_result_studies.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gliomamri.errors import UserError
from gliomamri.io import bids, dicom
from gliomamri.io.images import natural_order
from gliomamri.io.patients import check_one_patient
from gliomamri.io.pieces import Pieces, call, from_file, from_stacks
from gliomamri.io.result_studies import is_result_folder, result_sources
from gliomamri.io.segmentations import read_segments
from gliomamri.roles import ROLES
from gliomamri.study import Segments


class Source(Protocol):
    """Something that gives the images of one role when asked."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Image files, for the memory check."""

    def read(self, role: str) -> Pieces:
        """Read them."""


class RegionSource(Protocol):
    """Something that gives named regions when asked."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Image files, for the memory check."""

    def read_segments(self) -> Segments:
        """Read them."""


@dataclass(frozen=True)
class RegionFile:
    """A segmentation in a file of its own."""

    path: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def read_segments(self) -> Segments:
        """Read it with its names and colors."""
        return read_segments(self.path)


@dataclass(frozen=True)
class Found:
    """What a folder holds: sources by role, and regions."""

    images: dict[str, Source] = field(default_factory=dict)
    regions: tuple[RegionSource, ...] = ()


@dataclass(frozen=True)
class Sources:
    """Where the images of one role are: groups of DICOM stacks that are numbered together, then files."""

    stacks: tuple[tuple[dicom.Stack, ...], ...] = ()
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    def read(self, role: str) -> Pieces:
        """Read all of them in order."""
        parts = [Pieces((), self.notes), *(from_stacks(group, role) for group in self.stacks)]
        for number, path in enumerate(self.files, start=1):
            parts.append(from_file(path, call(role, number if len(self.files) > 1 else None), role))
        return Pieces.join(parts)


def named_sources(role: str, paths: list[Path]) -> Sources:
    """Find the images in the files and folders that the user named for one role.

    Raises
    ------
    UserError
        If a folder holds no image, or DICOM files hold more than the one series that the role means.
    """
    slices = [path for path in paths if path.is_file() and dicom.is_dicom(path)]
    others = [path for path in paths if path not in slices]
    groups = [slices] if slices else []
    files = [file for path in others for file in (_files_in(role, path) if path.is_dir() else [path])]
    folders = [path for path in others if path.is_dir() and not bids.image_files(path)]
    groups += [dicom.dicom_files(folder) for folder in folders]
    chosen = [_choose_stacks(role, group) for group in groups]
    return Sources(
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


def _choose_stacks(role: str, files: list[Path]) -> Sources:
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
    return Sources((tuple(stacks),))


def _only(role: str, acquisitions: list[dicom.Acquisition]) -> Sources:
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
    return Sources((chosen[0].stacks,), notes=dicom.left_out_notes(chosen[0]))


def folder_sources(folder: Path, wanted: list[str], session: str, *, anything_else: bool) -> Found:
    """Find the wanted roles in a patient's folder or in a result folder.

    Parameters
    ----------
    folder : pathlib.Path
        See :func:`gliomamri.io.studies.read_study`.
    wanted : list of str
        Roles.
    session : str
        Label of the BIDS session.
    anything_else : bool
        True when finding nothing is no error, since other images were named.

    Raises
    ------
    UserError
        If the folder is missing, holds none of the roles, or several candidates of one.
    """
    if not folder.is_dir():
        raise UserError("The folder of the patient is missing; check its name.", str(folder))
    if is_result_folder(folder):
        found = Found(*result_sources(folder, wanted))
        has_images = True
    else:
        found, has_images = _patient_sources(folder, wanted, session)
    if not found.images and not found.regions and not anything_else:
        raise _nothing_found(folder, wanted, has_images=has_images)
    return found


def _patient_sources(folder: Path, wanted: list[str], session: str) -> tuple[Found, bool]:
    """Find files by their names, else DICOM by its headers; tell whether there is any image."""
    files = bids.image_files(folder)
    named = bids.find_files(folder, wanted, session=session) if files else {}
    regions = tuple(RegionFile(path) for path in named.pop("segmentation", ()))
    slices = [] if named else dicom.dicom_files(folder)
    found: dict[str, Source] = {role: Sources(files=tuple(paths)) for role, paths in named.items()}
    acquisitions = dicom.find_acquisitions(dicom.scan(slices))
    for role in wanted:
        candidates = [one for one in acquisitions if one.role == role]
        if candidates:
            found[role] = _only(role, candidates)
    return Found(found, regions), bool(files or slices)


def _nothing_found(folder: Path, wanted: list[str], *, has_images: bool) -> UserError:
    if not has_images:
        return UserError("The folder holds no NIfTI, NRRD or DICOM images; choose another.", str(folder))
    return UserError(
        f"The folder holds images, but none could be recognized as {' or '.join(wanted)}; name them "
        "(--image ROLE=FILE).",
        str(folder),
    )
