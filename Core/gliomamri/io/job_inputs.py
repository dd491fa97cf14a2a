"""The inputs of a job: a study as uncompressed NIfTI under neutral names, and back, exactly.

Nothing of the patient goes there: names are roles and numbers, metadata is dropped, notes stay in ``job.json``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from gliomamri.errors import UserError
from gliomamri.io import grids
from gliomamri.io.images import load, without_metadata, write_image
from gliomamri.io.new_files import check_free_space, in_temporary_folder
from gliomamri.io.pieces import call
from gliomamri.io.segmentations import from_description, to_description
from gliomamri.io.voxels import check_finite
from gliomamri.roles import ROLES
from gliomamri.series import Series
from gliomamri.study import Segments, Study

Entry = dict[str, Any]

_HEADER_BYTES = 4096


@in_temporary_folder()
def write_inputs(study: Study, folder: Path) -> list[Entry]:
    """Write every image of a study into an existing folder.

    Returns
    -------
    list of dict
        For ``job.json``, one entry per image, series and layer of segments: ``role``, ``kind`` ("image", "series"
        or "segments"), ``files`` (each with ``name``, ``sha256``, ``size`` in bytes and exact ``grid``), and for
        a series ``parameters`` and ``signed``, for segments ``labels``.

    Raises
    ------
    UserError
        If the folder is read-only, the disk is full, or an image holds voxels without a number (reading them
        back would give 0).
    """
    folder = Path(folder)
    groups = _groups(study)
    for entry, images in groups:
        for number, image in enumerate(images, start=1):
            check_finite(image, call(entry["role"], number if len(images) > 1 else None))
    check_free_space(folder, sum(_bytes(image) for _, images in groups for image in images))
    written: Counter[str] = Counter()
    entries = []
    for entry, images in groups:
        files = []
        for image in images:
            files.append(_write(image, folder, f"{entry['role']}-{written[entry['role']]:02d}.nii"))
            written[entry["role"]] += 1
        entries.append(entry | {"files": files})
    return entries


def read_inputs(folder: Path, entries: Sequence[Mapping[str, Any]]) -> Study:
    """Read what :func:`write_inputs` wrote; equal to the study in values, types and geometry.

    Raises
    ------
    UserError
        If a file is missing or is no longer the one that was written.
    """
    images, series, segments = {}, {}, []
    for entry in entries:
        if entry["role"] not in ROLES:
            raise UserError(
                f"The job names the unknown role '{entry['role']}'; create it again with this version."
            )
        found = tuple(_read(Path(folder), file) for file in entry["files"])
        if entry["kind"] == "series":
            parameters = {name: tuple(values) for name, values in entry["parameters"].items()}
            series[entry["role"]] = Series(found, parameters, entry["signed"])
        elif entry["kind"] == "segments":
            segments.append(Segments(found[0], *from_description(entry)))
        else:
            images[entry["role"]] = found[0]
    return Study(images, series, tuple(segments))


def _groups(study: Study) -> list[tuple[Entry, tuple[sitk.Image, ...]]]:
    """Say of every image, series and layer of segments what goes into its entry, and which images are its files."""
    groups: list[tuple[Entry, tuple[sitk.Image, ...]]] = []
    for role, image in study.images.items():
        groups.append(({"role": role, "kind": "image"}, (image,)))
    for role, one in study.series.items():
        parameters = {name: [float(value) for value in values] for name, values in one.parameters.items()}
        about = {"role": role, "kind": "series", "parameters": parameters, "signed": one.signed}
        groups.append((about, one.images))
    segments = {"role": "segmentation", "kind": "segments"}
    groups += [(segments | to_description(layer), (layer.image,)) for layer in study.segments]
    return groups


def _write(image: sitk.Image, folder: Path, name: str) -> Entry:
    path = folder / name
    write_image(image, path)
    return {
        "name": name,
        "sha256": _sha256(path),
        "size": path.stat().st_size,
        "grid": grids.to_fields(image),
    }


def _read(folder: Path, file: Mapping[str, Any]) -> sitk.Image:
    path = folder / Path(file["name"]).name  # never outside the folder
    if not path.is_file():
        raise UserError("An input file of the job is missing; create the job again.", str(path))
    if path.stat().st_size != file["size"] or _sha256(path) != file["sha256"]:
        raise UserError(
            "An input file of the job has changed since the job was made; create the job again.", str(path)
        )
    image, _ = load(path, "input image")
    return grids.restore(without_metadata(image), file["grid"])


def _bytes(image: sitk.Image) -> int:
    return image.GetNumberOfPixels() * image.GetSizeOfPixelComponent() + _HEADER_BYTES


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
