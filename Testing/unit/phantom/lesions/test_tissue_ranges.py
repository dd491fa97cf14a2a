from dataclasses import astuple, replace

import numpy as np
import pytest

from gliomamri.phantom.lesions import STANDARD, Part
from gliomamri.phantom.lesions.tissue_ranges import RANGES, draw_core_like_edema, draw_lesion_values


def drawn(part, count=200, priors=STANDARD):
    return [draw_lesion_values(np.random.default_rng(seed), part, priors) for seed in range(count)]


@pytest.mark.parametrize("part", list(Part))
def test_values_stay_in_their_range(part):
    low, high = RANGES[part]
    for ends in drawn(part, 30):
        for end in ends:
            for value, first, last in zip(astuple(end), astuple(low), astuple(high), strict=True):
                assert first * 0.999 <= value <= max(last, 1e-4) * 1.001


def test_T1_and_T2_rise_together_and_the_ends_differ():
    pairs = drawn(Part.EDEMA)
    T1 = np.log([end.T1 for ends in pairs for end in ends])
    T2 = np.log([end.T2 for ends in pairs for end in ends])
    assert 0.5 < np.corrcoef(T1, T2)[0, 1] < 0.95
    within = np.mean([abs(np.log(a.T1 / b.T1)) for a, b in pairs])
    between = np.mean([abs(np.log(a[0].T1 / b[0].T1)) for a, b in zip(pairs[::2], pairs[1::2], strict=True)])
    # Edema of real patients is as uneven within one as between several.
    assert 0 < within < 1.2 * between


def test_agent_tells_enhancing_parts_from_the_rest():
    lit = min(end.agent for ends in drawn(Part.ENHANCING, 60) for end in ends)
    for part in (Part.EDEMA, Part.NON_ENHANCING, Part.NECROSIS, Part.WHITE_MATTER_LESION, Part.CAVITY):
        assert max(end.agent for ends in drawn(part, 60) for end in ends) < lit


@pytest.mark.parametrize("part", list(Part))
def test_tissue_diffusivity_gives_the_apparent_one(part):
    for ends in drawn(part, 20):
        for end in ends:
            b = np.array([0.0, 1.0])
            f, Dt, K = end.perfusion_fraction, end.Dt, end.K
            signal = f * np.exp(-b * end.Dv) + (1 - f) * np.exp(-b * Dt + (b * Dt) ** 2 * K / 6)
            assert -np.log(signal[1] / signal[0]) == pytest.approx(end.ADC, rel=0.02)


def test_wider_priors_spread_more():
    wide = replace(STANDARD, parameter_width=1.5)
    spread = [np.std([np.log(e[0].T1) for e in drawn(Part.EDEMA, 150, p)]) for p in (STANDARD, wide)]
    assert spread[1] > 1.25 * spread[0]


def test_a_core_like_edema_is_near_it():
    edema = draw_lesion_values(np.random.default_rng(1), Part.EDEMA)
    core = draw_core_like_edema(np.random.default_rng(2), edema)
    for one, other in zip(core, edema, strict=True):
        assert abs(np.log(one.T1 / other.T1)) < 0.26
        assert abs(np.log(one.T2 / other.T2)) < 0.31
        assert one.PD <= 1
