"""Installs the optional packages in the one order that keeps Slicer's own packages intact."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from gliomamri.errors import UserError
from GliomaMRISetupLib.PackageCatalog import NETWORKS, PACKAGES


class PipProtocol(Protocol):
    """Installs pip requirements, and asks the user first."""

    def ensure(self, requirements: list[str]) -> None:
        """Install what is missing of `requirements`; raise UserError where that fails or is declined."""


class TorchProtocol(Protocol):
    """Installs PyTorch in the build that fits the machine."""

    def ensure(self) -> None:
        """Install PyTorch where it is missing; raise UserError where that fails or is declined."""


class PackageInstaller:
    """Installs packages by group.

    PyTorch comes first and through its own extension, which picks the build for the machine's GPU. Only then
    can the packages that depend on it be installed without pulling in another build.

    Parameters
    ----------
    pip : PipProtocol
        Installer of ordinary packages.
    torch : TorchProtocol
        Installer of PyTorch.
    requirementsFile : Path
        The extension's one requirements file.
    """

    def __init__(self, pip: PipProtocol, torch: TorchProtocol, requirementsFile: Path) -> None:
        self._pip = pip
        self._torch = torch
        self._requirementsFile = requirementsFile

    def requirements(self, groups: Collection[str]) -> list[str]:
        """Lines of the requirements file that belong to groups of :mod:`PackageCatalog`."""
        wanted = {package.name for package in PACKAGES if package.group in groups}
        text = self._requirementsFile.read_text("utf-8")
        lines = [line.split("#")[0].strip() for line in text.splitlines()]
        return [line for line in lines if line and distributionName(line) in wanted]

    def install(self, groups: Collection[str]) -> None:
        """Install what is missing.

        Parameters
        ----------
        groups : collection of str
            Groups of :mod:`PackageCatalog`; ``NETWORKS`` brings PyTorch, too (about 3 GB).

        Raises
        ------
        UserError
            Where the user declined or an installation failed. Nothing after the failing step was tried.
        """
        try:
            requirements = self.requirements(groups)
        except OSError as error:
            raise UserError(
                "The list of optional packages is missing from this installation: reinstall GliomaMRI.",
                str(error),
            ) from error
        if NETWORKS in groups:
            self._torch.ensure()
        self._pip.ensure(requirements)


def distributionName(requirement: str) -> str:
    """Name in front of a requirement's version bounds, extras and markers."""
    end = next((i for i, letter in enumerate(requirement) if letter in "<>=!~[; "), len(requirement))
    return requirement[:end]
