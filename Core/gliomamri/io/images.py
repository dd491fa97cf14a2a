"""Read and write one image file (NIfTI, NRRD, whatever SimpleITK knows), with one sentence per bad input."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.compressed_data import check_checksum
from gliomamri.io.new_files import disk_full, new_file
from gliomamri.io.nifti_header import IncompleteFileError, NiftiHeader, check_complete, is_nifti
from gliomamri.io.nifti_voxels import check_voxels
from gliomamri.io.voxels import check_finite, refuse_without_number, voxel_notes

EXTENSIONS = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Image files that are looked for in folders."""

_INTEGER_TYPES = {2: np.uint8, 4: np.int16, 8: np.int32, 256: np.int8, 512: np.uint16, 768: np.uint32}
"""NIfTI datatype codes of integers whose ends can be met by clipping."""


@dataclass(frozen=True)
class NiftiFacts:
    """What only the file itself tells: its header, and per 3-D volume the voxels that are no number (if real)."""

    header: NiftiHeader
    without_number: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """What a file gave: 3-D scalar images and the sentences worth knowing about them."""

    images: tuple[sitk.Image, ...]
    notes: tuple[str, ...] = ()


def read_image(path: Path, *, what: str = "image") -> sitk.Image:
    """Read one 3-D scalar image.

    Parameters
    ----------
    path : pathlib.Path
        NIfTI, NRRD or another format that SimpleITK reads.
    what : str
        How sentences call the image, such as "T1 map".

    Returns
    -------
    SimpleITK.Image
        3-D, scalar, finite everywhere, without the file's metadata. A 2-D image becomes one slice of 1 mm.

    Raises
    ------
    UserError
        If the file is missing, empty, truncated or damaged, or holds something other than one 3-D scalar image.
    """
    return read_one(path, what=what).images[0]


def read_images(path: Path, *, what: str = "image") -> list[sitk.Image]:
    """Read the 3-D images of one 3-D or 4-D file, in order; otherwise as :func:`read_image`."""
    return list(read_file(path, what=what).images)


def read_one(path: Path, *, what: str = "image") -> Reading:
    """Read as :func:`read_image`, with notes."""
    reading = read_file(path, what=what)
    if len(reading.images) > 1:
        raise UserError(
            f"The {what} must be one three-dimensional image, but its file holds {len(reading.images)} of them; "
            "choose one and save it to its own file.",
            str(path),
        )
    return reading


def read_file(path: Path, *, what: str = "image") -> Reading:
    """Read as :func:`read_images`, with notes."""
    path = Path(path)
    image, facts = load(path, what)
    if image.GetPixelIDValue() in (sitk.sitkComplexFloat32, sitk.sitkComplexFloat64):
        raise UserError(f"The {what} holds complex numbers; save its magnitude or its real part.", str(path))
    volumes = _volumes(image, what, path)
    notes = list(_slice_note(image, what))
    stored_range = None if facts is None else _stored_range(facts.header)
    without_number = (facts.without_number if facts else ()) or (0,) * len(volumes)
    for number, (volume, count) in enumerate(zip(volumes, without_number, strict=True), start=1):
        name = what if len(volumes) == 1 else f"{what} {number}"
        refuse_without_number(count, volume.GetNumberOfPixels(), name, details=str(path))
        check_finite(volume, name, details=str(path))
        notes += voxel_notes(volume, name, stored_range)
    return Reading(tuple(volumes), tuple(notes))


def load(path: Path, what: str) -> tuple[sitk.Image, NiftiFacts | None]:
    """Read a file as SimpleITK gives it (any dimension, scalar or vector), after making sure that it is complete.

    A NIfTI file's voxels without a number are 0 in the image; the facts beside it count them.

    Raises
    ------
    UserError
        If the file is missing, empty, truncated, damaged, of unknown format, or without voxels.
    """
    if not path.exists():
        raise UserError(f"The file of the {what} is missing; check its name.", str(path))
    if path.is_dir():
        raise UserError(f"The {what} must be a file, not a folder.", str(path))
    try:
        if path.stat().st_size == 0:
            raise UserError(f"The file of the {what} is empty; copy or export it again.", str(path))
        facts = NiftiFacts(*check_voxels(path)) if is_nifti(path) else None
        check_checksum(path)
        if facts is not None and 0 in facts.header.shape:
            raise UserError(f"The {what} has no voxels; export it again.", f"{path}: {facts.header.shape}")
        image = sitk.ReadImage(str(path))
    except IncompleteFileError as error:
        raise _incomplete(what, f"{path}: {error}") from error
    except OSError as error:
        raise UserError(
            f"The file of the {what} cannot be opened; check its permissions.", f"{path}: {error}"
        ) from error
    except RuntimeError as error:
        raise _unreadable(path, what, str(error)) from error
    if image.GetNumberOfPixels() == 0:
        raise UserError(f"The {what} has no voxels; export it again.", str(path))
    return image, facts


