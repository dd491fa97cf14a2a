"""Imports go downward, and heavy libraries load only where they are needed."""

from __future__ import annotations

import pytest

from static.checkers import imports
from static.conftest import replace


@pytest.mark.parametrize(
    ("name", "statement", "expected"),
    [
        (
            "Core/gliomamri/fitting/fit.py",
            "def f():\n    import slicer\n",
            "gliomamri/fitting/fit.py:2 imports slicer",
        ),
        ("Core/gliomamri/fitting/fit.py", "from gliomamri_slicer import x\n", "imports gliomamri_slicer"),
        ("Core/gliomamri/fitting/fit.py", "import gliomamri_widgets\n", "imports gliomamri_widgets"),
        ("Core/gliomamri_slicer/__init__.py", "import qt\n", "imports qt"),
        (
            "Core/gliomamri_slicer/__init__.py",
            "from gliomamri_widgets import x\n",
            "imports gliomamri_widgets",
        ),
        ("Core/gliomamri_widgets/__init__.py", "from AlphaLib import Section\n", "imports AlphaLib"),
        ("Core/gliomamri_widgets/__init__.py", "import numpy\n", "imports numpy"),
        ("Core/gliomamri_slicer/__init__.py", "from AlphaLib import Section\n", "imports AlphaLib"),
        ("Alpha/AlphaLib/Section.py", "def f():\n    import numpy as np\n", "imports numpy"),
    ],
)
def test_upward_import_is_found(small_tree, name, statement, expected):
    (small_tree / name).write_text(statement, "utf-8")
    problems = imports.layer_problems(small_tree)
    assert len(problems) == 1
    assert expected in problems[0]


def test_scene_adapter_of_a_module_may_hold_arrays_but_no_widgets(small_tree):
    adapter = small_tree / "Alpha/AlphaLib/AlphaScene.py"
    adapter.write_text("import numpy\n", "utf-8")
    assert imports.layer_problems(small_tree) == []
    adapter.write_text("import qt\n", "utf-8")
    assert imports.layer_problems(small_tree) == ["AlphaLib/AlphaScene.py:1 imports qt"]


@pytest.mark.parametrize(
    "statement", ["import numpy\n", "try:\n    import torch\nexcept ImportError:\n    pass\n"]
)
def test_third_party_at_file_scope_of_a_module_is_found(small_tree, statement):
    replace(small_tree / "Alpha/Alpha.py", "import slicer\n", f"import slicer\n{statement}")
    assert len(imports.file_scope_problems(small_tree)) == 1


def test_third_party_loaded_through_own_files_is_found(small_tree):
    (small_tree / "Alpha/AlphaLib/Section.py").write_text("from gliomamri.fitting.fit import f\n", "utf-8")
    assert imports.file_scope_problems(small_tree) == []
    (small_tree / "Core/gliomamri/fitting/fit.py").write_text("import torch\n", "utf-8")
    assert imports.file_scope_problems(small_tree) == ["Core/gliomamri/fitting/fit.py:1 loads torch"]


def test_module_that_needs_the_core_before_it_is_found_in_developer_mode(small_tree):
    replace(small_tree / "Alpha/Alpha.py", "import AlphaLib\nimport slicer\n", "import slicer\n")
    assert imports.developer_path_problems(small_tree) == ["Alpha.py imports slicer before AlphaLib"]


def test_import_inside_a_function_is_no_file_scope(small_tree):
    replace(
        small_tree / "Alpha/Alpha.py",
        "    def setup(self):\n",
        "    def setup(self):\n        import gliomamri, torch\n",
    )
    assert imports.file_scope_problems(small_tree) == []


def test_task_list_loading_a_room_early_is_found(small_tree):
    (small_tree / "Core/gliomamri/tasks.py").write_text("from gliomamri.fitting import fit\n", "utf-8")
    assert imports.room_problems(small_tree) == ["tasks.py:1 loads fitting before a task asks for it"]


def test_forbidden_direction_between_rooms_is_found_even_in_functions(small_tree):
    for name, code in (("attribution", "def f():\n    from ..relevance import maps\n"), ("relevance", "")):
        path = small_tree / "Core/gliomamri" / name / "__init__.py"
        path.parent.mkdir()
        path.write_text(code, "utf-8")
    assert imports.room_problems(small_tree) == [
        "gliomamri/attribution/__init__.py:2: attribution must not know relevance"
    ]


def test_circle_between_rooms_is_found(small_tree):
    (small_tree / "Core/gliomamri/fitting/fit.py").write_text("from gliomamri.other import x\n", "utf-8")
    (small_tree / "Core/gliomamri/other.py").write_text("from gliomamri.fitting.fit import y\n", "utf-8")
    assert imports.room_problems(small_tree) == ["rooms import each other: fitting -> other -> fitting"]
