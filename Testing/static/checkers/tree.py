"""What lies where in a source tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SKIPPED_FOLDERS = {
    ".git",
    ".venv",
    "build",
    "dist",
    "demo",
    "__pycache__",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
}
BINARY_ENDINGS = {".png", ".jpg", ".npz", ".npy", ".safetensors", ".gz", ".pyc"}


def files(root: Path, pattern: str = "*") -> Iterator[Path]:
    """Every file of the tree whose name matches, without what tools leave behind."""
    for path in sorted(root.rglob(pattern)):
        parts = path.relative_to(root).parts
        if path.is_file() and not any(
            part in SKIPPED_FOLDERS or part.endswith(".egg-info") for part in parts
        ):
            yield path


def text_files(root: Path) -> Iterator[Path]:
    """Every file that is read as text."""
    return (path for path in files(root) if path.suffix not in BINARY_ENDINGS)


def modules(root: Path) -> list[Path]:
    """Folders of the scripted modules: those that hold ``<Name>/<Name>.py``."""
    return sorted(path.parent for path in root.glob("*/*.py") if path.stem == path.parent.name)


def module_code(module: Path) -> list[Path]:
    """The module's own Python files: its wiring and its Lib."""
    return [module / f"{module.name}.py", *sorted((module / f"{module.name}Lib").rglob("*.py"))]
