"""One patient into a BIDS data set: whole or not at all.

Everything is written into a hidden folder of the data set; then the truth is renamed to its place and, last, the raw
images. A patient whose raw folder exists is whole.

Tested by Testing/unit/phantom/output/test_patient_folder.py.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gliomamri.io.new_files import check_free_space, write_error
from gliomamri.phantom.output.bids_files import ImageFile, SubjectFiles, raw_files, truth_files, write_one

if TYPE_CHECKING:
    from gliomamri.phantom.patient import SimulatedPatient

TRUTH = "derivatives/truth"
"""Where the truth is, as a derived data set."""

_HIDDEN = ".gliomamri-partial-"
_BYTES_PER_VOXEL = {"signal": 2, "quantity": 2, "labels": 1, "vectors": 6}
"""Most that compression leaves of a voxel."""


def write_patient(patient: SimulatedPatient, dataset: Path, subject: str, *, threads: int = 2) -> None:
    """Add a patient to a data set.

    Parameters
    ----------
    patient : SimulatedPatient
        Images and truth.
    dataset : pathlib.Path
        Root of the data set; must exist.
    subject : str
        Such as ``sub-0001``; must not exist yet.
    threads : int
        Files that are compressed at the same time.

    Raises
    ------
    UserError
        If the disk is full or the folder cannot be written; nothing is left behind then.
    """
    hidden = dataset / f"{_HIDDEN}{subject}"
    parts = {"raw": raw_files(patient, subject), "truth": truth_files(patient, subject)}
    check_free_space(dataset, sum(_bytes(files) for files in parts.values()))
    truth, raw = truth_folder(dataset, subject), dataset / subject
    try:
        hidden.mkdir()
        with ThreadPoolExecutor(max(threads, 1)) as pool:
            for name, files in parts.items():
                _write_texts(files, hidden / name)
                list(pool.map(_write_image, files.images, [hidden / name] * len(files.images)))
        truth.parent.mkdir(parents=True, exist_ok=True)
        (hidden / "truth").rename(truth)
        try:
            (hidden / "raw").rename(raw)
        except BaseException:
            shutil.rmtree(truth, ignore_errors=True)
            raise
    except OSError as error:
        raise write_error(error, dataset) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def remove_partial_patient(dataset: Path, subject: str) -> None:
    """Remove what a process that was ended has left of a patient; one that is whole stays."""
    shutil.rmtree(dataset / f"{_HIDDEN}{subject}", ignore_errors=True)
    if not (dataset / subject).exists():
        shutil.rmtree(truth_folder(dataset, subject), ignore_errors=True)


def remove_partial_patients(dataset: Path) -> None:
    """Remove what is left of patients that are not whole."""
    found = {path.name.removeprefix(_HIDDEN) for path in dataset.glob(f"{_HIDDEN}sub-*")}
    found |= {path.name for path in (dataset / TRUTH).glob("sub-*")}
    for subject in sorted(found):
        remove_partial_patient(dataset, subject)


def truth_folder(dataset: Path, subject: str) -> Path:
    """Folder of a patient's truth, which :func:`gliomamri.io.studies.read_study` reads like a patient's."""
    return dataset / TRUTH / subject


def read_provenance(dataset: Path, subject: str) -> dict[str, Any]:
    """Read what a patient was made with; empty where there is no whole patient of that name."""
    path = truth_folder(dataset, subject) / "anat" / f"{subject}_simulation.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if (dataset / subject).is_dir() and isinstance(found, dict) else {}


def _write_texts(files: SubjectFiles, folder: Path) -> None:
    """Make the folders, and write everything that is no image."""
    texts = dict(files.texts) | {path: _json(value) for path, value in files.objects.items()}
    for file in files.images:
        texts[f"{file.path}.json"] = _json(file.sidecar)
        texts |= {f"{file.path}{extension}": text for extension, text in file.texts.items()}
    folder.mkdir()
    for parent in sorted({(folder / path).parent for path in texts}):
        parent.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        (folder / path).write_text(text, encoding="utf-8", newline="\n")


def _write_image(file: ImageFile, folder: Path) -> None:
    write_one(file, folder / f"{file.path}.nii.gz")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _bytes(files: SubjectFiles) -> int:
    return sum(
        image.GetNumberOfPixels() * _BYTES_PER_VOXEL[file.kind]
        for file in files.images
        for image in file.images
    )
