"""A small patient on the toy head, quick enough for every test."""

import pytest

from gliomamri.phantom import draw
from gliomamri.phantom.settings import Settings
from unit.phantom import toy

SMALL = {"matrix": (56.0, 64.0, 60.0), "spacing": (2.0, 1.7, 1.9)}


@pytest.fixture
def toy_anatomy(monkeypatch):
    """Make every patient of the toy head."""
    anatomy = toy.toy_anatomy()
    monkeypatch.setattr(draw, "choose_anatomy", lambda settings, streams: anatomy)
    return anatomy


@pytest.fixture
def small_settings():
    """Make settings of a coarse, anisotropic, non-square grid."""

    def make(**changes):
        return Settings(**{**SMALL, "core_volume": 3.0, "missing_series": "off", **changes})

    return make
