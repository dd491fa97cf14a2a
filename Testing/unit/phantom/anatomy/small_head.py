"""A small head as a FreeSurfer label map: shells of ellipsoids, a larger ventricle and a thalamus on the left."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk


def small_labels() -> np.ndarray:
    """Labels (z, y, x) of an LPS grid at 1 mm: x grows to the left, y to the back, z to the top."""
    z, y, x = (np.arange(n, dtype=float) - (n - 1) / 2 for n in (100, 112, 92))
    z, y, x = z[:, None, None], y[None, :, None], x[None, None, :]
    radius = np.sqrt((z / 46) ** 2 + (y / 52) ** 2 + (x / 42) ** 2) * 46
    labels = np.zeros(radius.shape, np.int16)
    for limit, label in ((46, 511), (43, 507), (37, 515), (32, 24)):
        labels[radius < limit] = label
    left = np.broadcast_to(x > 0, labels.shape)
    labels[(radius < 28) & left] = 3
    labels[(radius < 28) & ~left] = 42
    labels[(radius < 25) & left] = 2
    labels[(radius < 25) & ~left] = 41
    hind = (radius < 27) & (z < -8) & (y > 6)
    labels[hind] = np.where(left, 8, 47)[hind]
    labels[(radius < 29) & (np.abs(x) < 1)] = 24
    labels[(np.abs(z - 4) < 4) & (np.abs(y) < 12) & (x > 3) & (x < 9)] = 4
    labels[(np.abs(z - 4) < 2) & (np.abs(y) < 8) & (x < -3) & (x > -6)] = 43
    labels[(np.abs(z + 6) < 4) & (np.abs(y + 4) < 6) & (x > 4) & (x < 12)] = 10
    return labels


def write_labels(path, labels, orientation="LPS", spacing=(1.0, 1.0, 1.0)):
    """Write LPS ``labels`` (z, y, x) turned to ``orientation``."""
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing(spacing)
    sitk.WriteImage(sitk.DICOMOrient(image, orientation), str(path))
    return path
