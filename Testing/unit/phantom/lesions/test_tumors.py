from dataclasses import replace

import numpy as np
import pytest

from gliomamri.phantom.grid import Grid
from gliomamri.phantom.lesions import STANDARD, LesionPlan, Part, grow
from gliomamri.phantom.lesions.labels import CORE_PARTS, annotation, share
from gliomamri.phantom.tissues import BRAIN, Tissue

RADIUS = 17.0
PLANS = {
    "high-grade glioma": LesionPlan("high-grade glioma", (8.0, -22.0, 30.0), RADIUS, 0.4, 30.0),
    "low-grade glioma": LesionPlan("low-grade glioma", (8.0, -22.0, 30.0), RADIUS, 0.2, 12.0),
    "metastasis": LesionPlan("metastasis", (20.0, 35.0, -28.0), 7.0, 0.4, 5.0),
    "meningioma": LesionPlan("meningioma", (8.0, -10.0, 52.0), 13.0, 0.9, 6.0),
    "multiple sclerosis": LesionPlan("multiple sclerosis", (0.0, 0.0, 0.0), 2.5),
    "white matter hyperintensity": LesionPlan("white matter hyperintensity", (0.0, 0.0, 0.0), 2.5),
    "resection cavity": LesionPlan("resection cavity", (8.0, -22.0, 30.0), RADIUS, 0.0, 15.0),
}
EVERY_FEATURE = replace(
    STANDARD,
    ring=1.0,
    solid=0.0,
    mixed=0.0,
    septa=1.0,
    satellites=1.0,
    hemorrhage=1.0,
    high_grade_cyst=1.0,
    mismatch=1.0,
    low_grade_cyst=1.0,
    enhancing_spots=1.0,
    outer_non_enhancing=1.0,
    active_sclerosis=1.0,
    vascular_confluent=1.0,
    dural_tail=1.0,
    metastasis_ring=1.0,
)
NO_FEATURE = replace(
    STANDARD,
    ring=1.0,
    solid=0.0,
    mixed=0.0,
    septa=0.0,
    satellites=0.0,
    hemorrhage=0.0,
    high_grade_cyst=0.0,
    mismatch=0.0,
    low_grade_cyst=0.0,
    enhancing_spots=0.0,
    outer_non_enhancing=0.0,
    dural_tail=0.0,
)
everyone = pytest.mark.parametrize("kind", list(PLANS))


def grown(kind, terrain, seed=3, priors=EVERY_FEATURE, **changes):
    return grow(np.random.default_rng(seed), replace(PLANS[kind], **changes), terrain, priors)


def milliliters(values, grid):
    return float(values.sum()) * np.prod([axis[1] - axis[0] for axis in grid.axes]) / 1000


@everyone
def test_shares_are_fractions_and_vanish_at_the_border_of_the_box(kind, terrain, head_grid):
    lesion = grown(kind, terrain)
    weights = lesion.weights(head_grid)
    assert weights
    for values in weights.values():
        assert values.shape == head_grid.shape
        assert values.dtype == np.float32
        assert values.min() >= -1e-6
    total = sum(weights.values())
    assert total.max() <= 1 + 1e-5
    assert total.max() > 0.95
    shell = [np.nextafter(np.float32(low), np.float32(1e3)) for low in lesion.box.low]
    axes = [
        np.arange(low, high, 1.7, dtype=np.float32) for low, high in zip(shell, lesion.box.high, strict=True)
    ]
    for number in range(3):
        for end in (0, -1):
            face = list(axes)
            face[number] = (
                axes[number][[0]] if end == 0 else np.array([lesion.box.high[number] - 1e-3], np.float32)
            )
            assert max((v.max() for v in lesion.weights(Grid(*face)).values()), default=0) < 1e-3


