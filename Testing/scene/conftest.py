"""An empty scene for every test of the scene layer."""

from __future__ import annotations

import pytest

from bench.headless import boot

boot()


@pytest.fixture(autouse=True)
def scene():
    import slicer

    slicer.mrmlScene.Clear(0)
    return slicer.mrmlScene
