"""Moving the border of brain and fluid gives the patient the fluid that was drawn."""

from dataclasses import replace

import numpy as np
import pytest

from gliomamri.phantom.anatomy.distances import pial_depth
from gliomamri.phantom.borders import BorderShift, FluidPriors, draw_border_shift, move_borders
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions.priors import LogNormal
from gliomamri.phantom.tissues import Tissue
from unit.phantom import toy

GRID = Grid.centered((84, 84, 84), (1.0,) * 3)


def fixed(value):
    return LogNormal(value, 0.0, 0.0, 1e6)


@pytest.fixture(scope="module")
def anatomy():
    plain = toy.toy_anatomy(0.5)
    return replace(plain, pial_depth=pial_depth(plain.tissue, plain.step))


def fluid(anatomy, shift):
    head = toy.toy_head_of(anatomy, toy.no_variation(borders=shift))
    tissue = head.voxels(GRID).tissue
    return {name: (tissue == name).sum() / 1000 for name in (Tissue.CSF, Tissue.VENTRICLE, Tissue.CORTEX)}


@pytest.mark.parametrize("share", [0.22, 0.25, 0.31])
def test_share_of_fluid_is_met(anatomy, share):
    shift = draw_border_shift(np.random.default_rng(0), anatomy, FluidPriors(fixed(share), fixed(100.0)))

    found = fluid(anatomy, shift)

    head = 4 / 3 * np.pi * 40**3 / 1000
    # Labels of 0.5 mm move by whole voxels.
    assert found[Tissue.CSF] / head == pytest.approx(share, abs=0.025)
    assert (shift.pial > 0) == (share < 0.27)


def test_ventricles_shrink_to_the_wanted_volume(anatomy):
    wide = fluid(anatomy, BorderShift())[Tissue.VENTRICLE]
    shift = draw_border_shift(np.random.default_rng(0), anatomy, FluidPriors(fixed(0.27), fixed(0.55 * wide)))

    assert fluid(anatomy, shift)[Tissue.VENTRICLE] == pytest.approx(0.55 * wide, rel=0.25)


def test_ventricles_never_grow(anatomy):
    shift = draw_border_shift(np.random.default_rng(0), anatomy, FluidPriors(fixed(0.27), fixed(900.0)))

    assert shift.ventricle == 0


def test_cortex_keeps_its_place_in_line():
    tissue = np.array([Tissue.WHITE_MATTER, *[Tissue.CORTEX] * 8, *[Tissue.CSF] * 4], np.uint8)
    depth = np.array([0, 38, 33, 28, 23, 18, 13, 8, 3, 2, 7, 12, 17], np.uint8)

    move_borders(tissue, depth, np.full(13, 8, np.int16), 0)

    assert tissue.tolist() == [Tissue.WHITE_MATTER] * 4 + [Tissue.CORTEX] * 7 + [Tissue.CSF] * 2


def test_without_movement_nothing_changes(anatomy):
    tissue = anatomy.tissue.copy()

    move_borders(tissue, anatomy.pial_depth, np.zeros(tissue.shape, np.int16), 0)

    np.testing.assert_array_equal(tissue, anatomy.tissue)
