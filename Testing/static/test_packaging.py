"""What CMake ships is what is there, once, and as the catalog says."""

from __future__ import annotations

import pytest

from static.checkers import cmake
from static.conftest import replace


def test_unlisted_file_is_found(small_tree):
    (small_tree / "Alpha/AlphaLib/Forgotten.py").write_text("", "utf-8")
    assert cmake.list_problems(small_tree) == ["Alpha: AlphaLib/Forgotten.py is not listed"]


def test_unlisted_resource_is_found(small_tree):
    (small_tree / "Alpha/Resources/AlphaTable.csv").write_text("", "utf-8")
    assert cmake.list_problems(small_tree) == ["Alpha: Resources/AlphaTable.csv is not listed"]


def test_listed_but_absent_file_is_found(small_tree):
    (small_tree / "Alpha/AlphaLib/Section.py").unlink()
    assert cmake.list_problems(small_tree) == ["Alpha: AlphaLib/Section.py is listed but absent"]


def test_unregistered_self_test_is_found(small_tree):
    (small_tree / "Alpha/Testing/Python/AlphaMoreTest.py").write_text("", "utf-8")
    assert cmake.self_test_problems(small_tree) == ["Alpha: self-test AlphaMoreTest.py is not registered"]


def test_same_path_from_two_modules_is_found(small_tree):
    for name in ("Beta.py", "CMakeLists.txt"):
        path = small_tree / "Beta" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("", "utf-8")
    (small_tree / "Beta/CMakeLists.txt").write_text(
        "set(MODULE_PYTHON_RESOURCES\n  Resources/UI/Alpha.ui\n  )\n", "utf-8"
    )
    assert cmake.clash_problems(small_tree) == ["Alpha and Beta both ship Resources/UI/Alpha.ui"]
    assert cmake.top_level_problems(small_tree) == ["Beta is not added"]


def test_folder_without_init_is_found(small_tree):
    (small_tree / "Core/gliomamri/fitting/__init__.py").unlink()
    assert cmake.core_problems(small_tree) == ["Core/gliomamri/fitting has no __init__.py"]


def test_new_core_package_must_be_shipped(small_tree):
    replace(small_tree / "Core/CMakeLists.txt", " gliomamri_slicer", "")
    assert cmake.core_problems(small_tree) == ["Core/gliomamri_slicer is not shipped"]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("Small.json", '["PyTorch"]', "[]", "CMake depends on"),
        ("Small.json", '"category"', '"kategory"', "unknown key kategory"),
        ("Small.json", "/SlicerSmall", "/Small", "not called SlicerSmall"),
        ("CMakeLists.txt", "project(Small)", "project(Large)", "does not carry the project's name"),
        ("CMakeLists.txt", "main/Small.png", "main/Missing.png", "not in the repository"),
    ],
)
def test_catalog_fault_is_found(small_tree, name, old, new, expected):
    replace(small_tree / name, old, new)
    assert any(expected in problem for problem in cmake.catalog_problems(small_tree))
