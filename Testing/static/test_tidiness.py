"""Sizes, icons, links, line ends, and no trace of anybody's machine."""

from __future__ import annotations

import pytest

from static.checkers import text
from static.conftest import png_header, replace


def test_long_module_file_is_found(small_tree):
    with (small_tree / "Alpha/Alpha.py").open("a", encoding="utf-8") as file:
        file.write("\n" * text.MODULE_LINES)
    assert len(text.size_problems(small_tree)) == 1


def test_long_function_is_found_but_a_long_docstring_is_not(small_tree):
    path = small_tree / "Core/gliomamri/fitting/fit.py"
    path.write_text('def f():\n    """Long.' + "\n" * 100 + '    """\n    return 1\n', "utf-8")
    assert text.size_problems(small_tree) == []
    path.write_text("def f():\n" + "    x = 1\n" * (text.FUNCTION_LINES + 1), "utf-8")
    assert len(text.size_problems(small_tree)) == 1


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("folder = '/" + "home/someone/x'", True),
        ("run /" + "tmp/x.sh", True),
        ("C:\\" + "Users\\someone", True),
        ("index https://py" + "pi.org/simple", True),
        ("Docs/home/page.md", False),
        ("a/" + "work/flow", False),
    ],
)
def test_machine_path_is_found(small_tree, line, named):
    (small_tree / "notes.txt").write_text(line + "\n", "utf-8")
    assert bool(text.machine_path_problems(small_tree)) is named


def test_carriage_return_and_missing_last_line_end_are_found(small_tree):
    (small_tree / "Alpha/AlphaLib/Section.py").write_bytes(b"import qt\r\nx = 1")
    assert len(text.line_end_problems(small_tree)) == 2


def test_icon_of_wrong_size_is_found(small_tree):
    (small_tree / "Alpha/Resources/Icons/Alpha.png").write_bytes(png_header(128, 96))
    assert len(text.icon_problems(small_tree)) == 1


@pytest.mark.parametrize(("old", "new"), [("#alpha-panel", "#beta-panel"), ("(Small.png)", "(Missing.png)")])
def test_dead_link_is_found(small_tree, old, new):
    replace(small_tree / "README.md", old, new)
    assert len(text.link_problems(small_tree)) == 1


def test_lib_that_starts_differently_is_found(small_tree):
    for name, code in (("Beta.py", ""), ("BetaLib/__init__.py", "core = 'elsewhere'\n")):
        path = small_tree / "Beta" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    assert text.lib_start_problems(small_tree) == ["BetaLib/__init__.py differs from AlphaLib's"]


def test_no_two_places_tell_the_version(repository):
    import tomllib

    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" in project["dynamic"]
    version = (
        (repository / "Core/gliomamri/__init__.py")
        .read_text("utf-8")
        .split('__version__ = "')[1]
        .split('"')[0]
    )
    assert f"version: {version}\n" in (repository / "CITATION.cff").read_text("utf-8")
    assert f"## {version}" in (repository / "CHANGELOG.md").read_text("utf-8")


def test_a_docstring_that_names_a_test_that_is_not_there_is_found(small_tree):
    path = small_tree / "Core/gliomamri/named.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('"""Adds; tested by Testing/unit/test_nowhere.py."""\n', "utf-8")
    assert text.named_test_problems(small_tree) == [
        "Core/gliomamri/named.py says that Testing/unit/test_nowhere.py tests it, which does not exist"
    ]
