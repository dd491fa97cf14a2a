"""Myelin's share of the volume from (R1, R2, PD): myelin, cells and free water as three materials.

After Warntjes et al., Front Neurol 7:16 (2016), doi 10.3389/fneur.2016.00016: a voxel is myelin, cellular tissue, free
water and excess water of the tissue, and all of them add with their water. Two things differ [our choice]. Free and
excess water have the same properties and are one material. And the properties of myelin and cells are not that
paper's fitted constants (not at hand, and for SyMRI only): they follow from the centers of white and gray matter, so
that these hold their usual share of myelin. With volumes adding, ``a = (PD, PD R1, PD R2)`` and shares m of myelin,

    a_WM = m_WM a_myelin + (1 - m_WM) a_cells,    a_GM = m_GM a_myelin + (1 - m_GM) a_cells          (1)

give both materials. From the 3 T centers myelin gets PD 37 % (its water content is about 40 %) and T1 240 ms, which
nobody has put in. The map is thus relative to the healthy white matter of the centers: .30 there by construction.

Called by :mod:`~gliomamri.relaxometry.tissue_fractions`; tested by
Testing/unit/relaxometry/test_tissue_fractions.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gliomamri.relaxometry.tissue_references import PRESETS, TISSUES

_MYELIN_WATER = (0.25, 0.55)
"""Water content of myelin that is accepted: about 40 % in the literature [our choice of range]."""

MYELIN_SHARES = {"WM": 0.30, "GM": 0.06}
"""Share of the volume of white and gray matter: histology of white matter has .25 to .31 and more [from memory]."""


def myelin_corners(tissues: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (R1, R2, 1/PD) of myelin, cells and free water by equation (1).

    Parameters
    ----------
    tissues : array, shape (3, 3)
        The same of white matter, gray matter and CSF: a row per tissue.
    """
    PD = 1 / tissues[:, 2]
    amounts = np.column_stack([PD * tissues[:, 0], PD * tissues[:, 1], PD])
    white, gray, fluid = (amounts[TISSUES.index(name)] for name in ("WM", "GM", "CSF"))
    of_white, of_gray = MYELIN_SHARES["WM"], MYELIN_SHARES["GM"]
    apart = of_white - of_gray
    myelin = ((1 - of_gray) * white - (1 - of_white) * gray) / apart
    cells = (of_white * gray - of_gray * white) / apart
    materials = np.stack([myelin, cells, fluid])
    return np.column_stack([materials[:, :2] / materials[:, 2:], 1 / materials[:, 2]])


def plausible_myelin_corners(tissues: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return :func:`myelin_corners`, with the water contents of literature where those of the patient make no myelin.

    The difference of two measured water contents is amplified fourfold, so that an error of a few percent would turn
    the water of myelin negative. Times are always the patient's.

    Parameters
    ----------
    tissues : array, shape (3, 3)
        (R1, R2, 1/PD) of white matter, gray matter and CSF.
    """
    found = myelin_corners(tissues)
    low, high = _MYELIN_WATER
    if low <= 1 / found[0, 2] <= high and (found[0, :2] > 0).all():
        return found
    usual = tissues.copy()
    usual[:, 2] = [100.0 / PRESETS["3 T"][name].PD for name in TISSUES]
    return myelin_corners(usual)
