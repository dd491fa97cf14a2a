"""``.bval`` and ``.bvec`` beside diffusion-weighted images.

Source: BIDS specification 1.10, diffusion imaging data: one row of b-values in s/mm2, three rows of unit vectors, one
column per volume.

Tested by Testing/unit/io/test_diffusion_tables.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.io.images import stem


def read_b_values(image: Path, *, what: str = "image") -> tuple[float, ...]:
    """Read the b-values (s/mm2) that belong to an image file; none where there is no such file.

    Raises
    ------
    UserError
        If the file holds something that is no b-value.
    """
    path = image.with_name(f"{stem(image)}.bval")
    if not path.is_file():
        return ()
    try:
        values = tuple(float(word) for word in path.read_text(encoding="utf-8-sig").split())
    except (OSError, ValueError) as error:
        raise _unreadable(what, f"{path}: {error}") from error
    if not all(math.isfinite(value) and value >= 0 for value in values):
        raise _unreadable(what, f"{path}: {values}")
    return values


def diffusion_tables(b_values: Sequence[float]) -> dict[str, str]:
    """Give the texts of ``.bval`` and ``.bvec`` by extension, for images that are the mean over all directions.

    Such images have no direction of their own; (1, 0, 0) is a formal one.
    """
    weighted = [float(value > 0) for value in b_values]
    zeros = [0.0] * len(weighted)
    return {".bval": _row(b_values), ".bvec": _row(weighted) + _row(zeros) + _row(zeros)}


def _row(values: Sequence[float]) -> str:
    return " ".join(f"{value:g}" for value in values) + "\n"


def _unreadable(what: str, details: str) -> UserError:
    return UserError(
        f"The bval file beside the {what} holds something that is no b-value; correct it.", details
    )
