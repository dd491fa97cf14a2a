"""Stands for ``slicer.dicomDatabase``: instance UIDs with their file and header values, filled by a test."""

from __future__ import annotations

from pathlib import Path


class DicomDatabase:
    """A small DICOM database in memory.

    Examples
    --------
    >>> database = DicomDatabase()
    >>> database.addInstance("1.2.3", "image.dcm", {"0018,0082": "150"})
    >>> database.instanceValue("1.2.3", "0018,0082")
    '150'
    """

    isOpen = True

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._values: dict[str, dict[str, str]] = {}

    def addInstance(
        self, instanceUID: str, path: str | Path = "", values: dict[str, str] | None = None
    ) -> None:
        """Add one image: its file and its header values by tag, ``gggg,eeee`` in lower-case hexadecimal."""
        self._files[instanceUID] = str(path)
        self._values[instanceUID] = {tag.lower(): value for tag, value in (values or {}).items()}

    def clear(self) -> None:
        """Forget all instances."""
        self._files.clear()
        self._values.clear()

    def fileForInstance(self, instanceUID: str) -> str:
        """Return the file of an instance; empty where it is unknown, as in Slicer."""
        return self._files.get(instanceUID, "")

    def instanceForFile(self, path: str) -> str:
        """Return the instance of a file; empty where it is unknown."""
        return next((uid for uid, known in self._files.items() if known == str(path)), "")

    def instanceValue(self, instanceUID: str, tag: str) -> str:
        """Return a header value as text; empty where instance or tag is unknown."""
        return self._values.get(instanceUID, {}).get(tag.lower(), "")

    def fileValue(self, path: str, tag: str) -> str:
        """Return a header value by file; empty where file or tag is unknown."""
        return self.instanceValue(self.instanceForFile(path), tag)
