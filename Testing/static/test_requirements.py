"""Everything imported is declared, everything declared is pinned, and Slicer gets the same bounds."""

from __future__ import annotations

import pytest

from static.checkers import requirements
from static.conftest import replace


def test_undeclared_import_is_found(small_tree):
    (small_tree / "Core/gliomamri/fitting/fit.py").write_text("def f():\n    import pandas\n", "utf-8")
    (problem,) = requirements.undeclared_problems(small_tree)
    assert problem == "Core/gliomamri/fitting/fit.py imports pandas, which is not declared"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("numpy==2.0", "scipy==1.0", ["numpy is not pinned"]),
        ("numpy==2.0", "numpy>=2.0", ["numpy>=2.0 is no exact pin"]),
        ("5.11.0.6", "5.12.0.0", ["slicer-core: 5.11.0.6 is required, 5.12.0.0 is pinned"]),
    ],
)
def test_loose_or_missing_pin_is_found(small_tree, old, new, expected):
    replace(small_tree / "constraints.txt", old, new)
    assert requirements.pin_problems(small_tree) == expected


def test_other_bound_inside_slicer_is_found(small_tree):
    (small_tree / "Alpha/Resources/AlphaRequirements.txt").write_text("# all\nnumpy>=3\n", "utf-8")
    assert requirements.slicer_requirement_problems(small_tree) == [
        "AlphaRequirements.txt: numpy>=3 differs from pyproject.toml"
    ]
