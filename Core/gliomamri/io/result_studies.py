"""The result folder of one task as the input of the next: images by the role that the result gives them.

``result.json`` says which map can fill which role (``R1_standard_error`` is the role R1error), in which unit and on
which exact grid. Of the label maps, ``brain_mask`` is the mask; those of the patient are regions, what an analysis
found is not.

Called by :mod:`gliomamri.io.studies`; tested by Testing/unit/io/test_result_studies.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gliomamri.errors import UserError
from gliomamri.io.pieces import Piece, Pieces
from gliomamri.io.result_images import read_entry_image, read_labels
from gliomamri.io.results import read_index
from gliomamri.roles import ROLES
from gliomamri.study import Segments
from gliomamri.tasks import PATIENT_TASKS

_MASK = "brain_mask"


@dataclass(frozen=True)
class ResultImage:
    """One image of a result, to be read when it is wanted."""

    folder: Path
    entry: Mapping[str, Any]

    @property
    def files(self) -> tuple[Path, ...]:
        """The image file."""
        return (self.folder / self.entry["file"],)

    def read(self, role: str) -> Pieces:  # noqa: ARG002  (every source is called so)
        """Read it as a piece with its unit, on its exact grid."""
        return Pieces((Piece(read_entry_image(self.entry, self.folder), unit=self.entry.get("unit", "")),))

    def read_segments(self) -> Segments:
        """Read it as named regions; for entries of label maps."""
        return read_labels(self.entry, self.folder).segments


def is_result_folder(folder: Path) -> bool:
    """Tell whether a folder is what a task wrote, be it damaged; other programs' ``result.json`` means nothing."""
    path = folder / "result.json"
    if not path.is_file():
        return False
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return (folder / "maps").is_dir() or (folder / "labels").is_dir()
    return isinstance(index, dict) and "format" in index and "provenance" in index


def result_sources(
    folder: Path, wanted: Iterable[str]
) -> tuple[dict[str, ResultImage], tuple[ResultImage, ...]]:
    """Find images for the wanted roles, and label maps, in a result folder.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``result.json``.
    wanted : iterable of str
        Roles; those of a series are not found, as a result does not keep acquisition parameters per image.

    Returns
    -------
    images : dict of str to ResultImage
    regions : tuple of ResultImage
        Empty unless ``segmentation`` is wanted.

    Raises
    ------
    UserError
        If the result cannot be read, or several images claim one role.
    """
    wanted = set(wanted)
    index = read_index(folder)
    images: dict[str, ResultImage] = {}
    regions = []
    try:
        for entry in index["maps"]:
            role = entry.get("role") or (entry["name"] if entry["name"] in ROLES else "")
            if role in wanted and not ROLES[role].is_series:
                _add(images, role, ResultImage(folder, entry))
        for entry in index["labels"]:
            if entry["name"] != _MASK:
                if index["provenance"].get("task", "") in PATIENT_TASKS or _is_patients(entry["name"]):
                    regions.append(ResultImage(folder, entry))
            elif _MASK in wanted and _MASK not in images:
                images[_MASK] = ResultImage(folder, entry)
    except (KeyError, TypeError) as error:
        raise UserError("The result is damaged; run the task again.", f"{folder}: {error!r}") from error
    return images, tuple(regions) if "segmentation" in wanted else ()


def _is_patients(name: str) -> bool:
    """Tell the patient's own segmentation, handed through by a task, from what an analysis found."""
    return re.fullmatch(r"segmentation(_\d+)?", name) is not None


def _add(images: dict[str, ResultImage], role: str, found: ResultImage) -> None:
    if role in images:
        names = [images[role].entry["name"], found.entry["name"]]
        raise UserError(
            f"The result holds several images that could be the {ROLES[role].title} ({', '.join(names)}); name "
            f"the file (--image {role}=FILE).",
            str(found.folder),
        )
    images[role] = found
