"""An empty scene for every test of the scene layer."""

from __future__ import annotations

import pytest

from bench.headless import boot

boot()


@pytest.fixture(autouse=True)
def scene():
    import slicer

    slicer.mrmlScene.Clear(0)
    # Slicer has one in every scene; here it is made when somebody asks for it.
    slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    return slicer.mrmlScene
