"""Whether an image keeps the sign of the MR signal."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

_CLEARLY_NEGATIVE = 0.05
_NEGATIVE_SHARE = 0.01


def holds_negative_signal(image: sitk.Image) -> bool:
    """Tell whether an image holds negative signal, rather than a magnitude with a few values just below zero.

    Interpolation and offset correction leave small negative values in magnitude images; what counts is more than
    1 % of the voxels below -5 % of the strongest magnitude.

    Parameters
    ----------
    image : SimpleITK.Image
        3-D scalar image.
    """
    values = sitk.GetArrayViewFromImage(image)
    if values.dtype.kind == "u" or values.min() >= 0:
        return False
    limit = -_CLEARLY_NEGATIVE * float(np.abs(values).max())
    return bool(np.count_nonzero(values < limit) > _NEGATIVE_SHARE * values.size)
