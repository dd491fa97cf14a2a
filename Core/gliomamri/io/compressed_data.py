"""The checksum of compressed NRRD and MetaImage files, which their readers do not verify.

A damaged copy would otherwise be read as an image with wrong voxels. Source: NRRD 0004/0005 file format (header,
empty line, data), MetaImage format (header up to ``ElementDataFile``, data), RFC 1950 and 1952 (checksums).
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from gliomamri.io.nifti_header import IncompleteFileError

_CHUNK = 1 << 20
_LONGEST_HEADER = 1 << 20
_ZLIB_OR_GZIP = 47  # window bits: 32 KiB, kind found from the stream itself

_END_OF_HEADER = {
    ".nrrd": (
        re.compile(rb"\r?\n\r?\n"),
        re.compile(rb"^encoding: *(gzip|gz) *\r?$", re.MULTILINE | re.IGNORECASE),
    ),
    ".mha": (
        re.compile(rb"ElementDataFile *= *LOCAL *\r?\n"),
        re.compile(rb"^CompressedData *= *True", re.MULTILINE),
    ),
}
"""By extension: what ends the header, and the line that says that the data after it are compressed."""


def check_checksum(path: Path) -> None:
    """Decompress the data of a NRRD or MetaImage file, chunk by chunk, if they are compressed and in that file.

    Raises
    ------
    IncompleteFileError
        If they are truncated or damaged.
    """
    if path.suffix.lower() not in _END_OF_HEADER:
        return
    end, compressed = _END_OF_HEADER[path.suffix.lower()]
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
        found = end.search(start)
        if found is None or not compressed.search(start[: found.end()]):
            return
        stream = zlib.decompressobj(_ZLIB_OR_GZIP)
        chunk = start[found.end() :]
        try:
            while chunk and not stream.eof:
                stream.decompress(chunk)
                chunk = file.read(_CHUNK)
        except zlib.error as error:
            raise IncompleteFileError(str(error)) from error
    if not stream.eof:
        raise IncompleteFileError("the compressed data end too early")
