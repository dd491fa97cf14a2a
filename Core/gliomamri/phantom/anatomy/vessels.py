"""Arteries, veins in the sulci, choroid plexus and pituitary.

Main vessels are tubes along approximate MNI coordinates (read off the ICBM 2009 template and atlases of its space);
small ones are curves in the fluid around the brain, where a random sheet cuts it: in a sulcus such a curve runs along
the sulcus, on a crown over it.

Tested by Testing/unit/phantom/anatomy/test_vessels.py.
"""

from __future__ import annotations

import numpy as np

from gliomamri.phantom.anatomy.curves import Curve, mirrored, tube_depth
from gliomamri.phantom.anatomy.draft import Draft
from gliomamri.phantom.anatomy.sampling import at_points, by_slabs, centered_grid, points_of
from gliomamri.phantom.fields import random_field
from gliomamri.phantom.tissues import Tissue

_CAROTID: Curve = (
    (24, -14, -44, 2.3),
    (14, -6, -40, 2.3),
    (13, 4, -33, 2.2),
    (13, 8, -27, 2.1),
    (14, 0, -19, 1.9),
)
_MIDDLE: Curve = (
    (14, 0, -19, 1.5),
    (24, 3, -18, 1.4),
    (34, 4, -17, 1.3),
    (40, -2, -9, 1.1),
    (41, -16, 3, 1.0),
)
_INSULAR: Curve = ((34, 4, -17, 1.1), (40, 10, -8, 1.0), (41, 14, 4, 0.9))
_ANTERIOR: Curve = (
    (14, 0, -19, 1.2),
    (3, 8, -16, 1.2),
    (2.5, 24, -10, 1.1),
    (2.5, 36, 4, 1.0),
    (2.5, 30, 20, 1.0),
    (2.5, 10, 32, 0.9),
    (2.5, -12, 36, 0.8),
)
_POSTERIOR: Curve = (
    (0, -12, -21, 1.2),
    (12, -15, -19, 1.2),
    (19, -28, -11, 1.1),
    (18, -42, -4, 1.0),
    (12, -62, 2, 0.8),
)
_VERTEBRAL: Curve = ((10, -32, -66, 1.6), (6, -22, -55, 1.6), (0, -18, -47, 1.6))
_BASILAR: Curve = ((0, -18, -47, 1.7), (0, -15, -36, 1.7), (0, -12, -21, 1.6))
_GALEN: Curve = ((0, -34, 3, 1.2), (0, -42, 3, 1.9), (0, -48, 2, 2.0))
_INTERNAL_CEREBRAL: Curve = ((2.5, -4, 15, 0.7), (2.5, -20, 14, 0.8), (1.5, -34, 6, 1.0))

ARTERIES: tuple[Curve, ...] = (
    *(
        c
        for one in (_CAROTID, _MIDDLE, _INSULAR, _ANTERIOR, _POSTERIOR, _VERTEBRAL)
        for c in (one, mirrored(one))
    ),
    _BASILAR,
)
VEINS: tuple[Curve, ...] = (_GALEN, _INTERNAL_CEREBRAL, mirrored(_INTERNAL_CEREBRAL))

_PLEXUS: Curve = (
    (10, -10, 19, 1.2),
    (16, -28, 19, 1.6),
    (23, -40, 11, 3.6),
    (28, -40, 2, 3.0),
    (33, -28, -11, 1.4),
)
PLEXUS: tuple[Curve, ...] = (_PLEXUS, mirrored(_PLEXUS))

PITUITARY: Curve = ((-3.5, 2, -34, 3.4), (3.5, 2, -34, 3.4))
PITUITARY_STALK: Curve = ((0, 1, -31, 1.2), (0, -1, -22, 1.0))

_FLUID = (Tissue.CSF,)
_FIELD_STEP = 2.0


def add_tubes(
    draft: Draft, curves: tuple[Curve, ...], tissue: Tissue, room: tuple[Tissue, ...] = _FLUID
) -> None:
    """Turn what lies inside ``curves`` (MNI, mm) and belongs to ``room`` into ``tissue``."""
    grid = centered_grid(draft.tissue.shape, draft.step)
    allowed = np.zeros(256, bool)
    allowed[list(room)] = True
    for curve in curves:
        box, depth = tube_depth(draft.placed(curve), grid)
        part = draft.tissue[box]
        part[(depth > 0) & allowed[part]] = tissue


def add_pituitary(draft: Draft) -> None:
    """Put the gland into its fossa, with a stalk up to the brain."""
    spare = (
        Tissue.AIR,
        Tissue.CSF,
        Tissue.DURA,
        Tissue.CORTICAL_BONE,
        Tissue.MARROW,
        Tissue.MUSCLE,
        Tissue.FAT,
    )
    spare = (*spare, Tissue.MUCOSA, Tissue.VEIN)
    add_tubes(draft, (tuple((x, y, z, r + 1.2) for x, y, z, r in PITUITARY),), Tissue.DURA, (Tissue.AIR,))
    add_tubes(draft, (PITUITARY,), Tissue.PITUITARY, spare)
    add_tubes(draft, (PITUITARY_STALK,), Tissue.PITUITARY)


def add_small_vessels(draft: Draft, seed: int = 7) -> None:
    """Draw arteries and veins of 0.5-2 mm into the fluid around the brain; ``seed`` says which."""
    generator = np.random.default_rng(seed)
    half = tuple(n * draft.step / 2 for n in draft.tissue.shape)
    lattice = centered_grid(tuple(int(2 * h / _FIELD_STEP) + 2 for h in half), _FIELD_STEP)
    sheets = [random_field(generator, 17.0, half).at(lattice) for _ in range(2)]
    grid = centered_grid(draft.tissue.shape, draft.step)

    def draw(first: int, last: int) -> None:
        slab = grid.slab(first, last)
        part = draft.tissue[first:last].reshape(-1)
        index = np.flatnonzero(part == Tissue.CSF)
        points = points_of(slab, index)
        for sheet, tissue, width in zip(sheets, (Tissue.VEIN, Tissue.ARTERY), (0.06, 0.045), strict=True):
            hit = np.abs(at_points(sheet, _FIELD_STEP, points)) < width
            part[index[hit]] = tissue

    by_slabs(draw, 0, grid.shape[0])
