"""The foreground of raw MR images: head against air."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

_SPECK = 0.02
"""Parts smaller than this share of the largest are noise."""


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
        True inside the head; all True when there is no contrast between head and air.
    """
    strongest = np.max(
        [np.abs(sitk.GetArrayViewFromImage(image).astype(np.float32)) for image in images], axis=0
    )
    smooth = ndimage.gaussian_filter(np.sqrt(strongest), sigma=(0, 1, 1))
    if smooth.max() <= smooth.min():
        return np.ones(strongest.shape, bool)
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.SetInsideValue(0)
    otsu.SetOutsideValue(1)
    head = sitk.GetArrayFromImage(otsu.Execute(sitk.GetImageFromArray(smooth))).astype(bool)
    labels, count = ndimage.label(head)
    if count > 1:
        sizes = ndimage.sum_labels(head, labels, range(1, count + 1))
        head = np.isin(labels, 1 + np.flatnonzero(sizes > _SPECK * sizes.max()))
    return np.stack([ndimage.binary_fill_holes(plane) for plane in head])
