"""Slices that make one volume: put in order along their normal, checked, read.

Source: DICOM PS3.3, C.7.6.2.1.1: voxel (column i, row j) of a slice lies at
position + i * spacing_columns * row direction + j * spacing_rows * column direction.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io.dicom_headers import Frame, shared_parameters
from gliomamri.io.images import Reading
from gliomamri.io.voxels import check_finite, voxel_notes

_ANGLE = 1e-3
"""Largest difference of direction cosines within one volume."""
_UNEVEN_MM = 0.02
"""Slices may be this far from an even distance (headers round positions)."""
_SHEAR_MM = 0.1
"""Slices may be shifted this far in their plane before they count as sheared."""


@dataclass(frozen=True)
class Stack:
    """Frames of one volume, in any order: same series, size, parameters and kind of signal."""

    frames: tuple[Frame, ...]

    @property
    def parameters(self) -> Mapping[str, float]:
        """Acquisition parameters shared by all slices."""
        return shared_parameters([frame.parameters for frame in self.frames])

    @property
    def component(self) -> str:
        """Kind of signal, see :class:`gliomamri.io.dicom_headers.Frame`."""
        return self.frames[0].component

    @property
    def signed(self) -> bool | None:
        """Whether the values keep the signal's sign; None when unknown."""
        return self.frames[0].signed

    @functools.cached_property
    def place(self) -> tuple:
        """Equal for stacks on the same grid (rounded to 0.01 mm); independent of the order of the slices."""
        first = self.frames[0]
        orientation = tuple(np.round(first.orientation, 4) + 0.0)
        return first.shape, tuple(np.round(first.spacing, 4)), orientation, tuple(sorted(self.slice_places))

    @functools.cached_property
    def slice_places(self) -> frozenset[tuple[float, ...]]:
        """Places of the slices (rounded to 0.01 mm)."""
        return frozenset(tuple(np.round(frame.position, 2) + 0.0) for frame in self.frames)

    @property
    def stored_bytes(self) -> int:
        """Bytes of its voxels in memory."""
        return sum(frame.shape[0] * frame.shape[1] * frame.voxel_bytes for frame in self.frames)

    @property
    def repeats(self) -> bool:
        """True when two slices lie at the same place."""
        return len(self.slice_places) < len(self.frames)


def read_stack(stack: Stack, *, what: str = "image") -> Reading:
    """Read one volume.

    Returns
    -------
    Reading
        One 3-D scalar image whose slices ascend along the normal (row direction x column direction), so its
        axes are right-handed; rescale slope and intercept are applied.

    Raises
    ------
    UserError
        If slices are missing, doubled, unevenly spaced, sheared or differently oriented, or a file is damaged.
    """
    frames, spacing = sorted_slices(stack, what)
    slices = _read_slices(frames, what)
    types = {values.dtype for values in slices}
    volume = np.stack(slices).astype(types.pop() if len(types) == 1 else np.float32)
    if volume.dtype == np.float64:  # from the rescale slope; the file had at most 16 bits
        volume = volume.astype(np.float32)
    image = sitk.GetImageFromArray(volume)
    first = frames[0]
    row, column = _axes(first)
    normal = np.cross(row, column)
    image.SetSpacing((first.spacing[1], first.spacing[0], spacing))
    image.SetOrigin(first.position)
    image.SetDirection(np.column_stack((row, column, normal)).ravel().tolist())
    check_finite(image, what)
    return Reading((image,), voxel_notes(image, what))


