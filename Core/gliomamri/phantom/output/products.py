"""What each image of a simulated patient is called: file, quantity, unit, colors; BraTS labels and their names.

Used by :mod:`gliomamri.phantom.task` and :mod:`gliomamri.phantom.output.bids_files`; tested by
Testing/unit/phantom/output/test_products.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

if TYPE_CHECKING:
    from gliomamri.phantom.patient import SimulatedPatient

TUMOR_LABELS: dict[int, str] = {1: "necrotic and non-enhancing core", 2: "edema", 4: "enhancing tumor"}
"""BraTS convention of 2021 and before."""

TUMOR_COLORS: dict[int, tuple[float, float, float]] = {
    1: (0.90, 0.60, 0.00),
    2: (0.30, 0.75, 0.35),
    4: (0.95, 0.85, 0.20),
}
"""As the regions of these names are colored in Slicer."""

HONESTY = "This patient is simulated, for research and tests; it is not a real patient."


@dataclass(frozen=True)
class TruthMap:
    """How a map of the truth is called.

    Attributes
    ----------
    file : str
        BIDS entities and suffix, without the subject.
    quantity, unit : str
        What it measures; the unit inside GliomaMRI.
    window : (low, high)
        Range of values to display.
    description : str
        One sentence.
    colormap : str
        A name of :mod:`gliomamri.report.colormaps`.
    role : str
        Role of :data:`gliomamri.roles.ROLES`, empty where there is none.
    """

    file: str
    quantity: str
    unit: str
    window: tuple[float, float]
    description: str
    colormap: str = "heat"
    role: str = ""


TRUTH_MAPS: dict[str, TruthMap] = {
    "T1map": TruthMap("T1map", "T1", "ms", (0, 3000), "True T1 before contrast agent.", "lipari", "T1map"),
    "T2map": TruthMap("T2map", "T2", "ms", (0, 300), "True T2 before contrast agent.", "navia", "T2map"),
    "PDmap": TruthMap("PDmap", "PD", "%", (0, 100), "True proton density.", "gray", "PDmap"),
    "ceT1map": TruthMap(
        "ce-gad_T1map", "T1", "ms", (0, 3000), "True T1 after contrast agent.", "lipari", "ceT1map"
    ),
    "ceT2map": TruthMap(
        "ce-gad_T2map", "T2", "ms", (0, 300), "True T2 after contrast agent.", "navia", "ceT2map"
    ),
    "ADC": TruthMap("ADC", "ADC", "um2/ms", (0, 3), "True apparent diffusion coefficient.", "gray", "ADC"),
    "concentration": TruthMap(
        "ce-gad_concentration", "concentration", "mmol/L", (0, 0.5), "Contrast agent, full dose."
    ),
    "lowdose_concentration": TruthMap(
        "ce-gadlow_concentration", "concentration", "mmol/L", (0, 0.125), "Contrast agent, low dose."
    ),
    "infiltration": TruthMap(
        "label-infiltration_probseg",
        "infiltrated share",
        "",
        (0, 1),
        "Share of the voxel that is infiltrated outside the outlined tumor core.",
    ),
    "B1": TruthMap("TB1map", "B1", "", (0.7, 1.3), "Transmit field over its nominal value.", "diverging"),
}
"""By the key in ``Truth.maps``."""


def truth_map(key: str) -> TruthMap:
    """Give the names of a map of the truth; one that is not in the table goes by its key, without a unit."""
    known = TRUTH_MAPS.get(key.replace(" ", "_"))
    return known or TruthMap(f"desc-{_alphanumeric(key)}_simulated", key, "", (0, 1), f"True {key}.")


def label_volumes(labels: sitk.Image) -> dict[int, float]:
    """Volume in ml of each label that occurs."""
    counts = np.bincount(sitk.GetArrayViewFromImage(labels).ravel())
    voxel = float(np.prod(labels.GetSpacing())) / 1000.0
    return {int(label): float(counts[label]) * voxel for label in np.flatnonzero(counts) if label}


def tumor_volumes(patient: SimulatedPatient) -> dict[str, float]:
    """Volume in ml of each part of the BraTS label map, 0 where there is none."""
    volumes = label_volumes(patient.truth.labels)
    return {name: volumes.get(label, 0.0) for label, name in TUMOR_LABELS.items()}


def _alphanumeric(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text) or "map"
