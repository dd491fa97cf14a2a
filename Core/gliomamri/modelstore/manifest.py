"""``manifest.json``: size and SHA-256 of every other file of a package.

It protects against damage and mix-ups, and its own SHA-256 is the model's identity in the provenance of results. It is
no signature: what keeps a package harmless is that nothing in it is executed. Source of the hash: FIPS 180-4.

Used by :mod:`gliomamri.modelstore.package` and :mod:`gliomamri.modelstore.write`; tested by
Testing/unit/modelstore/test_package.py.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gliomamri.errors import UserError
from gliomamri.modelstore.files import check_sizes, chunks, open_file
from gliomamri.modelstore.limits import FILES
from gliomamri.modelstore.names import MANIFEST, METADATA, check_names
from gliomamri.modelstore.strict_json import parse_json

FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileRecord:
    """Size in bytes, and SHA-256 in hexadecimal, of one file."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The files of a package.

    Attributes
    ----------
    files : mapping of str to FileRecord
        By name; the manifest itself is not among them.
    digest : str
        SHA-256 of ``manifest.json``: the identity of the package.
    """

    files: Mapping[str, FileRecord]
    digest: str

    def check_listing(self, sizes: Mapping[str, int]) -> None:
        """Compare with the files that are there.

        Raises
        ------
        UserError
            On a file that is missing, one too many, or one of another size.
        """
        missing = sorted(set(self.files) - set(sizes))
        if missing:
            raise UserError(
                f"The model package is not whole: '{missing[0]}' is missing; copy the package again."
            )
        extra = sorted(set(sizes) - set(self.files) - {MANIFEST})
        if extra:
            raise UserError(
                f"The model package is refused: it holds '{extra[0]}', which its manifest does not know."
            )
        for name, record in self.files.items():
            if record.size != sizes[name]:
                raise UserError(
                    f"The model's file '{name}' has {sizes[name]} bytes, and its manifest says {record.size}; copy the "
                    "package again."
                )

    def check_hash(self, name: str, found: str) -> None:
        """Compare a file's SHA-256 with the manifest's.

        Raises
        ------
        UserError
        """
        if found != self.files[name].sha256:
            raise UserError(
                f"The model's file '{name}' is damaged or was changed: its checksum is not that of the manifest. Copy "
                "the package again.",
                f"{name}: SHA-256 {found}, manifest {self.files[name].sha256}",
            )

    def check_file(self, folder: Path, name: str) -> None:
        """Read a file piece by piece and compare its SHA-256.

        Raises
        ------
        UserError
        """
        digest = hashlib.sha256()
        with open_file(folder, name, self.files[name].size) as file:
            for chunk in chunks(file, self.files[name].size):
                digest.update(chunk)
        self.check_hash(name, digest.hexdigest())

    def read_file(self, folder: Path, name: str) -> bytes:
        """Return a file's bytes, which are the ones whose SHA-256 was compared.

        Raises
        ------
        UserError
        """
        with open_file(folder, name, self.files[name].size) as file:
            data = file.read(self.files[name].size)
        self.check_hash(name, hashlib.sha256(data).hexdigest())
        return data


def read_manifest(folder: Path, sizes: Mapping[str, int]) -> Manifest:
    """Read ``manifest.json`` of a package folder whose files have the given sizes.

    Raises
    ------
    UserError
        If it is missing, no safe JSON, or does not list files as it should.
    """
    if MANIFEST not in sizes:
        raise UserError(f"'{folder.name}' is no model package: it has no '{MANIFEST}'.")
    with open_file(folder, MANIFEST, sizes[MANIFEST]) as file:
        data = file.read(sizes[MANIFEST])
    return parse_manifest(data)


def parse_manifest(data: bytes) -> Manifest:
    """Parse ``manifest.json``.

    Raises
    ------
    UserError
    """
    found = parse_json(data, MANIFEST)
    if isinstance(found.get("format"), int) and found["format"] > FORMAT:
        raise UserError("The model was made for a newer version of GliomaMRI; update GliomaMRI to use it.")
    listed = found.get("files")
    if found.get("format") != FORMAT or not isinstance(listed, dict) or len(listed) >= FILES:
        raise UserError(f"The model's '{MANIFEST}' does not list its files; it is damaged.")
    check_names(listed)
    records = {}
    for name, record in listed.items():
        size = record.get("bytes") if isinstance(record, dict) else None
        sha256 = record.get("sha256") if isinstance(record, dict) else None
        is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
        if not (is_size and isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
            raise UserError(
                f"The model's '{MANIFEST}' gives no size and checksum of '{name}'; it is damaged."
            )
        records[name] = FileRecord(size, sha256)
    check_sizes({name: record.size for name, record in records.items()})
    if METADATA not in records or MANIFEST in records:
        raise UserError(f"The model's '{MANIFEST}' must list '{METADATA}' and not itself; it is damaged.")
    return Manifest(records, hashlib.sha256(data).hexdigest())


def manifest_bytes(files: Mapping[str, FileRecord]) -> bytes:
    """Return ``manifest.json`` as it is written."""
    listed = {name: {"bytes": record.size, "sha256": record.sha256} for name, record in sorted(files.items())}
    return (json.dumps({"format": FORMAT, "files": listed}, indent=1) + "\n").encode("ascii")
