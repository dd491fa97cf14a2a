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


class SceneAdditions:
    """What was added to the scene in one go or several, so that it can be taken out again.

    What others add between the goes is theirs and stays.
    """

    def __init__(self) -> None:
        self._nodes: set[str] = set()
        self._items: set[int] = set()

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Add nodes in one batch, after which views refresh once; whatever appears in the block is remembered."""
        scene = slicer.mrmlScene
        itemsBefore = _itemIds(scene)  # first: asking for the hierarchy may make its node, which stays
        nodesBefore = _nodeIds(scene)
        with _batch(scene):
            try:
                yield
            finally:
                self._nodes |= _nodeIds(scene) - nodesBefore
                self._items |= _itemIds(scene) - itemsBefore

    def remove(self) -> None:
        """Remove every node and hierarchy item that was added and is still there."""
        scene = slicer.mrmlScene
        with _batch(scene):
            _removeItems(scene, self._items)
            for nodeId in self._nodes:
                node = scene.GetNodeByID(nodeId)
                if node is not None:  # a display node goes with its volume
                    scene.RemoveNode(node)
        self._nodes, self._items = set(), set()


@contextmanager
def allOrNothing() -> Iterator[None]:
    """Add nodes in one batch; if the block raises, remove every node and hierarchy item that it had added.

    Views refresh once, at the end. The exception is passed on.
    """
    additions = SceneAdditions()
    with _batch(slicer.mrmlScene):
        try:
            with additions.adding():
                yield
        except BaseException:
            additions.remove()
            raise


@contextmanager
def _batch(scene: slicer.vtkMRMLScene) -> Iterator[None]:
    scene.StartState(scene.BatchProcessState)
    try:
        yield
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
    """Remove hierarchy items, not their nodes; what others have put below one of them goes to its parent."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    for item in sorted(items & _itemIds(scene), reverse=True):
        hierarchy.RemoveItem(item, False, False)
