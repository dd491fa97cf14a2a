"""Names in .ui files, in code and in parameter nodes agree."""

from __future__ import annotations

import pytest

from static.checkers import panels
from static.checkers.tree import modules
from static.conftest import replace


def test_every_module_has_a_panel_that_code_uses(repository):
    for module in modules(repository):
        used = set().union(*(panels.used_names(path) for path in panels.module_code(module)))
        assert used & panels.read_panel(module).names, f"{module.name} uses nothing of its .ui"


def test_misspelled_widget_is_found(small_tree):
    replace(small_tree / "Alpha/Alpha.py", "ui.levelSlider", "ui.levelSlidr")
    assert panels.name_problems(small_tree) == ["Alpha.py uses ui.levelSlidr, which no .ui has"]


def test_unconnected_selector_is_found(small_tree):
    replace(small_tree / "Alpha/Resources/UI/Alpha.ui", "<receiver>inputSelector", "<receiver>other")
    assert panels.scene_problems(small_tree) == [
        "Alpha: Alpha.ui: inputSelector is not connected to mrmlSceneChanged"
    ]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("inputVolume", "inputVolme"),
        ("limits.level", "limits.levl"),
        ("limits.level", "limit.level"),
        ("fit.signed", "fit.sigmed"),
        ("fit.signed", "fit.times"),
    ],
)
def test_parameter_that_leads_nowhere_is_found(small_tree, right, wrong):
    replace(small_tree / "Alpha/Resources/UI/Alpha.ui", f"<string>{right}<", f"<string>{wrong}<")
    assert panels.parameter_problems(small_tree) == [f"Alpha: no parameter node has the field {wrong!r}"]


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("def f(parameterNode):\n    return parameterNode.inputVolme\n", "inputVolme"),
        ("def f(self):\n    self._parameterNode.limts.level = 1\n", "limts"),
        ("def f(ui, say):\n    return SettingsForm(ui, Settings, 'fits', say)\n", "fits"),
        ("def bindings(self):\n    return {'resultMpa': self.selector}\n", "resultMpa"),
    ],
)
def test_parameter_that_code_misspells_is_found(small_tree, code, wrong):
    (small_tree / "Alpha/AlphaLib/Section.py").write_text(code, "utf-8")
    assert panels.code_parameter_problems(small_tree) == [
        f"Section.py uses the parameter {wrong!r}, which no parameter node has"
    ]


def test_parameters_that_code_names_rightly_are_passed(small_tree):
    code = """
class Section:
    def bindings(self):
        return {"inputVolume": self.selector, **SettingsForm(self.ui, Settings, "fit", say).bindings()}

    def update(self):
        self._parameterNode.limits.level = self._parameterNode.getValue("fit.signed")
"""
    (small_tree / "Alpha/AlphaLib/Section.py").write_text(code, "utf-8")
    assert panels.code_parameter_problems(small_tree) == []
