"""Dura, falx, tentorium and sinuses find their places in a head of two half balls over a block."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.phantom.anatomy.draft import GAP, Draft
from gliomamri.phantom.anatomy.membranes import add_dura, add_membranes
from gliomamri.phantom.anatomy.sampling import centered_grid
from gliomamri.phantom.tissues import Tissue


@pytest.fixture(scope="module")
def draft():
    """Half balls of 60 mm with a gap of 2 mm; below z = -20 and behind y = 0 cerebellum after a gap of 2 mm."""
    shape = (72, 76, 68)
    grid = centered_grid(shape, 2.0)
    z, y, x = grid.z[:, None, None], grid.y[None, :, None], grid.x[None, None, :]
    ball = np.sqrt(z**2 + y**2 + x**2) < 60
    under = (z < -20) & (y > 0)
    left, right = ball & (x > 1) & ~under, ball & (x < -1) & ~under
    hind = ball & (z < -22) & (y > 2)
    tissue = np.full(shape, Tissue.AIR, np.uint8)
    tissue[ball] = Tissue.CSF
    tissue[left | right] = Tissue.WHITE_MATTER
    tissue[hind] = Tissue.CEREBELLAR_CORTEX
    tissue = tissue.repeat(4, 0).repeat(4, 1).repeat(4, 2)
    turn = np.diag([-0.75, -0.75, 0.75])
    affine = np.column_stack([turn, -turn @ [0, -18, 8]])
    lateral = np.zeros(shape, bool)
    made = Draft("toy", tissue, 0.5, left | right | hind, left, right, hind, lateral, 2.0, affine, False)
    add_dura(made)
    add_membranes(made)
    return made


def places(draft, tissue):
    grid = centered_grid(draft.tissue.shape, draft.step)
    found = np.nonzero(draft.tissue == tissue)
    return [axis[index] for axis, index in zip(grid.axes, found, strict=True)]


def test_dura_is_a_shell_around_the_hull(draft):
    z, y, x = places(draft, Tissue.DURA)
    radius = np.sqrt(z**2 + y**2 + x**2)

    assert np.percentile(radius, [1, 99]) == pytest.approx([60 + GAP, 62 + GAP], abs=1.2)
    assert len(radius) * 0.125 > 0.8 * 4 * np.pi * 61.5**2 * 1.5


def test_falx_is_thin_in_the_middle_and_above_the_tentorium(draft):
    z, y, x = places(draft, Tissue.FALX)
    upper = z > 25

    assert upper.sum() > 1000
    assert np.abs(x[upper]).max() <= 0.75
    depth = 60 - np.sqrt(z**2 + y**2)
    front, back = upper & (y < -30), upper & (y > 20)
    assert depth[back].max() > depth[front].max() + 8


def test_tentorium_parts_cerebellum_and_cerebrum(draft):
    z, y, x = places(draft, Tissue.FALX)
    aside = (np.abs(x) > 15) & (y > 12)

    assert aside.sum() > 1000
    assert np.median(z[aside]) == pytest.approx(-21, abs=1)
    assert np.ptp(z[aside & (y < 40)]) < 2.1


def test_sagittal_sinus_lies_on_the_crest_and_widens_to_the_back(draft):
    z, y, x = places(draft, Tissue.VEIN)
    crest = z > 10
    radius = np.sqrt(z**2 + y**2 + x**2)

    assert crest.any()
    assert (radius[crest] > 52).all()
    assert np.abs(x[crest & (y > 25)]).max() > np.abs(x[crest & (y < -25)]).max()


def test_brain_is_left_alone(draft):
    assert (draft.tissue == Tissue.WHITE_MATTER).sum() == (draft.left | draft.right).sum() * 64
