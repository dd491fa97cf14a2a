"""Part of the section Maps: a weighted image computed from the maps, live while its times are moved."""

import ctk
import qt
from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri.relaxometry.weighted_images import WEIGHTED_IMAGES
from gliomamri_slicer.synthetic_images import SyntheticImage
from QMRIAnalysisLib.InputChoices import InputChoices

_SYMBOLS = ("T1", "T2", "PD")
_NEEDED = ("T1", "T2")


class SyntheticSection:
    """Wires kind, maps and sliders to a :class:`SyntheticImage`; the times are kept with its volume."""

    def __init__(self, ui, views):
        """
        :param ui: the panel's widgets
        :param views: :class:`QMRIAnalysisLib.ResultViews.ResultViews`
        """
        self._ui, self._views = ui, views
        self._parameterNode = None
        self._image = None
        self._madeFrom = ()
        self._updating = False
        self._toolTip = ui.syntheticButton.toolTip
        self.sliders = {}
        self._labels = {}
        self._makeSliders(ui.syntheticSliders)
        ui.syntheticButton.connect("clicked(bool)", self._onShow)
        self._say("")

    def setParameterNode(self, parameterNode):
        """Show another parameter node, or none; the image stays at hand while the user is in another module."""
        self._parameterNode = parameterNode

    def forget(self):
        """Let go of the image: its scene is being closed."""
        self._image = None

    def update(self):
        """Show the sliders of the chosen kind, and say what is missing; a changed choice changes the image."""
        reason = self._missing()
        self._ui.syntheticButton.enabled = not reason
        self._ui.syntheticButton.toolTip = reason or self._toolTip
        if self._parameterNode and not self._updating:
            self._follow(reason)
            self._showTimes()

    def _makeSliders(self, parent):
        form = qt.QFormLayout(parent)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(qt.QFormLayout.AllNonFixedFieldsGrow)
        for image in WEIGHTED_IMAGES.values():
            for parameter in image.parameters:
                if parameter.name not in self.sliders:
                    self._addSlider(form, parameter)

    def _addSlider(self, form, parameter):
        slider = ctk.ctkSliderWidget()
        slider.decimals = 0
        slider.suffix = f" {parameter.unit}"
        label = qt.QLabel(parameter.label)
        label.setMinimumWidth(self._ui.syntheticKindLabel.minimumWidth)
        form.addRow(label, slider)
        self.sliders[parameter.name], self._labels[parameter.name] = slider, label

        def onMoved(value):
            self._onMoved(parameter.name, value)

        slider.connect("valueChanged(double)", onMoved)

    def _kind(self):
        return self._parameterNode.synthetic.kind.name

    def _isPost(self):
        return self._parameterNode.synthetic.contrast.name == "after"

    def _maps(self):
        prefix = "ce" if self._isPost() else ""
        choices = InputChoices(self._parameterNode)
        return {symbol: choices.mapOf(f"{prefix}{symbol}map") for symbol in _SYMBOLS}

    def _missing(self):
        if not self._parameterNode:
            return _("No scene is open.")
        maps = self._maps()
        absent = [symbol for symbol in _NEEDED if maps[symbol] is None]
        if absent:
            return _("Fit maps first, or choose a map of {what} under Inputs.").format(
                what=_(" and ").join(absent)
            )
        return ""

    def _showTimes(self):
        """Show the sliders that the kind has, with its ranges and the image's times."""
        image = WEIGHTED_IMAGES[self._kind()]
        times = self._image.times if self._image is not None else image.defaults
        known = {parameter.name: parameter for parameter in image.parameters}
        self._updating = True
        try:
            for name, slider in self.sliders.items():
                slider.visible = self._labels[name].visible = name in known
                slider.enabled = self._image is not None
                if name in known:
                    parameter = known[name]
                    slider.minimum, slider.maximum = parameter.minimum, parameter.maximum
                    slider.value = times[name]
                    self._labels[name].text = parameter.label
        finally:
            self._updating = False

    def _follow(self, reason):
        """Take up the image that is there, and let it follow kind and maps; computed anew only when these changed."""
        node = self._parameterNode.syntheticImage
        if node is None or reason:
            self._image = None
            return
        try:
            if self._image is None or self._image.node is not node:
                self._image = SyntheticImage.fromNode(node)
                self._madeFrom = _inputsOf(self._image.isPostContrast, self._image.maps)
            if self._madeFrom != _inputsOf(self._isPost(), self._maps()):
                self._make()
            elif self._image.kind != self._kind():
                self._image.setKind(self._kind())
        except UserError as error:
            self._image = None
            self._say(error.sentence, error.details)

    def _make(self):
        """Compute the image of the chosen kind into the volume that is there, or a new one."""
        maps = self._maps()
        self._madeFrom = _inputsOf(self._isPost(), maps)
        self._image = SyntheticImage(
            self._kind(),
            maps["T1"],
            maps["T2"],
            maps["PD"],
            node=self._parameterNode.syntheticImage,
            postContrast=self._isPost(),
        )
        self._say(" ".join(self._image.notes))

    def _onShow(self):
        self._updating = True  # the new volume is chosen before it is taken up
        try:
            self._make()
            self._parameterNode.syntheticImage = self._image.node
        except UserError as error:
            self._say(error.sentence, error.details)
            return
        finally:
            self._updating = False
        self._showTimes()
        self._views.showImage(self._image.node)

    def _onMoved(self, name, value):
        if self._updating or self._image is None:
            return
        try:
            self._image.update(**{name: value})
        except UserError as error:
            self._say(error.sentence, error.details)
            return
        self._say(" ".join(self._image.notes))

    def _say(self, sentence, details=""):
        label = self._ui.syntheticStatusLabel
        label.text, label.toolTip = sentence, details
        label.visible = bool(sentence)


def _inputsOf(isPost, maps):
    """What an image is made from beside its kind: whose maps, which, and the state of their voxels."""
    data = {symbol: node.GetImageData() for symbol, node in maps.items() if node is not None}
    times = {symbol: found.GetMTime() for symbol, found in data.items() if found is not None}
    return isPost, times, {symbol: node.GetID() for symbol, node in maps.items() if node is not None}
