"""A line of numbers, ``0, 5, 10``: what Slicer's parameter node binds to no widget; one helper for all panels.

Made by :mod:`gliomamri_widgets.settings_form`; tested by Testing/panel/test_settings_form_widgets.py.
"""

from gliomamri.errors import UserError
from gliomamri_slicer.parameter_packs import numbersText


class NumbersLine:
    """Keeps a QLineEdit and a text parameter that stands for a tuple of numbers in step.

    What is typed is taken when the user has finished (Enter, or another widget), written back in one form, and goes
    back to the last numbers, with a sentence, where it cannot be used.
    """

    def __init__(self, lineEdit, parameter, settingsClass, info, say):
        """
        :param lineEdit: QLineEdit
        :param parameter: dotted name in the parameter node, ``quantitative.shell_edges``
        :param settingsClass: the task's settings, which know what may be typed
        :param info: :class:`gliomamri.settings.SettingInfo` of the setting
        :param say: called with a sentence when what was typed cannot be used
        """
        self._lineEdit, self._parameter = lineEdit, parameter
        self._settingsClass, self._info, self._say = settingsClass, info, say
        self._parameterNode = None
        lineEdit.connect("editingFinished()", self._onEdited)

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none."""
        self._parameterNode = parameterNode
        self.update()

    def update(self):
        """Show what the parameter node holds; a text that is already there keeps its cursor."""
        text = self._parameterNode.getValue(self._parameter) if self._parameterNode else ""
        if self._lineEdit.text != text:
            self._lineEdit.text = text

    def _onEdited(self):
        if self._parameterNode is None:
            return
        name = self._info.name
        try:
            settings = self._settingsClass.from_text({name: self._lineEdit.text})
        except UserError as error:
            self._say(error.sentence, error.details)
            self.update()
            return
        problems = [text for text in settings.problems() if text.startswith(self._info.label)]
        if problems:
            self._say(problems[0], "")
            self.update()
            return
        self._parameterNode.setValue(self._parameter, numbersText(getattr(settings, name)))
        self.update()
