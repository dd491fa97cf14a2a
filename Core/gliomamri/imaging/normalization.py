"""Intensities scaled for networks, always on a copy: quantitative maps are never rescaled in place.

    percentiles   2 (x - q_low) / (q_high - q_low) - 1, clipped to [-1, 1]; quantiles 0.005 and 0.995 of the whole
                  volume with its background, as published with the detection of tumors in quantitative MRI, or of
                  the brain only
    z-score       (x - mean) / sd over the brain
    white matter  x / brightness of the white matter, the highest peak of the brain's histogram above its median
                  (T1-weighted images); 1 is white matter afterwards

Used by tasks that run networks; tested by Testing/unit/imaging/test_normalization.py.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.errors import UserError

METHODS = ("percentiles", "brain percentiles", "z-score", "white matter")

QUANTILES = (0.005, 0.995)

_PEAK_BINS = 200
_PEAK_BLUR = 3.0


def normalize(image: sitk.Image, mask: sitk.Image | None = None, method: str = "percentiles") -> sitk.Image:
    """Return a normalized copy.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D scalar image; what is not finite counts as 0.
    mask : SimpleITK.Image, optional
        Brain, on the grid of the image; needed by all methods but ``percentiles``.
    method : {"percentiles", "brain percentiles", "z-score", "white matter"}

    Returns
    -------
    SimpleITK.Image
        Float32 on the image's grid. With a mask that a method uses, 0 outside it (percentiles: -1).

    Raises
    ------
    UserError
        If the mask is missing or empty, or the image is constant.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known: {', '.join(METHODS)}")
    values = np.nan_to_num(sitk.GetArrayFromImage(image).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    inside = np.ones(values.shape, bool) if method == "percentiles" else _inside(mask, values.shape)
    if values[inside].max() <= values[inside].min():
        raise UserError("The image is the same everywhere and cannot be normalized; choose another image.")
    if method.endswith("percentiles"):
        low, high = np.quantile(values[inside], QUANTILES)
        if high <= low:
            low, high = values[inside].min(), values[inside].max()
        made = np.clip(2 * (values - low) / (high - low) - 1, -1, 1)
        made[~inside] = -1
    elif method == "z-score":
        made = np.where(inside, (values - values[inside].mean()) / values[inside].std(), 0)
    else:
        made = np.where(inside, values / white_matter_peak(values[inside]), 0)
    result = sitk.GetImageFromArray(made.astype(np.float32))
    result.CopyInformation(image)
    return result


def white_matter_peak(values: NDArray[np.floating]) -> float:
    """Return the brightness of the highest peak above the median of a T1-weighted brain's values, shape (n,)."""
    low, high = np.percentile(values, (1, 99.8))
    counts, edges = np.histogram(values, _PEAK_BINS, (low, high))
    smooth = ndimage.gaussian_filter1d(counts.astype(float), _PEAK_BLUR)
    middles = (edges[:-1] + edges[1:]) / 2
    smooth[middles < np.median(values)] = 0
    peak = float(middles[np.argmax(smooth)])
    if peak <= 0:
        raise UserError("No white matter peak was found; choose another normalization.")
    return peak


def _inside(mask: sitk.Image | None, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if mask is None:
        raise UserError("This normalization needs a brain mask; give one.")
    inside = sitk.GetArrayViewFromImage(mask) > 0
    if inside.shape != shape:
        raise UserError("The brain mask does not lie on the image's grid; prepare the images first.")
    if not inside.any():
        raise UserError("The brain mask is empty; give another one.")
    return inside
