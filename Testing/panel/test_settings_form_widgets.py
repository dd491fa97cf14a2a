"""Widgets made from settings: kinds, units, ranges, binding both ways, numbers typed as text."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gliomamri.settings import Settings, setting

HELP = "What it does."


@dataclass(frozen=True)
class Example(Settings):
    model: str = setting(
        "free", label="Model", section="Fit", choices={"free": "free", "full": "perfect"}, help=HELP
    )
    mask: str = setting(
        "auto",
        label="Mask",
        section="Fit",
        choices={"auto": "given, else of skull-stripped images, else found", "off": "none"},
        help=HELP,
    )
    bound: float = setting(
        6000.0, label="Bound", unit="ms", minimum=500.0, maximum=20000.0, section="Fit", help=HELP
    )
    skip: bool = setting(False, label="Skip the first", section="Fit", help=HELP)
    edges: tuple[float, ...] = setting(
        (0.0, 5.0), label="Edges", unit="mm", minimum=0.0, section="Regions", help=HELP
    )
    erosion: int = setting(
        1, label="Erosion", unit="voxels", minimum=0, maximum=5, section="Regions", help=HELP
    )
    level: float = setting(
        0.05, label="False-discovery rate", minimum=0.0, maximum=1.0, section="Regions", help=HELP
    )
    folder: str = setting(
        "", label="A label that is much too long for its column", section="Regions", help=HELP
    )
    times: tuple[float, ...] = setting((), label="Times", section="Hidden", help=HELP)


@pytest.fixture()
def form(a_scene):
    """A form of ``Example`` bound to a parameter node, without ``times``; gives form, node and what was said."""
    import qt
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    from gliomamri_slicer.parameter_packs import makeParameterPack
    from gliomamri_widgets.settings_form import SettingsForm

    class Node:
        pass

    Node.__annotations__ = {"settings": makeParameterPack(Example, "ExamplePack")}
    node = parameterNodeWrapper(Node)(a_scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))
    parent, said = qt.QWidget(), []
    qt.QVBoxLayout(parent)
    made = SettingsForm(
        parent, Example, "settings", lambda sentence, details="": said.append(sentence), {"times"}
    )
    made.parent = parent  # lives as long as the form
    node.connectParametersToGui(made.bindings())
    made.setParameterNode(node)
    return made, node, said


def test_one_group_per_section_in_order_all_collapsed(form):
    made, _node, _said = form

    assert list(made.groups) == ["Fit", "Regions"]
    assert all(group.collapsed for group in made.groups.values())
    assert "times" not in made.widgets


def test_each_kind_of_setting_has_its_widget_with_unit_and_help(form):
    import qt

    widgets = form[0].widgets

    assert type(widgets["model"]) is qt.QComboBox
    assert [widgets["model"].itemText(i) for i in range(2)] == ["free", "perfect"]
    assert (widgets["bound"].suffix, widgets["bound"].decimals) == (" ms", 0)
    assert (widgets["bound"].minimum, widgets["bound"].maximum, widgets["bound"].value) == (500, 20000, 6000)
    assert type(widgets["erosion"]) is qt.QSpinBox
    assert widgets["skip"].text == "Skip the first"
    assert (widgets["level"].value, widgets["level"].singleStep) == (0.05, pytest.approx(0.01))
    assert type(widgets["folder"]) is qt.QLineEdit
    assert widgets["edges"].text == "0, 5"
    assert {widget.toolTip.split("\n")[0] for widget in widgets.values()} == {HELP}


def test_long_choices_get_a_row_of_their_own_and_are_whole_in_the_tool_tip(form):
    import qt

    made, _node, _said = form
    layout = made.groups["Fit"].layout()
    role = {name: layout.getWidgetPosition(made.widgets[name])[1] for name in ("model", "mask")}

    assert role == {"model": qt.QFormLayout.FieldRole, "mask": qt.QFormLayout.SpanningRole}
    made.widgets["mask"].currentIndex = 1
    assert made.widgets["mask"].toolTip == f"{HELP}\nnone"


def test_widgets_and_parameters_follow_each_other(form):
    made, node, _said = form

    made.widgets["model"].currentIndex = 1
    made.widgets["bound"].value = 7000
    made.widgets["skip"].checked = True
    node.settings.erosion = 4

    assert (node.settings.model.name, node.settings.bound, node.settings.skip) == ("full", 7000, True)
    assert made.widgets["erosion"].value == 4


def test_typed_numbers_are_taken_when_finished_and_written_in_one_form(form):
    made, node, said = form
    line = made.widgets["edges"]

    line.setText("0;2.50 ,7")
    assert node.settings.edges == "0, 5"
    line.editingFinished.emit()

    assert node.settings.edges == "0, 2.5, 7"
    assert line.text == "0, 2.5, 7"
    assert said == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0, five", "Edges (edges) must be numbers separated by commas, not '0, five'."),
        ("0, -5", "Edges is -5.0 mm"),
    ],
)
def test_numbers_that_cannot_be_used_are_told_and_go_back(form, typed, sentence):
    made, node, said = form
    line = made.widgets["edges"]

    line.setText(typed)
    line.editingFinished.emit()

    assert said[0].startswith(sentence)
    assert line.text == node.settings.edges == "0, 5"


def test_a_number_changed_from_outside_is_shown(form):
    made, node, _said = form

    node.settings.edges = "0, 8"
    made.update()

    assert made.widgets["edges"].text == "0, 8"
    made.setParameterNode(None)
    assert made.widgets["edges"].text == ""


def test_long_labels_wrap_and_all_labels_are_equally_wide(form):
    import qt

    from gliomamri_widgets.settings_form import LABEL_WIDTH

    labels = [label for label in form[0].parent.findChildren("QLabel") if label.text not in ("", "Mask")]

    assert {label.width if label.visible else label.minimumWidth for label in labels} == {LABEL_WIDTH}
    tall = next(label for label in labels if "much too long" in label.text)
    assert tall.minimumHeight >= 2 * qt.QFontMetrics(tall.font).height()


@pytest.mark.parametrize(
    ("default", "minimum", "maximum", "step", "decimals"),
    [
        (6000.0, 500.0, 20000.0, 1000, 0),
        (0.05, 0.0, 1.0, 0.01, 3),
        (0.0, 0.0, None, 1, 2),
        (0.0, 0.0, 60.0, 1, 1),
        (2.5, 0.3, 10.0, 0.1, 2),
    ],
)
def test_steps_and_decimals_suit_the_size_of_the_number(default, minimum, maximum, step, decimals):
    from gliomamri_widgets.settings_form import decimalsFor, stepOf

    @dataclass(frozen=True)
    class One(Settings):
        x: float = setting(default, label="x", minimum=minimum, maximum=maximum, help=HELP)

    info = One.describe()[0]

    assert stepOf(info) == pytest.approx(step)
    assert decimalsFor(info) == decimals
