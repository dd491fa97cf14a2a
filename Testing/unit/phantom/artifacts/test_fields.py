"""Receive and transmit fields on the head."""

from __future__ import annotations

import numpy as np

from gliomamri.phantom.artifacts.receive_field import draw_receive_fields
from gliomamri.phantom.artifacts.severity import CLINICAL, ReceivePriors, TransmitPriors
from gliomamri.phantom.artifacts.transmit_field import draw_transmit_field
from gliomamri.phantom.grid import Grid

HEAD = Grid.centered((15, 17, 13), (10.0, 10.0, 10.0))


def test_receive_profiles_have_the_asked_spread_and_share_the_asked_part():
    priors = ReceivePriors(1.0, log_sd=(0.2, 0.2), width=(60.0, 60.0), shared=0.7)
    pairs = []
    for seed in range(60):
        fields = draw_receive_fields(np.random.default_rng(seed), priors, ("T1w", "FLAIR"))
        pairs.append([np.log(fields[role].at(HEAD)).ravel() for role in ("T1w", "FLAIR")])
    first, second = np.moveaxis(np.array(pairs), 1, 0)
    assert abs(first.std() - 0.2) < 0.02
    assert abs((first * second).mean() / 0.04 - 0.7) < 0.15


def test_the_ramp_runs_from_foot_to_head():
    priors = ReceivePriors(1.0, log_sd=(0.0, 0.0), ramp_sd=0.1, shared=1.0)
    field = draw_receive_fields(np.random.default_rng(3), priors, ("T1w",))["T1w"]
    logarithm = np.log(field.at(HEAD))
    np.testing.assert_allclose(logarithm[-1] - logarithm[0], field.ramp * 140 / 130, rtol=1e-4)


def test_transmit_is_larger_in_the_middle_at_3_tesla_and_four_times_less_at_1_5():
    priors = TransmitPriors(1.0, center_excess=(0.12, 0.12))
    strong = draw_transmit_field(np.random.default_rng(0), priors, 3.0).at(HEAD)
    weak = draw_transmit_field(np.random.default_rng(0), priors, 1.5).at(HEAD)
    assert abs(strong[7, 8, 6] - 1.12) < 1e-5
    assert strong[7, 0, 6] < 0.95
    np.testing.assert_allclose((strong - 1), 4 * (weak - 1), atol=1e-6)


def test_a_slice_of_a_field_is_the_volumes_slice():
    receive = draw_receive_fields(np.random.default_rng(1), CLINICAL.receive, ("T1w",))["T1w"]
    transmit = draw_transmit_field(np.random.default_rng(1), CLINICAL.transmit)
    for field in (receive, transmit):
        np.testing.assert_allclose(field.at(HEAD.slab(4, 5)), field.at(HEAD)[4:5], rtol=1e-5)
