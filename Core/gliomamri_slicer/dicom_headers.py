"""Acquisition parameters of a volume node, from the best source there is."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import slicer

from gliomamri.series import PARAMETERS
from gliomamri_slicer.found_parameters import FoundParameter, Source, guessFromName, inOurUnit, parameterName

_LOGGER = logging.getLogger(__name__)

_TAGS = {
    "inversion_time": ("0018,0082", "0018,9079"),
    "echo_time": ("0018,0081", "0018,9082"),
    "repetition_time": ("0018,0080",),
    "flip_angle": ("0018,1314",),
    "b_value": ("0018,9087", "0019,100c", "0043,1039"),  # standard, then Siemens' and GE's private elements
}
_GE_B_VALUE = "0043,1039"
_GE_OFFSET = 1_000_000_000  # GE adds this to b


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
    instance UIDs; attributes of a multi-volume; a guess from the node's name, marked as one.

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
    return dict(_found(Source.TYPED, ((name, node.GetAttribute(f"GliomaMRI.{name}"), "") for name in PARAMETERS)))


def _fromMultiVolume(node: slicer.vtkMRMLNode) -> dict[str, FoundParameter]:
    """Parameters all frames of a multi-volume share, as MultiVolumeImporter writes them."""
    prefix = "MultiVolume.DICOM."
    names = [name for name in node.GetAttributeNames() if name.startswith(prefix)]
    triples = ((parameterName(name.removeprefix(prefix)), node.GetAttribute(name), "") for name in names)
    return dict(_found(Source.MULTIVOLUME, triples))


def _fromDicom(node: slicer.vtkMRMLNode, database: DicomDatabase | None) -> dict[str, FoundParameter]:
    uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
    if database is None or not uids:
        return {}
    # First, middle and last image: a volume whose images differ in a parameter has no one value of it.
    values = [_headerValues(database, uids[index]) for index in sorted({0, len(uids) // 2, len(uids) - 1})]
    same = {name: value for name, value in values[0].items() if all(other.get(name) == value for other in values)}
    return {name: FoundParameter(value, Source.DICOM) for name, value in same.items()}


def _headerValues(database: DicomDatabase, uid: str) -> dict[str, float]:
    values = {}
    for name, tags in _TAGS.items():
        for tag in tags:
            value = _number(database.instanceValue(uid, tag))
            if value is not None:
                values[name] = value % _GE_OFFSET if tag == _GE_B_VALUE else value
                break
    if not values:  # enhanced images keep them in nested sequences, which the database does not reach
        values = _valuesOfFile(database.fileForInstance(uid))
    return values


def _valuesOfFile(path: str) -> dict[str, float]:
    if not path:
        return {}
    import pydicom

    try:
        header = pydicom.dcmread(path, stop_before_pixels=True)
    except (OSError, pydicom.errors.InvalidDicomError) as error:
        _LOGGER.warning("A DICOM header could not be read: %s", error)
        return {}
    wanted = {int(tag.replace(",", ""), 16): name for name, tags in _TAGS.items() for tag in tags[:2]}
    found: dict[str, set[float]] = {}
    for element in header.iterall():
        name = wanted.get(int(element.tag), "")
        value = _number(str(element.value)) if name else None
        if value is not None:
            found.setdefault(name, set()).add(value)
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def _found(source: Source, triples: Iterator[tuple[str, Any, str]]) -> Iterator[tuple[str, FoundParameter]]:
    for name, text, unit in triples:
        number = _number(text)
        value = inOurUnit(name, number, unit) if name in PARAMETERS and number is not None else None
        if value is not None:
            yield name, FoundParameter(value, source)


def _number(text: str | None) -> float | None:
    """First number of a header text (``95\\95`` is 95); None if there is none."""
    try:
        return float((text or "").strip().split("\\")[0])
    except ValueError:
        return None