def sorted_slices(stack: Stack, what: str) -> tuple[list[Frame], float]:
    """Put the slices in order along their normal; give them and the distance between slices in mm.

    Raises
    ------
    UserError
        See :func:`read_stack`.
    """
    first = stack.frames[0]
    details = str(first.path.parent)
    orientations = np.array([frame.orientation for frame in stack.frames])
    if np.abs(orientations - orientations[0]).max() > _ANGLE:
        raise UserError(
            f"The slices of the {what} have different orientations; choose a series of one.", details
        )
    normal = np.cross(*_axes(first))
    frames = sorted(stack.frames, key=lambda frame: float(np.dot(frame.position, normal)))
    if len(frames) == 1:
        return frames, first.thickness or 1.0
    positions = np.array([frame.position for frame in frames])
    heights = positions @ normal
    gaps = np.diff(heights)
    doubled = int(np.count_nonzero(gaps < 1e-3))
    if doubled:
        lie = "slice lies" if doubled == 1 else "slices lie"
        raise UserError(
            f"In the {what}, {doubled} {lie} at the place of another one; it seems to hold more than one volume "
            "or copies of files.",
            details,
        )
    spacing = float(np.median(gaps))
    missing = int(np.sum(np.round(gaps / spacing) - 1))
    if missing:
        slices = "slice" if missing == 1 else "slices"
        raise UserError(f"The {what} lacks {missing} {slices} in between; export the series again.", details)
    if np.abs(gaps - spacing).max() > max(_UNEVEN_MM, 0.01 * spacing):
        raise UserError(
            f"The slices of the {what} are unevenly spaced ({gaps.min():.3g} to {gaps.max():.3g} mm); resample "
            "it first.",
            details,
        )
    mean = float((heights[-1] - heights[0]) / (len(frames) - 1))
    shear = positions - positions[0] - np.outer(heights - heights[0], normal)
    if np.linalg.norm(shear, axis=1).max() > _SHEAR_MM:
        raise UserError(
            f"The slices of the {what} are shifted against each other (tilted stack); resample it first.",
            details,
        )
    return frames, mean


def _axes(frame: Frame) -> tuple[np.ndarray, np.ndarray]:
    """Give the unit vectors along a row and down a column, at exact right angles."""
    row = np.array(frame.orientation[:3])
    row = row / np.linalg.norm(row)
    column = np.array(frame.orientation[3:])
    column = column - row * (row @ column)
    return row, column / np.linalg.norm(column)


def _read_slices(frames: list[Frame], what: str) -> list[np.ndarray]:
    """Read the voxels of each slice, shape (rows, columns); an enhanced file is opened once."""
    slices: list[np.ndarray] = []
    opened: dict = {}
    for frame in frames:
        try:
            if frame.index is None:
                slices.append(
                    sitk.GetArrayFromImage(sitk.ReadImage(str(frame.path), imageIO="GDCMImageIO"))[0]
                )
            else:
                slices.append(_enhanced_slice(frame, opened))
        except (RuntimeError, ValueError, OSError, NotImplementedError, AttributeError) as error:
            raise UserError(
                f"A DICOM file of the {what} is damaged, incomplete or in a compression that cannot be read; export "
                "the series again.",
                f"{frame.path}: {error}",
            ) from error
        if slices[-1].ndim != 2:
            raise UserError(
                f"The {what} is a color picture; choose an image with one value per voxel.", str(frame.path)
            )
    return slices


def _enhanced_slice(frame: Frame, opened: dict) -> np.ndarray:
    """One frame of an enhanced file, with its own rescale slope and intercept."""
    import pydicom

    if frame.path not in opened:
        dataset = pydicom.dcmread(frame.path)
        array = dataset.pixel_array
        opened[frame.path] = (dataset, array if array.ndim == 3 else array[np.newaxis])
    dataset, array = opened[frame.path]
    values = array[frame.index]
    for groups in (
        dataset.PerFrameFunctionalGroupsSequence[frame.index],
        *dataset.get("SharedFunctionalGroupsSequence", ()),
    ):
        rescale = groups.get("PixelValueTransformationSequence")
        if rescale:
            slope, intercept = float(rescale[0].RescaleSlope), float(rescale[0].RescaleIntercept)
            return (
                values
                if (slope, intercept) == (1.0, 0.0)
                else (values * slope + intercept).astype(np.float32)
            )
    return values
