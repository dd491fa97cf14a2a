"""Tissue values: known numbers, fields between, spread between subjects."""

import numpy as np
import pytest

from gliomamri.diffusion.signals import largest_kurtosis
from gliomamri.errors import UserError
from gliomamri.phantom.tissue_values import VALUE_NAMES, draw_tissue_values, tissue_values
from gliomamri.phantom.tissues import Tissue


def drawn(name, tissue, count=1500, **options):
    rng = np.random.default_rng(11)
    return np.array([getattr(draw_tissue_values(rng, **options), name)[tissue] for _ in range(count)])


@pytest.mark.parametrize("field", [1.5, 2.1, 3.0])
@pytest.mark.parametrize("preset", ["literature", "SyMRI-like"])
def test_every_tissue_has_possible_values(field, preset):
    values = tissue_values(field, preset)

    for name in VALUE_NAMES:
        array = getattr(values, name)
        assert array.shape == (len(Tissue),)
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
        assert (array >= 0).all()
    assert (values.T2 < values.T1).all()
    assert values.PD[Tissue.AIR] == 0
    assert ((values.PD > 0) & (values.PD <= 1))[1:].all()
    assert (largest_kurtosis(values.Dt, 1600.0) >= values.K).all()
    np.testing.assert_allclose(values.R1 * values.T1, 1000, rtol=1e-6)


def test_white_matter_gray_matter_and_fluid_lie_in_published_ranges():
    at_3T, at_1_5T = tissue_values(3.0), tissue_values(1.5)
    ranges = {Tissue.WHITE_MATTER: (750, 1000, 69, 80), Tissue.CORTEX: (1300, 1610, 80, 110)}

    for tissue, (low_T1, high_T1, low_T2, high_T2) in ranges.items():
        assert low_T1 <= at_3T.T1[tissue] <= high_T1
        assert low_T2 <= at_3T.T2[tissue] <= high_T2
        assert at_1_5T.T1[tissue] < 0.8 * at_3T.T1[tissue]
        assert at_1_5T.T2[tissue] > at_3T.T2[tissue]
    assert at_3T.T1[Tissue.VENTRICLE] == at_1_5T.T1[Tissue.VENTRICLE] == 4100


def test_between_the_fields_times_follow_a_power_law():
    low, middle, high = (tissue_values(field) for field in (1.5, np.sqrt(4.5), 3.0))

    np.testing.assert_allclose(middle.T1, np.sqrt(low.T1 * high.T1), rtol=1e-5)
    np.testing.assert_allclose(low.R2_prime * 2, high.R2_prime, rtol=1e-6)
    np.testing.assert_array_equal(low.PD, high.PD)


def test_vessels_and_tissue_without_barrier_take_up_most_agent():
    C = tissue_values().concentration

    assert C[Tissue.VEIN] > 20 * C[Tissue.WHITE_MATTER]
    for tissue in (Tissue.CHOROID_PLEXUS, Tissue.PITUITARY, Tissue.MUCOSA, Tissue.DURA, Tissue.FALX):
        assert C[tissue] > 5 * C[Tissue.CORTEX]
    assert C[Tissue.CORTEX] > C[Tissue.WHITE_MATTER] > C[Tissue.CSF]


@pytest.mark.parametrize(
    ("name", "deviation"), [("R1", 0.04), ("R2", 0.06), ("concentration", 0.45), ("R2_prime", 0.25)]
)
@pytest.mark.parametrize("tissue", [Tissue.WHITE_MATTER, Tissue.PALLIDUM])
def test_spread_between_subjects(name, deviation, tissue):
    logarithms = np.log(drawn(name, tissue) / getattr(tissue_values(), name)[tissue])

    assert logarithms.std() == pytest.approx(deviation, rel=0.08)
    assert abs(logarithms.mean()) < 4 * deviation / np.sqrt(1500)


def test_fluid_varies_little_so_that_it_can_be_nulled():
    assert np.log(drawn("T1", Tissue.VENTRICLE)).std() == pytest.approx(0.016, rel=0.08)


def test_tissues_of_a_subject_vary_together_but_not_as_one():
    white, gray = drawn("T1", Tissue.WHITE_MATTER), drawn("T1", Tissue.THALAMUS)

    assert 0.25 < np.corrcoef(white, gray)[0, 1] < 0.55


def test_spread_scales_and_zero_gives_the_typical_values():
    wide, none = (
        drawn("T1", Tissue.CORTEX, spread=2.0),
        draw_tissue_values(np.random.default_rng(0), spread=0),
    )

    assert np.log(wide).std() == pytest.approx(0.08, rel=0.08)
    for name in VALUE_NAMES:
        np.testing.assert_allclose(getattr(none, name), getattr(tissue_values(), name), rtol=1e-6)


def test_a_subject_is_the_same_at_both_fields_relative_to_the_typical_one():
    low, high = (draw_tissue_values(np.random.default_rng(8), field) for field in (1.5, 3.0))

    np.testing.assert_allclose(low.T1 / tissue_values(1.5).T1, high.T1 / tissue_values(3.0).T1, rtol=1e-5)


def test_synthetic_mri_reports_shorter_times_of_the_brain_only():
    usual, symri = tissue_values(), tissue_values(preset="SyMRI-like")

    assert symri.T1[Tissue.WHITE_MATTER] == pytest.approx(0.85 * usual.T1[Tissue.WHITE_MATTER])
    assert symri.T2[Tissue.CORTEX] == pytest.approx(0.92 * usual.T2[Tissue.CORTEX])
    assert symri.T2[Tissue.VENTRICLE] == 1100
    assert symri.T1[Tissue.FAT] == usual.T1[Tissue.FAT]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"field_strength": 7.0}, "7 T"),
        ({"field_strength": 0.5}, "0.5 T"),
        ({"field_strength": float("nan")}, "nan T"),
        ({"preset": "guess"}, "'guess'"),
        ({"spread": -1.0}, "-1"),
    ],
)
def test_bad_values_get_a_sentence(options, words):
    with pytest.raises(UserError, match=words):
        draw_tissue_values(np.random.default_rng(0), **options)
