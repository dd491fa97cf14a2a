"""What tells that two image files are the same: a digest of their content.

Called by the training commands before :func:`gliomamri.training.splits.check_no_leak`; tested by
Testing/unit/training/test_splits.py.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20


def image_fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file's content; of the content within, when the file is compressed with gzip.

    A copy under another name, or compressed anew (the header of gzip holds name and date), has the same fingerprint. An
    image that was resampled or whose header was rewritten has another: that is not found.

    Raises
    ------
    OSError, EOFError, zlib.error
        If the file cannot be read.
    """
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        content = gzip.GzipFile(fileobj=file) if compressed else file
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def patient_fingerprints(files: Mapping[str, Iterable[Path]]) -> dict[str, frozenset[str]]:
    """Return the fingerprints of each patient's image files; raises what :func:`image_fingerprint` raises."""
    return {patient: frozenset(image_fingerprint(path) for path in paths) for patient, paths in files.items()}
