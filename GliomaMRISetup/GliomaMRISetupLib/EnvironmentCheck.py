"""Looks at the Python environment without importing anything heavy from it."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib import metadata

from GliomaMRISetupLib.CheckRow import CheckRow
from GliomaMRISetupLib.PackageCatalog import BUNDLED, PACKAGES


def installedVersion(name: str) -> str:
    """Version of an installed distribution; an empty string where it is absent or half installed."""
    try:
        return metadata.version(name) or ""
    except metadata.PackageNotFoundError:
        return ""


class EnvironmentCheck:
    """Finds out which packages are there, in which version, and what that allows.

    Versions come from package metadata, so a check takes milliseconds and loads no library.

    Parameters
    ----------
    findVersion : callable, optional
        Gives the version of a distribution, or an empty string.
    pythonVersion : str, optional
        Version of the running Python.
    """

    def __init__(
        self,
        findVersion: Callable[[str], str] = installedVersion,
        pythonVersion: str = platform.python_version(),
    ) -> None:
        self._findVersion = findVersion
        self._pythonVersion = pythonVersion

    def rows(self) -> list[CheckRow]:
        """Python first, then every package of the catalog in its order."""
        found = [CheckRow("Python", self._pythonVersion, "runs everything", required=True)]
        found += [
            CheckRow(package.name, self._findVersion(package.name), package.purpose, package.group == BUNDLED)
            for package in PACKAGES
        ]
        return found

    def verdict(self) -> str:
        """One sentence: what works now, and what is missing for the rest."""
        missing = [row for row in self.rows() if not row.present]
        broken = [row.name for row in missing if row.required]
        if broken:
            return (
                f"This Slicer lacks {', '.join(broken)}, which it normally brings along: "
                "reinstall Slicer, then check again."
            )
        if not missing:
            return "Everything is installed."
        return f"Relaxometry works now. Not installed, optional: {', '.join(row.name for row in missing)}."
