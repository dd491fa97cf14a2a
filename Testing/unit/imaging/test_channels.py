"""Channels against formulas; maps are not scaled by the patient's own values."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.errors import UserError
from gliomamri.imaging.channels import RANGE, channel, is_quantitative


@pytest.fixture
def brain():
    mask = np.zeros((7, 9, 11), bool)
    mask[1:6, 2:8, 1:9] = True
    return mask


def test_weighted_image_is_a_z_score_of_the_brain_only(brain):
    values = np.random.default_rng(0).gamma(4, 50, brain.shape)
    values[~brain] = 1e5
    found = channel("FLAIR", values, brain)

    inside = values[brain]
    expected = (inside - inside.mean()) / inside.std()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[brain], expected, rtol=1e-3, atol=1e-4)
    assert not found[~brain].any()


def test_weighted_image_does_not_depend_on_the_scanners_scale(brain):
    values = np.random.default_rng(0).normal(500, 90, brain.shape)
    one, other = channel("T1w", values, brain), channel("T1w", 3.7 * values + 11, brain)
    np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.parametrize(
    ("role", "value", "expected"),
    [
        ("T1map", 1200.0, 0.0),
        ("ceT1map", 4000.0, np.log(4000 / 1200) / 0.5),
        ("T2map", 50.0, np.log(0.5) / 0.6),
        ("ceT2map", 100.0, 0.0),
        ("PDmap", 68.0, -1.0),
        ("cePDmap", 92.0, 1.0),
    ],
)
def test_maps_are_scaled_by_constants(brain, role, value, expected):
    values = np.full(brain.shape, 1000.0)
    values[3, 4, 5] = value
    assert channel(role, values, brain)[3, 4, 5] == pytest.approx(expected, abs=1e-5)
    values[brain & (values == 1000)] = 700.0
    assert channel(role, values, brain)[3, 4, 5] == pytest.approx(expected, abs=1e-5)


def test_what_a_map_does_not_know_is_0_and_the_map_stays_as_it_was(brain):
    values = np.full(brain.shape, 900.0)
    values[2, 3, 4], values[2, 3, 5], values[2, 3, 6] = 0.0, np.nan, np.inf
    before = values.copy()
    found = channel("T1map", values, brain)
    assert np.isfinite(found).all()
    assert found[2, 3, 4] == found[2, 3, 5] == found[2, 3, 6] == 0
    np.testing.assert_array_equal(values, before)


def test_extremes_are_clipped(brain):
    values = np.random.default_rng(0).normal(100, 1, brain.shape)
    values[3, 3, 3], values[3, 3, 4] = 1e6, -1e6
    found = channel("T1w", values, brain)
    assert found.min() >= RANGE[0]
    assert found.max() == RANGE[1]
    assert channel("T1map", np.where(brain, 1e9, 0), brain).max() == RANGE[1]


def test_what_cannot_be_scaled_is_told(brain):
    with pytest.raises(UserError, match="same everywhere"):
        channel("T1w", np.full(brain.shape, 7), brain)
    with pytest.raises(UserError, match="no brain"):
        channel("T1w", np.ones(brain.shape), np.zeros_like(brain))
    with pytest.raises(UserError, match="no brain"):
        channel("T1map", np.zeros(brain.shape), brain)


def test_which_roles_have_units():
    assert all(is_quantitative(role) for role in ("T1map", "ceT2map", "PDmap"))
    assert not any(is_quantitative(role) for role in ("T1w", "ceT1w", "FLAIR", "T2w"))
