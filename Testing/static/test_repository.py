"""The repository passes every checker, and so does a small tree without faults.

That each checker finds its faults is tested beside: test_packaging, test_panels and the others.
"""

from __future__ import annotations

import pytest

from static.checkers import cmake, imports, panels, requirements, text

CHECKERS = [
    imports.layer_problems,
    imports.file_scope_problems,
    imports.room_problems,
    imports.developer_path_problems,
    cmake.list_problems,
    cmake.self_test_problems,
    cmake.clash_problems,
    cmake.top_level_problems,
    cmake.core_problems,
    cmake.catalog_problems,
    panels.name_problems,
    panels.scene_problems,
    panels.parameter_problems,
    panels.code_parameter_problems,
    requirements.undeclared_problems,
    requirements.pin_problems,
    requirements.slicer_requirement_problems,
    text.size_problems,
    text.machine_path_problems,
    text.line_end_problems,
    text.icon_problems,
    text.link_problems,
    text.lib_start_problems,
    text.named_test_problems,
]


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_repository_is_consistent(repository, checker):
    assert checker(repository) == []


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_faultless_tree_passes(small_tree, checker):
    assert checker(small_tree) == []
