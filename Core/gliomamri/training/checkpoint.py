"""Checkpoints of a training run: one file, replaced in one step, so that a kill at any moment leaves a whole one.

Called by :mod:`gliomamri.training.engine`; tested by Testing/unit/training/test_checkpoint.py.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from gliomamri.errors import UserError

NAME = "checkpoint.pt"


def save_checkpoint(folder: Path, state: Mapping[str, Any]) -> None:
    """Write ``state`` (tensors and plain values) into ``folder``.

    Raises
    ------
    UserError
        If it cannot be written; an earlier checkpoint stays as it was.
    """
    temporary = folder / f"{NAME}.{os.getpid()}.part"
    try:
        with temporary.open("wb") as file:
            torch.save(dict(state), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / NAME)
    except OSError as error:
        raise UserError(
            "The training's state cannot be saved; free space on the disk and run the same command again.",
            f"{folder}: {error}",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def remove_parts(folder: Path) -> None:
    """Remove what runs that were killed while they saved have left; nobody else may use the folder meanwhile."""
    for part in folder.glob(f"{NAME}.*.part"):
        part.unlink(missing_ok=True)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """Return the state in ``folder``, None where there is none. Only tensors and plain values are read.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its readers do
        raise UserError(
            f"The saved state of the training is damaged; delete '{NAME}' to begin anew.", f"{path}: {error}"
        ) from error
