"""qMRMLCheckableNodeComboBox: several nodes of some classes at once."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui

from bench.widgets.node_combo import qMRMLNodeComboBox


class qMRMLCheckableNodeComboBox(qMRMLNodeComboBox):
    """Combo box with a check mark per node; it shows the checked names, or "None", or "All"."""

    checkedNodesChanged = QtCore.Signal()

    def __init__(self, *arguments: Any) -> None:
        self.__dict__["_checked"] = []
        super().__init__(*arguments)

    def checkedNodes(self) -> tuple:
        """Return the checked nodes, in the scene's order."""
        return tuple(node for node in self._nodes() if node.GetID() in self._checked)

    def uncheckedNodes(self) -> tuple:
        """Return the nodes on offer that are not checked."""
        return tuple(node for node in self._nodes() if node.GetID() not in self._checked)

    def allChecked(self) -> bool:
        """Return True if no node is unchecked; so also for an empty list."""
        return not self.uncheckedNodes()

    def noneChecked(self) -> bool:
        """Return True if no node is checked; so also for an empty list."""
        return not self.checkedNodes()

    def checkState(self, node: Any) -> QtCore.Qt.CheckState:
        """Return Qt.Checked or Qt.Unchecked."""
        checked = node is not None and node.GetID() in self._checked
        return QtCore.Qt.CheckState.Checked if checked else QtCore.Qt.CheckState.Unchecked

    def setCheckState(self, node: Any, state: Any) -> None:
        """Check or uncheck a node on offer; another node is ignored."""
        wanted = QtCore.Qt.CheckState(state) == QtCore.Qt.CheckState.Checked
        if (
            node is None
            or node.GetID() not in self._identifiers()
            or wanted == (node.GetID() in self._checked)
        ):
            return
        if wanted:
            self._checked.append(node.GetID())
        else:
            self._checked.remove(node.GetID())
        self._draw()
        self.checkedNodesChanged.emit()

    def check(self, node: Any) -> None:
        """Check a node."""
        self.setCheckState(node, QtCore.Qt.CheckState.Checked)

    def uncheck(self, node: Any) -> None:
        """Uncheck a node."""
        self.setCheckState(node, QtCore.Qt.CheckState.Unchecked)

    def _refresh(self) -> None:
        super()._refresh()
        remaining = [identifier for identifier in self._checked if identifier in self._listed]
        if not self._scene or (remaining != self._checked and not self._scene.IsBatchProcessing()):
            changed, self.__dict__["_checked"] = remaining != self._checked, remaining
            self._draw()
            if changed:
                self.checkedNodesChanged.emit()

    def _draw(self) -> None:
        super()._draw()
        names = [node.GetName() or "" for node in self.checkedNodes()]
        text = "None" if not names else "All" if self.allChecked() else ", ".join(names)
        palette = self._comboBox.palette
        palette.setColor(QtGui.QPalette.ColorRole.PlaceholderText, palette.text().color())
        self._comboBox.setPalette(palette)
        self._comboBox.setPlaceholderText(text)
        self._comboBox.setCurrentIndex(-1)

    def _onActivated(self, index: int) -> None:
        node = self._scene.GetNodeByID(self._comboBox.itemData(index))
        (self.uncheck if node.GetID() in self._checked else self.check)(node)
