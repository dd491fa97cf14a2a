"""Where models lie: the ones that come with GliomaMRI, and the user's own.

Used by :mod:`gliomamri.modelstore.catalog` and :mod:`gliomamri.modelstore.importing`; tested by
Testing/unit/modelstore/test_importing.py.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import gliomamri

FOLDER_VARIABLE = "GLIOMAMRI_MODELS"
"""Environment variable that names another folder for the user's models."""


def user_models_folder() -> Path:
    """Return the folder of the user's models; it need not exist.

    On Windows below ``%APPDATA%``, on macOS below ``~/Library/Application Support``, elsewhere below
    ``$XDG_DATA_HOME`` or ``~/.local/share`` (XDG Base Directory Specification 0.8).
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or "")
        base = data if data.is_absolute() else Path.home() / ".local" / "share"
    return base / "gliomamri" / "models"


def shipped_models_folder() -> Path:
    """Return the folder of the models that come with GliomaMRI, package data."""
    return Path(gliomamri.__file__).resolve().parent / "models"
