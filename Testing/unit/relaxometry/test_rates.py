"""Rates of times: the units, and what is no time."""

from __future__ import annotations

import numpy as np
import pytest

from gliomamri.relaxometry.rates import rates_of


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_what_is_no_time_or_is_capped_has_no_rate(kind):
    times = np.array([0.0, 100.0, 830.0, 4299.0, 4300.0, np.nan, np.inf, -5.0], kind)

    found = rates_of(times, cap=4300.0)

    assert found.valid.tolist() == [False, True, True, True, False, False, False, False]
    np.testing.assert_allclose(found.values[1:4], [10, 1 / 0.83, 1 / 4.299], rtol=1e-6)
    assert not found.values[~found.valid].any()
    assert found.values.dtype == np.float32


def test_whole_numbers_without_a_cap_and_only_where_they_are_trusted():
    found = rates_of(
        np.array([[250, 5000], [20, 40]], np.int16), where=np.array([[True, True], [False, True]])
    )

    np.testing.assert_allclose(found.values, [[4.0, 0.2], [0.0, 25.0]], rtol=1e-6)
    assert found.valid.tolist() == [[True, True], [False, True]]
