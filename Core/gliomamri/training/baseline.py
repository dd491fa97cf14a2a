"""The opponent every network has to beat: a threshold on FLAIR.

    z(FLAIR) > 1.25, smoothed; z(T2w) > 0; not in the brain's rim; the largest part, holes filled

Called by :mod:`gliomamri.training.evaluation`; tested by Testing/unit/training/test_baseline.py.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from gliomamri.imaging.channels import channel
from gliomamri.study import Study

BASELINE_ROLES = ("FLAIR", "T2w")
_FLAIR, _T2 = 1.25, 0.0
_SMOOTH = 1.5
"""mm, standard deviation."""
_RIM = 4.0
"""mm."""


def flair_threshold(study: Study, brain: sitk.Image) -> NDArray[np.bool_]:
    """Return what a threshold calls tumor, (z, y, x) on the grid of the images.

    Parameters
    ----------
    study : Study
        With FLAIR and T2w on the grid of ``brain``.
    brain : SimpleITK.Image
        Brain mask.
    """
    inside = sitk.GetArrayViewFromImage(brain) > 0
    flair, t2 = (channel(role, sitk.GetArrayFromImage(study.images[role]), inside) for role in BASELINE_ROLES)
    spacing = brain.GetSpacing()[::-1]
    smooth = ndimage.gaussian_filter(flair, [_SMOOTH / edge for edge in spacing])
    deep = ndimage.distance_transform_edt(np.pad(inside, 1), spacing)[1:-1, 1:-1, 1:-1] > _RIM
    parts, count = ndimage.label((smooth > _FLAIR) & (t2 > _T2) & deep)
    if not count:
        return np.zeros_like(inside)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return ndimage.binary_fill_holes(parts == sizes.argmax())
