"""A head gives the same voxels on every grid, and mixes by water as its equations say."""

import numpy as np
import pytest

from gliomamri.phantom.borders import BorderShift
from gliomamri.phantom.deformation import draw_deformation
from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions import LesionPlan, Part
from gliomamri.phantom.slabs import in_slabs
from gliomamri.phantom.tissues import Tissue
from unit.phantom import toy

GRID = Grid.centered((21, 30, 26), (2.0, 1.5, 1.1), center=(3.0, 1.0, 2.0))


class BallLesion:
    """Enhancing shell, cyst inside, edema outside; everywhere at most 1."""

    plan = LesionPlan("high-grade glioma", (0.0, 5.0, -10.0), 10.0)

    def weights(self, grid):
        z, y, x = np.meshgrid(*grid.axes, indexing="ij")
        r = np.sqrt(z**2 + (y - 5) ** 2 + (x + 10) ** 2)
        core = 1 / (1 + np.exp(r - 8))
        cyst = 1 / (1 + np.exp(r - 4))
        edema = 1 / (1 + np.exp(r - 14)) - core
        parts = {Part.CYST: cyst, Part.ENHANCING: core - cyst, Part.EDEMA: edema}
        return {part: weight.astype(np.float32) for part, weight in parts.items()}


def amounts(PD, R1, R2=10.0, R2_prime=4.0, tissue_agent=0.2, blood_agent=0.0):
    row = np.array([1, R1, R2, R2_prime, tissue_agent, blood_agent], np.float32) * PD
    return row, row


PARTS = {
    (0, Part.ENHANCING): amounts(0.85, 0.6),
    (0, Part.EDEMA): amounts(0.82, 0.75, tissue_agent=0.02),
}


@pytest.fixture(scope="module")
def head():
    deformation = draw_deformation(np.random.default_rng(5))
    return toy.toy_head(deformation, toy.some_variation(), [BallLesion()], PARTS)


def as_arrays(voxels):
    arrays = {name: getattr(voxels, name) for name in ("PD", "R1", "R2", "tissue_agent", "tissue")}
    return arrays | {f"fluid{i}": fluid.share for i, fluid in enumerate(voxels.fluids)} | dict(voxels.parts)


def test_a_slice_is_the_slice_of_the_volume(head):
    whole = as_arrays(head.voxels(GRID))

    alone = as_arrays(head.voxels(GRID.slab(7, 8)))

    assert len(np.unique(whole["tissue"])) > 3
    for name, values in alone.items():
        np.testing.assert_allclose(values[0], whole[name][7], atol=1e-4)


def test_slabs_in_threads_are_the_whole(head):
    whole = as_arrays(head.voxels(GRID))

    joined = in_slabs(GRID, lambda slab: as_arrays(head.voxels(slab)))

    for name, values in whole.items():
        np.testing.assert_allclose(joined[name], values, atol=1e-5)


def test_laterality_and_shift_follow_the_deformation():
    head = toy.toy_head(toy.rigid(shift=(2.0, 0.0, -5.0)))
    z, y, x = toy.VENTRICLE_CENTER
    point = Grid(*(np.array([v], np.float32) for v in (z - 2.0, y, x + 5.0)))
    mirrored = Grid(point.z, point.y, -point.x)

    assert head.voxels(point).tissue.item() == Tissue.VENTRICLE
    assert head.voxels(mirrored).tissue.item() == Tissue.WHITE_MATTER


def test_partial_volume_is_right_on_average():
    head = toy.toy_head(step=0.5)
    grid = Grid.centered((90, 90, 90), (1.0,) * 3)

    voxels = head.voxels(grid)

    ventricle = 4 / 3 * np.pi * 6**3
    around = 4 / 3 * np.pi * (40**3 - 36**3)
    assert voxels.fluids[0].share.sum() == pytest.approx(ventricle + around, rel=0.01)


def test_rates_mix_by_water_and_fluid_stays_apart():
    head = toy.toy_head()
    # Either side of the border of cortex and white matter at radius 32 mm, and far from any fluid.
    wide = Grid.centered((2, 1, 1), (4.0, 1.0, 1.0), center=(32.0, 0.0, 0.0))

    voxels = head.voxels(wide)

    outer = voxels.R1[1].item()
    assert voxels.R1[0].item() == pytest.approx(1.2, rel=1e-5)
    assert outer == pytest.approx(0.7, rel=1e-5)
    assert voxels.fluids[0].share.max() == 0


