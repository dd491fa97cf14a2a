"""What the json file beside an image file says of a volume that was loaded from it (BIDS sidecars)."""

from __future__ import annotations

import logging
from pathlib import Path

import slicer

from gliomamri.errors import UserError
from gliomamri.io.bids import sidecar_fields
from gliomamri.io.sidecars import SidecarFacts, facts

_LOGGER = logging.getLogger(__name__)


def sidecarFacts(volumeNode: slicer.vtkMRMLVolumeNode) -> SidecarFacts:
    """Read the sidecar of the file a volume comes from; without one, or with a broken one, nothing is known.

    Parameters
    ----------
    volumeNode : vtkMRMLVolumeNode
        A volume; only one with a storage node has a file.
    """
    storage = volumeNode.GetStorageNode()
    name = storage.GetFileName() if storage is not None else None
    if not name:
        return SidecarFacts({})
    try:
        return facts(sidecar_fields(Path(name)))
    except UserError as error:
        _LOGGER.warning("%s", error.sentence)
        return SidecarFacts({})
