"""Packages are installed in an order that never lets pip choose the PyTorch build."""

from __future__ import annotations

from pathlib import Path

import pytest

from gliomamri.errors import UserError
from GliomaMRISetupLib.PackageCatalog import BUNDLED, FIGURES, NETWORKS, PACKAGES, SIMULATION
from GliomaMRISetupLib.PackageInstaller import PackageInstaller, distributionName

REQUIREMENTS = Path(__file__).resolve().parents[3] / "GliomaMRISetup/Resources/GliomaMRISetupRequirements.txt"


class RecordingPip:
    def __init__(self, calls: list) -> None:
        self.calls = calls

    def ensure(self, requirements: list[str]) -> None:
        self.calls.append(("pip", tuple(distributionName(line) for line in requirements)))


class RecordingTorch:
    def __init__(self, calls: list, error: Exception | None = None) -> None:
        self.calls = calls
        self.error = error

    def ensure(self) -> None:
        self.calls.append(("torch",))
        if self.error:
            raise self.error


@pytest.fixture
def calls() -> list:
    return []


def test_figures_only_leaves_torch_alone(calls):
    PackageInstaller(RecordingPip(calls), RecordingTorch(calls), REQUIREMENTS).install([FIGURES])
    assert calls == [("pip", ("matplotlib",))]


def test_simulated_patients_get_what_they_need_and_no_more(calls):
    PackageInstaller(RecordingPip(calls), RecordingTorch(calls), REQUIREMENTS).install([SIMULATION])
    assert calls == [("pip", ("nilearn", "threadpoolctl"))]


def test_torch_comes_before_what_depends_on_it(calls):
    PackageInstaller(RecordingPip(calls), RecordingTorch(calls), REQUIREMENTS).install([FIGURES, NETWORKS])
    assert [call[0] for call in calls] == ["torch", "pip"]
    assert "monai" in calls[1][1]


def test_nothing_follows_a_failed_torch(calls):
    torch = RecordingTorch(calls, error=UserError("declined"))
    with pytest.raises(UserError, match="declined"):
        PackageInstaller(RecordingPip(calls), torch, REQUIREMENTS).install([FIGURES, NETWORKS])
    assert calls == [("torch",)]


def test_missing_requirements_file_is_one_sentence(calls, tmp_path):
    installer = PackageInstaller(RecordingPip(calls), RecordingTorch(calls), tmp_path / "absent.txt")
    with pytest.raises(UserError, match="reinstall GliomaMRI"):
        installer.install([FIGURES, NETWORKS])
    assert calls == []


def test_requirements_file_holds_the_catalog_s_optional_packages_without_torch(calls):
    installer = PackageInstaller(RecordingPip(calls), RecordingTorch(calls), REQUIREMENTS)
    named = {distributionName(line) for line in installer.requirements([FIGURES, SIMULATION, NETWORKS])}
    assert named == {package.name for package in PACKAGES if package.group != BUNDLED} - {"torch"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("monai>=1.4", "monai"),
        ("monai[all]==1.6", "monai"),
        ("scikit-image", "scikit-image"),
        ("a ; python_version<'3.12'", "a"),
        ("b~=1.0", "b"),
    ],
)
def test_name_of_a_requirement(line, name):
    assert distributionName(line) == name
