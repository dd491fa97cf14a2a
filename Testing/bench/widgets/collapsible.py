"""ctkCollapsibleButton: a title bar with an arrow above the widgets that it shows or hides."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from bench.widgets.standin import StandIn, stored

TITLE_HEIGHT = 26  # pixels
INDENT = 10


class Collapsible(StandIn):
    """What both have in common: checked means expanded, and a collapsed one hides its contents.

    A child that the module hides itself stays hidden on expansion. Not modelled: a child that the module
    shows while its parent is collapsed.
    """

    collapsed = stored("collapsed", False)
    collapsedHeight = stored("collapsedHeight", 14)

    def _startExpanded(self) -> None:
        self._hiddenByCollapse: list[QtWidgets.QWidget] = []
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(self._onToggled)

    def _onToggled(self, checked: bool) -> None:
        self.collapsed = not checked

    def _changed(self, name: str) -> None:
        if name != "collapsed":
            self.update()
            return
        self.setChecked(not self.collapsed)
        if self.collapsed:
            self._hideContents()
        else:
            for child in self._hiddenByCollapse:
                child.show()
            self._hiddenByCollapse = []
        self.setMaximumHeight(TITLE_HEIGHT if self.collapsed else 16777215)
        self.updateGeometry()

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        """Hide what was put into a collapsed widget: in a .ui the property stands before the contents."""
        if self.collapsed:
            self._hideContents()
        super().showEvent(event)

    def _hideContents(self) -> None:
        children = [child for child in self.children() if isinstance(child, QtWidgets.QWidget)]
        shown = [child for child in children if not child.isHidden()]
        self._hiddenByCollapse += shown
        for child in shown:
            child.hide()


class ctkCollapsibleButton(Collapsible, QtWidgets.QAbstractButton):
    """Button whose children are its contents; a click collapses or expands them."""

    contentsCollapsed = QtCore.Signal(bool)
    flat = stored("flat", False)
    contentsLineWidth = stored("contentsLineWidth", 1)

    def __init__(self, *arguments: Any) -> None:
        title = next((argument for argument in arguments if isinstance(argument, str)), "")
        super().__init__(*[argument for argument in arguments if not isinstance(argument, str)])
        self.text = title
        self._startExpanded()
        self.setContentsMargins(INDENT, TITLE_HEIGHT, 0, 4)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Preferred, QtWidgets.QSizePolicy.Policy.Preferred)

    def _changed(self, name: str) -> None:
        super()._changed(name)
        if name == "collapsed":
            self.contentsCollapsed.emit(self.collapsed)

    def minimumSizeHint(self) -> QtCore.QSize:
        """Return room for the title and, when expanded, for the least that the contents need."""
        return self._withTitle("minimumSize")

    def sizeHint(self) -> QtCore.QSize:
        """Return room for the title and, when expanded, for what the contents wish."""
        return self._withTitle("sizeHint")

    def _withTitle(self, kind: str) -> QtCore.QSize:
        size = QtCore.QSize(self.fontMetrics().horizontalAdvance(self.text) + 40, TITLE_HEIGHT)
        if self.collapsed or self.layout() is None:
            return size
        margins = self.contentsMargins()
        contents = getattr(self.layout(), kind)()
        return size.expandedTo(
            contents + QtCore.QSize(margins.left() + margins.right(), margins.top() + margins.bottom())
        )

    def hitButton(self, position: QtCore.QPoint) -> bool:
        """Return True on the title bar only: a click into the contents is not for the button."""
        return position.y() < TITLE_HEIGHT

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:
        """Draw title bar, arrow and the line left of the contents."""
        painter = QtGui.QPainter(self)
        palette = self.palette
        bar = QtCore.QRect(0, 0, self.width - 1, TITLE_HEIGHT - 4)
        painter.setPen(palette.mid().color())
        painter.setBrush(palette.button().color())
        painter.drawRoundedRect(bar, 3, 3)
        option = QtWidgets.QStyleOption()
        option.initFrom(self)
        option.rect = QtCore.QRect(6, 5, 12, 12)
        arrow = QtWidgets.QStyle.PrimitiveElement.PE_IndicatorArrowRight
        if not self.collapsed:
            arrow = QtWidgets.QStyle.PrimitiveElement.PE_IndicatorArrowDown
            painter.drawLine(3, TITLE_HEIGHT, 3, self.height - 4)
        self.style().drawPrimitive(arrow, option, painter, self)
        painter.setPen(palette.buttonText().color())
        alignment = QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft
        painter.drawText(bar.adjusted(24, 0, 0, 0), alignment, self.text)
        painter.end()


class ctkCollapsibleGroupBox(Collapsible, QtWidgets.QGroupBox):
    """Group box with an arrow in its title that shows or hides its contents, as the real one's style draws it.

    It is a checkable QGroupBox, collapsed means unchecked: what is in it is disabled meanwhile.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._startExpanded()

    def minimumSizeHint(self) -> QtCore.QSize:
        """Return the title's height when collapsed."""
        size = super().minimumSizeHint()
        return QtCore.QSize(size.width(), TITLE_HEIGHT) if self.collapsed else size

    def sizeHint(self) -> QtCore.QSize:
        """Return the title's height when collapsed."""
        size = super().sizeHint()
        return QtCore.QSize(size.width(), TITLE_HEIGHT) if self.collapsed else size

    def paintEvent(self, _event: QtGui.QPaintEvent) -> None:
        """Draw the frame, and an arrow where a checkable group box has its check mark."""
        painter = QtWidgets.QStylePainter(self)
        option = QtWidgets.QStyleOptionGroupBox()
        self.initStyleOption(option)
        option.subControls &= ~QtWidgets.QStyle.SubControl.SC_GroupBoxCheckBox
        option.subControls &= ~QtWidgets.QStyle.SubControl.SC_GroupBoxLabel
        if self.collapsed:
            option.subControls &= ~QtWidgets.QStyle.SubControl.SC_GroupBoxFrame
        painter.drawComplexControl(QtWidgets.QStyle.ComplexControl.CC_GroupBox, option)
        arrow = QtWidgets.QStyle.PrimitiveElement.PE_IndicatorArrowRight
        if not self.collapsed:
            arrow = QtWidgets.QStyle.PrimitiveElement.PE_IndicatorArrowDown
        mark = QtWidgets.QStyleOption()
        mark.initFrom(self)
        mark.rect = QtCore.QRect(4, 3, 12, 12)
        painter.drawPrimitive(arrow, mark)
        painter.drawText(QtCore.QPoint(20, 3 + self.fontMetrics().ascent()), self.title)
        painter.end()
