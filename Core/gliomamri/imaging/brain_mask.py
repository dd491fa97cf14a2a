"""Which voxels are brain, and whether that can be: given, support of skull-stripped images, or found in whole heads.

Used by :mod:`gliomamri.imaging.prepare`; tested by Testing/unit/imaging/test_brain_mask.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.imaging.alignable import is_skull_stripped
from gliomamri.imaging.brain_extraction import extract_brain

SMALLEST, LARGEST = 900.0, 1900.0
"""ml; intracranial volumes of adults lie between."""

FOUND_NOTE = (
    "The brain mask was found by a method validated on simulated heads only (six heads: mean Dice 0.92 to "
    "0.96 depending on the images, worst 0.86); look at it before using it."
)

_LARGEST_BRAIN = 2100.0
"""ml; what is not zero and larger is a head whose air was set to zero, not a brain."""

_SECOND_PART = 0.02
_HOLES = 0.01


@dataclass(frozen=True)
class BrainMask:
    """A brain mask, where it comes from, and what looks wrong.

    Attributes
    ----------
    image : SimpleITK.Image
        UInt8, 0 or 1.
    source : str
        ``given``, ``support`` or ``found``.
    warnings : tuple of str
    """

    image: sitk.Image
    source: str
    warnings: tuple[str, ...] = ()


def support_of(images: list[sitk.Image]) -> sitk.Image | None:
    """Return where skull-stripped images of one grid are not zero, holes filled; None if none is skull-stripped."""
    supports = []
    for image in images:
        values = sitk.GetArrayViewFromImage(image)
        if is_skull_stripped(values):
            supports.append(_solid(values != 0, image))
    volumes = [_volume(support, images[0]) for support in supports]
    supports = [s for s, volume in zip(supports, volumes, strict=True) if volume < _LARGEST_BRAIN]
    if not supports:
        return None
    result = sitk.GetImageFromArray(np.any(supports, axis=0).astype(np.uint8))
    result.CopyInformation(images[0])
    return result


def find_brain(images: list[sitk.Image], how: str) -> BrainMask | None:
    """Find the brain in aligned images of one grid.

    Parameters
    ----------
    images : list of SimpleITK.Image
        Weighted images or maps, the clearest first.
    how : {"auto", "support", "found"}
    """
    if how in ("auto", "support"):
        support = support_of(images)
        if support is not None:
            return BrainMask(support, "support", tuple(mask_doubts(support)))
        if how == "support":
            return None
    found = extract_brain(images)
    return BrainMask(found, "found", (FOUND_NOTE, *mask_doubts(found)))


def mask_doubts(mask: sitk.Image) -> list[str]:
    """Say what is unlikely about a brain mask, one sentence each: volume, parts, holes, cut by the image's border."""
    values = sitk.GetArrayViewFromImage(mask) > 0
    if not values.any():
        return ["No brain was found; give a brain mask."]
    doubts = volume_doubts(mask)
    cut = _cut_at(values)
    labels, count = ndimage.label(values)
    if count > 1:
        sizes = np.sort(np.bincount(labels.ravel())[1:])
        if sizes[:-1].sum() > _SECOND_PART * sizes[-1]:
            doubts.append(f"The brain mask falls into {count} parts; check it.")
    solid = ndimage.binary_fill_holes(values)
    if np.count_nonzero(solid) > (1 + _HOLES) * np.count_nonzero(values):
        doubts.append("The brain mask has holes; check it.")
    if cut:
        doubts.append("The brain mask touches the border of the image: part of the brain is not on it.")
    return doubts


def volume_doubts(mask: sitk.Image) -> list[str]:
    """Say that a mask's volume is not that of a brain; of no use in the space of a template, which stretches brains."""
    values = sitk.GetArrayViewFromImage(mask) > 0
    volume = _volume(values, mask)
    if volume <= LARGEST and (volume >= SMALLEST or _cut_at(values)):
        return []
    return [
        f"The brain mask holds {volume:.0f} ml; a brain has {SMALLEST:.0f} to {LARGEST:.0f} ml. Check it."
    ]


def _cut_at(values: NDArray[np.bool_]) -> bool:
    """Whether more than a trace of the mask lies on a face of the image."""
    areas = [values[side].sum() for side in (0, -1)]
    areas += [values[:, side].sum() for side in (0, -1)]
    areas += [values[:, :, side].sum() for side in (0, -1)]
    return bool(max(areas) > 0.002 * values.sum())


def _volume(values: NDArray[np.bool_], image: sitk.Image) -> float:
    """Volume in ml."""
    return float(np.count_nonzero(values) * np.prod(image.GetSpacing()) / 1000)


def _solid(values: NDArray[np.bool_], image: sitk.Image) -> NDArray[np.bool_]:
    """Keep the largest part, without holes in the planes across the thickest axis."""
    labels, count = ndimage.label(values)
    if count > 1:
        values = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])
    thickest = 2 - int(np.argmax(image.GetSpacing()))
    planes = [ndimage.binary_fill_holes(plane) for plane in np.moveaxis(values, thickest, 0)]
    return np.moveaxis(np.stack(planes), 0, thickest)
