"""Get a healthy head by its source, made or remembered.

Tested by Testing/unit/phantom/anatomy/test_cache.py.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock

from gliomamri.errors import UserError
from gliomamri.io.images import stem
from gliomamri.phantom.anatomy.anatomy import Anatomy
from gliomamri.phantom.anatomy.cache import read_cached, write_cached
from gliomamri.phantom.anatomy.icbm import icbm_head, template_files
from gliomamri.phantom.anatomy.label_maps import label_map_head
from gliomamri.phantom.anatomy.pose import upright_pose

REMEMBERED = 2
"""Heads kept in memory: 70 MB without, 160 to 220 MB with skull and scalp each."""

_heads: OrderedDict[str, Anatomy] = OrderedDict()
_lock = Lock()


def load_head(source: str | Path | None = None) -> Anatomy:
    """Return a healthy head; the same arrays, bit by bit, whether it is made or remembered.

    Parameters
    ----------
    source
        A label map's file, or None for the built-in ICBM 2009a head.

    Returns
    -------
    Anatomy
        Its arrays are shared and cannot be written to.

    Raises
    ------
    UserError
        If the file is missing, unreadable or no label map, or nilearn is missing (built-in head).
    """
    files = list(template_files().values()) if source is None else [Path(source)]
    key = _key(files)
    with _lock:
        head = _heads.get(key)
        if head is None:
            head = read_cached(key)
            if head is None:
                head = icbm_head() if source is None else label_map_head(files[0])
                write_cached(key, head)
            for array in (head.tissue, head.pial_depth, head.hull_distance, head.ventricle_distance):
                array.flags.writeable = False
            turn, shift = upright_pose(head.tissue, head.step)
            head = replace(head, turn=turn, shift=shift)
        _heads[key] = head
        _heads.move_to_end(key)
        while len(_heads) > REMEMBERED:
            _heads.popitem(last=False)
    return head if source is None else replace(head, name=stem(files[0]))


def forget_heads() -> None:
    """Empty the memory (not the folder)."""
    with _lock:
        _heads.clear()


def _key(files: list[Path]) -> str:
    """Hash of the files' content and of the code that makes heads of them."""
    digest = hashlib.sha256(_code_hash())
    for path in files:
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except FileNotFoundError as error:
            raise UserError(
                "The file of the head label map is missing; check its name.", str(path)
            ) from error
        except OSError as error:
            raise UserError(
                "The file of the head label map cannot be opened; check its permissions and that it is no folder.",
                f"{path}: {error}",
            ) from error
    return digest.hexdigest()[:32]


@cache
def _code_hash() -> bytes:
    """Hash of this room's source: a changed program makes its heads anew."""
    digest = hashlib.sha256(b"1")
    room = Path(__file__).parent
    for path in (*sorted(room.glob("*.py")), room.parent / "fields.py", room.parent / "tissues.py"):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.digest()
