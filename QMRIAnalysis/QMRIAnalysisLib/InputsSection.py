"""The panel's section Inputs: images and maps by role, raw acquisitions, masks; all found by one press."""

import slicer
from slicer.i18n import tr as _

from gliomamri.roles import ROLES
from gliomamri_widgets.acquisition_chooser import AcquisitionChooser, summaryOf
from gliomamri_widgets.role_selectors import RoleSelectors
from QMRIAnalysisLib.InputChoices import MAPS, WEIGHTED, InputChoices

_WORDS = {"brain_mask": _("brain mask"), "segmentation": _("annotation")}
"""What the panel calls inputs that are no images; those go by their roles."""


class InputsSection:
    """Wires the section; what is chosen lives in the parameter node."""

    def __init__(self, ui, assign, superseded):
        """
        :param ui: the panel's widgets
        :param assign: called with the parameter node; chooses inputs by header and name and gives their roles
        :param superseded: called with the parameter node; gives the chosen roles that an analysis does not need
        """
        self._ui, self._assign, self._superseded = ui, assign, superseded
        self._parameterNode = None
        self._choices = None
        self._weighted = RoleSelectors(ui.weightedSelectors, WEIGHTED, "images")
        self._maps = RoleSelectors(ui.inputMapSelectors, MAPS, "images")
        self._acquisitions = AcquisitionChooser(
            ui.seriesSelector, ui.seriesTable, ui.seriesSummaryLabel, self.say
        )
        ui.assignByNameButton.connect("clicked(bool)", self._onAssign)
        self.say("")

    def bindings(self):
        """Widget of each parameter."""
        return {**self._weighted.bindings(), **self._maps.bindings()}

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode
        self._choices = InputChoices(parameterNode) if parameterNode else None

    def update(self):
        """Show what is chosen."""
        self._weighted.update()
        self._maps.update()
        if self._parameterNode:
            role = self._parameterNode.acquisition.role.name
            self._acquisitions.show(self._choices.series, role, self._superseded(self._parameterNode))
        else:
            self._acquisitions.show({}, "")

    def openFilled(self):
        """Open the groups that hold a choice: what the user did not ask for should not stay hidden."""
        if not self._maps.isEmpty:
            self._ui.inputMapsGroupBox.collapsed = False
        if self._choices and self._choices.chosenSeries():
            self._ui.rawGroupBox.collapsed = False

    def say(self, sentence, details=""):
        """Show a sentence under the button; without words it takes no room."""
        self._ui.inputsStatusLabel.text = sentence
        self._ui.inputsStatusLabel.toolTip = details
        self._ui.inputsStatusLabel.visible = bool(sentence)

    def _onAssign(self):
        if self._parameterNode is None:
            return
        found = self._assign(self._parameterNode, slicer.mrmlScene)
        series = [role for role in found if ROLES[role].is_series]
        if series:
            self._parameterNode.acquisition.role = type(self._parameterNode.acquisition.role)[series[0]]
        self.update()
        self.openFilled()
        single = [_WORDS.get(role, role) for role in found if role not in series]
        parts = [", ".join(single)] if single else []
        if series:
            parts.append(summaryOf(self._choices.chosenSeries()))
        if parts:
            self.say(_("Found {what}.").format(what="; ".join(parts)))
        else:
            self.say(
                _(
                    "No volume says by header or name what it is; choose images in the lists"
                    " and type the times of raw acquisitions."
                )
            )
