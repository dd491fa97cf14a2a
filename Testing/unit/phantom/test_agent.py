"""Contrast agent: relaxivities, doses and times."""

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.agent import AGENTS, Injection, agent_at, tissue_concentration, uptake
from gliomamri.phantom.tissue_values import tissue_values
from gliomamri.phantom.tissues import Tissue


def test_reference_examination_leaves_the_reference_concentrations():
    at = uptake()

    assert (at.blood, at.leaky) == (pytest.approx(1), pytest.approx(1))
    np.testing.assert_allclose(
        tissue_concentration(tissue_values(), at), tissue_values().concentration, rtol=1e-6
    )


@pytest.mark.parametrize("minutes", [1.0, 3.0, 5.0, 25.0])
def test_rate_change_is_linear_in_dose(minutes):
    values, agent = tissue_values(), agent_at("gadobutrol", 1.5)
    full, quarter, double = (
        agent.r1 * tissue_concentration(values, uptake([Injection(dose, minutes)]))
        for dose in (0.1, 0.025, 0.2)
    )

    np.testing.assert_allclose(quarter * 4, full, rtol=1e-6)
    np.testing.assert_allclose(double, full * 2, rtol=1e-6)
    assert full[Tissue.VEIN] > 1


def test_injections_add_up():
    first, second = Injection(0.025, 12.0), Injection(0.075, 6.0)
    alone = [uptake([injection]) for injection in (first, second)]

    both = uptake([first, second])

    assert both.blood == pytest.approx(alone[0].blood + alone[1].blood)
    assert both.leaky == pytest.approx(alone[0].leaky + alone[1].leaky)
    assert both.leaky > 4 * uptake([Injection(0.025, 3.0)]).leaky


def test_blood_falls_while_leaky_tissue_rises_and_then_washes_out():
    times = [uptake([Injection(0.1, minutes)]) for minutes in (1, 3, 8, 15, 60)]

    assert np.all(np.diff([at.blood for at in times]) < 0)
    leaky = [at.leaky for at in times]
    assert leaky[0] < leaky[1] < leaky[2]
    assert leaky[4] < leaky[3]
    # Blood one minute after the injection, worked out by hand from the biexponential.
    by_hand = (3.99 * 0.86589 + 4.78 * 0.98896) / (3.99 * 0.48675 + 4.78 * 0.94601)
    assert times[0].blood == pytest.approx(by_hand, rel=1e-4)


def test_only_tissue_without_barrier_follows_the_leaky_curve():
    values, at = tissue_values(), uptake([Injection(0.1, 1.0)])

    ratio = tissue_concentration(values, at)[1:] / np.maximum(values.concentration[1:], 1e-9)

    assert ratio[Tissue.DURA - 1] == pytest.approx(at.leaky, rel=1e-5)
    assert ratio[Tissue.WHITE_MATTER - 1] == ratio[Tissue.VEIN - 1] == pytest.approx(at.blood, rel=1e-5)


def test_relaxivities_between_the_fields():
    for name in AGENTS:
        low, middle, high = (agent_at(name, field) for field in (1.5, np.sqrt(4.5), 3.0))
        assert middle.r1 == pytest.approx(np.sqrt(low.r1 * high.r1))
        assert low.r1 >= high.r1
        assert low.r2 < high.r2
        assert high.r2 > high.r1
    assert agent_at("gadoterate", 3.0).r1 == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("injections", "words"),
    [
        ([], "no injection"),
        ([Injection(0.0, 5.0)], "0 mmol/kg"),
        ([Injection(0.1, 5.0), Injection(-0.1, 5.0)], "-0.1 mmol/kg"),
        ([Injection(5.0, 5.0)], "5 mmol/kg"),
        ([Injection(0.1, -2.0)], "-2 min"),
        ([Injection(float("nan"), 2.0)], "nan mmol/kg"),
    ],
)
def test_bad_injections_get_a_sentence(injections, words):
    with pytest.raises(UserError, match=words):
        uptake(injections)


@pytest.mark.parametrize(("name", "field", "words"), [("water", 3.0, "'water'"), ("gadoterate", 7.0, "7 T")])
def test_unknown_agents_and_fields_get_a_sentence(name, field, words):
    with pytest.raises(UserError, match=words):
        agent_at(name, field)