@everyone
def test_the_same_point_has_the_same_value_on_every_grid(kind, terrain, head_grid):
    lesion = grown(kind, terrain)
    full = lesion.weights(head_grid)
    middle = head_grid.shape[0] // 2
    for z in (middle - 3, middle, middle + 9):
        slice_ = lesion.weights(head_grid.slab(z, z + 1))
        for part, values in full.items():
            here = slice_.get(part, np.zeros((1, *head_grid.shape[1:]), np.float32))
            assert np.abs(here[0] - values[z]).max() < 2e-5
    finer = Grid(*(np.sort(np.concatenate([axis, axis[:-1] + 0.4])) for axis in head_grid.axes))
    picks = np.ix_(*(np.searchsorted(f, a) for f, a in zip(finer.axes, head_grid.axes, strict=True)))
    for part, values in lesion.weights(finer).items():
        there = full.get(part, np.zeros(head_grid.shape, np.float32))
        assert np.abs(values[picks] - there).max() < 2e-5


@everyone
def test_same_seed_same_lesion_and_a_grid_far_away_is_untouched(kind, terrain, head_grid):
    first, again, other = (grown(kind, terrain, seed).weights(head_grid) for seed in (3, 3, 4))
    assert first.keys() == again.keys()
    assert all(np.array_equal(first[part], again[part]) for part in first)
    zero = np.zeros(head_grid.shape, np.float32)
    assert max(np.abs(first[p] - other.get(p, zero)).max() for p in first) > 0.2
    away = Grid.centered((3, 4, 5), (1.0, 1.0, 1.0), (0.0, 0.0, 300.0))
    assert grown(kind, terrain).weights(away) == {}


@pytest.mark.parametrize("kind", ["high-grade glioma", "low-grade glioma", "metastasis", "meningioma"])
def test_core_volume_is_the_planned_one(kind, terrain, head_grid):
    lesion = grown(kind, terrain, priors=NO_FEATURE)
    core = share(lesion.weights(head_grid), CORE_PARTS, head_grid.shape)
    assert milliliters(core, head_grid) == pytest.approx(lesion.plan.core_volume, rel=0.12)


def test_high_grade_rim_encloses_the_necrosis(terrain, head_grid):
    weights = grown("high-grade glioma", terrain, priors=NO_FEATURE).weights(head_grid)
    from scipy.ndimage import distance_transform_edt

    outside = ~annotation(weights, head_grid.shape)
    depth = distance_transform_edt(~outside, sampling=(2.0, 1.9, 1.8))
    rim, necrosis = weights[Part.ENHANCING] > 0.5, weights[Part.NECROSIS] > 0.5
    assert np.median(depth[necrosis]) > np.median(depth[rim]) + 2
    assert 1.0 < np.median(depth[rim]) < 7
    surface = ~outside & (depth < 2.5)
    assert rim[surface].mean() > 0.6


def test_infiltration_decays_with_five_millimeters_outside_the_annotation(terrain):
    lesion = grown("high-grade glioma", terrain, priors=NO_FEATURE)
    grid = Grid.centered((50, 60, 60), (1.3, 1.1, 1.2), lesion.plan.center)
    weights = lesion.weights(grid)
    depth = lesion.core.at(grid) + lesion.pattern.roughness * lesion.fine.at(grid)
    outside = depth < -3
    ratio = weights[Part.INFILTRATION] / np.maximum(weights[Part.EDEMA] + weights[Part.INFILTRATION], 1e-6)
    soaked = outside & (weights[Part.EDEMA] > 0.05)
    expected = lesion.pattern.infiltration * np.exp(depth / 5)
    assert soaked.sum() > 500
    assert np.allclose(ratio[soaked], expected[soaked], rtol=1e-3, atol=1e-4)
    assert weights[Part.INFILTRATION][annotation(weights, grid.shape)].max() <= 0.5


def test_every_feature_of_high_grade_glioma_can_appear(terrain, head_grid):
    seen = set()
    for seed in range(4):
        seen |= set(grown("high-grade glioma", terrain, seed).weights(head_grid))
    assert {Part.CYST, Part.HEMORRHAGE, Part.NECROSIS, Part.NON_ENHANCING, Part.ENHANCING} <= seen
    plain = set(grown("high-grade glioma", terrain, priors=NO_FEATURE).weights(head_grid))
    assert Part.CYST not in plain
    assert Part.HEMORRHAGE not in plain


