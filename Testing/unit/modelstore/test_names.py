"""File names mean the same on every system, and none leads out of the package."""

from __future__ import annotations

import pytest

from gliomamri.errors import UserError
from gliomamri.modelstore.names import check_names, is_litter, is_model_name, name_problem


@pytest.mark.parametrize(
    "name", ["metadata.json", "README.md", "member-1.safetensors", "Dice_2.png", "LICENSE.txt"]
)
def test_plain_names_are_let_through(name):
    assert name_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/etc/a.json", "absolute path"),
        ("\\\\server\\share.json", "absolute path"),
        ("C:a.json", "absolute path"),
        ("C:\\a.json", "absolute path"),
        ("../a.json", "leads out"),
        ("a/../../b.json", "leads out"),
        ("..\\a.json", "leads out"),
        ("figures/a.png", "lies in a folder"),
        ("figures\\a.png", "lies in a folder"),
        ("con.json", "Windows keeps"),
        ("NUL.png", "Windows keeps"),
        ("com1.safetensors", "Windows keeps"),
        ("lpt9.x.json", "Windows keeps"),
        ("a" * 100 + ".json", "more than 100"),
        ("a\n.json", "other signs"),
        ("ab:c.json", "other signs"),
        ("é.json", "other signs"),
        (" a.json", "other signs"),
        (".hidden.json", "other signs"),
        ("a.json.", "other signs"),
        ("", "other signs"),
        ("model.pt", "may hold a program"),
        ("model.PKL", "may hold a program"),
        ("inner.zip", "archive within"),
        ("run.py", "of no kind"),
        ("a.exe", "of no kind"),
        ("a.JSON", "of no kind"),
    ],
)
def test_other_names_are_refused_and_told_why(name, told):
    assert told in name_problem(name)
    with pytest.raises(UserError, match="refused"):
        check_names([name])


def test_names_that_differ_in_case_alone_are_refused():
    with pytest.raises(UserError, match=r"'A.png' and 'a.png' are one file on Windows and macOS"):
        check_names(["A.png", "b.png", "a.png"])


def test_file_managers_litter_is_known():
    assert all(is_litter(name) for name in (".DS_Store", "._a.json", "__MACOSX/._a.json", "Thumbs.db"))
    assert not is_litter("metadata.json")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("tumor-segmentation", True),
        ("t1_map", True),
        ("", False),
        ("con", False),
        ("Tumor", False),
        ("a--b", False),
        *(("-a", False), ("a/b", False), ("1a", False), ("a" * 65, False), ("..", False), ("a\n", False)),
    ],
)
def test_names_of_models(name, right):
    assert is_model_name(name) is right
