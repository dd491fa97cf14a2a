"""Node selectors by role: layout, binding both ways, tool tips."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

ROWS = (("T1", "T1map", "ceT1map"), ("B1", "B1map", ""))


@pytest.fixture()
def selectors(a_scene):
    """Selectors of ``ROWS`` bound to a parameter node; gives selectors, parent widget and node."""
    import qt
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    from gliomamri_slicer.parameter_packs import makeImagesPack
    from gliomamri_widgets.role_selectors import RoleSelectors

    class Node:
        pass

    Node.__annotations__ = {"images": makeImagesPack(("T1map", "ceT1map", "B1map"), "Images")}
    node = parameterNodeWrapper(Node)(a_scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))
    parent = qt.QWidget()
    made = RoleSelectors(parent, ROWS, "images")
    node.connectParametersToGui(made.bindings())
    return made, parent, node


def test_rows_are_kinds_and_columns_before_and_after(selectors):
    made, parent, _node = selectors
    grid = parent.layout()

    assert set(made.selectors) == {"T1map", "ceT1map", "B1map"}
    assert grid.itemAtPosition(0, 2).widget().text == "after contrast agent"
    assert grid.itemAtPosition(1, 2).widget() is made.selectors["ceT1map"]
    assert grid.itemAtPosition(2, 1).widget() is made.selectors["B1map"]
    assert grid.itemAtPosition(2, 2) is None


def test_choice_and_parameter_follow_each_other(selectors):
    made, _parent, node = selectors
    first, second = (
        slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name=name)
        for name in ("first", "second")
    )

    made.selectors["T1map"].setCurrentNode(first)
    node.images.ceT1map = second

    assert node.images.T1map is first
    assert made.selectors["ceT1map"].currentNode() is second
    made.update()
    assert made.selectors["ceT1map"].toolTip == "T1 map after contrast agent: second"
    assert made.selectors["B1map"].toolTip == "Transmit field map (B1)"


def test_nothing_is_chosen_at_first_and_after_a_node_has_gone(selectors):
    made, _parent, node = selectors
    volume = slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name="only")

    assert made.isEmpty
    made.selectors["T1map"].setCurrentNode(volume)
    assert not made.isEmpty
    slicer.mrmlScene.RemoveNode(volume)
    assert made.isEmpty
    assert node.images.T1map is None
