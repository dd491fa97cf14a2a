"""Subject hierarchy: everything of one run in one folder, beside the volume it came from."""

from __future__ import annotations

from collections.abc import Iterable

import slicer


def addResultFolder(name: str, inputNode: slicer.vtkMRMLNode | None = None) -> int:
    """Add a folder beside the input: in its folder, or in the DICOM study of its patient.

    Parameters
    ----------
    name : str
        Title of the folder; a number is added where a sibling has it already.
    inputNode : vtkMRMLNode, optional
        The volume the results come from; without one the folder lies at the top.

    Returns
    -------
    int
        Its subject hierarchy item.
    """
    hierarchy = _hierarchy()
    parent = hierarchy.GetSceneItemID()
    if inputNode is not None:
        parent = hierarchy.GetItemParent(itemOf(inputNode)) or parent
    title, number = name, 1
    while hierarchy.GetItemChildWithName(parent, title):
        number += 1
        title = f"{name} {number}"
    return hierarchy.CreateFolderItem(parent, title)


def moveToFolder(nodes: Iterable[slicer.vtkMRMLNode], folder: int) -> None:
    """Put nodes into a folder."""
    hierarchy = _hierarchy()
    for node in nodes:
        hierarchy.SetItemParent(itemOf(node), folder)


def itemOf(node: slicer.vtkMRMLNode) -> int:
    """Item of a node; made where there is none yet (in Slicer its interface makes them, without it nobody does)."""
    hierarchy = _hierarchy()
    return hierarchy.GetItemByDataNode(node) or hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)


def folderPath(node: slicer.vtkMRMLNode) -> list[str]:
    """Names of the folders a node lies in, the outermost first; empty where it lies at the top."""
    hierarchy = _hierarchy()
    names: list[str] = []
    item = hierarchy.GetItemByDataNode(node)
    item = hierarchy.GetItemParent(item) if item else 0
    while item and item != hierarchy.GetSceneItemID():
        names.insert(0, hierarchy.GetItemName(item))
        item = hierarchy.GetItemParent(item)
    return names


def _hierarchy() -> slicer.vtkMRMLSubjectHierarchyNode:
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