def write_image(image: sitk.Image, path: Path) -> None:
    """Write an image so that the file appears whole or not at all.

    ITK's NIfTI writer says nothing when the disk is full, therefore the new file is checked before it takes its
    name. Metadata of the image is not written.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D scalar image; geometry of NIfTI files is stored in float32.
    path : pathlib.Path
        Ends in ``.nii`` (uncompressed), ``.nii.gz`` or ``.nrrd`` (compressed).

    Raises
    ------
    UserError
        If the folder is missing or read-only, or the disk is full.
    """
    path = Path(path)
    with new_file(path) as temporary:
        try:
            sitk.WriteImage(without_metadata(image), str(temporary), not path.name.lower().endswith(".nii"))
            if is_nifti(path):
                check_complete(temporary)
        except (RuntimeError, IncompleteFileError) as error:
            raise disk_full(path.parent, f"{path}: {error}") from error


def without_metadata(image: sitk.Image) -> sitk.Image:
    """Return the image without its metadata dictionary, which may hold names and dates."""
    result = sitk.Image(image)
    for key in result.GetMetaDataKeys():
        result.EraseMetaData(key)
    return result


def is_image_file(path: Path) -> bool:
    """Tell by its name whether a file is an image that can be read."""
    return path.is_file() and not path.name.startswith(".") and path.name.lower().endswith(EXTENSIONS)


def stem(path: Path) -> str:
    """Name of an image file without its extension, ``.nii.gz`` and ``.seg.nrrd`` included."""
    return re.sub(r"(\.nii(\.gz)?|(\.seg)?\.n(rrd|hdr)|\.mh[ad])$", "", path.name, flags=re.IGNORECASE)


def natural_order(paths: Iterable[Path]) -> list[Path]:
    """Sort paths so that ``echo-2`` comes before ``echo-10``."""
    return sorted(
        paths, key=lambda path: [(int(t), "") if t.isdigit() else (-1, t.lower()) for t in _digits(path)]
    )


def _digits(path: Path) -> list[str]:
    return [part for part in re.split(r"(\d+)", path.as_posix()) if part]


def _volumes(image: sitk.Image, what: str, path: Path) -> list[sitk.Image]:
    """Split into 3-D scalar images without metadata."""
    if image.GetNumberOfComponentsPerPixel() > 1:
        return _components(without_metadata(image), what, path)
    image = without_metadata(image)
    if image.GetDimension() == 2:
        return [sitk.JoinSeries(image)]
    if image.GetDimension() == 3:
        return [image]
    size = image.GetSize()
    if sum(length > 1 for length in size[3:]) > 1:
        raise UserError(
            f"The {what} has more than four dimensions ({' x '.join(map(str, size))}); save it as one file per "
            "three-dimensional image.",
            str(path),
        )
    return [_volume(image, index) for index in np.ndindex(*size[3:])]


def _volume(image: sitk.Image, index: tuple[int, ...]) -> sitk.Image:
    """Cut one 3-D volume out of an image of higher dimension; its axes are those of the first three dimensions."""
    dimension = image.GetDimension()
    size = [*image.GetSize()[:3], *(0 for _ in index)]
    start = [0, 0, 0, *map(int, index)]
    volume = sitk.Extract(image, size, start, sitk.ExtractImageFilter.DIRECTIONCOLLAPSETOIDENTITY)
    volume.SetDirection(np.reshape(image.GetDirection(), (dimension, dimension))[:3, :3].ravel().tolist())
    volume.SetOrigin(image.GetOrigin()[:3])
    return volume


def _components(image: sitk.Image, what: str, path: Path) -> list[sitk.Image]:
    """Several values per voxel: colors are refused, a list of volumes (as Slicer saves sequences) is split."""
    count = image.GetNumberOfComponentsPerPixel()
    is_color = image.GetPixelIDValue() == sitk.sitkVectorUInt8 and count in (3, 4)
    if is_color or image.GetDimension() != 3:
        raise UserError(
            f"The {what} is a color picture; choose an image with one value per voxel.", str(path)
        )
    if count == 3:
        raise UserError(
            f"The {what} holds vectors of three values per voxel; choose an image with one value per voxel.",
            str(path),
        )
    return [sitk.VectorIndexSelectionCast(image, index) for index in range(count)]


def _slice_note(image: sitk.Image, what: str) -> tuple[str, ...]:
    if image.GetDimension() != 2:
        return ()
    return (f"The {what} is two-dimensional; it was taken as one slice of 1 mm, its orientation is unknown.",)


def _stored_range(header: NiftiHeader) -> tuple[float, float] | None:
    """Give the ends of what the file's integers can represent after scaling; None leaves it to the voxel type."""
    if header.datatype not in _INTEGER_TYPES:
        return None
    limits = np.iinfo(_INTEGER_TYPES[header.datatype])
    slope, intercept = (header.slope, header.intercept) if header.slope else (1.0, 0.0)
    low, high = sorted((slope * limits.min + intercept, slope * limits.max + intercept))
    return low, high


def _incomplete(what: str, details: str) -> UserError:
    return UserError(
        f"The file of the {what} is damaged or incomplete; copy or export it again.",
        details,
    )


def _unreadable(path: Path, what: str, reason: str) -> UserError:
    """Sort ITK's exceptions into sentences."""
    details = f"{path}: {reason}"
    if "orthonormal" in reason:
        return UserError(
            f"The axes of the {what} are not at right angles, which no viewer shows faithfully; resample it first.",
            details,
        )
    if path.name.lower().endswith(EXTENSIONS):
        return _incomplete(what, details)
    return UserError(f"The file of the {what} is of an unknown format; use NIfTI, NRRD or DICOM.", details)
