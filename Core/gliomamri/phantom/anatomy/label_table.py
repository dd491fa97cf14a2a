"""What the labels of a whole-head label map mean.

FreeSurfer's numbers (FreeSurferColorLUT.txt) for the brain, with the cortical parcellations folded into cortex, and
the numbers from 500 on for the rest of the head, as SimNIBS's charm and SynthSeg's training maps have them. In those
maps 136, 137, 163 and 164 are choroid plexus with septum pellucidum and the ventricles' lining.

Tested by Testing/unit/phantom/anatomy/test_label_maps.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.tissues import Tissue

TABLE_SIZE = 16384
"""Labels are below this number."""

UNKNOWN = 255
"""Value of labels that are in no table."""

LEFT_CORTEX, RIGHT_CORTEX = (3, 19, 20), (42, 55, 56)
LATERAL_VENTRICLES = (4, 5, 43, 44)
PLEXUS_OR_SEPTUM = (136, 137, 163, 164)
EYE = 506
SPINAL_CORD = 512

_LABELS: dict[Tissue, tuple[int, ...]] = {
    Tissue.AIR: (0,),
    Tissue.WHITE_MATTER: (
        2,
        41,
        25,
        57,
        *range(77, 83),
        86,
        *range(155, 159),
        192,
        219,
        223,
        *range(250, 256),
        5001,
        5002,
    ),
    Tissue.CORTEX: (*LEFT_CORTEX, *RIGHT_CORTEX, 220),
    Tissue.STRIATUM: (11, 12, 26, 50, 51, 58, 138, 139),
    Tissue.PALLIDUM: (13, 52),
    Tissue.THALAMUS: (9, 10, 48, 49),
    Tissue.HIPPOCAMPUS: (17, 18, 53, 54, 193, 218, *range(203, 213), 226, *range(230, 247)),
    Tissue.BRAINSTEM: (16, 27, 28, 59, 60, 170, 173, 174, 175, 178, SPINAL_CORD),
    Tissue.CEREBELLAR_WHITE_MATTER: (7, 46, 690, 691),
    Tissue.CEREBELLAR_CORTEX: (6, 8, 45, 47, 172, 183, 184, *range(601, 629)),
    Tissue.CSF: (24, 122, 257),
    Tissue.VENTRICLE: (*LATERAL_VENTRICLES, 14, 15, 72, 75, 76, 213, 221),
    Tissue.CHOROID_PLEXUS: (31, 63, *PLEXUS_OR_SEPTUM),
    Tissue.VEIN: (514,),
    Tissue.ARTERY: (30, 62, 502),
    Tissue.CORTICAL_BONE: (165, 515),
    Tissue.MARROW: (516,),
    Tissue.MUSCLE: (258, 507, 508),
    Tissue.SKIN: (511,),
    Tissue.EYE: (EYE, 259),
    Tissue.OPTIC_NERVE: (85, 530),
    Tissue.MUCOSA: (509,),
}

_LEFT = (2, 10, 11, 12, 13, 17, 18, 25, 26, 78, *LEFT_CORTEX)
_RIGHT = (41, 49, 50, 51, 52, 53, 54, 57, 58, 79, *RIGHT_CORTEX)


def tissue_table() -> NDArray[np.uint8]:
    """Return the tissue of each label, uint8 (:data:`TABLE_SIZE`,); :data:`UNKNOWN` where it has none."""
    table = np.full(TABLE_SIZE, UNKNOWN, np.uint8)
    for tissue, labels in _LABELS.items():
        table[list(labels)] = tissue
    for start, stop in ((1000, 1036), (2000, 2036), (11100, 11176), (12100, 12176)):
        table[start:stop] = Tissue.CORTEX
    for start, stop in ((3000, 3036), (4000, 4036), (13100, 13176), (14100, 14176)):
        table[start:stop] = Tissue.WHITE_MATTER
    return table


def table_of(labels: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return whether each label is one of ``labels``, bool (:data:`TABLE_SIZE`,)."""
    table = np.zeros(TABLE_SIZE, bool)
    table[list(labels)] = True
    return table


def side_tables() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether each label belongs to the left and to the right cerebral hemisphere."""
    left, right = table_of(_LEFT), table_of(_RIGHT)
    for table, starts in ((left, (1000, 3000)), (right, (2000, 4000))):
        for start in starts:
            table[start : start + 36] = True
    for table, starts in ((left, (11100, 13100)), (right, (12100, 14100))):
        for start in starts:
            table[start : start + 76] = True
    return left, right
