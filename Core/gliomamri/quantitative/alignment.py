"""How far the maps before and after contrast agent lie from each other, for the error of their difference.

Called by :mod:`gliomamri.quantitative.task`; tested by Testing/unit/quantitative/test_alignment.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.imaging.alignable import alignable
from gliomamri.imaging.alignment_quality import local_shifts
from gliomamri.result import Number

_RMS_OVER_MEDIAN = np.sqrt(3) / 1.53817
"""Of lengths of vectors whose components are normal: sqrt(3) s over the median 1.538 s (Maxwell's distribution)."""

_PAIRS = (("T1map", "ceT1map"), ("T2map", "ceT2map"))


def registration_error(maps: Mapping[str, sitk.Image]) -> tuple[float, dict[str, Number]]:
    """Measure the distance between equal places of the maps before and after contrast agent.

    Parameters
    ----------
    maps : mapping of str to SimpleITK.Image
        By role, on one grid.

    Returns
    -------
    error : float
        Root mean square distance in mm, from the median shift of blocks (which the tumor, being few blocks, does not
        move); it contains the method's own scatter, so that it errs upward. 0 where there is no pair or too little
        structure.
    numbers : dict of str to Number
        The same for the user.
    """
    pair = next((pair for pair in _PAIRS if set(pair) <= set(maps)), None)
    if pair is None:
        return 0.0, {}
    try:
        before, after = (alignable(maps[role], title=role) for role in pair)
    except UserError:
        return 0.0, {}
    shifts = local_shifts(after, before, np.eye(4))
    if not shifts.known:
        return 0.0, {}
    error = float(_RMS_OVER_MEDIAN * shifts.median)
    words = "Distance between equal places before and after contrast agent (root mean square)"
    return error, {"registration_error": Number(error, "mm", words)}
