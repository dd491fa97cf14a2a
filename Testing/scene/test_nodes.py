import pytest
import slicer

from gliomamri_slicer.folders import addResultFolder, itemOf, moveToFolder
from gliomamri_slicer.nodes import addNode, allOrNothing, isInScene
from scene.builders import ramp, scene_names, volume


def items():
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene).GetNumberOfItems()


def test_failing_block_leaves_neither_nodes_nor_folders():
    kept = volume("kept", ramp())
    itemOf(kept)
    nodes, count = scene_names(), items()

    with pytest.raises(ZeroDivisionError), allOrNothing():
        folder = addResultFolder("run", kept)
        moveToFolder([volume("a", ramp()), addNode("vtkMRMLTextNode", "b")], folder)
        raise ZeroDivisionError

    assert scene_names() == nodes
    assert items() == count
    assert isInScene(kept)


def test_finished_block_keeps_everything():
    with allOrNothing():
        node = addNode("vtkMRMLTextNode", "b")

    assert isInScene(node)
    assert not slicer.mrmlScene.IsBatchProcessing()


def test_names_are_numbered_only_when_taken():
    names = [addNode("vtkMRMLTextNode", "notes").GetName() for _ in range(3)]

    assert names == ["notes", "notes_1", "notes_2"]


def test_removed_node_is_not_in_the_scene():
    node = volume("gone", ramp())

    slicer.mrmlScene.RemoveNode(node)

    assert not isInScene(node)
    assert not isInScene(None)
