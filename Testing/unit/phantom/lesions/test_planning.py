import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.lesions import PATIENT_KINDS, SHIFTED, STANDARD, plan_lesions
from gliomamri.phantom.lesions.priors import LogNormal
from gliomamri.phantom.tissues import BRAIN, Tissue


def plans_of(kind, terrain, seeds, priors=STANDARD, **wishes):
    return [
        plan_lesions(np.random.default_rng(seed), kind, terrain, priors, **wishes) for seed in range(seeds)
    ]


def tumors(plans):
    return [plan for plan in plans if plan.kind != "white matter hyperintensity"]


def tissue_at(terrain, point):
    index = tuple(int(np.argmin(abs(axis - c))) for axis, c in zip(terrain.grid.axes, point, strict=True))
    return terrain.tissue[index], terrain.hull_distance[index]


def test_log_normal_has_its_median_and_stays_inside():
    prior = LogNormal(20, 0.5, 5, 60)
    values = [prior.draw(np.random.default_rng(seed)) for seed in range(800)]
    assert np.median(values) == pytest.approx(20, rel=0.08)
    assert np.std(np.log(values)) == pytest.approx(0.5, rel=0.12)
    assert min(values) >= 5
    assert max(values) <= 60
    assert np.median([prior.draw(np.random.default_rng(s), 2.0) for s in range(400)]) > 30


@pytest.mark.parametrize("kind", PATIENT_KINDS)
def test_same_generator_same_plan_and_another_for_another(terrain, kind):
    first, again, other = (plan_lesions(np.random.default_rng(s), kind, terrain) for s in (5, 5, 6))
    assert first == again
    if kind not in ("healthy", "multiple sclerosis", "white matter hyperintensities"):
        assert first != other


def test_kinds_of_plans(terrain):
    assert plan_lesions(np.random.default_rng(0), "healthy", terrain) == ()
    grades = [tumors(plans)[0].kind for plans in plans_of("glioma", terrain, 120)]
    low = np.mean([grade == "low-grade glioma" for grade in grades])
    assert 0.18 < low < 0.42
    shifted = [tumors(plans)[0].kind for plans in plans_of("glioma", terrain, 120, SHIFTED)]
    assert np.mean([grade == "low-grade glioma" for grade in shifted]) > low + 0.05


def test_metastases_number_and_size(terrain):
    plans = [tumors(entry) for entry in plans_of("metastases", terrain, 40)]
    counts = [len(entry) for entry in plans]
    assert min(counts) >= 1
    assert max(counts) <= 12
    assert max(counts) > 4
    diameters = np.array([2 * plan.radius for entry in plans for plan in entry])
    assert diameters.min() >= 2.5
    assert diameters.max() <= 30
    assert 10 < diameters.mean() < 16
    for entry in plans:
        for i, one in enumerate(entry):
            for other in entry[:i]:
                gap = np.linalg.norm(np.subtract(one.center, other.center))
                assert gap > one.radius + other.radius


def test_gliomas_lie_in_the_brain_and_meningiomas_at_the_dura(terrain):
    for plans in plans_of("glioma", terrain, 40):
        tissue, hull = tissue_at(terrain, tumors(plans)[0].center)
        assert Tissue(int(tissue)) in BRAIN
        assert hull < 0
    for plans in plans_of("meningioma", terrain, 40):
        plan = tumors(plans)[0]
        _, hull = tissue_at(terrain, plan.center)
        assert -hull < 0.6 * plan.radius + 6 or abs(plan.center[2]) < 0.6 * plan.radius + 6


def test_wanted_volume_is_taken(terrain):
    for kind in ("high-grade glioma", "low-grade glioma", "meningioma", "metastases", "resection cavity"):
        plans = tumors(plan_lesions(np.random.default_rng(1), kind, terrain, core_volume=12.5))
        assert plans[0].core_volume == pytest.approx(12.5)


@pytest.mark.parametrize(
    ("kind", "volume", "words"),
    [
        ("glioma", 900.0, "does not fit"),
        ("glioma", -3.0, "at least"),
        ("glioma", float("nan"), "at least"),
        ("healthy", 10.0, "cannot be chosen"),
        ("astrocytosis", None, "choose one of"),
    ],
)
def test_impossible_wishes_get_a_sentence(terrain, kind, volume, words):
    with pytest.raises(UserError, match=words):
        plan_lesions(np.random.default_rng(1), kind, terrain, core_volume=volume)


def test_white_matter_lesions_beside_a_tumor_are_planted_first(terrain):
    orders = [[plan.kind for plan in plans] for plans in plans_of("low-grade glioma", terrain, 40)]
    beside = [order for order in orders if len(order) > 1]
    assert 8 < len(beside) < 32
    assert all(order == ["white matter hyperintensity", "low-grade glioma"] for order in beside)


def test_no_brain_is_said(terrain):
    from dataclasses import replace

    empty = replace(terrain, tissue=np.zeros_like(terrain.tissue))
    with pytest.raises(UserError, match="does not fit"):
        plan_lesions(np.random.default_rng(1), "high-grade glioma", empty)
