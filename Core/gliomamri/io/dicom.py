"""A folder of DICOM files: which volumes it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.io.dicom_acquisitions import Acquisition, check_slices, find_acquisitions, left_out_notes
from gliomamri.io.dicom_headers import Frame, header_parameters, header_signed, read_frames
from gliomamri.io.dicom_stacks import Stack, read_stack
from gliomamri.io.images import natural_order

_DICOM_EXTENSIONS = (".dcm", ".ima")
_PREFIX_BYTES = 132
_PRECISION = 2  # decimals of ms within which times of slices are the same


def is_dicom(path: Path) -> bool:
    """Tell by its content whether a file is DICOM (PS3.10 prefix after 128 bytes)."""
    try:
        with path.open("rb") as file:
            return file.read(_PREFIX_BYTES)[128:] == b"DICM"
    except OSError:
        return False


def dicom_files(folder: Path) -> list[Path]:
    """List the DICOM files of a folder and its subfolders, in natural order.

    Raises
    ------
    UserError
        If a file is named like DICOM but too short to be: a failed copy, which would go unnoticed at the end
        of a stack.
    """
    files = natural_order(path for path in folder.rglob("*") if path.is_file() and path.name != "DICOMDIR")
    for path in files:
        if path.suffix.lower() in _DICOM_EXTENSIONS and path.stat().st_size <= _PREFIX_BYTES:
            raise UserError("A DICOM file is empty or incomplete; export the series again.", str(path))
    return [path for path in files if is_dicom(path)]


def scan(files: Iterable[Path]) -> list[Stack]:
    """Read headers only and sort the slices into stacks, in order of the files.

    A series is split by size, kind of signal, inversion time, echo time, b-value and, of gradient echoes, flip
    angle; what still repeats slices, by temporal position, acquisition and gradient direction.

    Raises
    ------
    UserError
        If a header cannot be read.
    """
    frames: list[Frame] = []
    for path in files:
        try:
            frames += read_frames(path)
        except (OSError, ValueError) as error:
            raise UserError(
                "A DICOM file is damaged or incomplete; export the series again.", f"{path}: {error}"
            ) from error
    stacks = []
    for stack in _split([Stack(tuple(frames))] if frames else [], _acquisition_key):
        stacks += _split_repeats(stack)
    return stacks


def _acquisition_key(frame: Frame) -> tuple:
    # Flip angles of spin echoes are those of refocusing, which may differ between slices of one volume.
    names = ("inversion_time", "echo_time", "b_value", *(("flip_angle",) if frame.is_gradient_echo else ()))
    times = (frame.parameters.get(name) for name in names)
    rounded = tuple(None if time is None else round(time, _PRECISION) for time in times)
    return frame.series, frame.shape, frame.component, rounded


def _split(stacks: list[Stack], key: Callable[[Frame], tuple]) -> list[Stack]:
    """Split stacks by a key of their frames, keeping the order of first appearance."""
    result = []
    for stack in stacks:
        groups = defaultdict(list)
        for frame in stack.frames:
            groups[key(frame)].append(frame)
        result += [Stack(tuple(frames)) for frames in groups.values()]
    return result


def _split_repeats(stack: Stack) -> list[Stack]:
    """Split a stack that holds several slices at one place by the first attribute that tells them apart."""
    if not stack.repeats:
        return [stack]
    for attribute in range(len(stack.frames[0].repeat)):
        parts = _split([stack], lambda frame, attribute=attribute: (frame.repeat[attribute],))
        if len(parts) > 1 and not any(part.repeats for part in parts):
            return parts
    return [stack]


__all__ = [
    "Acquisition",
    "Stack",
    "check_slices",
    "dicom_files",
    "find_acquisitions",
    "header_parameters",
    "header_signed",
    "is_dicom",
    "left_out_notes",
    "read_stack",
    "scan",
]
