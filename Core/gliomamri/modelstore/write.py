"""Writing a model package: the same weights and metadata give the same bytes.

Called at the end of training and by :mod:`gliomamri.modelstore.convert`; tested by
Testing/unit/modelstore/test_write.py.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gliomamri.errors import UserError
from gliomamri.io.publish import check_output_folder, publish
from gliomamri.modelstore.card import card_text
from gliomamri.modelstore.files import check_sizes
from gliomamri.modelstore.manifest import FileRecord, manifest_bytes
from gliomamri.modelstore.metadata import ModelMetadata
from gliomamri.modelstore.names import CARD, MANIFEST, METADATA, check_names
from gliomamri.modelstore.package import ModelPackage, read_package
from gliomamri.modelstore.weights import Builder, state_bytes

if TYPE_CHECKING:
    import torch


def write_package(
    metadata: ModelMetadata,
    states: Sequence[Mapping[str, torch.Tensor]],
    folder: Path,
    *,
    card: str = "",
    figures: Mapping[str, bytes] | None = None,
    half: bool = True,
    builder: Builder | None = None,
) -> ModelPackage:
    """Write a package, and read it back before it appears: what does not load is not left behind.

    Parameters
    ----------
    metadata : ModelMetadata
        ``network.members`` names the file of each of ``states``.
    states : sequence of mapping of str to torch.Tensor
        One per network of the ensemble, by :func:`gliomamri.networks.weights.weights`.
    folder : Path
        New or empty.
    card : str, optional
        Markdown; made from the metadata by default.
    figures : mapping of str to bytes, optional
        PNG files of the card by name.
    half : bool, optional
        Store kernels as float16.
    builder : callable, optional
        As :meth:`gliomamri.modelstore.package.ModelPackage.build`.

    Returns
    -------
    ModelPackage

    Raises
    ------
    UserError
        If the folder holds files or cannot be written, or the weights do not fit the network or are not finite.
    """
    members = metadata.network.members
    if len(states) != len(members):
        raise UserError(
            f"The model lists {len(members)} weights files, and {len(states)} networks were given."
        )
    check_output_folder(folder)
    files: dict[str, bytes] = {
        METADATA: metadata.to_bytes(),
        CARD: (card or card_text(metadata)).encode("utf-8"),
        **(figures or {}),
    }
    for name, state in zip(members, states, strict=True):
        files[name] = state_bytes(state, half=half, name=name)
    records = {name: FileRecord(len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    files[MANIFEST] = manifest_bytes(records)
    check_names(files)
    check_sizes({name: len(data) for name, data in files.items()})
    with tempfile.TemporaryDirectory(prefix="gliomamri-model-") as temporary:
        for name, data in files.items():
            (Path(temporary) / name).write_bytes(data)
        made = read_package(Path(temporary))
        made.verify()
        made.build(builder)
        publish(Path(temporary), folder)
    return read_package(folder)