def test_low_grade_does_not_enhance_and_mismatch_is_fluid_in_the_middle(terrain, head_grid):
    plain = grown("low-grade glioma", terrain, priors=NO_FEATURE).weights(head_grid)
    assert Part.ENHANCING not in plain
    assert Part.CYST not in plain
    wet = grown("low-grade glioma", terrain, priors=replace(NO_FEATURE, mismatch=1.0))
    weights = wet.weights(head_grid)
    depth = wet.core.at(head_grid)
    fluid = weights[Part.CYST]
    assert fluid[depth > 9].mean() == pytest.approx(wet.texture.mismatch, rel=0.02)
    assert fluid[(depth < 0.3)].max() < 0.2


def test_edema_keeps_to_the_brain_and_the_core_off_the_other_side_of_the_falx(terrain, head_grid, tissue_at):
    weights = grown("high-grade glioma", terrain, priors=NO_FEATURE).weights(head_grid)
    tissue = tissue_at(head_grid)
    soaked = weights[Part.EDEMA] > 0.5
    assert np.isin(tissue[soaked], BRAIN).mean() > 0.85
    assert (tissue[soaked] == Tissue.WHITE_MATTER).mean() > 2 * (tissue[soaked] == Tissue.CORTEX).mean()


def test_meningioma_sits_on_the_dura_and_inside_it(terrain, head_grid):
    lesion = grown("meningioma", terrain, priors=NO_FEATURE)
    body = lesion.weights(head_grid)[Part.MENINGIOMA] > 0.5
    from gliomamri.phantom.fields import LatticeField

    hull = LatticeField.through(terrain.hull_distance, terrain.grid).at(head_grid)
    assert hull[body].max() < 3.5
    assert hull[body].max() > 0
    broad = body & (hull > -2.5)
    assert broad.sum() > 0.12 * body.sum()
    tailed = grown("meningioma", terrain).weights(head_grid)[Part.MENINGIOMA] > 0.3
    assert tailed.sum() > (lesion.weights(head_grid)[Part.MENINGIOMA] > 0.3).sum()


def test_meningiomas_are_wider_than_thick_on_their_base(terrain, head_grid):
    z, y, x = np.meshgrid(*head_grid.axes, indexing="ij")
    center = PLANS["meningioma"].center
    # The toy's hull near the planned center faces nearly along x.
    thick, wide = [], []
    for seed in range(8):
        weights = grown("meningioma", terrain, seed, NO_FEATURE).weights(head_grid)
        body = weights[Part.MENINGIOMA] > 0.5
        thick.append(x[body].std())
        wide.append(np.sqrt(z[body].std() * y[body].std()))
        assert np.abs(y[body].mean() - center[1]) < 6

    ratio = np.array(wide) / thick
    assert np.median(ratio) > 1.3
    assert ratio.max() < 2.6


def test_metastasis_is_round_and_ringed_when_large(terrain, head_grid):
    weights = grown("metastasis", terrain).weights(head_grid)
    z, y, x = np.meshgrid(*head_grid.axes, indexing="ij", sparse=True)
    c = PLANS["metastasis"].center
    r = np.sqrt((z - c[0]) ** 2 + (y - c[1]) ** 2 + (x - c[2]) ** 2)
    core = share(weights, CORE_PARTS, head_grid.shape)
    assert core[r < 5].min() > 0.9
    assert core[r > 10.5].max() < 0.1
    assert weights[Part.NECROSIS][r < 1.5].mean() > 0.5
    small = grown("metastasis", terrain, radius=1.3, edema=0.0).weights(head_grid)
    assert set(small) == {Part.ENHANCING}


def test_cavity_is_fluid_with_a_thin_wall(terrain, head_grid):
    lesion = grown("resection cavity", terrain)
    weights = lesion.weights(head_grid)
    depth = lesion.core.at(head_grid)
    fluid = weights[Part.CAVITY] + weights.get(Part.HEMORRHAGE, 0)
    assert fluid[depth > 7].min() > 0.95
    lit = milliliters(weights[Part.ENHANCING], head_grid)
    assert 0.05 < lit < 0.5 * milliliters(fluid, head_grid)
    assert weights[Part.ENHANCING][depth > 7].max() < 0.05


def test_unknown_kind_is_refused(terrain):
    with pytest.raises(ValueError, match="unknown kind"):
        grow(np.random.default_rng(0), LesionPlan("abscess", (0, 0, 0), 4.0), terrain, STANDARD)
