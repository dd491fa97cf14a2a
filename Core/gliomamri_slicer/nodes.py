"""Adding nodes to the scene, and taking them out again when something fails half-way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import slicer
import vtk


def addNode(className: str, name: str) -> slicer.vtkMRMLNode:
    """Add a node whose name no other node of the scene has (``T1map``, then ``T1map_1``)."""
    scene = slicer.mrmlScene
    return scene.AddNewNodeByClass(className, _uniqueName(name))


def _uniqueName(name: str) -> str:
    taken = {
        slicer.mrmlScene.GetNthNode(index).GetName() for index in range(slicer.mrmlScene.GetNumberOfNodes())
    }
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def isInScene(node: slicer.vtkMRMLNode | None) -> bool:
    """Tell whether the node is still part of the current scene."""
    return node is not None and node.GetScene() is slicer.mrmlScene


@contextmanager
def allOrNothing() -> Iterator[None]:
    """Add nodes in one batch; if the block raises, remove every node and hierarchy item that it had added.

    Views refresh once, at the end. The exception is passed on.
    """
    scene = slicer.mrmlScene
    nodesBefore = _nodeIds(scene)
    itemsBefore = _itemIds(scene)
    scene.StartState(scene.BatchProcessState)
    try:
        yield
    except BaseException:
        _removeItems(scene, _itemIds(scene) - itemsBefore)
        for nodeId in _nodeIds(scene) - nodesBefore:
            node = scene.GetNodeByID(nodeId)
            if node is not None:  # a display node goes with its volume
                scene.RemoveNode(node)
        raise
    finally:
        scene.EndState(scene.BatchProcessState)


def _nodeIds(scene: slicer.vtkMRMLScene) -> set[str]:
    return {scene.GetNthNode(index).GetID() for index in range(scene.GetNumberOfNodes())}


def _itemIds(scene: slicer.vtkMRMLScene) -> set[int]:
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    if hierarchy is None:
        return set()
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    return {items.GetId(index) for index in range(items.GetNumberOfIds())}


def _removeItems(scene: slicer.vtkMRMLScene, items: set[int]) -> None:
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    for item in sorted(items, reverse=True):
        if item in _itemIds(scene):  # not gone with its parent
            hierarchy.RemoveItem(item, True, True)
