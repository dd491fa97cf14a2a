"""Vessels stay in the fluid, tubes lie where MNI says, and everything repeats itself."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.phantom.anatomy import vessels
from gliomamri.phantom.anatomy.draft import Draft
from gliomamri.phantom.anatomy.sampling import centered_grid
from gliomamri.phantom.tissues import Tissue


def fluid_draft(tissue=Tissue.CSF):
    """Fluid everywhere; MNI's origin lies 10 mm in front of the middle, scale 0.5, left at +x."""
    none = np.zeros((30, 40, 35), bool)
    affine = np.column_stack([np.diag([-0.5, -0.5, 0.5]), [0, -10, 0]])
    return Draft(
        "toy", np.full((60, 80, 70), tissue, np.uint8), 1.0, none, none, none, none, none, 2.0, affine, False
    )


def test_a_tube_lies_where_mni_says():
    draft = fluid_draft()

    vessels.add_tubes(draft, (((20, 30, 10, 2), (20, 10, 10, 2)),), Tissue.ARTERY)

    grid = centered_grid(draft.tissue.shape, draft.step)
    z, y, x = (
        axis[i].mean() for axis, i in zip(grid.axes, np.nonzero(draft.tissue == Tissue.ARTERY), strict=True)
    )
    # MNI x is to the right, the head's x to the left; y turns its sign too.
    assert (x, y, z) == pytest.approx((-10, -20, 5), abs=0.3)


def test_tubes_keep_out_of_other_tissue():
    draft = fluid_draft(Tissue.WHITE_MATTER)

    vessels.add_tubes(draft, vessels.ARTERIES, Tissue.ARTERY)
    vessels.add_small_vessels(draft)

    assert (draft.tissue == Tissue.WHITE_MATTER).all()


def test_small_vessels_take_a_small_share_of_the_fluid_and_repeat_themselves():
    first, again, other = fluid_draft(), fluid_draft(), fluid_draft()

    vessels.add_small_vessels(first)
    vessels.add_small_vessels(again)
    vessels.add_small_vessels(other, seed=8)

    share = (first.tissue != Tissue.CSF).mean()
    assert 0.03 < share < 0.2
    assert {Tissue.VEIN, Tissue.ARTERY} < set(np.unique(first.tissue))
    assert np.array_equal(first.tissue, again.tissue)
    assert not np.array_equal(first.tissue, other.tissue)


def test_both_sides_have_the_same_arteries():
    x = np.array([point[0] for curve in vessels.ARTERIES for point in curve])

    assert sorted(x) == sorted(-x)
