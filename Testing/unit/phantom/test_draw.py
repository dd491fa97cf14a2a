"""A drawn patient follows its settings; one choice more or less leaves the rest of the patient alone."""

import numpy as np
import pytest

from gliomamri.phantom.draw import draw_patient
from gliomamri.phantom.grid import Grid

pytestmark = pytest.mark.usefixtures("toy_anatomy")
GRID = Grid.centered((12, 14, 13), (5.0, 4.0, 6.0), center=(2.0, -3.0, 4.0))


def test_the_shape_does_not_depend_on_the_examination(small_settings):
    first, second = (
        draw_patient(small_settings(kind="healthy", core_volume=0.0, **changes), 3)
        for changes in ({}, {"field_strength": 1.5, "artifacts": "hard", "magic": True})
    )

    np.testing.assert_array_equal(first.head.deformation.at(GRID), second.head.deformation.at(GRID))
    assert second.examination.field_strength == 1.5


def test_a_lesion_pushes_the_head_and_leaves_the_far_side(small_settings):
    healthy, ill = (
        draw_patient(small_settings(kind=kind, core_volume=volume), 5)
        for kind, volume in (("healthy", 0.0), ("high-grade-glioma", 12.0))
    )

    moved = np.abs(ill.head.deformation.at(GRID) - healthy.head.deformation.at(GRID))

    assert [lesion.plan.kind for lesion in ill.lesions][-1] == "high-grade glioma"
    assert not healthy.lesions
    assert moved.max() > 1
    assert np.median(moved) < 0.5 * moved.max()


def test_the_volume_typed_is_the_volume_planned(small_settings):
    patient = draw_patient(small_settings(kind="low-grade-glioma", core_volume=7.0), 6)

    assert patient.lesions[-1].plan.core_volume == pytest.approx(7.0, rel=0.05)


def test_white_matter_lesions_can_be_left_out(small_settings):
    def kinds(choice, seed):
        patient = draw_patient(small_settings(white_matter_lesions=choice), seed)
        return [lesion.plan.kind for lesion in patient.lesions]

    seed = next(seed for seed in range(12) if "white matter hyperintensity" in kinds("auto", seed))

    assert kinds("off", seed) == [kind for kind in kinds("auto", seed) if "hyperintensity" not in kind]


def test_the_shifted_preset_draws_other_tissue(small_settings):
    usual, shifted = (draw_patient(small_settings(preset=preset), 4) for preset in ("standard", "shifted"))

    assert usual.examination.protocol == "standard"
    assert shifted.examination.protocol == "shifted"
    assert not np.allclose(usual.values.T1, shifted.values.T1)


def test_leaving_them_out_beside_tumors_does_not_take_a_patient_s_own(small_settings):
    kind = "white-matter-hyperintensities"
    asked = small_settings(kind=kind, core_volume=0.0, white_matter_lesions="off")

    assert [lesion.plan.kind for lesion in draw_patient(asked, 3).lesions] == ["white matter hyperintensity"]
