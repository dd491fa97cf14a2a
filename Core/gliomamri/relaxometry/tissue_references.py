"""What healthy white matter, gray matter and CSF measure: published values at 1.5 and 3 T, and their ranges.

Sources (a letter in brackets stands behind each number below). Read in its abstract or text:

    X  Wright et al., MAGMA 21:121 (2008), doi 10.1007/s10334-008-0104-8: T1 of white matter 646 and 838, gray 1197 and
       1607 ms at 1.5 and 3 T
    O  Oros-Peusquens et al., Front Neurol 10:1333 (2019), doi 10.3389/fneur.2019.01333: water content of white matter
       69.1 (1.7) %, gray 83.7 (1.2) % at 3 T
    C  "Quantification of T1 and T2 of subarachnoid CSF: implications for water exchange between CSF and brain
       tissues", PMC10696635: T1 4309 and T2 1886 ms around the brain, 4454 and 2373 ms in the frontal horns, at 3 T

Quoted as commonly cited, from memory, not re-read:

    L  Lu et al., J Magn Reson Imaging 22:13 (2005), doi 10.1002/jmri.20356: T1 of CSF 3817 ms at 3 T
    S  Stanisz et al., Magn Reson Med 54:507 (2005): T1 and T2 at 1.5 and 3 T
    W  Wansapura et al., J Magn Reson Imaging 9:531 (1999): T1 and T2 at 3 T
    N  Neeb et al., NeuroImage 31:1156 (2006); Whittall et al., Magn Reson Med 37:34 (1997): water content
    Q  West, Warntjes, Lundberg, Eur Radiol 22:998 (2012), doi 10.1007/s00330-011-2336-7; Warntjes et al., Magn Reson
       Med 60:320 (2008): the lookup in (R1, R2, PD) that is imitated here, and that synthetic MRI (SyMRI) reports
       shorter times than others. Its table of cluster centers was not at hand: ours are not theirs.
    A  our choice between or around these

Called by :mod:`~gliomamri.relaxometry.tissue_centers` and :mod:`~gliomamri.relaxometry.tissue_fractions`; tested by
Testing/unit/relaxometry/test_tissue_fractions.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TISSUES = ("WM", "GM", "CSF")
"""White matter, gray matter, cerebrospinal fluid: the order of all arrays over tissues."""

TITLES = {"WM": "white matter", "GM": "gray matter", "CSF": "CSF"}


@dataclass(frozen=True)
class Center:
    """What one pure tissue measures.

    Attributes
    ----------
    T1, T2 : float
        ms.
    PD : float
        Proton density in percent of water.
    """

    T1: float
    T2: float
    PD: float

    @property
    def features(self) -> tuple[float, float, float]:
        """R1 and R2 in 1/s, and 1/PD (volume per water): what mixes linearly, by share of the water."""
        return 1000 / self.T1, 1000 / self.T2, 100 / self.PD


@dataclass(frozen=True)
class PublishedRange:
    """Where published values of one tissue lie, (low, high): T1 and T2 in ms, PD in percent of water."""

    T1: tuple[float, float]
    T2: tuple[float, float]
    PD: tuple[float, float]


PRESETS: dict[str, dict[str, Center]] = {
    # W X, W S, N O | X S, S W, N O | L C, A, N
    "3 T": {"WM": Center(850, 74, 69), "GM": Center(1400, 87, 80), "CSF": Center(4100, 1200, 100)},
    # X, S A, N O | X, S, N O | L C, A, N
    "1.5 T": {"WM": Center(630, 80, 69), "GM": Center(1090, 93, 80), "CSF": Center(4100, 1300, 100)},
    # A after Q: the 3 T values with T1 times .85 and T2 times .92, fluid capped
    "SyMRI-like": {"WM": Center(720, 68, 66), "GM": Center(1190, 80, 80), "CSF": Center(3900, 1100, 100)},
}
"""Centers of the tissues; the name is what the user chooses."""

RANGES: dict[str, PublishedRange] = {
    # A: hull of L, C, S, W, X, N, O, Q at 1.5 and 3 T with methods that disagree: T2 of white matter 45 to 115 ms
    "WM": PublishedRange((500, 1100), (45, 115), (58, 78)),
    "GM": PublishedRange((900, 1800), (60, 125), (70, 92)),
    "CSF": PublishedRange((2400, 5000), (200, 2500), (88, 106)),
}
"""Where a patient's own centers may lie."""

LEAST_CONTRAST = 1.2
"""T1 of gray over white matter is at least this (1.85 at 1.5 T and 1.92 at 3 T in X) [our choice]."""

SPREAD = (0.06, 1.5, 0.09)
"""Standard deviation of healthy tissue around its center with the error of a map: R1, R2 in 1/s and 1/PD.

[Our choice] after the spread between regions: R1 of thalamus or hippocampus is .1 to .2 1/s off cortex and white
matter, R2 of iron-rich nuclei 2 to 5 1/s. PD counts little because its receive profile is removed imperfectly.
"""


def corners(centers: dict[str, Center]) -> NDArray[np.float64]:
    """Return the features (R1, R2, 1/PD) of :data:`TISSUES`, shape (3, 3): a row per tissue."""
    return np.array([centers[tissue].features for tissue in TISSUES])
