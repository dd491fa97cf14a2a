"""The built-in head is a brain: volumes, thickness, connectedness, places of its parts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from gliomamri.errors import UserError
from gliomamri.phantom.anatomy import icbm
from gliomamri.phantom.anatomy.distances import squared_distance
from gliomamri.phantom.anatomy.sampling import centered_grid
from gliomamri.phantom.tissues import GRAY_MATTER, Tissue

HAS_NILEARN = True
try:
    icbm.template_files()
except UserError:
    HAS_NILEARN = False
needs_maps = pytest.mark.skipif(
    not HAS_NILEARN, reason="nilearn, which holds the ICBM maps, is not installed"
)


@pytest.fixture(scope="module")
def head():
    return icbm.icbm_head()


@pytest.fixture(scope="module")
def volume(head):
    counts = np.bincount(head.tissue.ravel(), minlength=26) * head.step**3 / 1000
    return {tissue: counts[tissue] for tissue in Tissue}


@needs_maps
def test_volumes_are_physiological(volume):
    gray = sum(volume[t] for t in GRAY_MATTER)
    white = sum(volume[t] for t in (Tissue.WHITE_MATTER, Tissue.BRAINSTEM, Tissue.CEREBELLAR_WHITE_MATTER))
    between = (Tissue.CSF, Tissue.VENTRICLE, Tissue.CHOROID_PLEXUS, Tissue.FALX, Tissue.VEIN, Tissue.ARTERY)
    whole = gray + white + sum(volume[t] for t in between)

    assert 1330 < whole < 1470
    assert gray / whole == pytest.approx(0.46, abs=0.03)
    assert white / whole == pytest.approx(0.37, abs=0.03)
    assert volume[Tissue.CSF] / whole == pytest.approx(0.13, abs=0.03)
    for tissue, low, high in (
        (Tissue.VENTRICLE, 10, 35),
        (Tissue.STRIATUM, 11, 22),
        (Tissue.PALLIDUM, 2, 4.5),
        (Tissue.THALAMUS, 9, 17),
        (Tissue.HIPPOCAMPUS, 6, 13),
        (Tissue.BRAINSTEM, 18, 35),
        (Tissue.CHOROID_PLEXUS, 0.5, 5),
        (Tissue.PITUITARY, 0.2, 0.9),
        (Tissue.VEIN, 15, 50),
        (Tissue.ARTERY, 3, 15),
    ):
        assert low < volume[tissue] < high, tissue
    cerebellum = volume[Tissue.CEREBELLAR_CORTEX] + volume[Tissue.CEREBELLAR_WHITE_MATTER]
    assert 100 < cerebellum < 165


@needs_maps
def test_cortex_is_a_continuous_ribbon_of_natural_thickness(head):
    from_white = head.step * (
        np.sqrt(squared_distance(head.tissue == Tissue.WHITE_MATTER, 12).astype(float)) - 0.5
    )
    from_pia = head.pial_depth / 10
    middle = (head.tissue == Tissue.CORTEX) & (np.abs(from_white - from_pia) < 0.4)

    thickness = np.median((from_white + from_pia)[middle])

    assert 2.1 < thickness < 2.9


@needs_maps
def test_white_matter_is_one_piece_and_does_not_lie_bare(head):
    white = head.tissue == Tissue.WHITE_MATTER
    parts, _ = ndimage.label(white)
    bare = cortical = 0
    for axis in range(3):
        for shift in (1, -1):
            beside = np.roll(white, shift, axis)
            bare += (beside & (head.tissue == Tissue.CSF)).sum()
            cortical += (beside & (head.tissue == Tissue.CORTEX)).sum()

    sizes = np.bincount(parts.ravel())[1:]
    assert sizes.max() > 0.98 * white.sum()
    # Pieces below 10 mm3 are specks in the cortex.
    assert sizes[sizes < 80].sum() < 2e-4 * white.sum()
    assert bare < 0.01 * cortical


def test_faint_thin_white_matter_is_found_and_specks_are_not():
    probability = np.zeros((40, 44, 48), np.float32)
    probability[5:35, 5:20, 5:20] = 1
    probability[5:35, 30:39, 10:12] = 0.35  # a thin gyrus, blurred by averaging
    probability[18:20, 30:32, 40:42] = 1

    white = icbm._white_score(probability) > 0

    assert white[10:30, 31:38, 10:12].mean() > 0.95
    assert white[10:30, 31:38, 15:20].sum() == 0
    assert white[15:23, 27:35, 37:45].sum() == 0
    assert white[8:32, 8:17, 8:17].all()


@needs_maps
def test_parts_lie_where_they_belong(head):
    grid = centered_grid(head.tissue.shape, head.step)

    def middle(tissue):
        found = np.argwhere(head.tissue == tissue)
        return [axis[found[:, n]].mean() for n, axis in enumerate(grid.axes)]

    z, y, _ = middle(Tissue.CEREBELLAR_CORTEX)
    assert z < -25
    assert y > 20
    for tissue in (Tissue.STRIATUM, Tissue.THALAMUS, Tissue.CEREBELLAR_CORTEX, Tissue.VENTRICLE, Tissue.FALX):
        assert abs(middle(tissue)[2]) < 1, tissue
    assert middle(Tissue.STRIATUM)[1] < middle(Tissue.THALAMUS)[1]
    falx = np.argwhere(head.tissue == Tissue.FALX)
    upper = falx[grid.z[falx[:, 0]] > 30]
    assert len(upper) > 3000
    assert np.abs(grid.x[upper[:, 2]]).max() < 1.5


@needs_maps
def test_no_air_inside_and_air_around(head):
    solid = head.tissue != Tissue.AIR
    filled = ndimage.binary_fill_holes(solid[::2, ::2, ::2])

    assert (filled & ~solid[::2, ::2, ::2]).sum() == 0
    for axis in range(3):
        assert not solid.take([0, -1], axis).any()


@needs_maps
def test_same_bytes_twice(head):
    again = icbm.icbm_head()

    assert np.array_equal(again.tissue, head.tissue)
    assert np.array_equal(again.pial_depth, head.pial_depth)
    assert np.array_equal(again.hull_distance, head.hull_distance)


def test_without_nilearn_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(icbm, "find_spec", lambda name: None)

    with pytest.raises(UserError, match="pip install nilearn"):
        icbm.icbm_head()


def test_a_nilearn_without_maps_gets_a_sentence(monkeypatch, tmp_path):
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(icbm, "find_spec", lambda name: Spec)

    with pytest.raises(UserError, match="does not hold"):
        icbm.icbm_head()
