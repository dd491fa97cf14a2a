"""Acquisition parameters of a volume node, from the best source there is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import slicer

from gliomamri.series import PARAMETERS
from gliomamri_slicer.found_parameters import FoundParameter, Source, guessFromName, inOurUnit, parameterName
from gliomamri_slicer.sidecar_headers import sidecarFacts

_LOGGER = logging.getLogger(__name__)
_T = TypeVar("_T")

_TAGS = {
    "inversion_time": "0018,0082",
    "echo_time": "0018,0081",
    "repetition_time": "0018,0080",
    "flip_angle": "0018,1314",
    "b_value": "0018,9087",
}
"""What the database itself keeps; for enhanced images and private b-values the file is read."""


class DicomDatabase(Protocol):
    """The part of Slicer's DICOM database that is used."""

    def instanceValue(self, uid: str, tag: str) -> str:
        """Text of a tag ``gggg,eeee`` of an instance; empty if there is none."""

    def fileForInstance(self, uid: str) -> str:
        """Path of an instance; empty if it is not in the database."""


def acquisitionParameters(
    volumeNode: slicer.vtkMRMLVolumeNode, database: DicomDatabase | None = None
) -> dict[str, FoundParameter]:
    """Find inversion, echo and repetition time (ms), flip angle (degree) and b-value (s/mm2) of a volume.

    For each, the first that knows it: attributes written by :func:`writeParameters`; the DICOM header by the node's
    instance UIDs; the json file beside the image file; attributes of a multi-volume; a guess from the node's name,
    marked as one.

    Parameters
    ----------
    volumeNode : vtkMRMLVolumeNode
        A volume as loaded by Slicer.
    database : DicomDatabase, optional
        By default ``slicer.dicomDatabase`` where it exists.
    """
    database = database or getattr(slicer, "dicomDatabase", None)
    found = guessFromName(volumeNode.GetName() or "")
    found.update(_fromMultiVolume(volumeNode))
    found.update(_fromSidecar(volumeNode))
    found.update(_fromDicom(volumeNode, database))
    found.update(_fromAttributes(volumeNode))
    return found


def writeParameters(volumeNode: slicer.vtkMRMLVolumeNode, values: Mapping[str, float]) -> None:
    """Keep parameters with a volume, as attributes ``GliomaMRI.inversion_time`` ..., saved with the scene.

    Raises
    ------
    ValueError
        If a name is not in :data:`gliomamri.series.PARAMETERS`.
    """
    for name, value in values.items():
        if name not in PARAMETERS:
            raise ValueError(f"unknown acquisition parameter {name!r}; known: {', '.join(PARAMETERS)}")
        volumeNode.SetAttribute(f"GliomaMRI.{name}", repr(float(value)))


def _fromAttributes(node: slicer.vtkMRMLNode) -> dict[str, FoundParameter]:
    return dict(
        _found(Source.TYPED, ((name, node.GetAttribute(f"GliomaMRI.{name}"), "") for name in PARAMETERS))
    )


def _fromSidecar(node: slicer.vtkMRMLNode) -> dict[str, FoundParameter]:
    known = sidecarFacts(node).parameters
    return {name: FoundParameter(v[0], Source.SIDECAR) for name, v in known.items() if len(v) == 1}


def _fromMultiVolume(node: slicer.vtkMRMLNode) -> dict[str, FoundParameter]:
    """Parameters all frames of a multi-volume share, as MultiVolumeImporter writes them."""
    prefix = "MultiVolume.DICOM."
    names = [name for name in node.GetAttributeNames() if name.startswith(prefix)]
    triples = ((parameterName(name.removeprefix(prefix)), node.GetAttribute(name), "") for name in names)
    return dict(_found(Source.MULTIVOLUME, triples))


def signalHasSign(volumeNode: slicer.vtkMRMLVolumeNode, database: DicomDatabase | None = None) -> bool | None:
    """Tell by header or json file whether voxels keep the signal's sign; None where neither says."""
    from gliomamri.io.dicom_headers import header_signed

    signed = sidecarFacts(volumeNode).signed
    if signed is not None:
        return signed
    return _readHeaders(
        header_signed, _sampleFiles(volumeNode, database or getattr(slicer, "dicomDatabase", None))
    )


def _fromDicom(node: slicer.vtkMRMLNode, database: DicomDatabase | None) -> dict[str, FoundParameter]:
    from gliomamri.io.dicom_headers import header_parameters

    uids = _sampleInstances(node)
    if database is None or not uids:
        return {}
    kept = [_databaseValues(database, uid) for uid in uids]
    values = {name: value for name, value in kept[0].items() if all(each.get(name) == value for each in kept)}
    # What varies among the images has no one value, so a file may add only what the database does not keep.
    varying = {name for each in kept for name in each} - set(values)
    added = _readHeaders(header_parameters, _sampleFiles(node, database)) or {}
    values |= {name: value for name, value in added.items() if name not in varying | set(values)}
    return {name: FoundParameter(value, Source.DICOM) for name, value in values.items()}


def _sampleInstances(node: slicer.vtkMRMLNode) -> list[str]:
    """First, middle and last image of a volume: enough to see that a parameter varies."""
    uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
    return [uids[index] for index in sorted({0, len(uids) // 2, len(uids) - 1})] if uids else []


def _sampleFiles(node: slicer.vtkMRMLNode, database: DicomDatabase | None) -> list[Path]:
    if database is None:
        return []
    paths = (database.fileForInstance(uid) for uid in _sampleInstances(node))
    return [Path(path) for path in paths if path and Path(path).is_file()]


def _databaseValues(database: DicomDatabase, uid: str) -> dict[str, float]:
    found = {name: _number(database.instanceValue(uid, tag)) for name, tag in _TAGS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _readHeaders(read: Callable[[list[Path]], _T], paths: list[Path]) -> _T | None:
    """Call ``read`` on files; None if there is none or one cannot be read, which is no reason to stop."""
    from pydicom.errors import InvalidDicomError

    try:
        return read(paths) if paths else None
    except (OSError, ValueError, InvalidDicomError) as error:
        _LOGGER.warning("A DICOM header could not be read: %s", error)
        return None


def _found(source: Source, triples: Iterator[tuple[str, Any, str]]) -> Iterator[tuple[str, FoundParameter]]:
    for name, text, unit in triples:
        number = _number(text)
        value = inOurUnit(name, number, unit) if name in PARAMETERS and number is not None else None
        if value is not None:
            yield name, FoundParameter(value, source)


def _number(text: str | None) -> float | None:
    """Number that a header text holds; None if it holds none, or several."""
    try:
        return float((text or "").strip())
    except ValueError:
        return None
