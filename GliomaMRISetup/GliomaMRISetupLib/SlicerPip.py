"""pip inside Slicer: ``slicer.packaging`` where it exists, one fallback for Slicer 5.10."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CalledProcessError
from types import ModuleType

from gliomamri.errors import UserError
from GliomaMRISetupLib.EnvironmentCheck import installedVersion

# Slicer's own builds (SimpleITK), its extension's build (torch), and what its package manager itself runs on.
NEVER_REPLACED = ("SimpleITK", "torch", "requests")


class SlicerPip:
    """Installs requirements into Slicer's Python, never touching ``NEVER_REPLACED``.

    Parameters
    ----------
    findVersion : callable, optional
        Gives the version of an installed distribution, or an empty string.
    """

    def __init__(self, findVersion: Callable[[str], str] = installedVersion) -> None:
        self._findVersion = findVersion

    def ensure(self, requirements: list[str]) -> None:
        """Ask the user, then install what is missing.

        Raises
        ------
        UserError
            Where the user declined or pip failed.
        """
        try:
            packaging = self._packaging()
            if packaging is None:
                self._ensureWithUtil(requirements)
            else:
                self._ensureWithPackaging(packaging, requirements)
        except CalledProcessError as error:
            raise UserError(
                "The packages could not be installed: check internet connection and proxy, then try again.",
                str(error),
            ) from error

    @staticmethod
    def _packaging() -> ModuleType | None:
        """``slicer.packaging``, or None in Slicer 5.10."""
        try:
            from slicer import packaging
        except ImportError:
            return None
        return packaging

    @staticmethod
    def _ensureWithPackaging(packaging: ModuleType, requirements: list[str]) -> None:
        try:
            packaging.pip_ensure(requirements, skip_packages=list(NEVER_REPLACED), requester="GliomaMRI")
        except RuntimeError as error:
            raise UserError("Nothing was installed, as you chose.", str(error)) from error

    def _ensureWithUtil(self, requirements: list[str]) -> None:
        import slicer

        question = "GliomaMRI would like to install: " + ", ".join(requirements)
        if not slicer.util.confirmOkCancelDisplay(question):
            raise UserError("Nothing was installed, as you chose.")
        with tempfile.TemporaryDirectory() as folder:
            constraints = Path(folder, "constraints.txt")
            constraints.write_text(self.constraints(), encoding="utf-8")
            slicer.util.pip_install([*requirements, "--constraint", str(constraints)])

    def constraints(self) -> str:
        """Pip constraints that hold the protected packages at their installed versions."""
        versions = {name: self._findVersion(name) for name in NEVER_REPLACED}
        return "".join(f"{name}=={version}\n" for name, version in versions.items() if version)
