"""The sample patients as entries of Slicer's Sample Data module.

Nothing is downloaded, so an entry names no address; its ``customDownloader``, which Sample Data calls on a click,
starts the simulation. Sample Data does not use what a custom downloader returns. That is why ours returns at once and
leaves progress and Cancel to a window of its own, instead of waiting in a nested event loop in which the user could
close the scene, quit, or click again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

from GliomaMRISetupLib.SamplePatient import SamplePatient

CATEGORY = "GliomaMRI"

_LOGGER = logging.getLogger(__name__)


class SampleDataSources:
    """Registers the entries and makes the patient of the one that is clicked.

    Parameters
    ----------
    makeSamplePatient : callable
        Gives a new :class:`SamplePatient`; called on the first click.
    icons : Path
        Folder of the thumbnails; an entry whose thumbnail is not there has none.
    """

    PATIENTS = (
        ("Simulated glioma", "glioma", 3),
        ("Simulated low-grade glioma", "low-grade-glioma", 11),
        ("Simulated metastases", "metastases", 7),
        ("Simulated meningioma", "meningioma", 7),
        ("Simulated MS", "multiple-sclerosis", 3),
    )
    """Name of the entry, kind, seed: always the same patient, so that tutorials can describe it."""

    def __init__(self, makeSamplePatient: Callable[[], SamplePatient], icons: Path) -> None:
        self._makeSamplePatient = makeSamplePatient
        self._icons = icons
        self._window = None

    def register(self) -> None:
        """Add the entries; connected to the end of Slicer's start. Without Sample Data there is nothing to do."""
        try:
            from SampleData import SampleDataLogic
        except ImportError:
            _LOGGER.info("Sample Data is not part of this Slicer; sample patients are in GliomaMRI Setup")
            return
        if hasattr(SampleDataLogic, "registerCustomSampleDataCategory"):  # since Slicer 5.12
            SampleDataLogic.registerCustomSampleDataCategory(CATEGORY, title=_("GliomaMRI (simulated)"))
        there = {source.sampleName for source in SampleDataLogic.sampleDataSourcesByCategory(CATEGORY)}
        for name, kind, seed in self.PATIENTS:
            if name in there:
                continue
            SampleDataLogic.registerCustomSampleDataSource(
                category=CATEGORY,
                sampleName=name,
                uris=[],
                fileNames=[],
                nodeNames=[],
                thumbnailFileName=str(self._icons / thumbnailName(kind)),
                customDownloader=self._downloader(kind, seed),
            )

    def _downloader(self, kind: str, seed: int) -> Callable[[Any], list]:
        def simulate(_source: Any = None) -> list:
            self.window().make(kind, seed)
            return []

        return simulate

    def window(self):
        """Give the window that makes the patients; one, so that one patient is made at a time."""
        from GliomaMRISetupLib.SamplePatientWindow import SamplePatientWindow

        if self._window is None:
            self._window = SamplePatientWindow(self._makeSamplePatient())
        return self._window


def thumbnailName(kind: str) -> str:
    """File name of an entry's thumbnail; all modules share one folder, so it starts with the module's name."""
    words = "".join(word.capitalize() for word in kind.split("-"))
    return f"GliomaMRISetupSimulated{words}.png"
