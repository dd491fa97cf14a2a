"""The foreground of raw MR images: head against air.

Used by the relaxometry task where no brain mask is given; tested by Testing/unit/imaging/test_foreground.py.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

_SPECK = 0.02
"""Parts smaller than this share of the largest are noise."""
_DARKEST_HEAD = 0.65
"""Air is darker than the head by at least this factor, in the square root of the signal (SNR of about 3)."""


def foreground_mask(images: tuple[sitk.Image, ...]) -> np.ndarray:
    """Separate the head from air in the strongest signal of several images of one grid.

    Otsu's threshold of the square root (which evens out surface coils) of the smoothed maximum magnitude; specks are
    dropped and holes filled slice by slice (skull and ventricles are dark in some images but inside the head).

    Parameters
    ----------
    images : tuple of SimpleITK.Image
        Images of one grid; signed ones are taken by magnitude.

    Returns
    -------
    ndarray of bool, shape (z, y, x)
        True inside the head; all True when there is no air, so that tissue is never taken for it.
    """
    strongest = np.max(
        [np.abs(sitk.GetArrayViewFromImage(image).astype(np.float32)) for image in images], axis=0
    )
    spacing = np.array(images[0].GetSpacing()[::-1])
    smooth = ndimage.gaussian_filter(np.sqrt(strongest), sigma=spacing.min() / spacing)
    head = _brighter_part(smooth)
    if head.all() or smooth[~head].mean() > _DARKEST_HEAD * smooth[head].mean():
        return np.ones(strongest.shape, bool)
    labels, count = ndimage.label(head)
    if count > 1:
        sizes = ndimage.sum_labels(head, labels, range(1, count + 1))
        head = np.isin(labels, 1 + np.flatnonzero(sizes > _SPECK * sizes.max()))
    return _without_holes(head, through=int(np.argmax(spacing)))


def _brighter_part(values: np.ndarray) -> np.ndarray:
    """Split values in two by Otsu's threshold; True for the brighter part, everywhere when all are equal."""
    if values.max() <= values.min():
        return np.ones(values.shape, bool)
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.SetInsideValue(0)
    otsu.SetOutsideValue(1)
    return sitk.GetArrayFromImage(otsu.Execute(sitk.GetImageFromArray(values))).astype(bool)


def _without_holes(mask: np.ndarray, through: int) -> np.ndarray:
    """Fill holes in the planes across axis ``through``, the thickest."""
    planes = [ndimage.binary_fill_holes(plane) for plane in np.moveaxis(mask, through, 0)]
    return np.moveaxis(np.stack(planes), 0, through)
