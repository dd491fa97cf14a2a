"""Contents put drawn values where the mixing expects them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gliomamri.phantom.contents import draw_contents
from gliomamri.phantom.lesions import LesionPlan, Part
from gliomamri.phantom.lesions.priors import STANDARD as PRIORS
from gliomamri.phantom.lesions.tissue_ranges import RANGES
from gliomamri.phantom.tissue_values import tissue_values
from gliomamri.phantom.tissues import Tissue

VALUES = tissue_values()
STANDARD = replace(PRIORS, faint=(0.0, 0.0))
TUMOR = SimpleNamespace(plan=LesionPlan("high-grade glioma", (0.0, 0.0, 0.0), 15.0))


def contents(seed=1, lesions=(TUMOR,), **changes):
    return draw_contents(np.random.default_rng(seed), VALUES, lesions, STANDARD, **changes)


def row(found, name):
    return found.table[1 + found.names.index(name)]


def test_rows_are_water_times_property():
    found = contents()

    white = Tissue.WHITE_MATTER
    assert found.table[0, white] == pytest.approx(VALUES.PD[white])
    assert row(found, "R1")[white] == pytest.approx(VALUES.PD[white] * VALUES.R1[white])
    assert not found.table[:, [Tissue.CSF, Tissue.VENTRICLE]].any()


def test_agent_sits_in_blood_or_in_leaky_tissue():
    found = contents()

    tissue, blood = row(found, "tissue_agent"), row(found, "blood_agent")
    assert not np.any((tissue > 0) & (blood > 0))
    assert blood[Tissue.VEIN] > 0.3
    assert blood[Tissue.CORTEX] > 0
    assert tissue[Tissue.DURA] > 0


@pytest.mark.parametrize("part", [Part.EDEMA, Part.ENHANCING, Part.NECROSIS])
def test_lesion_values_stay_in_their_range(part):
    low, high = RANGES[part]
    for seed in range(20):
        for amounts in contents(seed).parts[0, part]:
            T1 = 1000 * amounts[0] / amounts[1]
            assert low.T1 * 0.99 <= T1 <= high.T1 * 1.01
            assert low.agent * 0.99 <= amounts[4] / amounts[0] <= high.agent * 1.01


def test_lesions_relax_faster_at_lower_field():
    high, low = (contents(field_strength=field).parts[0, Part.EDEMA][0] for field in (3.0, 1.5))

    assert low[1] / low[0] > 1.15 * high[1] / high[0]


def test_diffusion_adds_its_rows():
    found = contents(diffusion=True)

    assert len(found.table) == 1 + len(found.names) == 11
    assert row(found, "Dt")[Tissue.CORTEX] == pytest.approx(VALUES.PD[2] * VALUES.Dt[2])
    assert len(found.parts[0, Part.EDEMA][0]) == 11


def test_one_lesion_more_leaves_the_first_as_it_was():
    alone, both = contents(), contents(lesions=(TUMOR, TUMOR))

    for part in Part:
        np.testing.assert_array_equal(alone.parts[0, part][0], both.parts[0, part][0])
        assert not np.array_equal(both.parts[0, part][0], both.parts[1, part][0])


def test_a_faint_tumor_lies_between_its_usual_values_and_white_matter():
    faint = replace(STANDARD, faint=(1.0, 1.0))

    found = draw_contents(np.random.default_rng(1), VALUES, (TUMOR,), faint).parts
    usual = contents().parts

    white = VALUES.R1[Tissue.WHITE_MATTER]
    for pale, full in zip(found[0, Part.EDEMA], usual[0, Part.EDEMA], strict=True):
        assert full[1] / full[0] < pale[1] / pale[0] < white
    np.testing.assert_array_equal(found[0, Part.ENHANCING][0], usual[0, Part.ENHANCING][0])
