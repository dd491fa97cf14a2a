"""One line of the environment check."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckRow:
    """What was found of one thing the extension uses.

    Parameters
    ----------
    name : str
        Package or program.
    version : str
        The version found, or an empty string where it is absent.
    purpose : str
        What it is needed for.
    required : bool
        True where nothing of the extension works without it.
    """

    name: str
    version: str
    purpose: str
    required: bool

    @property
    def present(self) -> bool:
        """True where a version was found."""
        return bool(self.version)
