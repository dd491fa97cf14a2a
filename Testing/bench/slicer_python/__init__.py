"""``slicer.i18n``, ``slicer.ScriptedLoadableModule`` and ``slicer.parameterNodeWrapper``, which the wheel lacks.

Where the environment variable GLIOMAMRI_SLICER_PYTHON names the folder of Slicer's own Python files (``Base/Python``
of its source, ``bin/Python`` of an installation), those are used; elsewhere the small replacements of this folder. The
panel's tests must pass on both, so that the replacements cannot drift.
"""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from types import ModuleType

import slicer

VARIABLE = "GLIOMAMRI_SLICER_PYTHON"


def slicerPythonFolder() -> Path | None:
    """Return the folder of Slicer's own Python files, or None where none is named.

    Raises
    ------
    FileNotFoundError
        If the variable names a folder without ``slicer/ScriptedLoadableModule.py``.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    folder = Path(named)
    if not (folder / "slicer" / "ScriptedLoadableModule.py").is_file():
        raise FileNotFoundError(f"{VARIABLE}={named} holds no slicer/ScriptedLoadableModule.py")
    return folder


@functools.cache
def install() -> str:
    """Make the three modules importable; return whose they are, ``Slicer`` or ``replacement``."""
    folder = slicerPythonFolder()
    if folder is not None:
        # After the wheel's own folder, so that slicer.util stays the wheel's.
        slicer.__path__.append(str(folder / "slicer"))
        return "Slicer"
    from bench.slicer_python import i18n, parameters, scripted_module

    for name, module in (
        ("i18n", i18n),
        ("ScriptedLoadableModule", scripted_module),
        ("parameterNodeWrapper", parameters),
    ):
        _register(name, module)
    return "replacement"


def _register(name: str, module: ModuleType) -> None:
    sys.modules[f"slicer.{name}"] = module
    setattr(slicer, name, module)
