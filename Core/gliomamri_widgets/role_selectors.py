"""One node selector per image role, in rows of kinds and columns of before and after contrast agent.

Used by panels that ask for images by role; tested by Testing/panel/test_role_selectors_widgets.py.
"""

import qt
import slicer
from slicer.i18n import tr as _

from gliomamri.roles import ROLES

_LABEL_WIDTH = 44
"""Pixels; labels are as short as ``FLAIR``."""


class RoleSelectors:
    """Builds the selectors and says which parameter each of them stands for.

    The choices are fields of a pack of volumes (:func:`gliomamri_slicer.parameter_packs.makeImagesPack`), so the
    parameter node keeps them as node references: they survive saving, and go when a node goes.
    """

    def __init__(self, parent, rows, pack):
        """
        :param parent: QWidget without a layout; it is given one
        :param rows: for each row its label and the roles before and after contrast agent, empty where there is none
        :param pack: field of the parameter node that holds the pack of volumes
        """
        self.selectors = {}
        self._pack = pack
        grid = qt.QGridLayout(parent)
        grid.setContentsMargins(0, 0, 0, 0)
        for column, title in enumerate((_("before contrast agent"), _("after contrast agent")), start=1):
            if any(roles[column - 1] for _label, *roles in rows):
                header = qt.QLabel(title)
                header.setStyleSheet("color: gray;")
                grid.addWidget(header, 0, column)
                grid.setColumnStretch(column, 1)
        for row, (text, *roles) in enumerate(rows, start=1):
            label = qt.QLabel(text)
            label.setMinimumWidth(_LABEL_WIDTH)
            grid.addWidget(label, row, 0)
            for column, role in enumerate(roles, start=1):
                if role:
                    self.selectors[role] = _selector(role, pack)
                    grid.addWidget(self.selectors[role], row, column)

    def bindings(self):
        """Widget of each parameter, as ``connectParametersToGui`` takes them."""
        return {f"{self._pack}.{role}": selector for role, selector in self.selectors.items()}

    def update(self):
        """Let each tool tip name the chosen node whole: names are often longer than the selector."""
        for role, selector in self.selectors.items():
            node = selector.currentNode()
            title = roleTitle(role)
            selector.toolTip = f"{title}: {node.GetName()}" if node is not None else title

    @property
    def isEmpty(self):
        """True while no node is chosen."""
        return all(selector.currentNode() is None for selector in self.selectors.values())


def roleTitle(role):
    """Words for a role with a capital letter, ``T1-weighted after contrast agent``."""
    title = ROLES[role].title
    return title[0].upper() + title[1:]


def _selector(role, pack):
    selector = slicer.qMRMLNodeComboBox()
    selector.setObjectName(f"{pack}_{role}")
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.showChildNodeTypes = False
    selector.noneEnabled = True
    selector.addEnabled = False
    selector.removeEnabled = False
    selector.noneDisplay = _("none")
    selector.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)  # two long names share the width
    selector.setToolTip(roleTitle(role))
    selector.setMRMLScene(slicer.mrmlScene)
    return selector