def test_mixing_equals_a_loop_over_points():
    from gliomamri.phantom.mixing import mix_tissues, water_and_properties

    rng = np.random.default_rng(8)
    tissues = rng.integers(0, len(Tissue), (4, 3, 5, 2)).astype(np.uint8)
    table = toy.toy_contents().table

    mixed, fluid = mix_tissues(iter(tissues), table, (3, 5, 2))
    water, (R1, *_) = water_and_properties(mixed.copy())

    for index in np.ndindex(3, 5, 2):
        here = [Tissue(t) for t in tissues[(slice(None), *index)]]
        solid = [t for t in here if t not in (Tissue.CSF, Tissue.VENTRICLE)]
        content = sum(toy.PD.get(t, 0.5) for t in solid)
        rate = sum(toy.PD.get(t, 0.5) * toy.R1.get(t, 0.5) for t in solid)
        assert fluid[index] == pytest.approx(1 - len(solid) / 4)
        assert water[index] == pytest.approx(content / 4, rel=1e-5)
        assert R1[index] == pytest.approx(rate / content if solid else 0, rel=1e-4)


def test_lesion_replaces_tissue_and_its_cyst_is_a_fluid():
    head = toy.toy_head(lesions=[BallLesion()], parts=PARTS)
    center = Grid(*(np.array([v], np.float32) for v in (0.0, 5.0, -10.0)))
    rim = Grid(center.z, center.y, np.array([-3.5], np.float32))

    middle, edge = head.voxels(center), head.voxels(rim)
    weights = BallLesion().weights(rim)

    cyst = 1 / (1 + np.exp(-4))
    assert middle.fluids[1].share.item() == pytest.approx(cyst, rel=1e-4)
    assert middle.fluids[1].R1 == toy.CYST.R1
    rest = 1 - sum(w.item() for w in weights.values())
    water = rest * 0.7 + weights[Part.ENHANCING].item() * 0.85 + weights[Part.EDEMA].item() * 0.82
    agent = weights[Part.ENHANCING].item() * 0.85 * 0.2 + weights[Part.EDEMA].item() * 0.82 * 0.02
    assert edge.PD.item() == pytest.approx(water, rel=1e-4)
    assert edge.tissue_agent.item() == pytest.approx(agent / water, rel=1e-4)


class SoakedBall(BallLesion):
    """Edema everywhere."""

    def weights(self, grid):
        return {Part.EDEMA: np.full(grid.shape, 0.8, np.float32)}


def test_edema_soaks_tissue_and_leaves_fluid():
    healthy, soaked = (
        toy.toy_head(lesions=those, parts=PARTS).voxels(GRID) for those in ([], [SoakedBall()])
    )

    csf = healthy.fluids[0].share
    np.testing.assert_allclose(soaked.fluids[0].share, csf, atol=1e-6)
    np.testing.assert_allclose(soaked.parts[Part.EDEMA], 0.8 * (1 - csf), atol=1e-6)
    np.testing.assert_allclose(soaked.PD, 0.2 * healthy.PD + 0.8 * (1 - csf) * 0.82, atol=1e-5)
    assert np.any((csf > 0.2) & (csf < 0.8))


def test_mean_rate_is_the_rate_of_all_water():
    head = toy.toy_head(lesions=[BallLesion()], parts=PARTS)
    voxels = head.voxels(GRID)
    csf, cyst = voxels.fluids

    found = voxels.mean_rate("R1")

    water = voxels.PD + csf.share * 1.0 + cyst.share * 0.95
    expected = (voxels.PD * voxels.R1 + csf.share * 0.25 + cyst.share * 0.95 * 0.4) / np.maximum(water, 1e-6)
    np.testing.assert_allclose(found, np.where(water > 0.02, expected, 0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(voxels.water, water, rtol=1e-5, atol=1e-6)


def test_atrophy_turns_shallow_cortex_into_fluid():
    grid = Grid.centered((80, 80, 80), (1.0,) * 3)
    full = toy.toy_head().voxels(grid).fluids[0].share.sum()

    wasted = (
        toy.toy_head(variation=toy.no_variation(borders=BorderShift(pial=-1.5)))
        .voxels(grid)
        .fluids[0]
        .share.sum()
    )

    shell = 4 / 3 * np.pi * (36**3 - 34.5**3)
    assert wasted - full == pytest.approx(shell, rel=0.15)


def test_vessels_run_in_the_fluid_around_the_brain_only():
    variation = toy.no_variation(vessels=(toy.constant_field(0.0), toy.constant_field(0.0)))
    grid = Grid.centered((80, 80, 80), (1.0,) * 3)

    voxels = toy.toy_head(variation=variation).voxels(grid)

    assert voxels.fluids[0].share.sum() == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.05)


def test_terrain_covers_the_brain():
    terrain = toy.toy_head().terrain()

    assert terrain.tissue.shape == terrain.grid.shape
    assert (terrain.tissue == Tissue.WHITE_MATTER).sum() * 8 == pytest.approx(
        4 / 3 * np.pi * (32**3 - 6**3), rel=0.05
    )
    assert terrain.hull_distance.min() == pytest.approx(-40, abs=2)
    inside = terrain.tissue == Tissue.VENTRICLE
    assert terrain.ventricle_distance[inside].max() < 1.5


def test_contents_are_asked_for():
    from dataclasses import replace

    with pytest.raises(ValueError, match="no contents"):
        replace(toy.toy_head(), contents=None).voxels(GRID)
