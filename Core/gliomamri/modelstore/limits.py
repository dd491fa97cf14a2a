"""How large a model package and its files may be [our choice], asked before anything is read.

Used by every reader of this room; tested by Testing/unit/modelstore/test_malicious_folders.py and
test_malicious_archives.py beside it.
"""

from __future__ import annotations

PACKAGE_BYTES = 2_000_000_000
JSON_BYTES = 1_000_000
CARD_BYTES = 1_000_000
FIGURE_BYTES = 20_000_000
WEIGHTS_HEADER_BYTES = 4_000_000
"""Names, shapes and types of tensors at the start of a safetensors file."""

FILES = 64
NAME_CHARACTERS = 100

JSON_DEPTH = 16
NUMBER_CHARACTERS = 32
"""Digits of a number in JSON."""
LARGEST_NUMBER = 1e15

ARCHIVE_RATIO = 100.0
"""Bytes out per byte in. Weights give about 1.1 to 2, text up to 20; a bomb several hundred."""
ARCHIVE_RATIO_FROM = 1_000_000
"""Bytes; below that a file may be as compressible as it likes."""
ARCHIVE_LISTING_BYTES = 1_000_000
"""Table of contents of a zip file."""


def file_limit(name: str) -> int:
    """Return how many bytes a package's file of that name may have."""
    if name.endswith(".json"):
        return JSON_BYTES
    if name.endswith((".md", ".txt")):
        return CARD_BYTES
    return FIGURE_BYTES if name.endswith(".png") else PACKAGE_BYTES
