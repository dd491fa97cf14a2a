"""The environment check tells what is there, what is missing, and what that means."""

from __future__ import annotations

import sys

import pytest

from GliomaMRISetupLib.EnvironmentCheck import EnvironmentCheck, installedVersion
from GliomaMRISetupLib.PackageCatalog import BUNDLED, PACKAGES


def a_check(absent: tuple[str, ...]) -> EnvironmentCheck:
    return EnvironmentCheck(findVersion=lambda name: "" if name in absent else "1.2", pythonVersion="3.12.10")


def test_rows_start_with_python_and_follow_the_catalog():
    rows = a_check(absent=("torch",)).rows()
    assert (rows[0].name, rows[0].version) == ("Python", "3.12.10")
    assert [row.name for row in rows[1:]] == [package.name for package in PACKAGES]
    assert [row.name for row in rows if not row.present] == ["torch"]


def test_everything_there():
    assert a_check(absent=()).verdict() == "Everything is installed."


def test_missing_optional_packages_leave_relaxometry_working():
    verdict = a_check(absent=("torch", "monai")).verdict()
    assert verdict.startswith("Relaxometry works now.")
    assert verdict.endswith("torch, monai.")


@pytest.mark.parametrize("name", [package.name for package in PACKAGES if package.group == BUNDLED])
def test_missing_bundled_package_is_told_before_all_else(name):
    verdict = a_check(absent=(name, "torch")).verdict()
    assert f"lacks {name}," in verdict
    assert "torch" not in verdict


def test_version_of_an_absent_package_is_empty():
    assert installedVersion("no-such-package-gliomamri") == ""


def test_version_comes_without_importing_the_package(monkeypatch):
    monkeypatch.delitem(sys.modules, "scipy", raising=False)
    assert installedVersion("scipy")[0].isdigit()
    assert "scipy" not in sys.modules


def test_half_installed_package_without_version_counts_as_absent(tmp_path, monkeypatch):
    folder = tmp_path / "half_installed-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: half-installed\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert installedVersion("half-installed") == ""
