"""What the voxels of an image give away: not a number, clipped, wrapped around, all the same."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError

_MANY = 1e-4
"""Share of the voxels at the end of the number range above which an image counts as clipped."""
_AT_LEAST = 8
"""Voxels at the end of the number range below which it does not: a scaled image may touch it."""


def check_finite(image: sitk.Image, what: str, details: str = "") -> None:
    """Refuse an image with voxels that are no number.

    Raises
    ------
    UserError
        With the number of such voxels.
    """
    values = sitk.GetArrayViewFromImage(image)
    if values.dtype.kind != "f":
        return
    # One pass in the common case: a sum is finite only if every voxel is (or overflows, then they are counted).
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float64)):
            return
    refuse_without_number(
        int(values.size - np.count_nonzero(np.isfinite(values))), values.size, what, details
    )


def refuse_without_number(count: int, size: int, what: str, details: str = "") -> None:
    """Raise UserError if ``count`` of the ``size`` voxels of an image are no number; 0 is fine."""
    if count:
        raise UserError(
            f"The {what} holds {count} voxels without a number (NaN or infinite) of {size}; "
            "export or compute it again.",
            details,
        )


def voxel_notes(
    image: sitk.Image, what: str, stored_range: tuple[float, float] | None = None
) -> tuple[str, ...]:
    """Say what is suspicious about a finite scalar image, one sentence each.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D scalar image.
    what : str
        How to call it in the sentence.
    stored_range : (low, high), optional
        Ends of the range that the file's integers could represent, after scaling; taken from the voxel type of
        ``image`` when it is an integer.
    """
    values = sitk.GetArrayViewFromImage(image)
    low, high = float(values.min()), float(values.max())
    if low == high:
        return (f"Every voxel of the {what} has the same value ({low:g}).",)
    if stored_range is None:
        if values.dtype.kind not in "iu":
            return ()
        limits = np.iinfo(values.dtype)
        stored_range = (float(limits.min), float(limits.max))
    if stored_range[0] < 0 and _is_wrapped(values, low, high, stored_range):
        note = (
            f"The {what} jumps from the largest to the smallest number its file can hold: it seems to have "
            "overflowed when it was saved; export it again with a larger number type."
        )
        return (note,)
    return _clipping(values, low, high, stored_range, what)


def _clipping(
    values: np.ndarray, low: float, high: float, stored_range: tuple[float, float], what: str
) -> tuple[str, ...]:
    ends = [(high, stored_range[1], "largest")]
    if stored_range[0] < 0:
        ends.append((low, stored_range[0], "smallest"))
    notes = []
    for found, end, name in ends:
        if not np.isclose(found, end, rtol=1e-6):
            continue
        count = int(np.count_nonzero(values == values.dtype.type(found)))
        only_two_values = np.all((values == found) | (values == (low if name == "largest" else high)))
        if count >= max(_AT_LEAST, _MANY * values.size) and not only_two_values:
            notes.append(
                f"In the {what}, {count} voxels have the {name} number its file can hold ({end:g}): it seems to "
                "have been clipped when it was saved; values there cannot be trusted."
            )
    return tuple(notes)


def _is_wrapped(values: np.ndarray, low: float, high: float, stored_range: tuple[float, float]) -> bool:
    """Neighbors that jump over most of the number range, from its positive to its negative end."""
    width = stored_range[1] - stored_range[0]
    if high < stored_range[1] - width / 8 or low > stored_range[0] + width / 8:
        return False
    jumps = 0
    for axis in range(values.ndim):
        step = np.abs(np.diff(values.astype(np.float32), axis=axis))
        jumps += int(np.count_nonzero(step > 0.75 * width))
    return jumps >= _AT_LEAST
