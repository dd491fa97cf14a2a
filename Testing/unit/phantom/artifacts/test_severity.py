"""The table of strengths: switches, and that off is off."""

from __future__ import annotations

import pytest

from gliomamri.errors import UserError
from gliomamri.phantom.artifacts.severity import CLINICAL, HARD, OFF, SHIFTED, SWITCHES


def test_a_switch_changes_one_imperfection_only():
    changed = CLINICAL.with_switch("motion", "off").with_switch("noise", "hard")
    assert changed.motion == OFF.motion
    assert changed.noise == HARD.noise
    others = set(SWITCHES) - {"motion", "noise"}
    assert all(getattr(changed, name) == getattr(CLINICAL, name) for name in others)


def test_off_never_happens_and_shifted_differs_everywhere():
    assert all(getattr(OFF, name).probability == 0 for name in SWITCHES)
    assert all(getattr(SHIFTED, name) != getattr(CLINICAL, name) for name in SWITCHES)


@pytest.mark.parametrize(("name", "strength"), [("wobble", "off"), ("noise", "extreme")])
def test_unknown_names_get_a_sentence(name, strength):
    with pytest.raises(UserError, match="There is no"):
        CLINICAL.with_switch(name, strength)
