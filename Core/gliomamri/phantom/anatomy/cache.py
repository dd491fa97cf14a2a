"""Prepared heads on disk, so that a head is made once.

One file per head in the user's cache folder: tissue as runs of equal voxels, the depths of cortex and fluid only, the
coarse distances. A file that is missing, broken or from another version is no error, a folder that cannot be written
neither: the head is made again.

Tested by Testing/unit/phantom/anatomy/test_cache.py.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gliomamri.phantom.anatomy.anatomy import Anatomy
from gliomamri.phantom.tissues import FLUIDS, Tissue

FOLDER_VARIABLE = "GLIOMAMRI_CACHE"
"""Environment variable that names another cache folder."""

MOST_FILES = 64
"""Heads kept; the ones written longest ago go first."""

_LOG = logging.getLogger(__name__)
_BROKEN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def cache_folder() -> Path:
    """Return the folder of prepared heads; it need not exist."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named) / "heads"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "gliomamri" / "heads"


def read_cached(key: str) -> Anatomy | None:
    """Return the head stored under ``key``, None where there is none that can be used."""
    try:
        path = _path(key)
        with np.load(path, allow_pickle=False) as stored:
            return _unpack(dict(stored))
    except FileNotFoundError:
        return None
    except (*_BROKEN, RuntimeError) as error:
        _LOG.debug("The cached head %s is not used: %s", key, error)
        return None


def write_cached(key: str, anatomy: Anatomy) -> None:
    """Store ``anatomy`` under ``key``; the file appears whole or not at all."""
    temporary = None
    try:
        path = _path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            np.savez(file, **_pack(anatomy))
        temporary.replace(path)
        _forget_oldest(path.parent)
    except (OSError, RuntimeError) as error:
        _LOG.debug("The head %s is not cached: %s", key, error)
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _path(key: str) -> Path:
    return cache_folder() / f"{key}.npz"


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
    for path in files[:-MOST_FILES]:
        path.unlink(missing_ok=True)


def _pack(anatomy: Anatomy) -> dict[str, NDArray]:
    values, counts = _runs(anatomy.tissue.reshape(-1))
    return {
        "name": np.array(anatomy.name),
        "steps": np.array([anatomy.step, anatomy.coarse_step]),
        "shape": np.array(anatomy.tissue.shape),
        "values": values,
        "counts": counts,
        "depth": anatomy.pial_depth[_with_depth(anatomy.tissue)],
        "hull": anatomy.hull_distance,
        "ventricle": anatomy.ventricle_distance,
        "has_head": np.array(anatomy.has_head),
    }


def _unpack(stored: dict[str, NDArray]) -> Anatomy:
    tissue = np.repeat(stored["values"], stored["counts"]).reshape(stored["shape"])
    depth = np.zeros(tissue.shape, np.uint8)
    depth[_with_depth(tissue)] = stored["depth"]
    step, coarse_step = map(float, stored["steps"])
    return Anatomy(
        name=str(stored["name"]),
        step=step,
        tissue=tissue,
        pial_depth=depth,
        coarse_step=coarse_step,
        hull_distance=stored["hull"],
        ventricle_distance=stored["ventricle"],
        has_head=bool(stored["has_head"]),
    )


def _runs(flat: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Return the values and lengths of runs of equal voxels."""
    starts = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1))
    lengths = np.diff(np.append(starts, len(flat)))
    return flat[starts], lengths.astype(np.uint32)


def _with_depth(tissue: NDArray[np.uint8]) -> NDArray[np.bool_]:
    has_depth = np.zeros(256, bool)
    has_depth[[Tissue.CORTEX, Tissue.CEREBELLAR_CORTEX, *FLUIDS]] = True
    return has_depth[tissue]
