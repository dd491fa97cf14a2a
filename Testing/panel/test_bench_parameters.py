"""Parameter nodes, on Slicer's own Python files or on the bench's replacement: both must pass these tests alike.

With GLIOMAMRI_SLICER_PYTHON set the classes imported below are Slicer's. The stored names and texts are asserted, so
that a scene saved with one is read by the other.
"""

from __future__ import annotations

import enum
import pathlib
from typing import Annotated, Optional

import pytest
import slicer
from slicer import vtkMRMLLabelMapVolumeNode, vtkMRMLScalarVolumeNode
from slicer.parameterNodeWrapper import (
    Choice,
    Default,
    Maximum,
    Minimum,
    WithinRange,
    parameterNodeWrapper,
    parameterPack,
)


class Method(enum.Enum):
    """An enumeration whose values differ from its names."""

    Magnitude = "m"
    Signed = "s"


@parameterPack
class FitPack:
    """A pack with defaults of both kinds."""

    efficiency: Annotated[float, WithinRange(0.5, 1.0)] = 0.9
    echoes: Annotated[int, Default(8)]
    method: Method


@parameterNodeWrapper
class Parameters:
    """Every type that our modules use."""

    volume: vtkMRMLScalarVolumeNode
    maybe: Optional[vtkMRMLLabelMapVolumeNode]  # noqa: UP045 - both spellings must work
    series: list[vtkMRMLScalarVolumeNode]
    times: list[float]
    names: list[str]
    ratio: Annotated[float, WithinRange(0, 1), Default(0.25)]
    count: Annotated[int, Minimum(1), Maximum(9), Default(3)]
    unit: Annotated[str, Choice(["ms", "s"]), Default("s")]
    flag: bool = True
    method: Method = Method.Signed
    folder: pathlib.Path
    fit: FitPack


@pytest.fixture()
def node(a_scene):
    return a_scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", "parameters")


@pytest.fixture()
def parameters(node):
    return Parameters(node)


def test_defaults(parameters):
    assert parameters.volume is None
    assert parameters.maybe is None
    assert list(parameters.series) == list(parameters.times) == []
    assert (parameters.ratio, parameters.count, parameters.unit, parameters.flag) == (0.25, 3, "s", True)
    assert parameters.method is Method.Signed
    assert parameters.folder == pathlib.Path()
    assert (parameters.fit.efficiency, parameters.fit.echoes, parameters.fit.method) == (
        0.9,
        8,
        Method.Magnitude,
    )


def test_stored_names_and_texts(parameters, node):
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T1")
    parameters.volume = volume
    parameters.series = [volume]
    parameters.times = [30.0, 530.5]
    parameters.flag = False
    parameters.fit.echoes = 4

    stored = {name: node.GetParameter(name) for name in node.GetParameterNames()}
    assert stored["flag"] == "False"
    assert stored["method"] == "Signed"
    assert (stored["times.len"], stored["times.0"], stored["times.1"]) == ("2", "30.0", "530.5")
    assert stored["series.len"] == "1"
    assert (stored["fit.efficiency"], stored["fit.echoes"], stored["fit.method"]) == ("0.9", "4", "Magnitude")
    assert stored["folder"] == "."
    assert node.GetNodeReference("volume") is volume
    assert node.GetNodeReference("series.0") is volume
    assert set(stored) == {
        "volume", "maybe.1", "series.0", "series.len", "times.0", "times.1", "times.len", "names.len", "ratio", "count",
        "unit", "flag", "method", "folder", "fit.efficiency", "fit.echoes", "fit.method",
    }  # fmt: skip


def test_values_are_read_from_the_node_by_another_wrapper(parameters, node):
    label = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "tumor")
    parameters.maybe = label
    parameters.method = Method.Magnitude
    parameters.folder = pathlib.Path("a") / "b"
    parameters.fit.efficiency = 0.75

    other = Parameters(node)

    assert other.maybe is label
    assert other.method is Method.Magnitude
    assert other.folder == pathlib.Path("a") / "b"
    assert other.fit.efficiency == 0.75


def test_lists_write_their_changes_back(parameters, node):
    parameters.times = [1.0, 2.0, 3.0]

    parameters.times.append(4.0)
    parameters.times[0] = 0.5
    del parameters.times[1]

    assert Parameters(node).times == [0.5, 3.0, 4.0]
    assert node.GetParameter("times.len") == "3"
    assert not node.HasParameter("times.3")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("ratio", 1.5, ValueError),
        ("ratio", "0.5", TypeError),
        ("ratio", None, ValueError),
        ("count", 0, ValueError),
        ("count", 10, ValueError),
        ("count", 1.5, TypeError),
        ("unit", "minutes", ValueError),
        ("flag", 1, TypeError),
        ("folder", "a/b", TypeError),
        ("method", "Signed", TypeError),
        ("times", [1.0, "2"], TypeError),
        ("volume", "T1", TypeError),
        ("maybe", "T1", TypeError),
    ],
)
def test_wrong_values_are_refused_and_leave_the_old_one(parameters, name, value, error):
    before = getattr(parameters, name)

    with pytest.raises(error):
        setattr(parameters, name, value)

    assert getattr(parameters, name) == before


