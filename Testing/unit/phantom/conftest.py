"""A small patient on the toy head, quick enough for every test."""

import pytest

from gliomamri.phantom import draw
from gliomamri.phantom.settings import Settings
from gliomamri.phantom.slabs import one_blas_thread
from unit.phantom import toy

SMALL = {"matrix": (56.0, 64.0, 60.0), "spacing": (2.0, 1.7, 1.9)}


@pytest.fixture(scope="session", autouse=True)
def _quick_small_products():
    """Many small matrix products wait for each other's threads otherwise."""
    with one_blas_thread():
        yield


@pytest.fixture(scope="module")
def toy_anatomy():
    """Make every patient of the toy head."""
    anatomy = toy.toy_anatomy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "choose_anatomy", lambda settings, streams: anatomy)
        yield anatomy


@pytest.fixture(scope="module")
def small_settings():
    """Make settings of a coarse, anisotropic, non-square grid."""

    def make(**changes):
        return Settings(**{**SMALL, "core_volume": 3.0, "missing_series": "off", **changes})

    return make
