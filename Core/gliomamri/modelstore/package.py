"""A model package on disk: verify, then build.

    package = read_package(folder)      listing, manifest and metadata checked; weights not yet read
    package.verify()                    every file's SHA-256
    networks = package.build()          weights read once: the bytes hashed are the bytes used

Used by :mod:`gliomamri.modelstore.catalog`, by tasks that run a network and by the command line; tested by
Testing/unit/modelstore/test_package.py and test_malicious_folders.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gliomamri.errors import UserError
from gliomamri.modelstore.files import list_package
from gliomamri.modelstore.manifest import Manifest, read_manifest
from gliomamri.modelstore.metadata import ModelMetadata, read_metadata
from gliomamri.modelstore.names import CARD, METADATA, WEIGHTS
from gliomamri.modelstore.records import demand, inside
from gliomamri.modelstore.weights import Builder, load_network

if TYPE_CHECKING:
    import torch

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class ModelPackage:
    """A package whose listing, manifest and metadata are sound.

    Attributes
    ----------
    folder : Path
    metadata : ModelMetadata
    manifest : Manifest
    """

    folder: Path
    metadata: ModelMetadata
    manifest: Manifest

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest: tells in the provenance of a result which weights made it."""
        return self.manifest.digest

    @property
    def size(self) -> int:
        """Bytes of all files but the manifest."""
        return sum(record.size for record in self.manifest.files.values())

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the card's figures."""
        return tuple(name for name in self.manifest.files if name.endswith(".png"))

    def verify(self) -> None:
        """Compare every file with the manifest, piece by piece.

        Raises
        ------
        UserError
            On the first that is damaged, and on a figure that is none.
        """
        for name in self.manifest.files:
            self.manifest.check_file(self.folder, name)
        for name in self.figures:
            self.figure(name)
        self.card()

    def card(self) -> str:
        """Return the text of the card, Markdown.

        Raises
        ------
        UserError
            If it is damaged.
        """
        try:
            return self.manifest.read_file(self.folder, CARD).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(
                f"The model's '{CARD}' is not written in UTF-8; it is damaged.", str(error)
            ) from error

    def figure(self, name: str) -> bytes:
        """Return a figure of the card, PNG.

        Raises
        ------
        UserError
            If it is damaged or no PNG.
        """
        data = self.manifest.read_file(self.folder, name)
        if not data.startswith(_PNG):
            raise UserError(f"The model's figure '{name}' is no PNG picture; the package is damaged.")
        return data

    def build_member(self, place: int, builder: Builder | None = None) -> torch.nn.Module:
        """Build one network of the ensemble; see :func:`gliomamri.modelstore.weights.load_network`.

        Parameters
        ----------
        place : int
            In ``metadata.network.members``.
        builder : callable, optional
            :func:`gliomamri.networks.registry.build` by default.
        """
        network = self.metadata.network
        name = network.members[place]
        data = self.manifest.read_file(self.folder, name)
        return load_network(data, name, builder or _registry(self.metadata), network.name, network.arguments)

    def build(self, builder: Builder | None = None) -> list[torch.nn.Module]:
        """Build all networks of the ensemble; float32, on the CPU, in evaluation mode.

        Raises
        ------
        UserError
            If a file is damaged, the network is not on the list, or the weights do not fit it.
        """
        return [self.build_member(place, builder) for place in range(len(self.metadata.network.members))]


def read_package(folder: Path) -> ModelPackage:
    """Read what a package says of itself, and check it; its weights are not read yet.

    Raises
    ------
    UserError
        With a sentence of its own for each thing that may be wrong.
    """
    sizes = list_package(folder)
    manifest = read_manifest(folder, sizes)
    manifest.check_listing(sizes)
    metadata = read_metadata(manifest.read_file(folder, METADATA))
    check_complete(manifest, metadata)
    return ModelPackage(folder, metadata, manifest)


def check_complete(manifest: Manifest, metadata: ModelMetadata) -> None:
    """Make sure that the files are the card, the weights that the metadata name, and nothing that nobody uses.

    Raises
    ------
    UserError
    """
    for name in (CARD, *metadata.network.members):
        if name not in manifest.files:
            raise UserError(f"The model package is not whole: '{name}' is missing; copy the package again.")
    unused = {n for n in manifest.files if n.endswith((WEIGHTS, ".json"))} - {
        *metadata.network.members,
        METADATA,
    }
    if unused:
        raise UserError(f"The model package is refused: nothing in its metadata names '{min(unused)}'.")


def _registry(metadata: ModelMetadata) -> Builder:
    """Return the registry's builder, once the network can take the windows that the metadata promise."""
    from gliomamri.networks.registry import build, size_multiple

    network = metadata.network
    needed = size_multiple(network.name, **network.arguments)
    with inside("grid"):
        demand(
            metadata.grid.multiple % needed == 0,
            "multiple",
            metadata.grid.multiple,
            f"a multiple of {needed}",
        )
    return build
