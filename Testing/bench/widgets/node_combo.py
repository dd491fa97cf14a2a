"""qMRMLNodeComboBox: the scene's nodes of some classes, one of them current.

Rules follow the real widget: hidden nodes are left out, a first node is not selected by itself, a node of another class
cannot be selected, a node requested before the scene is known is selected when the scene comes.
Not modelled: order by the subject hierarchy, the drop-down's own actions (create, rename, delete).
"""

from __future__ import annotations

from typing import Any

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from bench.widgets.scene_observer import Observation
from bench.widgets.scene_widgets import SceneHolder
from bench.widgets.standin import StoredProperty, stored

FILTERS = ("nodeTypes", "showHidden", "showChildNodeTypes", "hideChildNodeTypes")


class qMRMLNodeComboBox(SceneHolder, QtWidgets.QWidget):
    """Combo box of nodes."""

    # The real class emits both overloads; a Qt signal of the same name can carry only one here.
    currentNodeChanged = QtCore.Signal(object)
    currentNodeIDChanged = QtCore.Signal(str)
    nodeActivated = QtCore.Signal(object)
    nodeAdded = QtCore.Signal(object)
    nodeAddedByUser = QtCore.Signal(object)
    nodeTypes = stored("nodeTypes", [])
    noneEnabled = stored("noneEnabled", False)
    noneDisplay = stored("noneDisplay", "None")
    addEnabled = stored("addEnabled", True)
    removeEnabled = stored("removeEnabled", True)
    editEnabled = stored("editEnabled", False)
    renameEnabled = stored("renameEnabled", False)
    showHidden = stored("showHidden", False)
    showChildNodeTypes = stored("showChildNodeTypes", True)
    hideChildNodeTypes = stored("hideChildNodeTypes", [])
    selectNodeUponCreation = stored("selectNodeUponCreation", True)
    baseName = stored("baseName", "")
    interactionNodeSingletonTag = stored("interactionNodeSingletonTag", "")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._currentID = self._requestedID = ""
        self._attributes: list[tuple[str, str, Any]] = []
        self._typeLabels: dict[str, str] = {}
        self._listed: list[str] = []
        self._observation: Observation | None = None
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._comboBox = QtWidgets.QComboBox(self)
        layout.addWidget(self._comboBox)
        self._comboBox.activated.connect(self._onActivated)
        self.setEnabled(False)
        self._draw()

    def nodeCount(self) -> int:
        """Return the number of nodes on offer."""
        return len(self._nodes())

    def nodeFromIndex(self, index: int) -> Any:
        """Return a node on offer, or None beyond their number."""
        nodes = self._nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def currentNode(self) -> Any:
        """Return the selected node, or None."""
        return self._scene.GetNodeByID(self._currentID) if self._scene and self._currentID else None

    def setCurrentNode(self, node: Any) -> None:
        """Select a node (or its ID); None, or a node that is not on offer, selects nothing."""
        identifier = node if isinstance(node, str) else node.GetID() if node is not None else ""
        self.setCurrentNodeID(identifier)

    def setCurrentNodeID(self, identifier: str) -> None:
        """Select by ID; before the scene is set the request is remembered."""
        if self._scene is None:
            self._requestedID = identifier or ""
            return
        self._select(identifier if identifier in self._identifiers() else "")

    currentNodeID = StoredProperty(str, lambda self: self._currentID, setCurrentNodeID)

    def setCurrentNodeIndex(self, index: int) -> None:
        """Select by position among the nodes on offer; beyond their number selects nothing."""
        self.setCurrentNode(self.nodeFromIndex(index))

    def addAttribute(self, nodeType: str, attribute: str, value: Any = None) -> None:
        """Offer nodes of `nodeType` only if they have the attribute, and the value if one is given."""
        self._attributes.append((nodeType, attribute, value))
        self._refresh()

    def removeAttribute(self, nodeType: str, attribute: str) -> None:
        """Undo `addAttribute`."""
        self._attributes = [entry for entry in self._attributes if entry[:2] != (nodeType, attribute)]
        self._refresh()

    def setNodeTypeLabel(self, label: str, nodeType: str) -> None:
        """Set the word for a node class in the drop-down's actions."""
        self._typeLabels[nodeType] = label

    def addNode(self, nodeType: str | None = None) -> Any:
        """Make a node as the drop-down's "Create new ..." does, and select it if `selectNodeUponCreation`."""
        className = nodeType or self.nodeTypes[0]
        baseName = self.baseName or className.removeprefix("vtkMRML").removesuffix("Node")
        node = self._scene.AddNewNodeByClass(className, self._scene.GenerateUniqueName(baseName))
        if self.selectNodeUponCreation:
            self._select(node.GetID())
        self.nodeAddedByUser.emit(node)
        return node

    def removeCurrentNode(self) -> None:
        """Remove the selected node from the scene."""
        if self.currentNode() is not None:
            self._scene.RemoveNode(self.currentNode())

    def _nodes(self) -> list:
        if self._scene is None:
            return []
        everything = (self._scene.GetNthNode(index) for index in range(self._scene.GetNumberOfNodes()))
        return [node for node in everything if self._offers(node)]

    def _offers(self, node: Any) -> bool:
        if node.GetHideFromEditors() and not self.showHidden:
            return False
        if self.showChildNodeTypes:
            fits = any(node.IsA(name) for name in self.nodeTypes)
            fits = fits and not any(node.IsA(name) for name in self.hideChildNodeTypes)
        else:
            fits = node.GetClassName() in self.nodeTypes
        return fits and all(
            node.GetAttribute(attribute) is not None and value in (None, node.GetAttribute(attribute))
            for nodeType, attribute, value in self._attributes
            if node.IsA(nodeType)
        )

    def _identifiers(self) -> list[str]:
        return [node.GetID() for node in self._nodes()]

    def _sceneSet(self, scene: Any) -> None:
        if self._observation is not None:
            self._observation.stop()
        self.setEnabled(scene is not None)
        if scene is not None:
            events = (
                slicer.vtkMRMLScene.NodeAddedEvent,
                slicer.vtkMRMLScene.NodeRemovedEvent,
                slicer.vtkMRMLScene.EndBatchProcessEvent,
            )
            self._observation = Observation(self, scene, events, "_refresh")
        self._refresh()
        if scene is not None and self._requestedID:
            self.setCurrentNodeID(self._requestedID)
            self._requestedID = ""

    def _refresh(self) -> None:
        # As the real model does, wait for the end of a scene's import or closing.
        if self._scene is not None and self._scene.IsBatchProcessing():
            return
        identifiers = self._identifiers()
        added = [identifier for identifier in identifiers if identifier not in self._listed]
        self._listed = identifiers
        if self._currentID and self._currentID not in identifiers:
            self._select("" if self.noneEnabled or not identifiers else identifiers[-1])
        self._draw()
        for identifier in added:
            self.nodeAdded.emit(self._scene.GetNodeByID(identifier))

    def _select(self, identifier: str) -> None:
        if identifier == self._currentID:
            return
        self._currentID = identifier
        self._draw()
        self.currentNodeChanged.emit(self.currentNode())
        self.currentNodeIDChanged.emit(identifier)

    def _changed(self, name: str) -> None:
        if name in FILTERS:
            self._refresh()
        self._draw()

    def _onActivated(self, index: int) -> None:
        self._select(self._comboBox.itemData(index) or "")
        self.nodeActivated.emit(self.currentNode())

    def _emptyText(self) -> str:
        if not self.nodeTypes:
            return ""
        first = self.nodeTypes[0]
        return f"Select a {self._typeLabels.get(first, first.removeprefix('vtkMRML').removesuffix('Node'))}"

    def _draw(self) -> None:
        nodes = self._nodes()
        entries = [(node.GetName() or "", node.GetID()) for node in nodes]
        if self.noneEnabled:
            entries.insert(0, (self.noneDisplay, ""))
        combo = self._comboBox
        if entries != [(combo.itemText(i), combo.itemData(i)) for i in range(combo.count)]:
            combo.clear()
            for text, identifier in entries:
                combo.addItem(text, identifier)
        combo.setPlaceholderText(self._emptyText())
        identifiers = [identifier for _text, identifier in entries]
        combo.setCurrentIndex(identifiers.index(self._currentID) if self._currentID in identifiers else -1)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        """Take in new node names before the combo box inside draws itself."""
        self._draw()
        super().paintEvent(event)


class qMRMLColorTableComboBox(qMRMLNodeComboBox):
    """qMRMLNodeComboBox of color tables, which are hidden nodes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.showHidden = True
        self.nodeTypes = ["vtkMRMLColorTableNode", "vtkMRMLProceduralColorNode"]
