"""Widgets made from a task's settings: one labeled row per setting, one collapsible group per section.

The settings dataclass is the only declaration: names, units, ranges, choices and help come from it. Used by the
modules' panel sections; tested by Testing/panel/test_settings_form_widgets.py.
"""

import math

import ctk
import qt

from gliomamri_slicer.parameter_packs import isNumbers
from gliomamri_widgets.numbers_line import NumbersLine

LABEL_WIDTH = 150
"""Pixels of every label, so that the widgets of all groups stand in one line."""

_MARGIN = 4
"""Pixels that a label needs beside its text."""

_FIELD_WIDTH = 180
"""Pixels of text that a combo box beside its label shows in a panel of usual width; longer ones get the whole row."""

_FEWEST_LETTERS = 10
"""A combo box may become as narrow as this, so that long choices do not widen the panel."""


class SettingsForm:
    """Builds the widgets of a settings class and says which parameter each of them stands for."""

    def __init__(self, parent, settingsClass, pack, say, leaveOut=()):
        """
        :param parent: QWidget with a layout; groups are added to it
        :param settingsClass: a task's :class:`gliomamri.settings.Settings`
        :param pack: field of the parameter node that holds the pack made from it
        :param say: called with a sentence and its details when typed numbers cannot be used
        :param leaveOut: names of settings that the user gives in another way
        """
        self.widgets = {}
        self.groups = {}
        self._pack = pack
        self._lines = []
        for info in settingsClass.describe():
            if info.name in leaveOut:
                continue
            widget = _widgetFor(info)
            widget.setObjectName(f"{pack}_{info.name}")
            widget.setToolTip(info.help)
            self._addRow(parent, info, widget)
            self.widgets[info.name] = widget
            if isNumbers(info):
                name = f"{pack}.{info.name}"
                self._lines.append(NumbersLine(widget, name, settingsClass, info, say))
        for group in self.groups.values():
            group.collapsed = True  # after its rows are there: what comes later would be shown

    def bindings(self):
        """Widget of each parameter, as ``connectParametersToGui`` takes them; typed numbers bind themselves."""
        own = {id(line._lineEdit) for line in self._lines}
        return {
            f"{self._pack}.{name}": widget for name, widget in self.widgets.items() if id(widget) not in own
        }

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        for line in self._lines:
            line.setParameterNode(parameterNode)

    def update(self):
        """Show what the parameter node holds."""
        for line in self._lines:
            line.update()

    def _addRow(self, parent, info, widget):
        group = self.groups.get(info.section)
        if group is None:
            group = self.groups[info.section] = ctk.ctkCollapsibleGroupBox()
            group.title = info.section
            form = qt.QFormLayout(group)
            form.setFieldGrowthPolicy(qt.QFormLayout.AllNonFixedFieldsGrow)
            parent.layout().addWidget(group)
        if _isLong(info, widget):
            group.layout().addRow(qt.QLabel(info.label))
            group.layout().addRow(widget)
        else:
            group.layout().addRow(_label(info), widget)


def _isLong(info, widget):
    """Whether a choice has words that would be cut off beside the label."""
    return any(_textWidth(widget, words) > _FIELD_WIDTH for words in info.choices.values())


def _textWidth(widget, text):
    """Pixels that a text takes in the widget's font."""
    return widget.fontMetrics().boundingRect(text).width()


def _label(info):
    """Label of fixed width; one that is too long breaks into lines and takes the height they need."""
    label = qt.QLabel("" if info.type is bool else info.label)
    label.setToolTip(info.help)
    label.setFixedWidth(LABEL_WIDTH)
    if _textWidth(label, label.text) > LABEL_WIDTH - _MARGIN:
        label.setWordWrap(True)
        label.setFixedHeight(label.heightForWidth(LABEL_WIDTH))
    return label


def _widgetFor(info):
    """Widget that Slicer's parameter node binds to the setting's type."""
    if info.type is bool:
        return qt.QCheckBox(info.label)
    if info.choices:
        comboBox = qt.QComboBox()
        comboBox.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        comboBox.setMinimumContentsLength(_FEWEST_LETTERS)

        def showWords(_index):
            """Let the tool tip say the chosen words whole."""
            comboBox.toolTip = f"{info.help}\n{comboBox.currentText}"

        comboBox.connect("currentIndexChanged(int)", showWords)
        return comboBox
    if info.type is int:
        spinBox = qt.QSpinBox()
    elif info.type is float:
        spinBox = qt.QDoubleSpinBox()
        spinBox.setDecimals(decimalsFor(info))
        spinBox.setSingleStep(stepOf(info))
    else:
        return qt.QLineEdit()
    if info.unit:
        spinBox.setSuffix(f" {info.unit}")
    spinBox.setKeyboardTracking(False)  # a number counts when it is typed to its end
    return spinBox


def stepOf(info):
    """Step of a spin box: a power of ten, about a tenth of the default or a twentieth of the largest value; else 1."""
    if info.default:
        return 10.0 ** math.floor(math.log10(abs(info.default) / 5))
    return 10.0 ** math.floor(math.log10(info.maximum / 20)) if info.maximum else 1.0


def decimalsFor(info):
    """Decimals that suit the size of the number: none from 1000 on, three below 1."""
    scale = abs(info.default) or info.maximum or 1.0
    return next((decimals for limit, decimals in ((1000, 0), (10.01, 1), (1, 2)) if scale >= limit), 3)
