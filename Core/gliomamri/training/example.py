"""One training example: a patient's channels and labels on one isotropic grid, cut to the brain.

Stored as one uncompressed ``.npz`` file: reading costs less than unpacking. Written whole or not at all, so that a
trainer may read a folder that is still being filled.

Made by :mod:`gliomamri.training.simulated`; tested by Testing/unit/training/test_example.py.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.imaging.boxes import bounding_box

CLASSES = (0, 1, 2, 4)
"""Label of each class of a segmentation network, in its order of outputs (BraTS): none, necrotic and non-enhancing
core, edema, enhancing tumor."""


@dataclass(frozen=True)
class Example:
    """A patient as a network sees it.

    Attributes
    ----------
    name : str
        Of the patient: examples of one name belong together when patients are split.
    kind : str
        What the patient suffers from.
    roles : tuple of str
        Along the first axis of ``channels``.
    channels : float16 array (roles, z, y, x)
        As :func:`gliomamri.imaging.channels.channel` gives them; z from feet to head, y from front to back, x from
        right to left (LPS).
    classes : uint8 array (z, y, x)
        Index into :data:`CLASSES`.
    brain : bool array (z, y, x)
    voxel_size : float
        mm, the same along every axis.
    """

    name: str
    kind: str
    roles: tuple[str, ...]
    channels: NDArray[np.float16]
    classes: NDArray[np.uint8]
    brain: NDArray[np.bool_]
    voxel_size: float

    @property
    def has_tumor(self) -> bool:
        """Whether any voxel is labeled."""
        return bool(self.classes.any())

    def cut_to_brain(self, margin: int = 2) -> Example:
        """Return the example within the box around the brain and ``margin`` voxels more, where there are any."""
        inside = bounding_box(self.brain, margin)
        channels = np.ascontiguousarray(self.channels[(slice(None), *inside)])
        classes, brain = (np.ascontiguousarray(one[inside]) for one in (self.classes, self.brain))
        return Example(self.name, self.kind, self.roles, channels, classes, brain, self.voxel_size)

    def save(self, path: Path) -> None:
        """Write to ``path``; the file appears whole or not at all."""
        temporary = path.with_suffix(f".{os.getpid()}.part")
        try:
            with temporary.open("wb") as file:
                np.savez(
                    file,
                    name=np.array(self.name),
                    kind=np.array(self.kind),
                    roles=np.array(self.roles),
                    channels=self.channels,
                    classes=self.classes,
                    brain=np.packbits(self.brain),
                    voxel_size=np.array(self.voxel_size),
                )
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def load_example(path: Path) -> Example:
    """Read an example.

    Raises
    ------
    UserError
        If the file is missing, cut off or no example.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            classes = stored["classes"]
            brain = np.unpackbits(stored["brain"], count=classes.size).astype(bool).reshape(classes.shape)
            return Example(
                name=str(stored["name"]),
                kind=str(stored["kind"]),
                roles=tuple(map(str, stored["roles"])),
                channels=stored["channels"],
                classes=classes,
                brain=brain,
                voxel_size=float(stored["voxel_size"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"The training example '{path.name}' cannot be read; delete it and make it again.",
            f"{path}: {error}",
        ) from error
