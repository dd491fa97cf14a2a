"""Read cases: BraTS folders, the multiple-sclerosis data set of Lesjak et al., and simulated patients in BIDS.

References
----------
.. [1] Baid U et al., arXiv:2107.02314, 2021 (BraTS 2021); Menze BH et al., IEEE Trans Med Imaging 34, 2015;
   Bakas S et al., Sci Data 4, 2017.
.. [2] Lesjak Z et al., Neuroinformatics 16, 2018, doi:10.1007/s12021-017-9348-7.

Tested by Testing/unit/experiments/test_loading.py.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from gliomamri.errors import UserError
from gliomamri.experiments.phantom_realism.case import SEQUENCES, Case
from gliomamri.io.bids import find_files

_log = logging.getLogger(__name__)

_BRATS = {"T1w": "t1", "ceT1w": "t1ce", "T2w": "t2", "FLAIR": "flair", "labels": "seg"}
_LESJAK = {"T1w": "T1", "ceT1w": "T1POST", "T2w": "T2", "FLAIR": "FLAIR", "lesions": "LESIONS"}
_SPACING = 1.0  # mm; sharpness and texture can only be compared on grids of one spacing


def read_cases(folders: Iterable[Path]) -> list[Case]:
    """Read every case in the folders and their subfolders, in order of name.

    Raises
    ------
    UserError
        If a folder holds no case.
    """
    cases = []
    for folder in folders:
        found = [place for place in [folder, *sorted(folder.rglob("*"))] if place.is_dir() and _kind(place)]
        if not found:
            raise UserError(f"There is no patient in {folder}.")
        cases += [read_case(place) for place in found]
    return cases


def read_case(folder: Path) -> Case:
    """Read one case: a BraTS folder, a folder of Lesjak's data set, or a BIDS subject, on a 1 mm grid in LPS.

    Raises
    ------
    UserError
        If the folder is none of these.
    """
    kind = _kind(folder)
    if not kind:
        raise UserError(f"{folder} holds no patient: neither BraTS nor BIDS names.")
    files = (
        _bids_files(folder)
        if kind == "BIDS"
        else _named_files(folder, _BRATS if kind == "BraTS" else _LESJAK)
    )
    first = next(role for role in SEQUENCES if role in files)
    grid = _target_grid(sitk.DICOMOrient(sitk.ReadImage(str(files[first])), "LPS"))
    arrays = {role: _read(path, grid, nearest=role not in SEQUENCES) for role, path in files.items()}
    return Case.from_arrays(
        folder.name,
        {role: arrays[role] for role in SEQUENCES if role in arrays},
        grid.GetSpacing()[::-1],
        brain=arrays.get("brain"),
        labels=arrays.get("labels"),
        lesions=arrays.get("lesions"),
    )


def _kind(folder: Path) -> str:
    if (folder / "T1POST.nii.gz").exists():
        return "Lesjak"
    if any(folder.glob("*t1ce.nii.gz")):
        return "BraTS"
    is_subject = folder.name.startswith("sub-") and "derivatives" not in folder.parts
    return "BIDS" if is_subject and any(folder.rglob("*_T1w.nii.gz")) else ""


def _named_files(folder: Path, names: dict[str, str]) -> dict[str, Path]:
    found = {}
    for role, name in names.items():
        for path in [folder / f"{name}.nii.gz", *sorted(folder.glob(f"*_{name}.nii.gz"))]:
            if path.exists():
                found.setdefault(role, path)
    return found


def _bids_files(folder: Path) -> dict[str, Path]:
    files = {role: paths[0] for role, paths in find_files(folder, SEQUENCES).items()}
    derived = [
        path
        for root in (folder / "derivatives", folder.parent / "derivatives")
        for path in sorted(root.rglob(f"{folder.name}_*.nii.gz"))
    ]
    for role, ending in (("labels", "dseg.nii.gz"), ("brain", "mask.nii.gz")):
        fitting = [path for path in derived if path.name.endswith(ending)]
        if role == "brain":
            # The mask that images were stripped with, as a real image's own zeros show it; else the true brain.
            fitting = [path for name in ("skullstrip", "brain") for path in fitting if name in path.name]
        # A finer segmentation lies beside the BraTS one, which then says so in its name.
        fitting = [path for path in fitting if "brats" in path.name.lower()] or fitting
        if fitting:
            files[role] = fitting[0]
    return files


def _target_grid(image: sitk.Image) -> sitk.Image:
    if np.allclose(image.GetSpacing(), _SPACING, atol=0.05):
        return image
    size = [round(n * s / _SPACING) for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    _log.info("Resampled from %s mm to %g mm.", image.GetSpacing(), _SPACING)
    return sitk.Resample(
        image,
        [max(1, n) for n in size],
        sitk.Transform(),
        sitk.sitkLinear,
        image.GetOrigin(),
        [_SPACING] * 3,
        image.GetDirection(),
    )


def _read(path: Path, grid: sitk.Image, *, nearest: bool) -> NDArray:
    image = sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")
    same = image.GetSize() == grid.GetSize() and np.allclose(image.GetOrigin(), grid.GetOrigin(), atol=1e-3)
    if not same or not np.allclose(image.GetSpacing(), grid.GetSpacing(), atol=1e-3):
        way = sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear
        image = sitk.Resample(image, grid, sitk.Transform(), way)
    return sitk.GetArrayFromImage(image)
