"""Images made ready for registration: finite, clipped to the head's range, with the head's support, at any scale.

Three traps of mutual information are dealt with here: a huge background of zeros (the metric is sampled inside the
support only), few very bright voxels that leave all else in one bin (values are clipped), and stacks whose slices are
so few that an isotropic pyramid would leave none (each axis is thinned by itself).

Used by :mod:`gliomamri.imaging.registration`; tested by Testing/unit/imaging/test_alignable.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.errors import UserError
from gliomamri.imaging.foreground import foreground_mask
from gliomamri.imaging.rigid import Matrix, apply, index_to_physical, inverse

_CLIP = (0.5, 99.5)
"""Percentiles inside the support that become 0 and 1 [our choice]."""

_ZERO_SHARE = 0.35
"""A skull-stripped image is exactly zero in at least this share of its voxels and in most of its border."""

_ZERO_BORDER = 0.9

_AIR = 12.0
"""mm of zeros that are kept around a skull-stripped brain; the rest only takes time."""

_SUPPORT_SPACING = 2.0
"""mm, the scale at which the head is told from air: finer does not change where it is compared."""

_BLUR = 0.4
"""Standard deviation of the blur over the scale [our choice]."""


@dataclass(frozen=True)
class Alignable:
    """An image ready for registration.

    Attributes
    ----------
    values : ndarray of float32, shape (z, y, x)
        In [0, 1], finite.
    to_physical : 4 x 4 array
        From voxel index (x, y, z) to mm, LPS.
    support : ndarray of bool, shape (z, y, x)
        Where the head or the brain is, on a grid of its own.
    support_to_physical : 4 x 4 array
        The same for the support.
    stripped : bool
        Whether what is outside the support was set to zero before.
    masked : bool
        Whether the support was given, so that nothing beyond it may be compared.
    closed : ndarray of bool, shape (2, 3)
        Whether zero is known to continue beyond the lower and upper faces along x, y, z: so it is around a
        skull-stripped brain that does not touch the face, but not around other images.
    """

    values: NDArray[np.float32]
    to_physical: Matrix
    support: NDArray[np.bool_]
    support_to_physical: Matrix
    stripped: bool
    masked: bool
    closed: NDArray[np.bool_]

    @property
    def spacing(self) -> NDArray[np.float64]:
        """Edges (x, y, z) of a voxel in mm."""
        return np.linalg.norm(self.to_physical[:3, :3], axis=0)

    @property
    def size(self) -> NDArray[np.int_]:
        """Number of voxels along x, y, z."""
        return np.array(self.values.shape[::-1])

    @cached_property
    def center(self) -> NDArray[np.float64]:
        """Center of mass of the support, (x, y, z) in mm, LPS."""
        return self.points(most=self.support.size).mean(axis=0)

    @cached_property
    def radius(self) -> float:
        """What one radian moves the head's points by, in mm: their distance to an axis through its center."""
        return float(np.sqrt(np.mean(np.sum((self.points() - self.center) ** 2, axis=1)) * 2 / 3))

    def middle(self) -> NDArray[np.float64]:
        """Return the middle of the image, (x, y, z) in mm, LPS."""
        return apply(self.to_physical, (self.size[None] - 1) / 2)[0]

    def points(self, most: int = 5000) -> NDArray[np.float64]:
        """Return the positions, shape (n, 3) in mm, of at most ``most`` voxels of the support, evenly picked."""
        return picked_points(self.support, self.support_to_physical, most)

    def on_support(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which points, shape (n, 3) in mm, lie on the support."""
        index = np.rint(apply(inverse(self.support_to_physical), points).T).astype(np.intp)
        size = np.array(self.support.shape[::-1])[:, None]
        inside = np.all((index >= 0) & (index < size), axis=0)
        x, y, z = np.clip(index, 0, size - 1)
        return inside & self.support[z, y, x]

    def near(self, margin: float) -> NDArray[np.bool_]:
        """Return the support widened by a ``margin`` in mm along each axis, on the grid of the support."""
        if margin <= 0:
            return self.support
        edges = np.linalg.norm(self.support_to_physical[:3, :3], axis=0)[::-1]
        sizes = (2 * np.rint(margin / edges) + 1).astype(int)
        return ndimage.maximum_filter(self.support, size=tuple(sizes), mode="constant")

    def at_scale(self, scale: float) -> Alignable:
        """Return the image blurred to a ``scale`` in mm, with voxels of about half of it where there were finer."""
        if scale not in self._scales:
            self._scales[scale] = self._blurred(scale)
        return self._scales[scale]

    @cached_property
    def _scales(self) -> dict[float, Alignable]:
        return {}

    def _blurred(self, scale: float) -> Alignable:
        factors = [
            int(max(1, min(scale / 2 // edge, count // 3)))
            for edge, count in zip(self.spacing + 1e-6, self.size, strict=True)
        ]
        values, to_physical = block_means(self.values, self.to_physical, factors)
        edges = np.linalg.norm(to_physical[:3, :3], axis=0)
        # The mean over a block has blurred already; along thick slices nothing is blurred.
        more = np.sqrt(np.maximum((_BLUR * scale) ** 2 - (np.array(factors) > 1) * edges**2 / 12, 0))
        sigma = np.where((edges < scale / 1.4) & (np.array(values.shape[::-1]) > 1), more / edges, 0.0)
        if sigma.max() > 0.3:
            values = ndimage.gaussian_filter(values, sigma[::-1], mode="nearest", truncate=2.5)
        return replace(self, values=values, to_physical=to_physical)

    def padded(self, width: float) -> Alignable:
        """Return the image with ``width`` mm of zeros beyond each closed face: they are known, not unseen."""
        counts = np.ceil(width / self.spacing).astype(int) * self.closed
        matrix = np.eye(4)
        matrix[:3, 3] = -counts[0]
        values = np.pad(self.values, [(counts[0, axis], counts[1, axis]) for axis in (2, 1, 0)])
        return replace(self, values=values, to_physical=self.to_physical @ matrix)


def alignable(image: sitk.Image, mask: sitk.Image | None = None, title: str = "image") -> Alignable:
    """Make an image ready for registration.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D scalar image; magnitudes are taken of signed ones, what is not finite becomes 0.
    mask : SimpleITK.Image, optional
        Where to compare, on the grid of the image; found from the image when absent.
    title : str
        What messages call the image.

    Raises
    ------
    UserError
        If the image shows nothing: it is constant, not finite or its mask is empty.
    """
    values = np.abs(sitk.GetArrayFromImage(image).astype(np.float32, copy=False))
    np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    if values.max() <= values.min():
        raise UserError(f"The {title} is the same everywhere; choose another image.")
    stripped = is_skull_stripped(values)
    to_physical = index_to_physical(image)
    inside = None if mask is None else sitk.GetArrayFromImage(mask) > 0
    if stripped:
        box, to_physical = _box(values, to_physical)
        values, inside = values[box].copy(), None if inside is None else inside[box]
    factors = [int(max(1, _SUPPORT_SPACING // (edge + 1e-6))) for edge in image.GetSpacing()]
    small, to_small = block_means(values, to_physical, factors)
    if inside is None:
        support = _support(small, to_small, stripped)
    else:
        share, _ = block_means(inside.astype(np.float32), to_physical, factors)
        support = share >= 0.5
    if not support.any():
        raise UserError(f"The mask of the {title} is empty; choose another mask.")
    low, high = np.percentile(small[support], _CLIP)
    if high <= low:
        raise UserError(f"The {title} is the same in the whole head; choose another image.")
    outside = values == 0 if stripped else None
    values -= np.float32(low)
    values *= np.float32(1 / (high - low))
    np.clip(values, 0, 1, out=values)
    if outside is not None:
        values[outside] = 0
    return Alignable(
        values, to_physical, support, to_small, stripped, mask is not None, _closed_faces(support, stripped)
    )


def is_skull_stripped(values: NDArray[np.floating]) -> bool:
    """Tell whether the surroundings of an array (z, y, x) were set to zero: a brain without its skull."""
    zero = values == 0
    if zero.mean() < _ZERO_SHARE:
        return False
    sides = [zero[:, 0], zero[:, -1], zero[:, :, 0], zero[:, :, -1]]
    return float(np.mean([side.mean() for side in sides])) > _ZERO_BORDER


def block_means(
    values: NDArray[np.floating], to_physical: Matrix, factors: list[int]
) -> tuple[NDArray[np.float32], Matrix]:
    """Average blocks of ``factors`` (x, y, z) voxels; what is left over at the upper faces is dropped.

    Returns
    -------
    ndarray of float32, shape (z, y, x)
    4 x 4 array
        From the index of a block to the mm of its middle.
    """
    if max(factors) == 1:
        return values.astype(np.float32, copy=False), to_physical
    for axis, factor in zip((2, 1, 0), factors, strict=True):
        if factor > 1:
            count = values.shape[axis] // factor
            moved = np.moveaxis(values, axis, 0)[: count * factor]
            total = moved[0::factor].astype(np.float32)
            for start in range(1, factor):
                total += moved[start::factor]
            values = np.moveaxis(total / np.float32(factor), 0, axis)
    matrix = np.eye(4)
    matrix[:3, :3] = np.diag(factors)
    matrix[:3, 3] = (np.array(factors) - 1) / 2
    return np.ascontiguousarray(values), to_physical @ matrix


def picked_points(mask: NDArray[np.bool_], to_physical: Matrix, most: int) -> NDArray[np.float64]:
    """Return positions, shape (n, 3) in mm, of at most ``most`` voxels of a mask (z, y, x), evenly picked."""
    found = np.flatnonzero(mask)
    count = min(most, len(found))
    found = found[np.arange(count) * len(found) // max(count, 1)]
    return apply(to_physical, np.stack(np.unravel_index(found, mask.shape)[::-1], axis=1).astype(float))


def _support(values: NDArray[np.float32], to_physical: Matrix, stripped: bool) -> NDArray[np.bool_]:
    edges = np.linalg.norm(to_physical[:3, :3], axis=0)
    if not stripped:
        image = sitk.GetImageFromArray(values)
        image.SetSpacing(edges.tolist())
        return foreground_mask((image,))
    labels, count = ndimage.label(values > 0)
    return labels == 1 + np.argmax(np.bincount(labels.ravel())[1:]) if count > 1 else labels > 0


def _box(values: NDArray[np.float32], to_physical: Matrix) -> tuple[tuple[slice, ...], Matrix]:
    """Return the part of an array (z, y, x) that is not zero and some air around it, and its matrix."""
    width = np.ceil(_AIR / np.linalg.norm(to_physical[:3, :3], axis=0)).astype(int)[::-1]
    filled = values != 0
    along = [np.flatnonzero(filled.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
    starts = [max(0, int(found[0] - w)) for found, w in zip(along, width, strict=True)]
    stops = [int(found[-1] + w + 1) for found, w in zip(along, width, strict=True)]
    matrix = np.eye(4)
    matrix[:3, 3] = starts[::-1]
    return tuple(slice(a, b) for a, b in zip(starts, stops, strict=True)), to_physical @ matrix


def _closed_faces(support: NDArray[np.bool_], stripped: bool) -> NDArray[np.bool_]:
    return np.array(
        [[stripped and not np.take(support, side, axis).any() for axis in (2, 1, 0)] for side in (0, -1)]
    )