def test_packs_refuse_wrong_values_too(parameters):
    with pytest.raises(ValueError, match="range"):
        parameters.fit.efficiency = 0.1
    with pytest.raises(TypeError):
        FitPack(echoes="eight")
    with pytest.raises(TypeError):
        FitPack(echos=8)

    assert parameters.fit == FitPack()
    assert FitPack(0.8, method=Method.Signed) != FitPack(0.8)


def test_names_with_dots_reach_into_packs(parameters):
    parameters.setValue("fit.echoes", 5)

    assert parameters.getValue("fit.echoes") == parameters.fit.echoes == 5
    with pytest.raises(ValueError, match="no member"):
        parameters.getValue("fit.echos")
    with pytest.raises(ValueError, match="Cannot find"):
        parameters.setValue("fitt.echoes", 5)


def test_each_change_is_one_event(parameters, node):
    events = []
    tag = parameters.AddObserver("ModifiedEvent", lambda *_: events.append(1))

    parameters.times = [1.0, 2.0, 3.0]
    parameters.fit = FitPack(0.6, 2)
    parameters.RemoveObserver(tag)
    parameters.count = 5

    assert len(events) == 2


def test_removed_node_reads_as_none(parameters):
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T1")
    parameters.volume = volume

    slicer.mrmlScene.RemoveNode(volume)

    assert parameters.volume is None


def a_gui():
    """Widgets of each kind, as a .ui would bind them."""
    import ctk
    import qt

    top = slicer.qMRMLWidget()
    layout = qt.QVBoxLayout(top)
    bound = {
        "ratio": qt.QDoubleSpinBox(),
        "count": qt.QSpinBox(),
        "unit": qt.QComboBox(),
        "flag": qt.QCheckBox(),
        "method": qt.QComboBox(),
        "folder": ctk.ctkPathLineEdit(),
        "volume": slicer.qMRMLNodeComboBox(),
        "maybe": slicer.qMRMLNodeComboBox(),
        "fit.efficiency": ctk.ctkSliderWidget(),
        "fit.echoes": qt.QSpinBox(),
    }
    for name, widget in bound.items():
        widget.setProperty("SlicerParameterName", name)
        layout.addWidget(widget)
    for name in ("volume", "maybe"):
        bound[name].noneEnabled = True
        bound[name].setMRMLScene(slicer.mrmlScene)
    return top, bound


def test_widgets_and_parameters_follow_each_other(parameters):
    top, bound = a_gui()
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "T1")
    tag = parameters.connectGui(top)

    assert (bound["ratio"].value, bound["ratio"].maximum) == (0.25, 1.0)
    assert (bound["count"].minimum, bound["count"].maximum) == (1, 9)
    assert [bound["method"].itemText(i) for i in range(bound["method"].count)] == ["Magnitude", "Signed"]
    assert bound["method"].currentText == "Signed"

    bound["ratio"].value = 0.5
    bound["unit"].currentText = "ms"
    bound["folder"].currentPath = "data"
    bound["volume"].setCurrentNode(volume)
    bound["fit.efficiency"].value = 0.7
    bound["fit.echoes"].value = 6
    assert (parameters.ratio, parameters.unit, parameters.folder) == (0.5, "ms", pathlib.Path("data"))
    assert parameters.volume is volume
    assert (parameters.fit.efficiency, parameters.fit.echoes) == (0.7, 6)

    parameters.fit.efficiency = 0.55
    parameters.flag = False
    parameters.method = Method.Magnitude
    assert (bound["fit.efficiency"].value, bound["flag"].checked) == (0.55, False)
    assert bound["method"].currentText == "Magnitude"

    parameters.disconnectGui(tag)
    bound["ratio"].value = 0.9
    parameters.count = 7
    assert parameters.ratio == 0.5
    assert bound["count"].value == 3


def test_widgets_that_cannot_stand_for_a_type_are_refused(parameters):
    import qt

    for name, widget in (("times", qt.QLineEdit()), ("ratio", qt.QLineEdit()), ("flag", qt.QLabel())):
        with pytest.raises(RuntimeError):
            parameters.connectParametersToGui({name: widget})
    with pytest.raises(ValueError, match="Cannot find"):
        parameters.connectParametersToGui({"rato": qt.QDoubleSpinBox()})


def test_reserved_names_are_refused():
    with pytest.raises(ValueError, match="reserved"):

        @parameterNodeWrapper
        class Wrong:
            connectGui: int
