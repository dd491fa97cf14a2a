"""Settings of the task ``quantitative``: those of its steps, declared where the steps are.

Tested by Testing/unit/quantitative/test_settings.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from gliomamri.imaging.settings import Settings as PrepareSettings
from gliomamri.regions.settings import Settings as RegionSettings
from gliomamri.relaxometry.settings import Settings as RelaxometrySettings
from gliomamri.relaxometry.tissue_fractions import CHOICES, FROM_PATIENT
from gliomamri.settings import setting


@dataclass(frozen=True)
class Settings(RegionSettings, RelaxometrySettings, PrepareSettings):
    """Settings of registration, fit and regions in one; each step reads its own."""

    tissue_values: str = setting(
        FROM_PATIENT,
        label="Values of healthy tissue",
        section="Regions",
        choices={choice: choice for choice in CHOICES},
        help="What pure white matter, gray matter and CSF measure, for the tissue fractions.",
    )
