"""Which file names a model package may hold: plain ones that mean the same on Linux, macOS and Windows.

Used by folder and archive readers and by the manifest; tested by Testing/unit/modelstore/test_names.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from gliomamri.errors import UserError
from gliomamri.modelstore.limits import NAME_CHARACTERS

METADATA, MANIFEST, CARD = "metadata.json", "manifest.json", "README.md"
WEIGHTS = ".safetensors"

_KINDS = (".json", WEIGHTS, ".md", ".txt", ".png")
_PICKLES = (".pt", ".pth", ".ts", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib", ".npy", ".npz", ".onnx")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_MODEL_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def is_litter(name: str) -> bool:
    """Tell whether the system's file manager left that file; such files are never read nor copied."""
    return name in _LITTER or name.startswith(("__MACOSX/", "._"))


def name_problem(name: str) -> str:
    """Return why a package must not hold a file of that name, as the end of a sentence; empty when it may."""
    parts = name.replace("\\", "/").split("/")
    refused = {
        "is an absolute path": name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name),
        "leads out of the package": ".." in parts,
        "lies in a folder inside the package; all files lie side by side": len(parts) > 1,
        f"has a name of more than {NAME_CHARACTERS} characters": len(name) > NAME_CHARACTERS,
        "has a name that Windows keeps for a device": _RESERVED.fullmatch(name),
        "has a name with other signs than letters, digits, '.', '-' and '_'": not _PLAIN.fullmatch(name)
        or name.endswith("."),
    }
    return next((problem for problem, found in refused.items() if found), "") or _kind_problem(name)


def check_names(names: Iterable[str]) -> None:
    """Check all file names of a package.

    Raises
    ------
    UserError
        On the first that is refused, and on two that are one file where case does not count.
    """
    seen: dict[str, str] = {}
    for name in names:
        problem = name_problem(name)
        if problem:
            raise UserError(f"The model package is refused: its file {name[:NAME_CHARACTERS]!r} {problem}.")
        if name.lower() in seen:
            raise UserError(
                f"The model package is refused: '{seen[name.lower()]}' and '{name}' are one file on Windows and macOS."
            )
        seen[name.lower()] = name


def is_model_name(text: str) -> bool:
    """Tell whether ``text`` can be the name of a model: lower-case words joined by hyphens, at most 64 characters."""
    return len(text) <= 64 and _MODEL_NAME.fullmatch(text) is not None and not _RESERVED.fullmatch(text)


def _kind_problem(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _PICKLES:
        return "may hold a program (a pickle or the like); weights must be safetensors, which 'models convert' makes"
    if suffix in _ARCHIVES:
        return "is an archive within the package"
    if PurePosixPath(name).suffix not in _KINDS:
        return f"is of no kind that a package holds ({', '.join(_KINDS)})"
    return ""
